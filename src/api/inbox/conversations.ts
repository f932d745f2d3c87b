import { createRoute, z } from "@hono/zod-openapi";
import { instant, instantOrNull, messageView } from "../../gateway/message_view.ts";
import { findUser } from "../../store/access/users.ts";
import { type ConversationCursor, type ConversationRow } from "../../store/inbox/conversations.ts";
import {
  findConversation,
  lastMessages,
  listConversations,
  NAMES_REACH,
  WORDS_REACH,
} from "../../store/inbox/conversations.ts";
import { addNote, changeDesk, listNotes, type NoteRow } from "../../store/inbox/desk.ts";
import { type Facts, loadFacts } from "../../store/messages/facts.ts";
import { listMessages } from "../../store/messages/messages.ts";
import type { MessageRow } from "../../store/messages/writes.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import type { Principal } from "../access/auth.ts";
import { may } from "../access/roles.ts";
import { type Api, router } from "../http/context.ts";
import { Id, lines } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, Message, notFound, orNull, pageOf, pageOfIds, PageQuery, problems } from "../http/schemas.ts";
import { personInUrl } from "../http/url_number.ts";

export const Conversation = z.object({
  id: z.string(),
  person: z.string(),
  sender: z.string(),
  opted_out: z.enum(["none", "commercial", "all"]).openapi({
    description: "`commercial`: the person gets no advertising. `all`: nothing more from this sender",
  }),
  consent: z.enum(["granted", "withdrawn", "expired", "disputed", "none"]).openapi({
    description: "Of the person, to advertising",
  }),
  name: z.string().nullable().openapi({ description: "In the address book" }),
  unread: z.boolean().openapi({ description: "Something came from the person since anybody last read it" }),
  assigned_to: z.string().nullable().openapi({ description: "Who answers: the id of a user or of an API key" }),
  last_message: orNull(Message),
  created_at: z.string(),
  last_message_at: z.string(),
  last_inbound_at: z.string().nullable(),
}).openapi("Conversation");

const Actor = z.string().regex(/^(usr|key)_[0-9a-z]{1,40}$/, "must be the id of a user");

const ConversationPatch = z.strictObject({
  assigned_to: Actor.nullable().optional().openapi({ description: "Null: nobody's" }),
  read: z.boolean().optional().openapi({ description: "For everybody: true up to now, false as if nobody ever had" }),
}).openapi("ConversationPatch");

export const Note = z.object({
  id: z.string(),
  conversation_id: z.string(),
  text: z.string(),
  author: z.string().openapi({ description: "Id of a user or of an API key" }),
  author_name: z.string(),
  created_at: z.string(),
}).openapi("Note");
const NewNote = z.strictObject({ text: lines(4_000) }).openapi("NewNote");

const LIST_DESCRIPTION =
  `With \`sender\`, \`unread\`, \`assigned_to=none\`, or what fits very many, 5,000 conversations are looked at a \
page: a page may hold fewer than \`limit\`, even none, and there is more as long as \`next_cursor\` is not null. Words are looked for \
in the newest ${
    WORDS_REACH.toLocaleString("en")
  } messages that hold them all (those of campaigns apart; a message is found a moment after it came, \
and no more once its text is gone), names in the newest ${NAMES_REACH.toLocaleString("en")} contacts.`;

