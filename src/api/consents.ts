import { createRoute, z } from "@hono/zod-openapi";
import { parseMsisdn } from "../core/msisdn.ts";
import { instant, instantOrNull } from "../gateway/message_view.ts";
import { auditIfChanged, auditRow } from "../store/audit.ts";
import {
  allConsents,
  appendConsents,
  cancelAdvertising,
  type ConsentRow,
  findConsent,
  listConsents,
  type NewConsent as NewConsentRow,
  type Permission,
  permissionOf,
  withdrawConsents,
} from "../store/consents.ts";
import { download, importAll, ImportBody, importDetails, importItems, ImportReport, sentence } from "./bulk.ts";
import { type Api, router } from "./context.ts";
import { csvLines } from "./csv.ts";
import { Id, line, lines } from "./fields.ts";
import { recipientOf } from "./messages.ts";
import { invalidField, problem } from "./problem.ts";
import { Instant, json, notFound, pageOf, PageQuery, problems } from "./schemas.ts";

/** Characters of the JSON of all further proof. */
const MAX_EVIDENCE = 16_384;
const TOO_LONG = `is longer than ${MAX_EVIDENCE} characters of JSON`;

const Purpose = line(100).regex(
  /^(commercial|(partner|informative):.{1,80})$/,
  "must be commercial, partner:NAME or informative:TYPE",
);
const Evidence = z.record(z.string().max(100), z.unknown());
const given = {
  recipient: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }),
  purpose: Purpose.openapi({ example: "commercial", description: "Advertising asks for `commercial`" }),
  source: line(100).openapi({ description: "How it was obtained", example: "web_form" }),
  granted_at: Instant.openapi({ description: "When the person agreed; not in the future" }),
};
const wording = lines(5_000).openapi({ description: "What the person read and agreed to, in full" });

const NewConsent = z.object({
  ...given,
  wording,
  expires_at: Instant.optional(),
  evidence: Evidence.optional(),
}).catchall(z.unknown()).openapi("NewConsent", {
  description: "Further fields (ip, user_agent, page_url, wording_version …) are kept as evidence",
});

/** A line of an import: as exported, or as `NewConsent`. */
const ImportedConsent = z.object({
  ...given,
  status: z.enum(["granted", "withdrawn", "disputed"]).default("granted"),
  wording: wording.nullish(),
  expires_at: Instant.nullish(),
  evidence: Evidence.nullish(),
  message_id: z.string().max(100).nullish(),
  rule: z.string().max(200).nullish(),
  // Of the ledger it was exported from.
  id: z.unknown().optional(),
  created_at: z.unknown().optional(),
}).catchall(z.unknown()).refine(
  ({ status, wording }) => status !== "granted" || !!wording,
  { path: ["wording"], message: "is missing: consent cannot be proved without it" },
);

const consentFields = {
  id: z.string(),
  recipient: z.string(),
  purpose: z.string(),
  status: z.enum(["granted", "withdrawn", "disputed"]),
  source: z.string(),
  wording: z.string().nullable(),
  granted_at: z.string().openapi({ description: "When the person agreed, or withdrew" }),
  expires_at: z.string().nullable(),
  evidence: Evidence.nullable(),
  message_id: z.string().nullable(),
  rule: z.string().nullable(),
  created_at: z.string().openapi({ description: "When it was recorded here" }),
};
export const Consent = z.object(consentFields).openapi("Consent");
const ConsentState = z.object({
  ...consentFields,
  effective: z.boolean().openapi({ description: "Whether the person may be written to for this purpose now" }),
  effective_reason: z.string().nullable().openapi({ description: "Why not" }),
}).openapi("ConsentState");

const COLUMNS = Object.keys(consentFields) as (keyof typeof consentFields)[];

/**
 * The ledger of consents: append-only, and the latest act of a person for a purpose is what holds. Recording a consent never
 * lifts a suppression (compliance.md 7.3): only the person's own START does, or an administrator with a reason.
 */
