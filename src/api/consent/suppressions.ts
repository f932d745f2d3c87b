import { createRoute, z } from "@hono/zod-openapi";
import { senderMeant } from "../../gateway/pipeline/sender_meant.ts";
import { suppressionView } from "../../gateway/suppression_view.ts";
import { protectionOf } from "../../store/consent/overrides.ts";
import {
  allSuppressions,
  auditedRefusal,
  findSuppression,
  liftSuppression,
  listSuppressions,
  type Refusal,
  suppress,
  suppressGroup,
  type SuppressionRow,
} from "../../store/consent/suppressions.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { recipientsOf } from "../../store/people/erased.ts";
import { type Api, router } from "../http/context.ts";
import { csvLines } from "../http/csv.ts";
import { forbidden, Id, line, lines } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { personInUrl } from "../http/url_number.ts";
import { download, importAll, ImportBody, importDetails, importItems } from "../messages/bulk.ts";
import { recipientOf } from "../messages/messages.ts";
import { notByHand } from "./overrides.ts";
import { type Given, Scope, SuppressionImportReport, suppressionLines, WANTED } from "./suppression_import.ts";

const SOURCES = ["keyword", "carrier", "operator", "import", "link", "erasure"] as const;

export const Suppression = z.object({
  id: z.string(),
  recipient: z.string().openapi({
    description: "E.164; `#…`, a keyed hash, for a person who was erased; a short code or a name that wrote to us",
  }),
  scope: Scope.openapi({
    description: "`commercial`: no advertising from anybody. `all`: no advertising, and nothing else from `sender`",
  }),
  sender: z.string().nullable().openapi({ description: "Null: every sender" }),
  source: z.enum(SOURCES).openapi({
    description: "Who said so: `link` is the unsubscribe page, `erasure` that the person asked to be erased",
  }),
  rule: z.string().nullable(),
  message_id: z.string().nullable().openapi({ description: "The message that asked for it" }),
  text: z.string().nullable().openapi({ description: "In the person's own words" }),
  note: z.string().nullable(),
  created_at: z.string(),
  lifted_at: z.string().nullable(),
  lifted_by: z.string().nullable().openapi({
    description:
      "The message (START), the consent (given again on the unsubscribe page), the override or the API key that lifted it",
  }),
  lift_reason: z.string().nullable(),
}).openapi("Suppression");

const ABOUT_SENDER = "With scope `all`: the one sender it is about. Advertising stops from every sender anyway";
const Recipient = z.string().max(60).openapi({ description: "E.164", example: "+33612345678" });
const NewSuppression = z.strictObject({
  recipient: Recipient,
  sender: line(40).optional().openapi({
    description: `${ABOUT_SENDER}. One of yours, in any spelling`,
    example: "36105",
  }),
  ...WANTED,
}).openapi("NewSuppression");
const COLUMNS = [
  "id",
  "recipient",
  "scope",
  "sender",
  "source",
  "rule",
  "message_id",
  "text",
  "note",
  "created_at",
  "lifted_at",
  "lifted_by",
  "lift_reason",
] as const satisfies (keyof z.infer<typeof Suppression>)[];

const IncludeLifted = z.enum(["true", "false"]).default("false");

