import { createRoute, z } from "@hono/zod-openapi";
import { type Api, router } from "../http/context.ts";
import { CsvProblem, type CsvRecord, csvRecords } from "../http/csv_stream.ts";
import { invalidField } from "../http/problem.ts";
import { json, problems } from "../http/schemas.ts";
import { MAX_COLUMNS } from "./columns.ts";

/** Lines shown beside the header. */
const SHOWN = 5;
/** Of a cell. */
const SHOWN_CHARACTERS = 100;

/** What people call the columns that an import asks for, in the languages of the console and of the countries with a file. */
const USUAL: Readonly<Record<string, RegExp>> = {
  number:
    /^(msisdn|number|mobile|mobil|phone|tel|gsm|cell)|^(num[eé]ro|t[eé]l|portable|handy|m[oó]vil|cellulare|telefon)|phone|mobile/i,
  name: /^(name|full ?name|nom|pr[eé]nom|nombre|nome|naam|vorname|client|customer|contact)/i,
  language: /^(lang|langue|sprache|idioma|lingua|taal)/i,
  time_zone: /^(time.?zone|zone|fuseau|zeitzone|tz$)/i,
  tags: /^(tags?|groups?|groupes?|[eé]tiquettes?|labels?)$/i,
};

export const FileColumns = z.object({
  columns: z.array(z.string()).openapi({ description: "The header line" }),
  lines: z.array(z.array(z.string())).openapi({
    description: `The first ${SHOWN} lines, each cell cut at ${SHOWN_CHARACTERS} characters`,
  }),
  suggested: z.record(z.string(), z.string()).openapi({
    description: "Which column each parameter of the import may mean, by their names",
    example: { number: "Mobile", name: "Nom" },
  }),
}).openapi("FileColumns");

/** The beginning of a file of contacts, to say which column is what before it is imported. */
export function contactImportColumnRoutes(_api: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/contacts/imports/columns",
      summary: "Read the columns of a file of contacts",
      description:
        "Send the beginning of the file, up to 128 KiB; it may end in the middle of a line. Nothing is stored.",
      tags: ["Contacts"],
      request: { body: { content: { "text/csv": { schema: z.string() } } } },
      responses: { 200: json(FileColumns, "The columns, and the first lines"), ...problems },
    }),
    async (c) => {
      const [header, ...lines] = await firstRecords(new Uint8Array(await c.req.arrayBuffer()));
      if (header === undefined) throw invalidField("body", "has no header line", "invalid_csv");
      const columns = header.cells.map((name) => name.trim()).filter((name) => name !== "");
      if (columns.length > MAX_COLUMNS) {
        throw invalidField("body", `has more than ${MAX_COLUMNS} columns`, "invalid_csv");
      }
      return c.json({
        columns,
        lines: lines.map(({ cells }) => cells.map((cell) => cell.slice(0, SHOWN_CHARACTERS).toWellFormed())),
        suggested: suggestedFor(columns),
      }, 200);
    },
  );
  return routes;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

async function firstRecords(bytes: Uint8Array): Promise<CsvRecord[]> {
  const found: CsvRecord[] = [];
  try {
    for await (const records of csvRecords(once(bytes))) {
      found.push(...records.slice(0, 1 + SHOWN - found.length));
      if (found.length > SHOWN) break;
    }
  } catch (error) {
    // What ends in the middle of a quotation is no fault of the file, unless the header is in it.
    if (error instanceof CsvProblem && found.length === 0) {
      throw invalidField("body", `line ${error.line}: ${error.message}`, "invalid_csv");
    }
    if (!(error instanceof CsvProblem)) throw error;
  }
  return found;
}

/** A column is suggested for one thing only. */
function suggestedFor(columns: readonly string[]): Record<string, string> {
  const suggested: Record<string, string> = {};
  for (const [parameter, usual] of Object.entries(USUAL)) {
    const taken = new Set(Object.values(suggested));
    const column = columns.find((name) => name.toLowerCase() === parameter) ??
      columns.find((name) => usual.test(name) && !taken.has(name));
    if (column !== undefined) suggested[parameter] = column;
  }
  return suggested;
}
