import { createRoute, z } from "@hono/zod-openapi";
import { fillTemplate, parseTemplate } from "../../core/text/template.ts";
import { instant } from "../../gateway/message_view.ts";
import {
  type CannedReplyRow,
  changeCannedReply,
  createCannedReply,
  deleteCannedReply,
  findCannedReply,
  listCannedReplies,
} from "../../store/inbox/canned_replies.ts";
import { findConversation } from "../../store/inbox/conversations.ts";
import { type Api, router } from "../http/context.ts";
import { Id, Language, line, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { auditEntries } from "../oversight/audit_entries.ts";

/** As long as a message may be. */
const Text = lines(1_530).superRefine((text, c) => {
  const parsed = parseTemplate(text);
  const message = "problem" in parsed
    ? parsed.problem
    : parsed.template.parts.some((part) => typeof part !== "string" && part.kind !== "name")
    ? "{name} is the only field of a canned reply"
    : null;
  if (message !== null) c.addIssue({ code: "custom", message });
}).openapi({ description: "`{name}` is the contact's name, `{name|friend}` says what else where there is none" });

const NewCannedReply = z.strictObject({
  title: line(100).openapi({ example: "Opening hours" }),
  language: Language,
  text: Text,
}).openapi("NewCannedReply");
const CannedReplyPatch = NewCannedReply.partial().openapi("CannedReplyPatch");

export const CannedReply = z.object({
  id: z.string(),
  title: z.string(),
  language: z.string(),
  text: z.string(),
  filled: z.string().nullable().openapi({
    description: "With `conversation_id`: the text for that person; a name that is not known is left out",
  }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("CannedReply");

const conflict = { 409: { description: "`title_taken`: one of this title exists in the language" } } as const;
const noSuchReply = () => problem(404, "not_found", "No such canned reply");
const titleTaken = () =>
  problem(409, "title_taken", "Title taken", "A canned reply of this title exists in the language.");

/** Texts that staff answer with again and again. */
export function cannedReplyRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;
  const entryOf = auditEntries(deps);

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/canned_replies",
      summary: "List canned replies, newest first",
      tags: ["Conversations"],
      request: {
        query: z.object({
          ...pageOfIds("can"),
          language: Language.optional(),
          conversation_id: z.string().max(100).optional().openapi({ description: "Whose person `filled` is for" }),
        }),
      },
      responses: { 200: json(pageOf(CannedReply), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const { conversation_id, ...query } = c.req.valid("query");
      const thread = conversation_id === undefined ? null : await findConversation(db, conversation_id);
      if (conversation_id !== undefined && thread === null) throw problem(404, "not_found", "No such conversation");
      const { rows, next } = await listCannedReplies(db, query);
      const data = rows.map((row) => viewOf(row, thread === null ? null : filled(row.text, thread.name)));
      return c.json({ data, next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/canned_replies",
      summary: "Write a canned reply",
      tags: ["Conversations"],
      request: { body: { required: true, content: { "application/json": { schema: NewCannedReply } } } },
      responses: { 201: json(CannedReply, "Written"), ...conflict, ...problems },
    }),
    async (c) => {
      const body = c.req.valid("json");
      const at = deps.now();
      const row = { id: deps.newId("can"), ...body, created_at: at, updated_at: at };
      const entry = entryOf(c.get("principal").actor, "canned_reply.saved", row.id, body);
      if (!await createCannedReply(db, row, entry)) throw titleTaken();
      return c.json(viewOf(row), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/canned_replies/{id}",
      summary: "One canned reply",
      tags: ["Conversations"],
      request: { params: Id },
      responses: { 200: json(CannedReply, "The reply"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findCannedReply(db, c.req.valid("param").id);
      if (row === null) throw noSuchReply();
      return c.json(viewOf(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/canned_replies/{id}",
      summary: "Change a canned reply",
      description: "What is not given stays as it is.",
      tags: ["Conversations"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: CannedReplyPatch } } } },
      responses: { 200: json(CannedReply, "Changed"), ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const change = c.req.valid("json");
      const entry = entryOf(c.get("principal").actor, "canned_reply.saved", id, change);
      const row = await changeCannedReply(db, id, change, deps.now(), entry);
      if (row === null) throw noSuchReply();
      if (row === "title_taken") throw titleTaken();
      return c.json(viewOf(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/canned_replies/{id}",
      summary: "Delete a canned reply",
      tags: ["Conversations"],
      request: { params: Id },
      responses: { 204: { description: "Deleted" }, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      if (!await deleteCannedReply(db, id, entryOf(c.get("principal").actor, "canned_reply.deleted", id, {}))) {
        throw noSuchReply();
      }
      return c.body(null, 204);
    },
  );

  return routes;
}

/** The text for a person; a name that is not known leaves no second space behind. */
function filled(text: string, name: string | null): string {
  const parsed = parseTemplate(text);
  if ("problem" in parsed) return text;
  const known = name !== null && name.trim() !== "";
  const parts = parsed.template.parts.map((part) =>
    typeof part === "string" || part.kind === "link" ? part : { ...part, fallback: part.fallback ?? "" }
  );
  const said = fillTemplate({ ...parsed.template, parts }, { name, fields: {} }, []);
  if ("missing" in said) return text;
  return known ? said.text : said.text.replace(/ {2,}/g, " ").replace(/ ([,.])/g, "$1");
}

function viewOf(
  { created_at, updated_at, ...row }: CannedReplyRow,
  text: string | null = null,
): z.infer<typeof CannedReply> {
  return { ...row, filled: text, created_at: instant(created_at), updated_at: instant(updated_at) };
}
