import { z } from "@hono/zod-openapi";
import { isSupportedCountry } from "libphonenumber-js/max";
import { invalidField, invalidInput } from "../http/problem.ts";
import { fieldIn, FieldName, ListId, MAX_FIELDS, Tag } from "./filter.ts";

/** Which column of a file of contacts is what. */

export const MAX_COLUMNS = 200;
const Column = z.string().trim().min(1).max(200);
const named = { name: Column.optional(), language: Column.optional(), time_zone: Column.optional() };

const Options = z.strictObject({
  number: Column.optional(),
  ...named,
  tags: Column.optional(),
  fields: z.record(FieldName, Column).refine((fields) => Object.keys(fields).length <= MAX_FIELDS, "at most 50"),
  tag: z.array(Tag).max(20),
  list: ListId.optional(),
  country: z.string().refine(isSupportedCountry, "must be a country such as FR").optional(),
  dry_run: z.enum(["true", "false"]).default("false").transform((value) => value === "true"),
});
export type ImportOptions = z.infer<typeof Options>;

/** The same for the OpenAPI document; `importOptions` reads them. */
export const ImportQuery = z.looseObject({
  number: z.string().optional().openapi({ description: "Column of the number; else `msisdn` or `number`" }),
  name: z.string().optional().openapi({ description: "Column of the name; as those below, else the one called so" }),
  language: z.string().optional(),
  time_zone: z.string().optional(),
  tags: z.string().optional().openapi({ description: "Column with tags, separated by commas" }),
  "field.NAME": z.string().optional().openapi({ description: "Column of the custom field NAME" }),
  tag: z.union([z.string(), z.array(z.string())]).optional().openapi({
    description: "A tag for everybody; repeatable",
  }),
  list: z.string().optional().openapi({ description: "The list on which everybody is put" }),
  country: z.string().optional().openapi({ description: "Of numbers in national form", example: "FR" }),
  dry_run: z.enum(["true", "false"]).optional().openapi({ description: "Tells everything, stores no contact" }),
});

/** Reads the query of an import. @throws ProblemError 422 naming the parameter. */
export function importOptions(query: Record<string, string[]>): ImportOptions {
  const given: Record<string, unknown> = {};
  const fields: Record<string, string> = {};
  for (const [name, values] of Object.entries(query)) {
    if (name === "tag") given.tag = values;
    else if (name.startsWith("field.")) fields[fieldIn(name)] = values.at(-1)!;
    else given[name] = values.at(-1);
  }
  const parsed = Options.safeParse({ tag: [], ...given, fields });
  if (!parsed.success) throw invalidInput(parsed.error.issues);
  return parsed.data;
}

/** Places of what a line holds, from 0; null for what the file does not tell. */
export interface Columns {
  number: number;
  name: number | null;
  language: number | null;
  time_zone: number | null;
  tags: number | null;
  fields: readonly { name: string; at: number }[];
  /** Names of the columns that nobody asked for. */
  ignored: string[];
  count: number;
}

/**
 * Finds the columns in the header line, in any case: those that were asked for, and those called as the export calls them.
 * @throws ProblemError 422 naming the parameter whose column is missing.
 */
export function columnsOf(header: readonly string[], options: ImportOptions): Columns {
  if (header.length > MAX_COLUMNS) throw invalidField("body", `has more than ${MAX_COLUMNS} columns`, "invalid_csv");
  const names = header.map((name) => name.trim());
  const places = new Map<string, number>();
  names.forEach((name, at) => places.has(name.toLowerCase()) || places.set(name.toLowerCase(), at));
  const asked = (parameter: string, column: string): number => {
    const at = places.get(column.toLowerCase());
    if (at !== undefined) return at;
    const there = names.map((name) => `"${name.slice(0, 40)}"`).slice(0, 20).join(", ");
    throw invalidField(parameter, `the header line has no column "${column}"; it has ${there}`, "invalid_csv");
  };
  const usual = (parameter: "name" | "language" | "time_zone" | "tags") => {
    const column = options[parameter];
    return column === undefined ? places.get(parameter) ?? null : asked(parameter, column);
  };
  const number = options.number === undefined
    ? places.get("msisdn") ?? asked("number", "number")
    : asked("number", options.number);
  const columns = {
    number,
    name: usual("name"),
    language: usual("language"),
    time_zone: usual("time_zone"),
    tags: usual("tags"),
  };
  const fields = Object.entries(options.fields).map(([name, column]) => ({ name, at: asked(`field.${name}`, column) }));
  const taken = new Set<number | null>([...Object.values(columns), ...fields.map(({ at }) => at)]);
  names.forEach((column, at) => {
    const name = /^field\.(.*)$/i.exec(column)?.[1];
    if (name === undefined || taken.has(at) || fields.some((field) => field.name === name)) return;
    if (!FieldName.safeParse(name).success || fields.length >= MAX_FIELDS) return;
    fields.push({ name, at });
    taken.add(at);
  });
  return { ...columns, fields, ignored: names.filter((_, at) => !taken.has(at)), count: names.length };
}
