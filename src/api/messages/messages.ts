import { createRoute, z } from "@hono/zod-openapi";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { STATUSES } from "../../core/message.ts";
import { parseMsisdn } from "../../core/msisdn.ts";
import { measure } from "../../core/text/segment.ts";
import { isSeen } from "../../core/text/text.ts";
import { type MessageView, messageView } from "../../gateway/message_view.ts";
import { type Acceptance, type Refusal, refusal, type Submission } from "../../gateway/pipeline/accept.ts";
import { composeDraft, type Draft, draftRow } from "../../gateway/pipeline/compose.ts";
import type { Settings } from "../../gateway/settings.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { cancelMessage, findMessage, listMessages, timelineOf } from "../../store/messages/messages.ts";
import { refuseLostKeys } from "../access/lost_keys.ts";
import { type Api, router } from "../http/context.ts";
import { UNSEEN } from "../http/fields.ts";
import { jsonBody } from "../http/json_body.ts";
import {
  asProblem,
  invalidField,
  invalidInput,
  type Problem,
  problem,
  ProblemError,
  problemResponse,
  ProblemSchema,
} from "../http/problem.ts";
import {
  Category,
  Instant,
  json,
  Message,
  notFound,
  pageOf,
  pageOfIds,
  problems,
  Purpose,
  refusable,
  Refused,
} from "../http/schemas.ts";
import { personInUrl } from "../http/url_number.ts";
import { declarationOf, senderOf, timesOf } from "./wishes.ts";

const MAX_BATCH = 10_000;
/** What carriers accept at most; a text cannot be longer than ten of GSM-7 hold. */
const MAX_SEGMENTS = 10;
const MAX_TEXT = 1_530;
const MAX_METADATA = 20;

const NewMessage = z.strictObject({
  to: z.string().min(1).max(40).openapi({ description: "E.164", example: "+33612345678" }),
  from: z.string().min(1).max(20).openapi({ description: "One of your senders", example: "36105" }),
  text: z.string().max(MAX_TEXT).refine(isSeen, UNSEEN)
    .refine((text) => !text.includes("\0"), "must not contain U+0000")
    .refine((text) => text.isWellFormed(), "must not contain half a surrogate pair")
    .refine(
      (text) => measure(text).segments <= MAX_SEGMENTS,
      "must fit into 10 segments: 1,530 characters of GSM-7, 670 of any other",
    ).openapi({
      example: "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !",
      pattern: String.raw`\S`,
    }),
  category: Category.optional().openapi({ description: "Checked against the words; a mixed message is commercial" }),
  purpose: Purpose.optional().openapi({
    description:
      "What the person must have agreed to: `commercial` (own advertising, the default), `partner:NAME` for a partner's, or " +
      "`informative:TYPE`. A consent to one covers no other",
    example: "commercial",
  }),
  scheduled_at: Instant.optional().openapi({ description: "At most a year ahead" }),
  valid_until: Instant.optional().openapi({ description: "After this instant it is not handed over any more" }),
  max_segments: z.number().int().min(1).max(MAX_SEGMENTS).optional().openapi({
    description:
      "Refused with `segment_budget_exceeded` when the finished text, mention included, needs more. 10 when left out",
  }),
  metadata: z.record(z.string().max(40), z.string().max(500)).optional()
    .refine((data) => data === undefined || Object.keys(data).length <= MAX_METADATA, `at most ${MAX_METADATA} entries`)
    .openapi({ maxProperties: MAX_METADATA }),
}).openapi("NewMessage");
type NewMessage = z.infer<typeof NewMessage>;
// Not an extension: the document would ask that it fit both, and either refuses what it does not know.
const MessageTried = z.strictObject({ ...NewMessage.shape, at: Instant.optional() }).openapi("MessageTried");

const IdempotencyKey = z.string().min(1).max(200);

const TimelineEntry = z.object({ at: z.string(), status: z.string(), detail: z.string().nullable() });

const LIST_DESCRIPTION = `A filter by \`direction\`, \`category\` or a common \`status\` alone looks at 5,000 messages \
a page: a page may hold fewer than \`limit\`, even none, and there is more as long as \`next_cursor\` is not null.`;

