import type { InStatement, ResultSet } from "@libsql/client/web";
import { and, desc, eq, isNull, lt } from "drizzle-orm";
import { LIST_NEEDED } from "../campaigns/lists.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { contact_lists } from "../schema.ts";
import { type ContactFilter, readFilter, type SavedFilter } from "./filter.ts";
import { hasLeft } from "./list_departures.ts";

export type ListRow = typeof contact_lists.$inferSelect;

/** What staff may say about a list; what is undefined stays as it is. `filter` is JSON. */
export interface ListChange {
  name?: string | undefined;
  description?: string | null | undefined;
  filter?: string | undefined;
}

/** Whom a list means, of whichever kind. */
export function contactsOf({ id, filter }: Pick<ListRow, "id" | "filter">): ContactFilter {
  return filter === null ? { lists: [id] } : readFilter(JSON.parse(filter) as SavedFilter);
}

/** A page, newest first. */
export async function listLists(
  { orm }: Db,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ListRow[]; next: string | null }> {
  const rows = await orm.select().from(contact_lists)
    .where(and(isNull(contact_lists.deleted_at), cursor === undefined ? undefined : lt(contact_lists.id, cursor)))
    .orderBy(desc(contact_lists.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findList({ orm }: Db, id: string): Promise<ListRow | null> {
  const [row] = await orm.select().from(contact_lists)
    .where(and(eq(contact_lists.id, id), isNull(contact_lists.deleted_at)));
  return row ?? null;
}

/** False when a list of this name exists. */
export async function createList(
  { client }: Db,
  { id, name, description, filter, created_at }: Omit<ListRow, "updated_at" | "deleted_at">,
  entry: AuditRow,
): Promise<boolean> {
  const [created] = await client.batch([
    {
      sql: `insert or ignore into contact_lists (id, name, description, filter, created_at, updated_at)
        values (:id, :name, :description, :filter, :at, :at)`,
      args: { id, name, description, filter, at: created_at },
    },
    ...auditIfChanged(entry),
  ]);
  return created!.rowsAffected > 0;
}

/** Resolves with the list as it is then, null when it is gone, or `name_taken`. */
export async function changeList(
  db: Db,
  id: string,
  { name, description, filter }: ListChange,
  now: number,
  entry: AuditRow,
): Promise<ListRow | null | "name_taken"> {
  const [changed] = await db.client.batch([
    {
      sql: `update or ignore contact_lists set name = coalesce(:name, name), filter = coalesce(:filter, filter),
        description = iif(:described, :description, description), updated_at = :now
        where id = :id and deleted_at is null`,
      args: {
        id,
        now,
        name: name ?? null,
        filter: filter ?? null,
        described: description === undefined ? 0 : 1,
        description: description ?? null,
      },
    },
    ...auditIfChanged(entry),
  ]);
  const row = await findList(db, id);
  return row !== null && changed!.rowsAffected === 0 ? "name_taken" : row;
}

/** False when there is none, or a campaign needs it. Its contacts stay; `clearDeletedLists` clears their membership away. */
export async function deleteList({ client }: Db, id: string, now: number, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    {
      sql: `update contact_lists set deleted_at = :now where id = :id and deleted_at is null and not ${LIST_NEEDED}`,
      args: { id, now },
    },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}

/** Members that one statement clears away: others are served between two. */
const CLEARED = 2_000;
const CLEARINGS = 20;

/** Clears away what is left of a deleted list, a bounded part of it each time. */
export async function clearDeletedLists({ client }: Db): Promise<void> {
  const { rows } = await client.execute("select id from contact_lists where deleted_at is not null limit 1");
  const [gone] = rows as unknown as { id: string }[];
  if (gone === undefined) return;
  for (let round = 0; round < CLEARINGS; round++) {
    const [members] = await client.batch([
      {
        sql: `delete from list_members where rowid in
          (select rowid from list_members where list_id = ? limit ${CLEARED})`,
        args: [gone.id],
      },
      {
        sql: "delete from contact_lists where id = ?1 and not exists (select 1 from list_members where list_id = ?1)",
        args: [gone.id],
      },
    ]);
    if (members!.rowsAffected < CLEARED) return;
  }
}

/** Members of each of the lists `ids`, counted up to `most`. */
export async function countMembers(
  client: DbClient,
  ids: readonly string[],
  most: number,
): Promise<Map<string, number>> {
  const { rows } = await client.execute({
    sql: `select value as id, (select count(*) from (select 1 from list_members where list_id = j.value limit ?)) as n
      from json_each(?) j`,
    args: [most, JSON.stringify(ids)],
  });
  return new Map((rows as unknown as { id: string; n: number }[]).map(({ id, n }) => [id, n]));
}

/** Contacts by id, or by number (E.164). */
export type Named = readonly string[];

export interface Added {
  added: number;
  already: number;
  /** Kept out: a suppression stands, or they left this list by themselves. */
  suppressed: number;
  /** No contact is called so. */
  unknown: number;
}

/**
 * Puts contacts on a list with members; null when there is none of this id. Whoever is suppressed, or left the list by themselves, is
 * kept out.
 */
export async function addMembers(
  { client }: Db,
  list: string,
  named: Named,
  now: number,
  entry: AuditRow,
): Promise<Added | null> {
  const meant = meantBy(named);
  const stands = standing(list);
  const results = await client.batch([
    stands,
    {
      sql: `${meant.with} select count(*) as found, coalesce(sum(${KEPT_OUT}), 0) as suppressed,
        (select count(*) from names where not exists (select 1 from contacts where id = called or msisdn = called)) as unknown
        from meant`,
      args: { ...meant.args, list },
    },
    {
      sql: `${meant.with} insert or ignore into list_members (list_id, contact_id, added_at)
        select :list, id, :now from meant where not ${KEPT_OUT} and exists (${stands.sql})`,
      args: { ...meant.args, list, now },
    },
    ...auditIfChanged(entry),
  ]);
  if (results[0]!.rows.length === 0) return null;
  const { found, suppressed, unknown } = results[1]!.rows[0] as unknown as Added & { found: number };
  const added = results[2]!.rowsAffected;
  return { added, already: found - suppressed - added, suppressed, unknown };
}

/** Takes contacts off a list with members; resolves with how many were on it, null when there is none of this id. */
export async function removeMembers(
  { client }: Db,
  list: string,
  named: Named,
  entry: AuditRow,
): Promise<number | null> {
  const meant = meantBy(named);
  const results: ResultSet[] = await client.batch([
    standing(list),
    {
      sql: `${meant.with} delete from list_members where list_id = :list and contact_id in (select id from meant)`,
      args: { ...meant.args, list },
    },
    ...auditIfChanged(entry),
  ]);
  return results[0]!.rows.length === 0 ? null : results[1]!.rowsAffected;
}

const KEPT_OUT = `(exists (select 1 from suppressions s where s.recipient = meant.msisdn and s.lifted_at is null)
  or ${hasLeft(":list", "meant.msisdn")})`;

function standing(list: string): { sql: string; args: { list: string } } & InStatement {
  return {
    sql: "select id from contact_lists where id = :list and deleted_at is null and filter is null",
    args: { list },
  };
}

function meantBy(named: Named) {
  return {
    with: `with names (called) as materialized (select distinct value from json_each(:named)),
      meant (id, msisdn) as materialized (select c.id, c.msisdn from names
        cross join contacts c on c.id = called where called not like '+%'
        union select c.id, c.msisdn from names cross join contacts c on c.msisdn = called where called like '+%')`,
    args: { named: JSON.stringify(named) },
  };
}
