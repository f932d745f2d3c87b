import { desc, lt } from "drizzle-orm";
import { hash } from "node:crypto";
import type { NewId } from "../../gateway/ids.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow, auditRow } from "../oversight/audit.ts";
import { api_keys } from "../schema.ts";

export type ApiKey = Omit<typeof api_keys.$inferSelect, "hash">;

/** SHA-256 of a key, in hex: all that is stored of it. */
export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

/** The live key with this hash. */
export async function findApiKey(
  client: DbClient,
  hash: string,
): Promise<{ id: string; name: string; role: "admin" | "app" } | null> {
  const { rows } = await client.execute({
    sql: "select id, name, role from api_keys where hash = ? and revoked_at is null",
    args: [hash],
  });
  const row = rows[0];
  return row ? { id: row["id"] as string, name: row["name"] as string, role: row["role"] as "admin" | "app" } : null;
}

/**
 * Stores a key by its hash; one that is stored already is brought back to life with its new role. `entry` records it, unless
 * nothing changed: a gateway that is given its key by the environment stores it at every start. Whose key it is follows from the
 * entry's actor; returns that user.
 */
export async function saveApiKey(
  { client }: Db,
  { id, hash, name, role, created_at }: typeof api_keys.$inferInsert,
  entry: AuditRow,
): Promise<string | null> {
  const results = await client.batch([
    {
      sql:
        `insert into api_keys (id, hash, name, role, created_at, user_id) values (:id, :hash, :name, :role, :created_at,
          (select id from users where id = ${personBehind(":actor")}))
        on conflict (hash) do update set role = excluded.role, revoked_at = null
        where role != excluded.role or revoked_at is not null`,
      args: { id, hash, name, role, created_at, actor: entry.actor },
    },
    // One that is brought back keeps the id that it had.
    ...auditIfChanged(entry, { sql: "(select id from api_keys where hash = ?)", arg: hash }),
    { sql: "select user_id from api_keys where hash = ?", args: [hash] },
  ]);
  return results.at(-1)!.rows[0]!["user_id"] as string | null;
}

/**
 * SQL for the person behind an actor, who is SQL as well: the user who made a key stands for it. Of a key that no user made nobody
 * knows who holds it, so it stands for itself.
 */
export function personBehind(actor: string): string {
  return `coalesce((select k.user_id from api_keys k where k.id = ${actor}), ${actor})`;
}

/** Whether two actors are known to be one person. */
export async function samePerson({ client }: Db, one: string, other: string): Promise<boolean> {
  const { rows } = await client.execute({
    sql: `select ${personBehind(":one")} = ${personBehind(":other")} as same`,
    args: { one, other },
  });
  return rows[0]!["same"] === 1;
}

/** A key that the gateway gives itself when it starts, with its entry, as arguments of `saveApiKey`. */
export function startKey(
  key: string,
  name: string,
  newId: NewId,
  now: number,
  role: "admin" | "app" = "admin",
): [typeof api_keys.$inferInsert, AuditRow] {
  const id = newId("key");
  const entry = { at: now, actor: "system", action: "key.created", subject: id, details: { name, role } } as const;
  return [{ id, hash: hashKey(key), name, role, created_at: now }, auditRow(entry, newId)];
}

/** A page, newest first; revoked ones too. */
export async function listApiKeys(
  { orm }: Db,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ApiKey[]; next: string | null }> {
  const { id, name, role, created_at, revoked_at, user_id } = api_keys;
  const rows = await orm.select({ id, name, role, created_at, revoked_at, user_id }).from(api_keys)
    .where(cursor === undefined ? undefined : lt(id, cursor)).orderBy(desc(id)).limit(limit + 1);
  return pageOf(rows, limit);
}

/** Whether somebody can administer this gateway. */
export async function hasAdminKey({ client }: Db): Promise<boolean> {
  const { rows } = await client.execute("select 1 from api_keys where role = 'admin' and revoked_at is null limit 1");
  return rows.length > 0;
}

/**
 * Ends a key; `entry` records it. The last one with which the gateway can be administered stays: nobody could make another one
 * without the machine itself.
 */
export async function revokeApiKey(
  { client }: Db,
  id: string,
  at: number,
  entry: AuditRow,
): Promise<"revoked" | "no_such_key" | "last_admin_key"> {
  const results = await client.batch([
    {
      sql: `update api_keys set revoked_at = :at where id = :id and revoked_at is null and (role != 'admin'
        or exists (select 1 from api_keys o where o.role = 'admin' and o.revoked_at is null and o.id != :id))`,
      args: { at, id },
    },
    ...auditIfChanged(entry),
    { sql: "select 1 from api_keys where id = ? and revoked_at is null", args: [id] },
  ]);
  if (results[0]!.rowsAffected > 0) return "revoked";
  return results.at(-1)!.rows.length > 0 ? "last_admin_key" : "no_such_key";
}
