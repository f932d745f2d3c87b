import type { InStatement } from "@libsql/client/web";
import { eq, getTableColumns, sql } from "drizzle-orm";
import type { Db } from "../libsql/client.ts";
import { PAGE_REACH, pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { contacts } from "../schema.ts";
import { type ContactFilter, filterSql, numberPrefix, numberRange } from "./filter.ts";

/**
 * A person in the address book; `suppressed` while any suppression stands for the number. `tags` and `lists` (ids) are JSON arrays
 * of strings.
 */
export type ContactRow = typeof contacts.$inferSelect & { suppressed: number; tags: string; lists: string };

/** What staff may say about a person; what is undefined stays as it is. */
export interface ContactChange {
  name?: string | null | undefined;
  language?: string | null | undefined;
  time_zone?: string | null | undefined;
  /** JSON object of strings. */
  fields?: string | null | undefined;
}

/** What a row knows beside the columns of the table, in SQL. */
const CONTACT_EXTRAS = {
  suppressed: "exists (select 1 from suppressions s where s.recipient = contacts.msisdn and s.lifted_at is null)",
  tags:
    "(select json_group_array(tag) from (select tag from contact_tags t where t.contact_id = contacts.id order by tag))",
  lists: `(select json_group_array(list_id) from (select list_id from list_members m
    join contact_lists l on l.id = m.list_id and l.deleted_at is null where m.contact_id = contacts.id order by list_id))`,
} as const;
/** SQL of a whole `ContactRow` from `contacts`. */
export const CONTACT_COLUMNS = `contacts.*, ${
  Object.entries(CONTACT_EXTRAS).map(([name, value]) => `${value} as ${name}`).join(", ")
}`;
const columns = {
  ...getTableColumns(contacts),
  suppressed: sql<number>`${sql.raw(CONTACT_EXTRAS.suppressed)}`.as("suppressed"),
  tags: sql<string>`${sql.raw(CONTACT_EXTRAS.tags)}`.as("tags"),
  lists: sql<string>`${sql.raw(CONTACT_EXTRAS.lists)}`.as("lists"),
};

/**
 * A page of those whom `filter` means, newest first. Where no index knows them it looks at `PAGE_REACH` contacts, so that it may be
 * short, even empty, with more to come.
 */
export async function listContacts(
  db: Db,
  { limit, cursor, ...filter }: ContactFilter & { limit: number; cursor?: string | undefined },
): Promise<{ rows: ContactRow[]; next: string | null }> {
  const { source, conditions, args } = filterSql(filter, cursor, await numbersAreFew(db, filter.q));
  const all = conditions.length === 0;
  const candidates = `with c (id) as materialized (${source})`;
  const reach = source.includes(":reach") ? { reach: all ? limit + 1 : PAGE_REACH } : {};
  const named = (statement: string) =>
    Object.fromEntries(Object.entries(args).filter(([name]) => new RegExp(`:${name}\\b`).test(statement)));
  const page = `${candidates} select ${CONTACT_COLUMNS} from c cross join contacts on contacts.id = c.id
    ${all ? "" : `where ${conditions.join(" and ")}`} order by contacts.id desc limit :take`;
  const looked = `${candidates} select count(*) as n, min(id) as lowest from c`;
  const [found, reached] = await db.client.batch([
    { sql: page, args: { ...named(page), ...reach, take: limit + 1 } },
    ...(all ? [] : [{ sql: looked, args: { ...named(looked), ...reach } }]),
  ], "read");
  const { rows, next } = pageOf(found!.rows as unknown as ContactRow[], limit);
  const bottom = reached?.rows[0] as unknown as { n: number; lowest: string } | undefined;
  return { rows, next: next ?? (bottom !== undefined && bottom.n >= PAGE_REACH ? bottom.lowest : null) };
}

/** Whether `q` begins so few numbers that the index of numbers finds them all at once; otherwise most pages are full anyway. */
async function numbersAreFew({ client }: Db, q: string | undefined): Promise<boolean> {
  const prefix = numberPrefix(q);
  if (prefix === null) return false;
  const args: Record<string, string> = {};
  const range = numberRange(prefix, (name, value) => {
    args[name] = String(value);
    return `:${name}`;
  });
  const { rows } = await client.execute({
    sql: `select count(*) as n from (select 1 from contacts where ${range} limit ${PAGE_REACH})`,
    args,
  });
  return Number(rows[0]!.n) < PAGE_REACH;
}

/** Everybody whom `filter` means, page by page, newest first; those who come meanwhile are left out. */
export async function* eachContact(db: Db, filter: ContactFilter): AsyncGenerator<ContactRow[], void> {
  let cursor: string | undefined;
  do {
    const { rows, next } = await listContacts(db, { ...filter, limit: WALKED, cursor });
    if (rows.length > 0) yield rows;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** Names of the custom fields that those whom `filter` means have, in order; null when there are more than `most`. */
export async function contactFieldNames(db: Db, filter: ContactFilter, most: number): Promise<string[] | null> {
  const names = new Set<string>();
  const few = await numbersAreFew(db, filter.q);
  let cursor: string | undefined;
  while (true) {
    const { source, conditions, args } = filterSql(filter, cursor, few);
    const statement = `with c (id) as materialized (${source}),
        found (fields) as materialized (select fields from c cross join contacts on contacts.id = c.id
          ${conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`})
      select (select count(*) from c) as n, (select min(id) from c) as lowest,
        (select json_group_array(distinct key) from found, json_each(found.fields)) as names`;
    const reach = source.includes(":reach") ? { reach: PAGE_REACH } : {};
    const { rows } = await db.client.execute({ sql: statement, args: { ...args, ...reach } });
    const page = rows[0] as unknown as { n: number; lowest: string; names: string };
    for (const name of JSON.parse(page.names) as string[]) names.add(name);
    if (names.size > most) return null;
    if (page.n < PAGE_REACH) return [...names].sort();
    cursor = page.lowest;
  }
}

/** Contacts of one reading: bounds memory and the time for which nobody else is served. */
const WALKED = 1_000;

export async function findContact({ orm }: Db, id: string): Promise<ContactRow | null> {
  const [row] = await orm.select(columns).from(contacts).where(eq(contacts.id, id));
  return row ?? null;
}

/**
 * Adds the person or changes what is known about them; `created` tells which. One number is one contact. `tags`, when given, are all
 * that remain.
 */
export async function upsertContact(
  { orm }: Db,
  { id, msisdn, hashes, now, change, tags }: {
    id: string;
    msisdn: string;
    /** Keyed hashes under which a suppression of somebody who was erased may stand: it stands under the number again. */
    hashes: readonly string[];
    now: number;
    change: ContactChange;
    tags?: readonly string[] | undefined;
  },
): Promise<{ row: ContactRow; created: boolean }> {
  const results = await orm.batch([
    orm.insert(contacts).values({ id, msisdn, ...change, created_at: now, updated_at: now })
      .onConflictDoUpdate({ target: contacts.msisdn, set: { ...change, updated_at: now } }),
    ...tagging(orm, sql`msisdn = ${msisdn}`, tags),
    ...(hashes.length === 0 ? [] : [
      orm.run(sql`update or ignore suppressions set recipient = ${msisdn}
        where recipient in (select value from json_each(${JSON.stringify(hashes)})) and lifted_at is null`),
    ]),
    orm.select(columns).from(contacts).where(eq(contacts.msisdn, msisdn)),
  ]);
  const [row] = results.at(-1) as ContactRow[];
  return { row: row!, created: row!.id === id };
}

/** Null when there is no such contact. */
export async function changeContact(
  { orm }: Db,
  id: string,
  change: ContactChange,
  now: number,
  tags?: readonly string[],
): Promise<ContactRow | null> {
  const results = await orm.batch([
    orm.update(contacts).set({ ...change, updated_at: now }).where(eq(contacts.id, id)),
    ...tagging(orm, sql`id = ${id}`, tags),
    orm.select(columns).from(contacts).where(eq(contacts.id, id)),
  ]);
  const [row] = results.at(-1) as ContactRow[];
  return row ?? null;
}

/** Statements that leave the one contact `which` with these tags; none for undefined. */
function tagging(orm: Db["orm"], which: ReturnType<typeof sql>, tags: readonly string[] | undefined) {
  if (tags === undefined) return [];
  const json = JSON.stringify(tags);
  return [
    orm.run(sql`delete from contact_tags where contact_id = (select id from contacts where ${which})
      and tag not in (select value from json_each(${json}))`),
    orm.run(sql`insert or ignore into contact_tags (contact_id, tag)
      select contacts.id, value from contacts, json_each(${json}) where contacts.${which}`),
  ];
}

/** Takes a contact out of the address book and every list; false when there is none of this id. `entry` records it. */
export async function deleteContact({ client }: Db, id: string, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    { sql: "delete from contacts where id = ?", args: [id] },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}

/** Takes numbers (E.164) out of the address book and every list. */
export function removeContacts(msisdns: readonly string[]): InStatement {
  return {
    sql: "delete from contacts where msisdn in (select value from json_each(?))",
    args: [JSON.stringify(msisdns)],
  };
}
