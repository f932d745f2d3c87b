import { createRoute, z } from "@hono/zod-openapi";
import { parseMsisdn } from "../../core/msisdn.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { allConsents, appendConsents, type ConsentRow } from "../../store/consent/consents.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { lostKeySentence } from "../access/lost_keys.ts";
import { type Api, router } from "../http/context.ts";
import { csvLines } from "../http/csv.ts";
import { line } from "../http/fields.ts";
import { json, problems } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";
import {
  download,
  importAll,
  ImportBody,
  importDetails,
  importItems,
  ImportReport,
  jsonLinesByOneName,
  sentence,
} from "../messages/bulk.ts";
import { entryRow } from "./consent_record.ts";
import { COLUMNS, consentView, ImportedConsent } from "./consent_schemas.ts";

/** The ledger as a file, whole or of one person. */
export function consentFileRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents/import",
      middleware: jsonLinesByOneName,
      summary: "Import consents",
      description:
        "CSV with a header line, JSON lines (`application/x-ndjson` or `application/jsonl`), or JSON `{data: [...]}` of at most 100,000 items; up to 8 MiB. A line of CSV that is not UTF-8 is read as Windows-1252; JSON is UTF-8. Columns as in `NewConsent`, others are kept as " +
        "evidence; `status` may be `withdrawn` or `disputed`. Say in `evidence_ref`, of each line or of the whole import, where the " +
        "proof is kept. An export can be imported, and importing it twice changes nothing; a question that was open there is not open here.",
      tags: ["Consents"],
      request: {
        query: z.object({
          evidence_ref: line(500).optional().openapi({ description: "For lines that have none of their own" }),
        }),
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
      const { evidence_ref = null } = c.req.valid("query");
      const { rulebook } = await deps.settings.current();
      const now = deps.now();
      const actor = c.get("principal").actor;
      const subject = deps.newId("imp");
      const report = await importAll(
        items,
        (value) => importedRow(value, { id: deps.newId("cns"), now, actor, evidence_ref, rulebook }),
        (rows) => {
          const details = { ...importDetails(rows), evidence_ref };
          const entry = { at: now, actor, action: "consent.imported", subject, details } as const;
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
      summary: "The ledger, whole or of one person, oldest entry first",
      tags: ["Consents"],
      request: {
        query: z.object({
          format: z.enum(["csv", "jsonl", "json"]).default("csv"),
          recipient: z.string().max(40).optional(),
        }),
      },
      responses: {
        200: {
          description: "CSV (`evidence` is JSON), JSON lines, or JSON `{data: [...]}`",
          content: {
            "text/csv": { schema: z.string() },
            "application/x-ndjson": { schema: z.string() },
            "application/json": { schema: z.object({ data: z.array(z.unknown()) }) },
          },
        },
        ...problems,
      },
    }),
    (c) => {
      const { format, recipient } = c.req.valid("query");
      const person = recipient === undefined ? undefined : numberInUrl(recipient, "recipient");
      const { type, write } = FORMATS[format];
      return download(c, `consents.${format}`, type, write(allConsents(deps.db, person))) as never;
    },
  );

  return routes;
}

type Pages = AsyncGenerator<ConsentRow[], void>;

const FORMATS: Record<
  "csv" | "jsonl" | "json",
  { type: string; write: (pages: Pages) => AsyncGenerator<string, void> }
> = {
  csv: { type: "text/csv; charset=utf-8", write: csvOf },
  jsonl: { type: "application/x-ndjson", write: jsonLinesOf },
  json: { type: "application/json", write: jsonOf },
};

function importedRow(
  value: unknown,
  { actor, evidence_ref, ...known }: {
    id: string;
    now: number;
    actor: string;
    evidence_ref: string | null;
    rulebook: Rulebook;
  },
): { row: ConsentRow } | { wrong: string } {
  const given = withEvidenceRead(value);
  const lost = lostKeySentence(given);
  if (lost !== null) return { wrong: lost };
  const parsed = ImportedConsent.safeParse(given);
  if (!parsed.success) return { wrong: sentence(parsed.error) };
  const number = parseMsisdn(parsed.data.recipient);
  if (!number.ok) return { wrong: `recipient: ${number.detail}` };
  const {
    recipient: _recipient,
    purpose,
    source,
    status,
    wording,
    wording_version,
    wording_language,
    granted_at,
    expires_at,
    evidence,
    evidence_ref: own_ref,
    recorded_by,
    message_id,
    rule,
    id: _id,
    created_at: _created,
    sender: _sender,
    confirm_until: _until,
    confirms: _confirms,
    ...proof
  } = parsed.data;
  const row = entryRow({
    recipient: number.e164,
    purpose,
    source,
    status,
    wording: wording ?? null,
    wording_version,
    wording_language,
    granted_at,
    expires_at,
    evidence: { ...proof, ...evidence },
    evidence_ref: own_ref ?? evidence_ref,
    recorded_by: recorded_by ?? actor,
    message_id,
    rule,
  }, known);
  return "wrong" in row ? { wrong: `${row.field}: ${row.wrong}` } : { row };
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

async function* csvOf(pages: Pages): AsyncGenerator<string, void> {
  yield csvLines([COLUMNS]);
  for await (const rows of pages) {
    yield csvLines(rows.map((row) => {
      // The evidence stays the JSON text that it is stored as.
      const view = { ...consentView(row), evidence: row.evidence };
      return COLUMNS.map((column) => view[column]);
    }));
  }
}

async function* jsonLinesOf(pages: Pages): AsyncGenerator<string, void> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(consentView(row))}\n`).join("");
}

async function* jsonOf(pages: Pages): AsyncGenerator<string, void> {
  let before = '{"data":[';
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    yield before + rows.map((row) => JSON.stringify(consentView(row))).join(",");
    before = ",";
  }
  yield before === "," ? "]}" : `${before}]}`;
}