export function consentRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents",
      summary: "Record a consent",
      description:
        "With its proof: who, when, how, and the words shown. A person who opted out stays opted out; the answer then says " +
        "`effective: false`.",
      tags: ["Consents"],
      request: { body: { required: true, content: { "application/json": { schema: NewConsent } } } },
      responses: { 201: json(ConsentState, "Recorded"), ...problems },
    }),
    async (c) => {
      const now = deps.now();
      const { recipient, purpose, source, wording, granted_at, expires_at, evidence, ...proof } = c.req.valid("json");
      const row = rowOf({
        recipient: recipientOf(recipient, "recipient"),
        purpose,
        source,
        wording,
        status: "granted",
        granted_at,
        expires_at,
        evidence: { ...proof, ...evidence },
      }, now);
      if ("wrong" in row) throw invalidField(row.field, row.wrong);
      const fact = {
        at: now,
        actor: c.get("principal").api_key_id,
        action: "consent.granted",
        subject: row.id,
        person: row.recipient,
        details: { purpose, source },
      } as const;
      await appendConsents(deps.db, [row], { audit: [auditRow(fact, deps.newId)] });
      return c.json(stateView(row, await permissionOf(deps.db, row.recipient, row.purpose), now), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents",
      summary: "The ledger of consents, newest first",
      tags: ["Consents"],
      request: { query: z.object({ ...PageQuery, recipient: z.string().max(40).optional() }) },
      responses: { 200: json(pageOf(Consent), "A page"), ...problems },
    }),
    async (c) => {
      const { recipient, ...page } = c.req.valid("query");
      const person = recipient === undefined ? undefined : recipientOf(recipient, "recipient");
      const { rows, next } = await listConsents(deps.db, { recipient: person, ...page });
      return c.json({ data: rows.map(consentView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents/import",
      summary: "Import consents",
      description:
        "CSV with a header line, JSON lines, or JSON `{data: [...]}`; up to 8 MiB. Columns as in `NewConsent`, others are kept as " +
        "evidence; `status` may be `withdrawn` or `disputed`. An export can be imported, and importing it twice changes nothing.",
      tags: ["Consents"],
      request: {
        body: {
          content: {
            "text/csv": { schema: z.string() },
            "application/x-ndjson": { schema: z.string() },
            "application/json": { schema: ImportBody },
          },
        },
      },
      responses: { 200: json(ImportReport, "What became of each line"), ...problems },
    }),
    async (c) => {
      const items = await importItems(c, () => c.req.valid("json"), ["recipient", "purpose", "source", "granted_at"]);
      const now = deps.now();
      const actor = c.get("principal").api_key_id;
      const subject = deps.newId("imp");
      const report = await importAll(
        items,
        (value) => importedRow(value, now),
        (rows) => {
          const entry = { at: now, actor, action: "consent.imported", subject, details: importDetails(rows) } as const;
          return appendConsents(deps.db, rows, { once: true, audit: [auditRow(entry, deps.newId)] });
        },
      );
      return c.json(report, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents/export",
      summary: "The whole ledger, oldest entry first",
      tags: ["Consents"],
      request: { query: z.object({ format: z.enum(["csv", "jsonl"]).default("csv") }) },
      responses: {
        200: {
          description: "CSV (`evidence` is JSON) or JSON lines",
          content: { "text/csv": { schema: z.string() }, "application/x-ndjson": { schema: z.string() } },
        },
        ...problems,
      },
    }),
    (c) => {
      const pages = allConsents(deps.db);
      const answer = c.req.valid("query").format === "csv"
        ? download(c, "consents.csv", "text/csv; charset=utf-8", csvOf(pages))
        : download(c, "consents.jsonl", "application/x-ndjson", jsonLinesOf(pages));
      return answer as never;
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents/{id}",
      summary: "One entry of the ledger, and whether it holds",
      tags: ["Consents"],
      request: { params: Id },
      responses: { 200: json(ConsentState, "The entry"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findConsent(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchConsent();
      return c.json(stateView(row, await permissionOf(deps.db, row.recipient, row.purpose), deps.now()), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents/{id}/withdraw",
      summary: "Withdraw a consent",
      description:
        "Appends a withdrawal for its recipient and purpose, and cancels advertising that relied on it. Repeating it changes " +
        "nothing. To keep all advertising away for good, record a suppression.",
      tags: ["Consents"],
      request: {
        params: Id,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                source: line(100).default("operator").openapi({ description: "How the person said so" }),
                wording: lines(5_000).optional().openapi({ description: "In the person's own words" }),
                evidence: Evidence.refine((data) => JSON.stringify(data).length <= MAX_EVIDENCE, TOO_LONG).optional(),
              }),
            },
          },
        },
      },
      responses: { 200: json(ConsentState, "The act that holds now"), ...problems, ...notFound },
    }),
    async (c) => {
      const now = deps.now();
      const consent = await findConsent(deps.db, c.req.valid("param").id);
      if (consent === null) throw noSuchConsent();
      const { recipient, purpose } = consent;
      const { source, wording, evidence } = c.req.valid("json");
      const id = deps.newId("cns");
      const actor = c.get("principal").api_key_id;
      const fact = {
        at: now,
        actor,
        action: "consent.withdrawn",
        subject: id,
        person: recipient,
        details: { purpose, source, consent_id: consent.id },
      } as const;
      await deps.db.client.batch([
        withdrawConsents([{
          id,
          recipient,
          purpose,
          source,
          wording: wording ?? null,
          granted_at: now,
          evidence: evidenceOf({
            ...evidence,
            consent_id: consent.id,
            recorded_by: actor,
          }),
          created_at: now,
        }]),
        ...auditIfChanged(auditRow(fact, deps.newId)),
        ...(purpose === "commercial" ? cancelAdvertising(recipient, now) : []),
      ]);
      const permission = await permissionOf(deps.db, recipient, purpose);
      return c.json(stateView(permission.latest!, permission, now), 200);
    },
  );

  /** Checks what a schema cannot see. */
  function rowOf(
    consent: {
      recipient: string;
      purpose: string;
      source: string;
      wording: string | null;
      status: "granted" | "withdrawn" | "disputed";
      granted_at: string;
      expires_at: string | null | undefined;
      evidence: Record<string, unknown>;
      message_id?: string | null | undefined;
      rule?: string | null | undefined;
    },
    now: number,
  ): ConsentRow | { field: string; wrong: string } {
    const granted_at = Date.parse(consent.granted_at);
    const expires_at = consent.expires_at ? Date.parse(consent.expires_at) : null;
    if (granted_at > now) return { field: "granted_at", wrong: "lies in the future" };
    if (expires_at !== null && expires_at <= granted_at) {
      return { field: "expires_at", wrong: "must lie after granted_at" };
    }
    const evidence = evidenceOf(consent.evidence);
    if (evidence !== null && evidence.length > MAX_EVIDENCE) return { field: "evidence", wrong: TOO_LONG };
    return {
      id: deps.newId("cns"),
      ...consent,
      granted_at,
      expires_at,
      evidence,
      message_id: consent.message_id ?? null,
      rule: consent.rule ?? null,
      created_at: now,
    };
  }

  function importedRow(value: unknown, now: number): { row: NewConsentRow } | { wrong: string } {
    const parsed = ImportedConsent.safeParse(withEvidenceRead(value));
    if (!parsed.success) return { wrong: sentence(parsed.error) };
    const { recipient, purpose, source, status, wording, granted_at, expires_at, evidence, message_id, rule, ...rest } =
      parsed.data;
    const number = parseMsisdn(recipient);
    if (!number.ok) return { wrong: `recipient: ${number.detail}` };
    const { id: _id, created_at: _created, ...proof } = rest;
    const row = rowOf({
      recipient: number.e164,
      purpose,
      source,
      status,
      wording: wording ?? null,
      granted_at,
      expires_at,
      evidence: { ...proof, ...evidence },
      message_id,
      rule,
    }, now);
    return "wrong" in row ? { wrong: `${row.field}: ${row.wrong}` } : { row };
  }

  return routes;
}

