import type { InValue } from "@libsql/client/web";
import { firstIdAt } from "../../gateway/ids.ts";

/** Which contacts are meant; all that is given must hold. Nothing given means everybody. */
export interface ContactFilter {
  /** E.164. */
  msisdn?: string | undefined;
  tags?: readonly string[] | undefined;
  /** Ids of lists with members; one that is gone has nobody. */
  lists?: readonly string[] | undefined;
  /** Custom fields by name. */
  fields?: Readonly<Record<string, string>> | undefined;
  language?: string | undefined;
  time_zone?: string | undefined;
  /** ms since 1970; from the first instant on, before the second. */
  created_from?: number | undefined;
  created_before?: number | undefined;
  /** The beginning of a number, or a part of a name. */
  q?: string | undefined;
}

/** As it is saved: instants are RFC 3339. */
export type SavedFilter = Omit<ContactFilter, "tags" | "lists" | "fields" | "created_from" | "created_before"> & {
  tags?: string[] | undefined;
  lists?: string[] | undefined;
  fields?: Record<string, string> | undefined;
  created_from?: string | undefined;
  created_before?: string | undefined;
};

export function readFilter({ created_from, created_before, ...filter }: SavedFilter): ContactFilter {
  return {
    ...filter,
    created_from: created_from === undefined ? undefined : Date.parse(created_from),
    created_before: created_before === undefined ? undefined : Date.parse(created_before),
  };
}

/** A filter in SQL, with its arguments. */
export interface FilterSql {
  /** Ids of candidates, newest first, `:reach` of them at most. */
  source: string;
  /** What must hold of a candidate `contacts` besides; empty when the source knows all. */
  conditions: string[];
  args: Record<string, InValue>;
}

/** Ids are made a moment before or after the instant that is stored beside them, and a clock may be put right. */
const CLOCK_MARGIN_MS = 24 * 3_600_000;

/**
 * The index that finds the fewest candidates, and the other conditions. `numbersAreFew`: the beginning of a number in `q` fits so
 * few contacts that these are the candidates.
 */
export function filterSql(filter: ContactFilter, cursor: string | undefined, numbersAreFew = false): FilterSql {
  const args: FilterSql["args"] = {};
  const arg: Argument = (name, value) => {
    args[name] = value;
    return `:${name}`;
  };
  const [firstTag, ...tags] = filter.tags ?? [];
  const [firstList, ...lists] = filter.lists ?? [];
  const after = (id: string) => cursor === undefined ? "" : ` and ${id} < ${arg("cursor", cursor)}`;
  const prefix = numberPrefix(filter.q);

  let source: string;
  /** What the source does not already know. */
  let rest = filter;
  if (filter.msisdn !== undefined) {
    rest = { ...filter, msisdn: undefined };
    source = `select id from contacts where msisdn = ${arg("msisdn", filter.msisdn)}${after("id")}`;
  } else if (firstTag !== undefined) {
    rest = { ...filter, tags };
    source = `select contact_id as id from contact_tags where tag = ${arg("tag", firstTag)}${after("contact_id")}
      order by contact_id desc limit :reach`;
  } else if (firstList !== undefined) {
    rest = { ...filter, lists };
    source = `select contact_id as id from list_members where list_id = ${arg("list", firstList)} and ${
      LIST_STANDS(":list")
    }${after("contact_id")} order by contact_id desc limit :reach`;
  } else if (prefix !== null && numbersAreFew) {
    source = `select id from contacts where ${numberRange(prefix, arg)}${after("id")} order by id desc limit :reach`;
  } else {
    const from = filter.created_from === undefined
      ? ""
      : ` and id >= ${arg("id_from", firstIdAt("con", filter.created_from - CLOCK_MARGIN_MS))}`;
    const before = filter.created_before === undefined
      ? ""
      : ` and id < ${arg("id_before", firstIdAt("con", filter.created_before + CLOCK_MARGIN_MS))}`;
    source = `select id from contacts where true${from}${before}${after("id")} order by id desc limit :reach`;
  }

  const conditions = holds(rest, arg);
  return { source, conditions, args };
}

/** Gives a value a name in a statement, and returns how the statement writes it. */
export type Argument = (name: string, value: InValue) => string;

/** What must hold of the row `contacts` so that `filter` means it. */
export function holds(filter: ContactFilter, arg: Argument): string[] {
  const conditions: string[] = [];
  if (filter.msisdn !== undefined) conditions.push(`contacts.msisdn = ${arg("msisdn", filter.msisdn)}`);
  filter.tags?.forEach((tag, n) =>
    conditions.push(
      `exists (select 1 from contact_tags t where t.contact_id = contacts.id and t.tag = ${arg(`tag${n}`, tag)})`,
    )
  );
  filter.lists?.forEach((list, n) => {
    const id = arg(`list${n}`, list);
    conditions.push(`exists (select 1 from list_members m where m.list_id = ${id}
      and m.contact_id = contacts.id and ${LIST_STANDS(id)})`);
  });
  Object.entries(filter.fields ?? {}).forEach(([name, value], n) =>
    conditions.push(
      // A path of JSON could not name a field with a quotation mark in it.
      `exists (select 1 from json_each(contacts.fields) f where f.key = ${arg(`field${n}`, name)}
        and f.value = ${arg(`value${n}`, value)})`,
    )
  );
  if (filter.language !== undefined) conditions.push(`contacts.language = ${arg("language", filter.language)}`);
  if (filter.time_zone !== undefined) conditions.push(`contacts.time_zone = ${arg("time_zone", filter.time_zone)}`);
  if (filter.created_from !== undefined) {
    conditions.push(`contacts.created_at >= ${arg("created_from", filter.created_from)}`);
  }
  if (filter.created_before !== undefined) {
    conditions.push(`contacts.created_at < ${arg("created_before", filter.created_before)}`);
  }
  const prefix = numberPrefix(filter.q);
  if (prefix !== null) conditions.push(numberRange(prefix, arg));
  else if (filter.q !== undefined) {
    conditions.push(`contacts.name like ${arg("name", `%${filter.q.replace(/[\\%_]/g, "\\$&")}%`)} escape '\\'`);
  }
  return conditions;
}

/** E.164 begins so; null when `q` is no beginning of a number. */
export function numberPrefix(q: string | undefined): string | null {
  if (q === undefined || !/^\+?[\d\s.()-]+$/.test(q)) return null;
  const digits = q.replace(/\D/g, "").replace(/^00/, "");
  return digits === "" ? null : `+${digits}`;
}

/** The colon sorts right behind the digits. */
export function numberRange(prefix: string, arg: Argument): string {
  return `contacts.msisdn >= ${arg("number_from", prefix)} and contacts.msisdn < ${arg("number_before", `${prefix}:`)}`;
}

const LIST_STANDS = (id: string) =>
  `exists (select 1 from contact_lists where id = ${id} and deleted_at is null and filter is null)`;