export function messageRoutes({ deps, acceptor }: Api) {
  const routes = router();

  /** A time that has passed since, or a sender that is gone, does not take back what was answered under the key (invariant 4). */
  async function acceptedOnce(draft: () => Draft, idempotency: Submission["idempotency"]): Promise<Acceptance> {
    let valid: Draft;
    try {
      valid = draft();
    } catch (error) {
      const earlier = idempotency === null ? null : await acceptor.earlier(idempotency);
      if (earlier === null) throw error;
      return earlier;
    }
    return await acceptor.submit({ draft: valid, idempotency });
  }

  routes.openAPIRegistry.registerPath(createRoute({
    method: "post",
    path: "/v1/messages",
    summary: "Send a message",
    description:
      "Decided by the active rulebook and stored before it is answered. `Idempotency-Key` makes a retry safe.",
    tags: ["Messages"],
    request: {
      headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
      body: { required: true, content: { "application/json": { schema: NewMessage } } },
    },
    responses: { 202: json(Message, "Accepted: queued or held"), ...problems, ...refusable },
  }));
  routes.post("/v1/messages", async (c) => {
    const key = c.req.header("idempotency-key");
    if (key !== undefined) checkIdempotencyKey(key);
    const body = await jsonBody(c, NewMessage);
    const settings = await deps.settings.current();
    const idempotency = key === undefined ? null : idempotencyOf(key, c.get("principal").actor, body);
    const acceptance = await acceptedOnce(() => draftOf(body, settings, deps.now()), idempotency);
    if (acceptance.status === 202) return c.json(acceptance.body, 202);
    return problemResponse(c, new ProblemError(acceptance.body));
  });

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/messages/batch",
      summary: "Send up to 10,000 messages",
      description:
        "Each is decided, stored and answered on its own, in order; one that is invalid, refused or could not be stored " +
        "stops no other. `Idempotency-Key` makes a retry of the whole batch safe: the item at position n (from 0) has the " +
        "key `KEY#n`.",
      tags: ["Messages"],
      request: {
        headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                messages: z.array(z.unknown()).min(1).max(MAX_BATCH).openapi({
                  description: "Each a `NewMessage`; what is none is answered with its problem",
                }),
              }),
            },
          },
        },
      },
      responses: {
        200: json(
          z.object({ data: z.array(z.union([Message, Refused, ProblemSchema])) }),
          "For each item the message, or its problem with `status` and `code`",
        ),
        ...problems,
      },
    }),
    async (c) => {
      const settings = await deps.settings.current();
      const key = c.req.valid("header")["idempotency-key"];
      const { actor } = c.get("principal");
      const { messages } = c.req.valid("json");
      const copies = copiesIn(messages);
      const failures = new Map<string, { items: number; error: unknown }>();
      const data = await Promise.all(
        messages.map(async (item, index): Promise<MessageView | Refusal | Problem> => {
          try {
            refuseLostKeys(item);
            const parsed = NewMessage.safeParse(item);
            if (!parsed.success) throw invalidInput(parsed.error.issues);
            const { data } = parsed;
            const idempotency = key === undefined ? null : idempotencyOf(`${key}#${index}`, actor, data);
            const draft = () => draftOf(data, settings, deps.now(), copies.get(data.text));
            return (await acceptedOnce(draft, idempotency)).body;
          } catch (error) {
            // Others of the batch may be stored by now: each item has to be answered, whatever became of this one.
            const { problem } = asProblem(error);
            if (problem.status >= 500) {
              failures.set(problem.code, { items: (failures.get(problem.code)?.items ?? 0) + 1, error });
            }
            return problem;
          }
        }),
      );
      for (const [code, { items, error }] of failures) {
        deps.log("error", "batch.failed", { code, items, of: data.length, error: String(error) });
      }
      return c.json({ data }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/messages/preview",
      summary: "Try a message without sending it",
      description:
        "The decision, the final text, its segments and when it would leave. Nothing is stored. `at` tries another instant.",
      tags: ["Messages"],
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: MessageTried } },
        },
      },
      responses: {
        200: json(
          Message.omit({ id: true, conversation_id: true }).extend({
            id: z.null(),
            conversation_id: z.string().nullable(),
            code: z.string().nullable().openapi({ description: "Why it would be refused" }),
            detail: z.string().nullable(),
          }),
          "The message as it would be",
        ),
        ...problems,
      },
    }),
    async (c) => {
      const { at, ...body } = c.req.valid("json");
      const settings = await deps.settings.current();
      const now = at === undefined ? deps.now() : Date.parse(at);
      const draft = draftOf(body, settings, now);
      const [facts] = await loadFacts(deps, [{
        person: draft.to,
        sender: draft.sender.address,
        purpose: draft.purpose,
      }], now);
      const composed = composeDraft(draft, facts!.person, {
        rulebook: settings.rulebook,
        now,
        publicUrl: deps.publicUrl,
        tokens: deps.tokens,
      });
      const row = draftRow(draft, composed, {
        id: "",
        now,
        conversation_id: facts!.conversation_id ?? "",
        settings,
      });
      const refused: Refusal | null = composed.verdict.code === null ? null : refusal(composed.verdict);
      return c.json({
        ...messageView(row, composed.verdict.decision),
        id: null,
        conversation_id: facts!.conversation_id,
        code: refused?.code ?? null,
        detail: refused?.detail ?? null,
      }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/messages",
      summary: "List messages, newest first",
      description: LIST_DESCRIPTION,
      tags: ["Messages"],
      request: {
        query: z.object({
          ...pageOfIds("msg"),
          direction: z.enum(["outbound", "inbound"]).optional(),
          status: z.enum(STATUSES).optional(),
          category: Category.optional(),
          msisdn: z.string().optional().openapi({ description: "The person at the other end" }),
          conversation_id: z.string().optional(),
        }),
      },
      responses: { 200: json(pageOf(Message), "A page"), ...problems },
    }),
    async (c) => {
      const { limit, cursor, msisdn, ...filters } = c.req.valid("query");
      const person = msisdn === undefined ? undefined : await personInUrl(deps, msisdn, "msisdn");
      const { rows, next } = await listMessages(deps.db, { ...filters, person, limit, cursor });
      return c.json({ data: rows.map((row) => messageView(row)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/messages/{id}",
      summary: "One message, with its decision and timeline",
      tags: ["Messages"],
      request: { params: z.object({ id: z.string() }) },
      responses: {
        200: json(Message.extend({ timeline: z.array(TimelineEntry) }), "The message"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const row = await findMessage(deps.db, c.req.valid("param").id);
      if (row === null) throw problem(404, "not_found", "No such message");
      return c.json({ ...messageView(row), timeline: await timelineOf(deps.db, row) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/messages/{id}",
      summary: "Cancel a message that has not left",
      tags: ["Messages"],
      request: { params: z.object({ id: z.string() }) },
      responses: {
        200: json(Message, "Canceled"),
        409: { description: "It has left already, or never will" },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const canceled = await cancelMessage(deps.db, id, deps.now());
      const row = await findMessage(deps.db, id);
      if (row === null) throw problem(404, "not_found", "No such message");
      if (!canceled) throw problem(409, "not_cancelable", "Too late to cancel", `The message is ${row.status}.`);
      return c.json(messageView(row), 200);
    },
  );

  return routes;
}

function idempotencyOf(key: string, api_key_id: string, body: NewMessage): NonNullable<Submission["idempotency"]> {
  return { api_key_id, key, body_hash: bytesToHex(sha256(utf8ToBytes(JSON.stringify(body)))) };
}

/** @throws ProblemError naming the header. */
function checkIdempotencyKey(key: string): void {
  const parsed = IdempotencyKey.safeParse(key);
  if (!parsed.success) {
    throw invalidInput(parsed.error.issues.map((issue) => ({ ...issue, path: ["idempotency-key"] })));
  }
}

/** @throws ProblemError naming the field. */
export function recipientOf(input: string, field: string): string {
  const parsed = parseMsisdn(input);
  if (!parsed.ok) throw invalidField(field, parsed.detail, "recipient_invalid");
  return parsed.e164;
}

/** By text; items that are no message count nowhere, they are answered one by one. */
function copiesIn(items: readonly unknown[]): Map<unknown, number> {
  const copies = new Map<unknown, number>();
  for (const item of items) {
    const text = typeof item === "object" && item !== null && "text" in item ? item.text : undefined;
    copies.set(text, (copies.get(text) ?? 0) + 1);
  }
  return copies;
}

function draftOf(body: NewMessage, settings: Settings, now: number, copies = 1): Draft {
  return {
    to: recipientOf(body.to, "to"),
    sender: senderOf(body.from, settings),
    text: body.text.toWellFormed(),
    ...declarationOf(body),
    ...timesOf(body, now),
    max_segments: body.max_segments ?? MAX_SEGMENTS,
    metadata: body.metadata ?? null,
    copies,
    reply: null,
    unsubscribe_token: null,
  };
}
