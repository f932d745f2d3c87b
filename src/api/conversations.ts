import { createRoute, z } from "@hono/zod-openapi";
import { instant, instantOrNull, messageView } from "../gateway/message_view.ts";
import { type ConversationCursor, type ConversationRow } from "../store/conversations.ts";
import { findConversation, lastMessages, listConversations } from "../store/conversations.ts";
import { type Facts, loadFacts } from "../store/facts.ts";
import { listMessages } from "../store/messages.ts";
import type { MessageRow } from "../store/writes.ts";
import { type Api, router } from "./context.ts";
import { Id } from "./fields.ts";
import { recipientOf } from "./messages.ts";
import { invalidField, problem } from "./problem.ts";
import { json, Message, notFound, pageOf, PageQuery, problems } from "./schemas.ts";

const Conversation = z.object({
  id: z.string(),
  person: z.string(),
  sender: z.string(),
  opted_out: z.enum(["none", "commercial", "all"]).openapi({
    description: "`commercial`: the person gets no advertising. `all`: nothing more from this sender",
  }),
  consent: z.enum(["granted", "withdrawn", "expired", "disputed", "none"]).openapi({
    description: "Of the person, to advertising",
  }),
  last_message: Message.nullable(),
  created_at: z.string(),
  last_message_at: z.string(),
  last_inbound_at: z.string().nullable(),
}).openapi("Conversation");

/** Threads: everything between one person and one sender. */
export function conversationRoutes({ deps }: Api) {
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
      description:
        "With `sender` alone 5,000 conversations are looked at a page: a page may hold fewer than `limit`, even " +
        "none, and there is more as long as `next_cursor` is not null.",
      tags: ["Conversations"],
      request: {
        query: z.object({
          ...PageQuery,
          msisdn: z.string().max(40).optional().openapi({ description: "The person" }),
          sender: z.string().max(20).optional().openapi({ description: "One of your senders" }),
        }),
      },
      responses: { 200: json(pageOf(Conversation), "A page"), ...problems },
    }),
    async (c) => {
      const { msisdn, sender, limit, cursor } = c.req.valid("query");
      const { rows, next } = await listConversations(deps.db, {
        person: msisdn === undefined ? undefined : recipientOf(msisdn, "msisdn"),
        sender,
        limit,
        after: cursor === undefined ? undefined : readCursor(cursor),
      });
      return c.json({ data: await viewsOf(rows), next_cursor: next && writeCursor(next) }, 200);
    },
  );

  const found = async (id: string): Promise<ConversationRow> => {
    const row = await findConversation(deps.db, id);
    if (row === null) throw problem(404, "not_found", "No such conversation");
    return row;
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
      method: "get",
      path: "/v1/conversations/{id}/messages",
      summary: "Messages of a conversation, newest first",
      tags: ["Conversations"],
      request: { params: Id, query: z.object(PageQuery) },
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
    last_message: last === undefined ? null : messageView(last),
    created_at: instant(row.created_at),
    last_message_at: instant(row.last_message_at),
    last_inbound_at: instantOrNull(row.last_inbound_at),
  };
}

function writeCursor({ last_message_at, id }: ConversationCursor): string {
  return `${last_message_at}.${id}`;
}

function readCursor(cursor: string): ConversationCursor {
  const parts = /^(\d{1,15})\.(\w+)$/.exec(cursor);
  if (parts === null) throw invalidField("cursor", "is not one that this list gave");
  return { last_message_at: Number(parts[1]), id: parts[2]! };
}
