import { createRoute, z } from "@hono/zod-openapi";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { RetainedData } from "../../core/rulebook/rulebook_schema.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { SETTLES_MS, workOn } from "../../gateway/people/erase.ts";
import { auditedRefusal } from "../../store/consent/suppressions.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import {
  beginErasure,
  type ErasureRow,
  findErasure,
  listErasures,
  refusedBefore,
} from "../../store/people/erasures.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";

/** What most people have is erased while the request waits; the tick goes on with the rest. */
const AT_ONCE_MS = 1_000;
/** A number, however it is written: what asks for an erasure must not be what remains of the person. */
const NUMBER = /\d(?:[\s().\-/]{0,2}\d){6,}/;
/** A day, with digits on neither side. */
const DAY =
  /(?<!\d[\s().\-/]{0,2})(?:(?:19|20)\d\d([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:19|20)\d\d)(?![\s().\-/]{0,2}\d)/g;

const RequestedBy = z.enum(["person", "operator", "authority"]);

const NewErasure = z.strictObject({
  reason: lines(500).refine((text) => !NUMBER.test(text.replace(DAY, "")), "must not hold a number: the reason is kept")
    .openapi({
      description: "Kept, so without name or number",
      example: "Request under article 17 GDPR, received by letter on 20 November",
    }),
  requested_by: RequestedBy.openapi({ description: "Who asked for it" }),
  suppress: z.boolean().default(true).openapi({
    description:
      "Whether advertising to the number stays refused; false where nobody objected, such as for a number entered by mistake. Who " +
      "opted out, or withdrew the consent, stays refused in any case",
  }),
}).openapi("NewErasure");

const Kept = z.object({
  what: z.string(),
  count: z.number().int().nullable().openapi({ description: "Known at the end" }),
  form: z.string(),
  why: z.string(),
  days: z.number().int().nullable().openapi({
    description:
      "For how long, as the active retention file says; of suppressions those that were lifted, since one that stands never goes. " +
      "Null: for good",
  }),
});

export const Erasure = z.object({
  id: z.string(),
  state: z.enum(["running", "done"]),
  requested_by: RequestedBy,
  reason: z.string(),
  actor: z.string().openapi({ description: "The API key that entered it" }),
  created_at: z.string(),
  settles_at: z.string().openapi({
    description: "Not done before: what was being accepted or received when it began is erased as well",
  }),
  finished_at: z.string().nullable(),
  erased: z.object({
    messages: z.number().int().openapi({ description: "Number, texts, metadata and reasons" }),
    conversations: z.number().int(),
    contacts: z.number().int().openapi({ description: "With tags and lists; one that was suppressed had left before" }),
    reviews: z.number().int(),
    audit_details: z.number().int(),
  }).openapi({ description: "So far" }),
  kept: z.array(Kept).openapi({ description: "What stays, in which form, and why" }),
}).openapi("Erasure");

/** Erasing a person: the number, the words and what else is personal; what must stay is told. */
export function erasureRoutes({ deps }: Api) {
  const routes = router();
  const retention = async () => (await deps.settings.current()).rulebook.retention;

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/people/{msisdn}",
      summary: "Erase a person",
      description:
        "All that waits for the person is canceled at once, and advertising to the number stays refused. Then number and texts go " +
        "from every table, in pieces; `GET /v1/erasures/{id}` tells how far it is. What stays is told in `kept`: suppressions and " +
        "consents under a keyed hash of the number, messages without number and text. It takes a minute at least. Asked again " +
        "meanwhile, it answers with the erasure under way.",
      tags: ["Evidence"],
      request: {
        params: z.object({ msisdn: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }) }),
        body: { required: true, content: { "application/json": { schema: NewErasure } } },
      },
      responses: {
        202: json(Erasure, "Under way"),
        409: { description: "`secret_missing`: there is no key outside the database (`PARLEY_SECRET`)" },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      if (deps.people === null) throw secretMissing();
      const person = numberInUrl(c.req.valid("param").msisdn, "msisdn");
      const { reason, requested_by, suppress } = c.req.valid("json");
      const now = deps.now();
      const actor = c.get("principal").actor;
      const refused = suppress || await refusedBefore(deps.db, person);
      const id = deps.newId("era");
      const suppression = {
        id: deps.newId("sup"),
        recipient: person,
        scope: "commercial" as const,
        sender: "",
        source: "erasure" as const,
        created_at: now,
      };
      const begun = await beginErasure(deps.db, {
        id,
        person,
        requested_by,
        reason,
        actor,
        created_at: now,
        settles_at: now + SETTLES_MS,
      }, {
        refusal: refused ? auditedRefusal(suppression, actor, deps.newId) : null,
        entry: auditRow(
          { at: now, actor, action: "person.erasure_requested", subject: id, details: { requested_by, reason } },
          deps.newId,
        ),
      });
      await workOn(deps, AT_ONCE_MS, begun.id);
      return c.json(erasureView(await findErasure(deps.db, begun.id) ?? begun, await retention()), 202);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/erasures",
      summary: "Erasures, newest first",
      tags: ["Evidence"],
      request: { query: z.object(pageOfIds("era")) },
      responses: { 200: json(pageOf(Erasure), "A page"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { rows, next } = await listErasures(deps.db, c.req.valid("query"));
      const kept = await retention();
      return c.json({ data: rows.map((row) => erasureView(row, kept)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/erasures/{id}",
      summary: "One erasure: how far it is, what it erased and what stays",
      tags: ["Evidence"],
      request: { params: Id },
      responses: { 200: json(Erasure, "The erasure"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const row = await findErasure(deps.db, c.req.valid("param").id);
      if (row === null) throw problem(404, "not_found", "No such erasure");
      return c.json(erasureView(row, await retention()), 200);
    },
  );

  return routes;
}

const secretMissing = () =>
  problem(
    409,
    "secret_missing",
    "No secret",
    "A person who was erased must not be written to again by mistake, for which a keyed hash of the number is kept. Set " +
      "PARLEY_SECRET, the same on every instance, and keep it apart from the database.",
  );

function erasureView(
  { id, state, requested_by, reason, actor, created_at, settles_at, finished_at, ...counts }: ErasureRow,
  retention: Rulebook["retention"],
): z.infer<typeof Erasure> {
  const { messages, conversations, contacts, reviews, audit_details, suppressions, consents } = counts;
  const known = (count: number) => state === "done" ? count : null;
  const days = (data: RetainedData) => retention.get(data)?.days ?? null;
  return {
    id,
    state,
    requested_by,
    reason,
    actor,
    created_at: instant(created_at),
    settles_at: instant(settles_at),
    finished_at: instantOrNull(finished_at),
    erased: { messages, conversations, contacts, reviews, audit_details },
    kept: [
      {
        what: "suppressions",
        count: known(suppressions),
        form: "keyed hash of the number; scope, source, instants, id of the message",
        why: "An opt-out holds for good: an import must not undo it (GDPR art. 17(3)(b), 21(3))",
        days: days("lifted_suppressions"),
      },
      {
        what: "consents",
        count: known(consents),
        form: "keyed hash of the number; purpose, instants, source, the wording that was shown",
        why: "Proof of what was agreed to and withdrawn, for as long as claims can be made (GDPR art. 7(1), 17(3)(e))",
        days: days("consents"),
      },
      {
        what: "messages",
        count: known(messages),
        form: "without number, text, metadata and reasons; the carrier's id, sender, status, segments, instants",
        why: "Books and invoices; a webhook that is brought again is known",
        days: days("messages"),
      },
      {
        what: "audit_log",
        count: known(audit_details),
        form: "entries without their details",
        why: "The chain shows that nothing else was taken out",
        days: null,
      },
    ],
  };
}
