import { parseMsisdn } from "../../core/msisdn.ts";
import { withoutGuard } from "../http/csv.ts";
import type { CsvRecord } from "../http/csv_stream.ts";
import { Language } from "../http/fields.ts";
import type { Columns } from "./columns.ts";
import { ContactName, FieldValue, MAX_TAGS, Tag, TimeZone } from "./filter.ts";

/** One person, as a line of a file tells. What the line does not tell is null or missing. */
export interface ContactLine {
  line: number;
  /** E.164. */
  msisdn: string;
  name: string | null;
  language: string | null;
  time_zone: string | null;
  fields: Record<string, string>;
  tags: readonly string[];
}

export interface LineProblem {
  line: number;
  kind: "invalid" | "suppressed" | "duplicate";
  detail: string;
}

/** Makes the reader of a file's lines. `country`: of numbers in national form. Its problems name columns, never what stands there. */
export function lineReader(
  columns: Columns,
  { country, tag }: { country?: string | undefined; tag: readonly string[] },
): (record: CsvRecord) => ContactLine | LineProblem {
  const zones = new Set<string>();
  return ({ line, cells, malformed }) => {
    const wrong = (detail: string): LineProblem => ({ line, kind: "invalid", detail });
    const cell = (at: number | null) => at === null ? "" : withoutGuard((cells[at] ?? "").trim());
    if (malformed) return wrong("its quotation marks are not in order");
    if (cells.slice(columns.count).some((extra) => extra.trim() !== "")) {
      return wrong(`has ${cells.length} cells, the header line ${columns.count}`);
    }
    const number = parseMsisdn(cell(columns.number), country);
    if (!number.ok) return wrong(`number: ${number.detail}`);
    const [name, language, zone] = [cell(columns.name), languageIn(cell(columns.language)), cell(columns.time_zone)];
    const told: [string, string, { safeParse(value: string): Checked }][] = [];
    if (name !== "") told.push(["name", name, ContactName]);
    if (language !== "") told.push(["language", language, Language]);
    // Asking whether a zone exists takes longer than all else together.
    if (zone !== "" && !zones.has(zone)) told.push(["time_zone", zone, TimeZone]);
    const fields: Record<string, string> = {};
    for (const { name, at } of columns.fields) {
      const value = cell(at);
      if (value === "") continue;
      told.push([`field.${name}`, value, FieldValue]);
      fields[name] = value;
    }
    const own = cell(columns.tags).split(",").map((one) => one.trim()).filter((one) => one !== "");
    for (const one of own) told.push(["tags", one, Tag]);
    if (own.length > MAX_TAGS) return wrong(`tags: at most ${MAX_TAGS}`);
    for (const [column, value, schema] of told) {
      const { error } = schema.safeParse(value);
      if (error !== undefined) return wrong(`${column}: ${error.issues[0]!.message}`);
    }
    zones.add(zone);
    return {
      line,
      msisdn: number.e164,
      name: name || null,
      language: language || null,
      time_zone: zone || null,
      fields,
      tags: own.length === 0 ? tag : [...new Set([...tag, ...own])],
    };
  };
}

interface Checked {
  error?: { issues: { message: string }[] } | undefined;
}

/** `FR` and `fr-CA` are French. */
function languageIn(cell: string): string {
  return cell.toLowerCase().replace(/^([a-z]{2})[-_].*$/, "$1");
}

/** `later` tells more about the same person: what it tells wins, what it does not tell stays, tags are united. */
export function merged(earlier: ContactLine, later: ContactLine): ContactLine {
  return {
    line: earlier.line,
    msisdn: earlier.msisdn,
    name: later.name ?? earlier.name,
    language: later.language ?? earlier.language,
    time_zone: later.time_zone ?? earlier.time_zone,
    fields: { ...earlier.fields, ...later.fields },
    tags: [...new Set([...earlier.tags, ...later.tags])],
  };
}

/** One line for each number, in the order in which they came, and the lines that went into an earlier one. */
export function withoutDuplicates(
  lines: readonly ContactLine[],
): { people: ContactLine[]; duplicates: { line: number; of: ContactLine }[] } {
  const people = new Map<string, ContactLine>();
  const again: [number, string][] = [];
  for (const line of lines) {
    const earlier = people.get(line.msisdn);
    if (earlier !== undefined) again.push([line.line, line.msisdn]);
    people.set(line.msisdn, earlier === undefined ? line : merged(earlier, line));
  }
  return {
    people: [...people.values()],
    duplicates: again.map(([line, msisdn]) => ({ line, of: people.get(msisdn)! })),
  };
}
