import type { z } from "zod";
import { may } from "../../../api/access/roles.ts";
import type { User } from "../../../api/access/user_schemas.ts";
import type { Sender } from "../../../api/carriers/senders.ts";
import type { ConsentState } from "../../../api/consent/consent_schemas.ts";
import type { Suppression } from "../../../api/consent/suppressions.ts";
import type { Message } from "../../../api/http/schemas.ts";
import type { CannedReply } from "../../../api/inbox/canned_replies.ts";
import type { Conversation, Note } from "../../../api/inbox/conversations.ts";
import type { ApiClient } from "../../api_client.ts";
import { withQuery } from "../../api_client.ts";
import type { AuditEntry } from "../../api_types.ts";
import type { Viewer } from "../../console.ts";

/** What the inbox reads of the API. */

export type Thread = z.infer<typeof Conversation>;
export type ThreadMessage = z.infer<typeof Message>;
export type ThreadNote = z.infer<typeof Note>;
export type Refusal = z.infer<typeof Suppression>;
export type Consent = z.infer<typeof ConsentState>;
export type Reply = z.infer<typeof CannedReply>;
export type Colleague = z.infer<typeof User>;
export type OwnSender = z.infer<typeof Sender>;
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** Which threads are shown; empty means no choice. */
export interface Choice {
  q: string;
  show: "" | "unread" | "mine" | "none";
  sender: string;
  cursor: string;
}

export function choiceOf(query: Record<string, string>): Choice {
  const show = query["show"];
  return {
    q: (query["q"] ?? "").trim().slice(0, 100),
    show: show === "unread" || show === "mine" || show === "none" ? show : "",
    sender: (query["sender"] ?? "").slice(0, 20),
    cursor: (query["cursor"] ?? "").slice(0, 100),
  };
}

/** Address of the list, or of a thread beside it, that keeps what was chosen. */
export function inboxPath(id: string | null, { q, show, sender, cursor }: Choice, more: Record<string, string> = {}) {
  return withQuery(`/console/inbox${id === null ? "" : `/${id}`}`, { q, show, sender, cursor, ...more });
}

const SHOWN = 30;
/** A page may be empty with more to come; who waits is told to look further after so many. */
const LOOKS = 4;

export async function threadsOf(api: ApiClient, viewer: Viewer, choice: Choice): Promise<Page<Thread>> {
  let cursor: string | null = choice.cursor;
  let page: Page<Thread> = { data: [], next_cursor: null };
  for (let look = 0; look < LOOKS && cursor !== null && page.data.length === 0; look++) {
    page = await api.get<Page<Thread>>("/v1/conversations", {
      limit: SHOWN,
      q: choice.q,
      sender: choice.sender,
      unread: choice.show === "unread" ? true : null,
      assigned_to: choice.show === "mine" ? viewer.actor : choice.show === "none" ? "none" : null,
      cursor,
    });
    cursor = page.next_cursor;
  }
  return page;
}

const MESSAGES = 40;

/** All that is shown of one thread. */
export interface ThreadView {
  thread: Thread;
  /** Oldest first. */
  messages: ThreadMessage[];
  /** Where older ones begin. */
  older: string | null;
  suppressions: Refusal[];
  /** Who on the staff, by id, entered those that came from there; by the id of the suppression. */
  entered_by: ReadonlyMap<string, string>;
  /** The latest acts about advertising, newest first. */
  consents: Consent[];
  notes: ThreadNote[];
  colleagues: Colleague[];
}

export async function threadView(api: ApiClient, viewer: Viewer, id: string, cursor = ""): Promise<ThreadView> {
  const at = `/v1/conversations/${encodeURIComponent(id)}`;
  const thread = await api.get<Thread>(at);
  const recipient = thread.person;
  const [messages, suppressions, consents, notes, users] = await Promise.all([
    messagesOf(api, id, cursor),
    api.get<Page<Refusal>>("/v1/suppressions", { recipient, limit: 20 }),
    api.get<Page<Consent>>("/v1/consents", { recipient, purpose: "commercial", limit: 5 }),
    api.get<Page<ThreadNote>>(`${at}/notes`, { limit: 50 }),
    may(viewer.role, "GET /v1/users") ? api.get<Page<Colleague>>("/v1/users", { limit: 200 }) : null,
  ]);
  return {
    thread,
    ...messages,
    suppressions: suppressions.data,
    entered_by: may(viewer.role, "GET /v1/audit") ? await enteredBy(api, suppressions.data) : new Map(),
    consents: consents.data,
    notes: notes.data,
    colleagues: users?.data ?? [],
  };
}

/** The audit log knows: a suppression by itself tells the way it came. */
async function enteredBy(api: ApiClient, suppressions: readonly Refusal[]): Promise<ReadonlyMap<string, string>> {
  const entered = suppressions.filter(({ source }) => source === "operator");
  const found = await Promise.all(entered.map(async ({ id: subject }) => {
    const { data } = await api.get<Page<AuditEntry>>("/v1/audit", { subject, action: "suppression.created", limit: 1 });
    return data.map(({ actor }) => [subject, actor] as const);
  }));
  return new Map(found.flat());
}

export async function messagesOf(
  api: ApiClient,
  id: string,
  cursor: string,
): Promise<{ messages: ThreadMessage[]; older: string | null }> {
  const page = await api.get<Page<ThreadMessage>>(`/v1/conversations/${encodeURIComponent(id)}/messages`, {
    limit: MESSAGES,
    cursor,
  });
  return { messages: page.data.toReversed(), older: page.next_cursor };
}