/** Standing refusals. They are lifted, never deleted. */
export function suppressionRoutes({ deps }: Api) {
  const routes = router();

  const suppressionOf = (
    { recipient, scope, sender, note }: Given,
    source: "operator" | "import",
    now: number,
  ): Refusal["suppression"] => ({
    id: deps.newId("sup"),
    recipient,
    scope,
    sender: scope === "all" ? sender ?? "" : "",
    source,
    note: note ?? null,
    created_at: now,
  });

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/suppressions",
      summary: "Suppress a number by hand",
      description:
        "For a refusal that came by telephone, letter or e-mail. It has the consequences of a STOP: what waits is canceled, the " +
        "consent is withdrawn, the contact is deleted, all in one transaction.",
      tags: ["Suppressions"],
      request: { body: { required: true, content: { "application/json": { schema: NewSuppression } } } },
      responses: {
        201: json(Suppression, "Suppressed"),
        200: json(Suppression, "The same suppression stood already"),
        ...problems,
      },
    }),
    async (c) => {
      const body = c.req.valid("json");
      const now = deps.now();
      const recipient = recipientOf(body.recipient, "recipient");
      const given = suppressionOf({ ...body, recipient, sender: await ownSender(body) }, "operator", now);
      const refusal = auditedRefusal(given, c.get("principal").actor, deps.newId);
      const { row, created } = await suppress(deps.db, refusal, now);
      return created ? c.json(suppressionView(row), 201) : c.json(suppressionView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/suppressions",
      summary: "List suppressions, newest first",
      description: "With `source` alone a page may be short, even empty, with more to come.",
      tags: ["Suppressions"],
      request: {
        query: z.object({
          ...pageOfIds("sup"),
          recipient: z.string().max(100).optional(),
          source: z.enum(SOURCES).optional(),
          include_lifted: IncludeLifted,
        }),
      },
      responses: { 200: json(pageOf(Suppression), "A page"), ...problems },
    }),
    async (c) => {
      const { recipient, include_lifted, ...page } = c.req.valid("query");
      const { rows, next } = await listSuppressions(deps.db, {
        recipients: recipient === undefined
          ? undefined
          : recipientsOf(await personInUrl(deps, recipient, "recipient"), deps.people),
        includeLifted: include_lifted === "true",
        ...page,
      });
      return c.json({ data: rows.map(suppressionView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/suppressions/import",
      summary: "Import suppressions",
      description:
        "CSV with a header line `recipient[,scope,sender,note]`, or JSON `{data: [...]}` of at most 100,000 items; up to 8 MiB. A line of CSV that is " +
        "not UTF-8 is read as Windows-1252. Stored in groups of 1,000: when an import breaks off, send it again. An export can be imported; lines that were lifted are passed over. " +
        "A short code or a name as `recipient` is taken only from an export, with its `id`.\n\n" +
        "A sender may be spelled in any way. One that is none of yours is kept, since it may become one, and named in `unknown_senders`.",
      tags: ["Suppressions"],
      request: {
        body: {
          content: {
            "text/csv": { schema: z.string().openapi({ example: "recipient,scope\n+33612345678,commercial\n" }) },
            "application/json": { schema: ImportBody },
          },
        },
      },
      responses: { 200: json(SuppressionImportReport, "What became of each line"), ...problems },
    }),
    async (c) => {
      const items = await importItems(c, () => c.req.valid("json"), ["recipient"]);
      const now = deps.now();
      const actor = c.get("principal").actor;
      const subject = deps.newId("imp");
      const lines = suppressionLines(await deps.settings.current(), deps.people?.ids ?? []);
      const report = await importAll(
        items,
        (value) => {
          const line = lines.read(value);
          if ("wrong" in line) return line;
          return { row: line.given === null ? null : suppressionOf(line.given, "import", now) };
        },
        (rows) => {
          const entry = {
            at: now,
            actor,
            action: "suppression.imported",
            subject,
            details: importDetails(rows),
          } as const;
          const repeated = {
            at: now,
            actor,
            action: "suppression.repeated",
            subject,
            details: { source: "import", import: subject },
          } as const;
          const refusals = rows.map((suppression) => ({ suppression, withdrawal_id: deps.newId("cns"), audit: [] }));
          const audit = { entry: auditRow(entry, deps.newId), repeated: auditRow(repeated, deps.newId) };
          return suppressGroup(deps.db, refusals, audit, now);
        },
      );
      return c.json(lines.unknown.size === 0 ? report : { ...report, unknown_senders: [...lines.unknown] }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/suppressions/export",
      summary: "Every suppression as CSV, oldest first",
      description:
        "A cell that a spreadsheet would take for a formula begins with an apostrophe; the import takes it away again.",
      tags: ["Suppressions"],
      request: { query: z.object({ include_lifted: IncludeLifted }) },
      responses: { 200: { description: "CSV", content: { "text/csv": { schema: z.string() } } }, ...problems },
    }),
    (c) => {
      const pages = allSuppressions(deps.db, c.req.valid("query").include_lifted === "true");
      return download(c, "suppressions.csv", "text/csv; charset=utf-8", exported(pages)) as never;
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/suppressions/{id}",
      summary: "One suppression, with its evidence",
      tags: ["Suppressions"],
      request: { params: Id },
      responses: { 200: json(Suppression, "The suppression"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findSuppression(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchSuppression();
      return c.json(suppressionView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/suppressions/{id}/lift",
      summary: "Lift a suppression",
      description:
        "What staff or an import entered; for an administrator, with a reason that is kept. What the person said themselves " +
        "answers `override_needed`: ask for an override. It brings no consent back: advertising needs a new one.",
      tags: ["Suppressions"],
      request: {
        params: Id,
        body: {
          required: true,
          content: { "application/json": { schema: z.strictObject({ reason: lines(1_000) }) } },
        },
      },
      responses: {
        200: json(Suppression, "Lifted"),
        409: { description: "`already_lifted`, `override_needed` or `only_the_person`" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      const by = c.get("principal").actor;
      const lifted = await liftSuppression(deps.db, id, { at: deps.now(), by, reason }, deps.newId);
      if (lifted !== null) return c.json(suppressionView(lifted), 200);
      const standing = await findSuppression(deps.db, id);
      if (standing === null) throw noSuchSuppression();
      if (standing.lifted_at !== null) throw notByHand("already_lifted");
      throw notByHand(
        await protectionOf(deps.db, standing) === "only_the_person" ? "only_the_person" : "override_needed",
      );
    },
  );

  /** @throws ProblemError 422 for a sender that is none of ours, which would protect nobody. */
  async function ownSender({ scope, sender }: z.infer<typeof NewSuppression>): Promise<string | null> {
    if (sender === undefined || scope !== "all") return null;
    const meant = senderMeant(sender, await deps.settings.current());
    if (meant !== null) return meant;
    throw invalidField("sender", `"${sender}" is not one of your senders (GET /v1/senders lists them)`);
  }

  return routes;
}

const noSuchSuppression = () => problem(404, "not_found", "No such suppression");

async function* exported(pages: AsyncGenerator<SuppressionRow[], void>): AsyncGenerator<string, void> {
  yield csvLines([COLUMNS]);
  for await (const rows of pages) {
    yield csvLines(rows.map(suppressionView).map((view) => COLUMNS.map((column) => view[column])));
  }
}
