import { z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { digestOf } from "../../store/oversight/audit.ts";
import type { Env } from "../http/context.ts";
import { type CsvRow, readCsv } from "../http/csv.ts";
import { CsvProblem, csvText } from "../http/csv_stream.ts";
import { invalidField, messageOf, pathOf, type ProblemError, unsupportedType } from "../http/problem.ts";
import { utf8Text } from "../http/utf8_body.ts";

/** Import and export of many rows at once. */

/** Rows written in one transaction: large enough to be fast, small enough to let others write in between. */
const GROUP = 1_000;
/** Lines that a report tells about; a file with more is wrong as a whole. */
const REPORTED = 1_000;
const MAX_ITEMS = 100_000;

export const ImportReport = z.object({
  imported: z.number().int(),
  already: z.number().int().openapi({ description: "Lines that said nothing new" }),
  rejected: z.number().int().openapi({ description: "Lines that were not understood" }),
  invalid: z.array(z.object({ line: z.number().int(), detail: z.string() })).openapi({
    description: `The first ${REPORTED} of them; in JSON, \`line\` is the place in the list, from 1`,
  }),
}).openapi("ImportReport");
export type ImportReport = z.infer<typeof ImportReport>;

export const ImportBody = z.object({ data: z.array(z.unknown()).max(MAX_ITEMS) });

/** One thing to import, and where it stood. */
export interface ImportItem {
  line: number;
  value: unknown;
}

/**
 * What the body of an import holds: CSV, JSON lines, or JSON, which the route has validated already. `required`: columns that the CSV must have. @throws ProblemError 415 for any other type, 400 for JSON that is no UTF-8.
 */
export async function importItems(
  c: Context<Env>,
  json: () => unknown,
  required: readonly string[],
): Promise<ImportItem[]> {
  switch (c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase()) {
    case "application/json":
      return ImportBody.parse(json()).data.map((value, index) => ({ line: index + 1, value }));
    case "text/csv":
      return readCsv(textOf(await c.req.arrayBuffer()), required).map(({ line, cells }: CsvRow) => ({
        line,
        value: cells,
      }));
    case "application/x-ndjson":
      return jsonLines(await utf8Text(c));
    default:
      throw unsupportedImport(c.req.path);
  }
}

/** 415 of an import, which the validators of its route may notice first. */
export function unsupportedImport(path: string): ProblemError {
  const types = path.endsWith("/consents/import")
    ? "text/csv, application/x-ndjson or application/json"
    : "text/csv or application/json";
  return unsupportedType(`Send Content-Type: ${types}.`);
}

/**
 * JSON lines have two names. A validator takes the one that begins like JSON for JSON, so that the routes get to see the other.
 */
export const jsonLinesByOneName: MiddlewareHandler = async (c, next) => {
  const type = c.req.header("content-type");
  if (type !== undefined && /^\s*application\/jsonl\s*(;|$)/i.test(type)) {
    const request = new Request(c.req.raw);
    request.headers.set("content-type", type.replace(/jsonl/i, "x-ndjson"));
    c.req.raw = request;
  }
  await next();
};

/** As a file of contacts is decoded: spreadsheets still write Windows-1252, and what somebody agreed to is evidence. */
function textOf(csv: ArrayBuffer): string {
  try {
    return csvText(new Uint8Array(csv));
  } catch (error) {
    if (!(error instanceof CsvProblem)) throw error;
    throw invalidField("body", error.message, "invalid_csv");
  }
}

function jsonLines(text: string): ImportItem[] {
  return text.split("\n").flatMap((one, index): ImportItem[] => {
    if (one.trim() === "") return [];
    try {
      return [{ line: index + 1, value: JSON.parse(one) }];
    } catch {
      throw invalidField("body", `line ${index + 1} is not JSON`, "invalid_json");
    }
  });
}

/**
 * Reads each item, then stores the good ones in groups, each in a transaction of its own. `read` answers with the row, null for
 * one to pass over, or a sentence saying what is wrong. `store` resolves with the number of rows that were new.
 */
export async function importAll<T>(
  items: readonly ImportItem[],
  read: (value: unknown) => { row: T | null } | { wrong: string },
  store: (rows: T[]) => Promise<number>,
): Promise<ImportReport> {
  const report: ImportReport = { imported: 0, already: 0, rejected: 0, invalid: [] };
  for (let from = 0; from < items.length; from += GROUP) {
    const rows: T[] = [];
    for (const { line, value } of items.slice(from, from + GROUP)) {
      const result = read(value);
      if ("wrong" in result) {
        report.rejected++;
        if (report.invalid.length < REPORTED) report.invalid.push({ line, detail: result.wrong });
      } else if (result.row === null) report.already++;
      else rows.push(result.row);
    }
    if (rows.length === 0) continue;
    const stored = await store(rows);
    report.imported += stored;
    report.already += rows.length - stored;
  }
  return report;
}

/**
 * What the audit log keeps of a group of an import. One entry stands for a group, in its transaction: an entry for each line would
 * make a list of a hundred thousand numbers a hundred thousand decisions, while one person took one. The rows carry their source;
 * their ids, which sort, lie between `first` and `last`, and the digest holds what they said.
 */
export function importDetails(rows: readonly { id: string }[]): Record<string, unknown> {
  return { lines: rows.length, first: rows[0]!.id, last: rows.at(-1)!.id, sha256: digestOf(JSON.stringify(rows)) };
}

/** Issues of a line in one sentence. */
export function sentence(error: z.ZodError): string {
  return error.issues.map((issue) =>
    issue.path.length === 0 ? messageOf(issue) : `${pathOf(issue.path)}: ${messageOf(issue)}`
  ).join("; ");
}

/** A body that is made while it is read: the next page is asked for when the reader wants more. */
export function streamed(chunks: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await chunks.return();
    },
  });
}

/** Answer that a browser saves under `name`. */
export function download(c: Context<Env>, name: string, type: string, chunks: AsyncGenerator<string, void>): Response {
  return c.body(streamed(chunks), 200, {
    "content-type": type,
    "content-disposition": `attachment; filename="${name}"`,
    "cache-control": "no-store",
  });
}