const noSuchConsent = () => problem(404, "not_found", "No such consent");

/** JSON of further proof; null when there is none. */
function evidenceOf(evidence: Record<string, unknown>): string | null {
  return Object.keys(evidence).length === 0 ? null : JSON.stringify(evidence);
}

/** In CSV the evidence is a cell that holds JSON. What is not JSON is left for the schema to refuse. */
function withEvidenceRead(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("evidence" in value)) return value;
  if (typeof value.evidence !== "string") return value;
  try {
    return { ...value, evidence: JSON.parse(value.evidence) as unknown };
  } catch {
    return value;
  }
}

export function consentView(
  { granted_at, expires_at, evidence, created_at, ...row }: ConsentRow,
): z.infer<typeof Consent> {
  return {
    ...row,
    granted_at: instant(granted_at),
    expires_at: instantOrNull(expires_at),
    evidence: evidence === null ? null : JSON.parse(evidence) as Record<string, unknown>,
    created_at: instant(created_at),
  };
}

function stateView(row: ConsentRow, permission: Permission, now: number): z.infer<typeof ConsentState> {
  const reason = whyNot(row.purpose, permission, now);
  return { ...consentView(row), effective: reason === null, effective_reason: reason };
}

/** Null while the person may be written to for the purpose. */
function whyNot(purpose: string, { latest, suppressions }: Permission, now: number): string | null {
  // Information may go on after a STOP that ended advertising.
  const covered = purpose.startsWith("informative:")
    ? suppressions.some(({ scope, sender }) => scope === "all" && sender === "")
    : suppressions.length > 0;
  if (covered) return "The person opted out; only their own START or an administrator can lift that.";
  if (latest?.status === "withdrawn") return `It was withdrawn at ${instant(latest.granted_at)}, which is later.`;
  if (latest?.expires_at && latest.expires_at <= now) return `It expired at ${instant(latest.expires_at)}.`;
  return null;
}

async function* csvOf(pages: AsyncGenerator<ConsentRow[], void>): AsyncGenerator<string, void> {
  yield csvLines([COLUMNS]);
  for await (const rows of pages) {
    yield csvLines(rows.map((row) => {
      // The evidence stays the JSON text that it is stored as.
      const view = { ...consentView(row), evidence: row.evidence };
      return COLUMNS.map((column) => view[column]);
    }));
  }
}

async function* jsonLinesOf(pages: AsyncGenerator<ConsentRow[], void>): AsyncGenerator<string, void> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(consentView(row))}\n`).join("");
}
