import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { instant } from "../../gateway/message_view.ts";
import { beginImport, findImport, type ImportRow, listImports, listProblems } from "../../store/contacts/imports.ts";
import { findList } from "../../store/contacts/lists.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, type Env, router } from "../http/context.ts";
import { CsvProblem, type CsvRecord, csvRecords } from "../http/csv_stream.ts";
import { digits, Id } from "../http/fields.ts";
import { invalidField, problem, ProblemError, unsupportedType } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, PageQuery, problems } from "../http/schemas.ts";
import { columnsOf, importOptions, ImportQuery } from "./columns.ts";
import { ImportStopped, PROBLEMS_KEPT, runImport } from "./import_run.ts";
import { lineReader } from "./lines.ts";

/** A client that sends nothing for so long is gone, or holds a connection for nothing. */
const IDLE_MS = 60_000;
const TYPES = ["text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream"];

export const ContactImport = z.object({
  id: z.string(),
  state: z.enum(["running", "done", "failed"]),
  dry_run: z.boolean(),
  list_id: z.string().nullable(),
  columns: z.record(z.string(), z.string()).openapi({ description: "What was taken from which column" }),
  ignored_columns: z.array(z.string()),
  tags: z.array(z.string()).openapi({ description: "Given to everybody" }),
  country: z.string().nullable(),
  lines: z.number().int().openapi({ description: "Each is counted in one of the following" }),
  created: z.number().int(),
  updated: z.number().int().openapi({ description: "Were in the address book" }),
  duplicates: z.number().int().openapi({ description: "Came before in the file; what they tell was merged" }),
  suppressed: z.number().int().openapi({ description: "Kept out, because a suppression stands" }),
  invalid: z.number().int(),
  error: z.string().nullable().openapi({ description: "Why it failed, and at which line" }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("ContactImport");

const Kind = z.enum(["invalid", "suppressed", "duplicate"]);
export const ImportProblem = z.object({ line: z.number().int(), kind: Kind, detail: z.string() }).openapi(
  "ImportProblem",
);

const noSuchImport = () => problem(404, "not_found", "No such import");

/** Files of contacts, read while they arrive. Consents have an import of their own: being in a file is no consent. */
export function contactImportRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/contacts/imports",
      summary: "Import a CSV file of contacts",
      description:
        "Of any length, in UTF-8 or Windows-1252, separated by comma, semicolon or tab, with a header line. Stored in groups of " +
        "1,000 while it arrives; another request sees how far it is. What a line tells is merged into the contact with its number. " +
        "Whoever is suppressed is kept out. When it breaks off, send it again.",
      tags: ["Contacts"],
      request: {
        query: ImportQuery,
        body: {
          content: { "text/csv": { schema: z.string().openapi({ example: "msisdn,name\n+33612345678,Client\n" }) } },
        },
      },
      responses: {
        201: json(ContactImport, "The whole file was read"),
        400: { description: "`body_incomplete`: the connection broke off" },
        409: { description: "`import_ended`: it was given up, or its list deleted" },
        415: { description: "Not CSV" },
        ...problems,
      },
    }),
    async (c) => {
      const options = importOptions(c.req.queries());
      const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
      if (type !== undefined && !TYPES.includes(type)) {
        throw unsupportedType("Send Content-Type: text/csv.");
      }
      const list_id = options.list ?? null;
      if (list_id !== null) {
        const list = await findList(deps.db, list_id);
        if (list === null) throw invalidField("list", "there is no such list");
        if (list.filter !== null) throw invalidField("list", "is a saved filter; it has no members to add to");
      }

      const records = csvRecords(arriving(c));
      try {
        const [header, ...first] = await firstBlock(records);
        const columns = columnsOf(header?.cells ?? [], options);
        const actor = c.get("principal").actor;
        const id = deps.newId("imp");
        const at = (place: number | null) => place === null ? [] : [header!.cells[place]!.trim()];
        const details = {
          columns: Object.fromEntries([
            ...(["number", "name", "language", "time_zone", "tags"] as const)
              .flatMap((name) => at(columns[name]).map((column) => [name, column])),
            ...columns.fields.flatMap((field) => at(field.at).map((column) => [`field.${field.name}`, column])),
          ]) as Record<string, string>,
          ignored_columns: columns.ignored,
          tags: options.tag,
          country: options.country ?? null,
        };
        const now = deps.now();
        const entry = {
          at: now,
          actor,
          action: "contacts.imported",
          subject: id,
          details: { ...details, list_id },
        } as const;
        await beginImport(deps.db, {
          id,
          dry_run: options.dry_run ? 1 : 0,
          list_id,
          actor,
          options: JSON.stringify(details),
          created_at: now,
        }, options.dry_run ? null : auditRow(entry, deps.newId));
        const run = { id, list_id, dry_run: options.dry_run, read: lineReader(columns, options) };
        const row = await runImport(deps, run, joined(first, records)).catch((error) => {
          throw stopped(error, id);
        });
        if (row.state !== "done") throw stopped(new ImportStopped("import_ended", "the import was given up"), id);
        return c.json(importView(row), 201, { location: `/v1/contacts/imports/${id}` });
      } finally {
        await records.return();
      }
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts/imports",
      summary: "Imports, newest first",
      tags: ["Contacts"],
      request: { query: z.object(pageOfIds("imp")) },
      responses: { 200: json(pageOf(ContactImport), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listImports(deps.db, c.req.valid("query"));
      return c.json({ data: rows.map(importView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts/imports/{id}",
      summary: "How far an import is",
      tags: ["Contacts"],
      request: { params: Id },
      responses: { 200: json(ContactImport, "The import"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findImport(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchImport();
      return c.json(importView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts/imports/{id}/problems",
      summary: "Lines that became no contact of their own, and why",
      description: `In the order of the file; the first ${PROBLEMS_KEPT} of each kind are kept.`,
      tags: ["Contacts"],
      request: {
        params: Id,
        query: z.object({
          limit: PageQuery.limit,
          cursor: digits(0, Number.MAX_SAFE_INTEGER).default(0).openapi({
            description: "The line behind which to go on",
          }),
          kind: Kind.optional(),
        }),
      },
      responses: { 200: json(pageOf(ImportProblem), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { limit, cursor, kind } = c.req.valid("query");
      if (await findImport(deps.db, id) === null) throw noSuchImport();
      const { rows, next } = await listProblems(deps.db, { id, kind, limit, after: cursor });
      const data = rows.map(({ line, kind, detail }) => ({ line, kind, detail }));
      return c.json({ data, next_cursor: next === null ? null : String(next) }, 200);
    },
  );

  return routes;
}

/** The body as it arrives. @throws ImportStopped when it ends too early. */
async function* arriving(c: Context<Env>): AsyncGenerator<Uint8Array, void> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return;
  try {
    while (true) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<"late">((resolve) => void (timer = setTimeout(resolve, IDLE_MS, "late")));
      const read = await Promise.race([reader.read(), late]).catch(() => "broken" as const);
      clearTimeout(timer);
      if (read === "late") throw new ImportStopped("body_incomplete", `nothing came for ${IDLE_MS / 1_000} seconds`);
      if (read === "broken") throw new ImportStopped("body_incomplete", "the connection broke off");
      if (read.done) return;
      yield read.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The first records of a file, the header among them. @throws ProblemError. */
async function firstBlock(records: AsyncGenerator<CsvRecord[], void>): Promise<CsvRecord[]> {
  try {
    while (true) {
      const { done, value } = await records.next();
      if (done) throw invalidField("body", "has no header line", "invalid_csv");
      if (value.length > 0) return value;
    }
  } catch (error) {
    if (error instanceof CsvProblem) throw invalidField("body", `line ${error.line}: ${error.message}`, "invalid_csv");
    if (error instanceof ImportStopped) throw problem(400, error.code, "Incomplete", error.message);
    throw error;
  }
}

async function* joined(first: CsvRecord[], rest: AsyncGenerator<CsvRecord[], void>): AsyncGenerator<CsvRecord[], void> {
  yield first;
  yield* rest;
}

/** What the sender is told of an import that ended early, and where it is. */
function stopped(error: unknown, id: string): unknown {
  const rest = `Import ${id} kept what came before; mend the file and send it again.`;
  const at = { location: `/v1/contacts/imports/${id}` };
  if (error instanceof CsvProblem) {
    const { problem } = invalidField("body", `line ${error.line}: ${error.message}. ${rest}`, "invalid_csv");
    return new ProblemError(problem, at);
  }
  if (!(error instanceof ImportStopped)) return error;
  const status = error.code === "body_incomplete" ? 400 : 409;
  return new ProblemError(
    problem(status, error.code, "The import ended early", `${error.message}. ${rest}`).problem,
    at,
  );
}

function importView(row: ImportRow): z.infer<typeof ContactImport> {
  const { id, state, list_id, lines, created, updated, duplicates, suppressed, invalid, error } = row;
  const { columns, ignored_columns, tags, country } = JSON.parse(row.options) as Pick<
    z.infer<typeof ContactImport>,
    "columns" | "ignored_columns" | "tags" | "country"
  >;
  return {
    id,
    state,
    dry_run: row.dry_run === 1,
    list_id,
    columns,
    ignored_columns,
    tags,
    country,
    lines,
    created,
    updated,
    duplicates,
    suppressed,
    invalid,
    error,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  };
}