/** Threads: everything between one person and one sender. */
export function conversationRoutes({ deps, live }: Api) {
  const routes = router();

  const viewsOf = async (rows: ConversationRow[]): Promise<z.infer<typeof Conversation>[]> => {
    if (rows.length === 0) return [];
    const [facts, last] = await Promise.all([
      loadFacts(deps, rows, deps.now()),
      lastMessages(deps.db, rows.map(({ id }) => id)),
    ]);
    return rows.map((row, index) => conversationView(row, facts[index]!, last.get(row.id)));
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/conversations",
      summary: "List conversations, most recent message first",
      description: LIST_DESCRIPTION,
      tags: ["Conversations"],
      request: {
        query: z.object({
          ...PageQuery,
          msisdn: z.string().max(100).optional().openapi({ description: "The person" }),
          sender: z.string().max(20).optional().openapi({ description: "One of your senders" }),
          unread: z.enum(["true", "false"]).optional(),
          assigned_to: z.union([Actor, z.literal("none")]).optional(),
          q: z.string().trim().min(1).max(100).optional().openapi({
            description:
              "The beginning of a number, a part of a name, or words of messages of which the last may be unfinished",
          }),
        }),
      },
      responses: { 200: json(pageOf(Conversation), "A page"), ...problems },
    }),
    async (c) => {
      const { msisdn, sender, limit, cursor, q, ...query } = c.req.valid("query");
      const { rows, next } = await listConversations(deps.db, {
        person: msisdn === undefined ? undefined : await personInUrl(deps, msisdn, "msisdn"),
        sender,
        q,
        unread: query.unread === undefined ? undefined : query.unread === "true",
        assigned_to: query.assigned_to === "none" ? null : query.assigned_to,
        limit,
        after: cursor === undefined ? undefined : readCursor(cursor),
      });
      return c.json({ data: await viewsOf(rows), next_cursor: next && writeCursor(next) }, 200);
    },
  );

  const found = async (id: string): Promise<ConversationRow> => {
    const row = await findConversation(deps.db, id);
    if (row === null) throw noSuchConversation();
    return row;
  };

  /** Anybody who may answer; whoever asks may take it. @throws ProblemError 422. */
  const checkAssignee = async (id: string | null | undefined, { actor }: Principal) => {
    if (id === null || id === undefined || id === actor) return;
    const user = await findUser(deps.db, id);
    if (user === null || user.disabled_at !== null || !may(user.role, "POST /v1/messages")) {
      throw invalidField("assigned_to", "is no user who may answer");
    }
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/conversations/{id}",
      summary: "One conversation",
      tags: ["Conversations"],
      request: { params: Id },
      responses: { 200: json(Conversation, "The conversation"), ...problems, ...notFound },
    }),
    async (c) => {
      const [view] = await viewsOf([await found(c.req.valid("param").id)]);
      return c.json(view!, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/conversations/{id}",
      summary: "Assign a conversation, or mark it as read",
      description:
        "What is not given stays as it is. Of two who assign at once the later one wins; the audit log knows both.",
      tags: ["Conversations"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: ConversationPatch } } } },
      responses: { 200: json(Conversation, "As it is now"), ...problems, ...notFound },
    }),
    async (c) => {
      const { id, person } = await found(c.req.valid("param").id);
      const change = c.req.valid("json");
      await checkAssignee(change.assigned_to, c.get("principal"));
      const details = { assigned_to: change.assigned_to ?? null };
      const entry = { at: deps.now(), actor: c.get("principal").actor, subject: id, person, details } as const;
      await changeDesk(deps.db, id, change, auditRow({ ...entry, action: "conversation.assigned" }, deps.newId));
      live.wake();
      const [view] = await viewsOf([await found(id)]);
      return c.json(view!, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/conversations/{id}/notes",
      summary: "What staff noted about a conversation, newest first",
      tags: ["Conversations"],
      request: { params: Id, query: z.object(pageOfIds("nte")) },
      responses: { 200: json(pageOf(Note), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = await found(c.req.valid("param").id);
      const { rows, next } = await listNotes(deps.db, { conversation_id: id, ...c.req.valid("query") });
      return c.json({ data: rows.map(noteView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/conversations/{id}/notes",
      summary: "Note something about a conversation",
      description: "For staff: the person never sees it. It goes with the conversation, and when the person is erased.",
      tags: ["Conversations"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewNote } } } },
      responses: { 201: json(Note, "Noted"), ...problems, ...notFound },
    }),
    async (c) => {
      const { id: conversation_id, person } = await found(c.req.valid("param").id);
      const { actor, name } = c.get("principal");
      const at = deps.now();
      const note: NoteRow = {
        id: deps.newId("nte"),
        conversation_id,
        text: c.req.valid("json").text,
        author: actor,
        author_name: name,
        created_at: at,
      };
      const fact = { at, actor, action: "note.added", subject: note.id, person, details: { conversation_id } } as const;
      if (!await addNote(deps.db, note, auditRow(fact, deps.newId))) throw noSuchConversation();
      live.wake();
      return c.json(noteView(note), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/conversations/{id}/messages",
      summary: "Messages of a conversation, newest first",
      tags: ["Conversations"],
      request: { params: Id, query: z.object(pageOfIds("msg")) },
      responses: { 200: json(pageOf(Message), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = await found(c.req.valid("param").id);
      const { rows, next } = await listMessages(deps.db, { conversation_id: id, ...c.req.valid("query") });
      return c.json({ data: rows.map((row) => messageView(row)), next_cursor: next }, 200);
    },
  );

  return routes;
}

const noSuchConversation = () => problem(404, "not_found", "No such conversation");

function noteView({ created_at, ...note }: NoteRow): z.infer<typeof Note> {
  return { ...note, created_at: instant(created_at) };
}

function conversationView(
  { id, person, sender, ...row }: ConversationRow,
  { person: about }: Facts,
  last: MessageRow | undefined,
): z.infer<typeof Conversation> {
  const everything = about.suppressions.some((one) =>
    one.scope === "all" && (one.sender === null || one.sender === sender)
  );
  return {
    id,
    person,
    sender,
    opted_out: everything ? "all" : about.suppressions.length > 0 ? "commercial" : "none",
    consent: about.consent,
    name: row.name,
    unread: row.unread === 1,
    assigned_to: row.assigned_to,
    last_message: last === undefined ? null : messageView(last),
    created_at: instant(row.created_at),
    last_message_at: instant(row.last_message_at),
    last_inbound_at: instantOrNull(row.last_inbound_at),
  };
}

/** A place among threads, for whoever asks on from there. */
export function writeCursor({ last_message_at, id }: ConversationCursor): string {
  return `${last_message_at}.${id}`;
}

/** @throws ProblemError 422. */
export function readCursor(cursor: string): ConversationCursor {
  const parts = /^(\d{1,15})\.(\w+)$/.exec(cursor);
  if (parts === null) throw invalidField("cursor", "is not one that this list gave");
  return { last_message_at: Number(parts[1]), id: parts[2]! };
}
