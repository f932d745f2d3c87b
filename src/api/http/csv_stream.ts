// @ts-types="npm:@types/papaparse@^5.5"
import Papa from "papaparse";

/** CSV of any length in bounded memory: a block of bytes at a time becomes text, and a block of text records. */

export interface CsvRecord {
  /** On which it begins; the header is on line 1. */
  line: number;
  cells: string[];
  /** Its quotation marks are not in order, so that its cells may be wrong. */
  malformed: boolean;
}

/** A file that cannot be read any further. */
export class CsvProblem extends Error {
  override name = "CsvProblem";
  constructor(readonly line: number, detail: string) {
    super(detail);
  }
}

const KIB = 1024;
const BLOCK = 64 * KIB;
/** Bytes of a line, characters of a record. */
export const MAX_LINE = 64 * KIB;
const LF = 10;

/**
 * Records of a CSV file, block by block; empty lines are left out. The first line tells whether it is separated by comma, semicolon
 * or tab. @throws CsvProblem, and whatever reading the body throws.
 */
export async function* csvRecords(body: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord[], void> {
  let delimiter: string | undefined;
  let rest = "";
  let line = 1;
  const take = (text: string, last: boolean): CsvRecord[] => {
    rest += text;
    delimiter ??= delimiterOf(rest);
    const parser = new Papa.Parser({ delimiter, newline: "\n" });
    const { data, errors, meta } = parser.parse(rest, 0, !last) as Papa.ParseResult<string[]>;
    rest = last ? "" : rest.slice(meta.cursor);
    const open = errors.find(({ code }) => code === "MissingQuotes");
    if (open !== undefined || rest.length > MAX_LINE) {
      const at = line + linesOf(data.slice(0, open?.row));
      throw new CsvProblem(at, `a quotation mark is opened and not closed within ${MAX_LINE / KIB} KiB`);
    }
    const malformed = new Set(errors.map(({ row }) => row));
    return data.flatMap((cells, index) => {
      const record = { line, cells, malformed: malformed.has(index) };
      line += linesOf([cells]);
      return cells.every((cell) => cell.trim() === "") ? [] : [record];
    });
  };
  for await (const text of textBlocks(body)) yield take(text, false);
  if (rest !== "") yield take("", true);
}

/** A record is on one line, and on one more for each line break in its cells. */
function linesOf(records: readonly string[][]): number {
  let lines = records.length;
  for (const cells of records) {
    for (const cell of cells) {
      for (let at = cell.indexOf("\n"); at !== -1; at = cell.indexOf("\n", at + 1)) lines++;
    }
  }
  return lines;
}

/** The separator that the first line holds most often outside quotation marks. */
function delimiterOf(text: string): string {
  const header = text.slice(0, (text + "\n").indexOf("\n")).replace(/"[^"]*"/g, "");
  const count = (separator: string) => header.split(separator).length;
  return [",", ";", "\t"].reduce((best, one) => count(one) > count(best) ? one : best);
}

/**
 * Text of whole lines, which end with a line feed. What is no UTF-8 is Windows-1252, told line by line: so the answer depends
 * neither on how the network cut the file nor on what came before.
 */
async function* textBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let first = true;
  let lines = 0;
  const text = (bytes: Uint8Array): string => {
    const decoded = first ? csvText(bytes) : decode(bytes);
    first = false;
    return decoded.replace(/\r\n?/g, "\n");
  };
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += BLOCK) {
      const piece = chunk.subarray(at, at + BLOCK);
      held.push(piece);
      size += piece.length;
      if (size < BLOCK) continue;
      const bytes = joined(held, size);
      const end = bytes.lastIndexOf(LF) + 1;
      held = [bytes.slice(end)];
      size -= end;
      if (end > 0) {
        const block = text(bytes.subarray(0, end));
        lines += linesOf([[block]]) - 1;
        yield block;
      }
      if (size > MAX_LINE) throw new CsvProblem(lines + 1, `a line is longer than ${MAX_LINE / KIB} KiB`);
    }
  }
  if (size > 0) yield text(joined(held, size));
}

/**
 * Text of a whole file or of its beginning, without the byte order mark. A line that is no UTF-8 is Windows-1252.
 * @throws CsvProblem for UTF-16.
 */
export function csvText(bytes: Uint8Array): string {
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) {
    throw new CsvProblem(1, "the file is UTF-16; save it as CSV UTF-8");
  }
  return decode(startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes);
}

function startsWith(bytes: Uint8Array, ...beginning: number[]): boolean {
  return beginning.every((byte, index) => bytes[index] === byte);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const windows1252 = new TextDecoder("windows-1252");

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const end = bytes.indexOf(LF);
    if (end === -1 || end === bytes.length - 1) return windows1252.decode(bytes);
    let text = "";
    for (let from = 0; from < bytes.length;) {
      const to = bytes.indexOf(LF, from) + 1 || bytes.length;
      text += decode(bytes.subarray(from, to));
      from = to;
    }
    return text;
  }
}
