// They use Node's Buffer, which Deno and the edge runtimes bring along; the browser build of csv-parse fails on strings there.
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { invalidField } from "./problem.ts";

/** One record of an imported file, with the line on which it ends. */
export interface CsvRow {
  line: number;
  /** By column name; a cell that is empty or missing is left out. */
  cells: Record<string, string>;
}

/**
 * Reads CSV with a header line; columns are found by name, in any order and case. Separated by comma, or by semicolon as
 * spreadsheets write it in much of Europe.
 * @throws ProblemError when the file is not CSV, lacks a column of `required`, or has one twice, of which nobody could tell which counts.
 */
export function readCsv(text: string, required: readonly string[]): CsvRow[] {
  const firstLine = /^[^\r\n]*/.exec(text)![0];
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      delimiter: firstLine.includes(";") ? ";" : ",",
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (error instanceof CsvError) throw invalidField("body", `is not CSV: ${error.message}`, "invalid_csv");
    throw error;
  }
  const header = records[0]?.record.map((name) => name.toLowerCase()) ?? [];
  const twice = header.find((name, at) => name !== "" && header.indexOf(name) < at);
  if (twice !== undefined) {
    throw invalidField("body", `the header line has two columns called ${twice.slice(0, 100)}`, "invalid_csv");
  }
  for (const name of required) {
    if (!header.includes(name)) throw invalidField("body", `the header line has no column ${name}`, "invalid_csv");
  }
  return records.slice(1).map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(
      header.flatMap((name, index) => record[index] ? [[name, withoutGuard(record[index])]] : []),
    ),
  }));
}

/** One line for each row; the header goes out as a row of its own. */
export function csvLines(rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify(rows.map((row) => row.map((cell) => typeof cell === "string" ? guarded(cell) : cell)));
}

const PHONE_NUMBER = /^\+\d{1,15}$/;
/** Also behind blanks and characters of no width, which spreadsheets drop from the beginning of a cell. */
const FORMULA = /^'*(?:[\t\r\n]|[\s\p{Cf}]*[=+\-@＝＋－＠])/u;

/**
 * A spreadsheet runs a cell that begins like a formula, and texts of messages are written by strangers (OWASP, CSV injection).
 * Such a cell gets an apostrophe in front, which the import takes away again. A phone number stays as it is: plus and
 * digits alone compute nothing but themselves, and an apostrophe would break every other program that reads the file.
 */
function guarded(cell: string): string {
  return FORMULA.test(cell) && !PHONE_NUMBER.test(cell) ? `'${cell}` : cell;
}

/** Undoes `guarded`. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
