import type { InStatement } from "@libsql/client/web";
import { and, desc, eq, lt } from "drizzle-orm";
import type { UserRole } from "../../core/roles.ts";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { users } from "../schema.ts";

/** The staff. Every condition stands in the SQL of the change, so that of two changes at once the first one counts. */

type Row = typeof users.$inferSelect;
/** Somebody of the staff. `joined`: they have set a password. */
export type User = Omit<Row, "password_hash"> & { joined: boolean };

const { password_hash } = users;

/** One way to write an address: it is unique however somebody types it. */
export function emailOf(typed: string): string {
  return typed.trim().toLowerCase();
}

function userOf({ password_hash, ...row }: Row): User {
  return { ...row, joined: password_hash !== null };
}

/** Whether anybody has an account, or is invited to. */
export async function hasUsers({ client }: Db): Promise<boolean> {
  return (await client.execute("select 1 from users limit 1")).rows.length > 0;
}

export async function findUser({ orm }: Db, id: string): Promise<User | null> {
  const [row] = await orm.select().from(users).where(eq(users.id, id));
  return row ? userOf(row) : null;
}

/** Whoever may sign in with this address, with what their password is compared with. */
export async function findUserByEmail({ orm }: Db, email: string): Promise<{ id: string; hash: string } | null> {
  const [row] = await orm.select({ id: users.id, hash: password_hash, disabled: users.disabled_at }).from(users)
    .where(eq(users.email, emailOf(email)));
  return row === undefined || row.hash === null || row.disabled !== null ? null : { id: row.id, hash: row.hash };
}

/** What the password of a user is compared with; null when there is none. */
export async function passwordHashOf({ orm }: Db, id: string): Promise<string | null> {
  const [row] = await orm.select({ hash: password_hash }).from(users).where(eq(users.id, id));
  return row?.hash ?? null;
}

/** A page, newest first; the disabled too. */
export async function listUsers(
  { orm }: Db,
  { role, limit, cursor }: { role?: UserRole | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: User[]; next: string | null }> {
  const rows = await orm.select().from(users).where(and(
    role === undefined ? undefined : eq(users.role, role),
    cursor === undefined ? undefined : lt(users.id, cursor),
  )).orderBy(desc(users.id)).limit(limit + 1);
  return pageOf(rows.map(userOf), limit);
}

/** Adds somebody who has no password yet, with the link that lets them set one; false when the address is somebody's already. */
export async function inviteUser(
  { client }: Db,
  { id, name, email, role, language, created_at, created_by }: Omit<User, "joined" | "disabled_at">,
  link: { hash: string; expires_at: number },
  entry: AuditRow,
): Promise<boolean> {
  const [added] = await client.batch([
    {
      sql: `insert into users (id, name, email, role, language, created_at, created_by) values (?, ?, ?, ?, ?, ?, ?)
        on conflict (email) do nothing`,
      args: [id, name, emailOf(email), role, language, created_at, created_by],
    },
    ...auditIfChanged(entry),
    {
      sql: `insert into user_links (hash, kind, user_id, expires_at)
        select ?, 'invitation', id, ? from users where id = ?`,
      args: [link.hash, link.expires_at, id],
    },
  ]);
  return added!.rowsAffected > 0;
}

export interface UserChange {
  name?: string | undefined;
  email?: string | undefined;
  language?: string | null | undefined;
  role?: UserRole | undefined;
  disabled?: boolean | undefined;
}

/**
 * Changes a user; `entry` records it, unless nothing changed. A role and being disabled end their sessions; being disabled voids their
 * links as well. Pass only what is to be another than it is. Somebody who can administer stays: `last_admin` when there would be nobody any more.
 */
export async function changeUser(
  { client }: Db,
  id: string,
  { name, email, language, role, disabled }: UserChange,
  at: number,
  entry: AuditRow,
): Promise<"done" | "no_such_user" | "last_admin" | "email_taken"> {
  const wanted = {
    id,
    name: name ?? null,
    email: email === undefined ? null : emailOf(email),
    role: role ?? null,
    disabled: disabled === undefined ? null : Number(disabled),
    speaks: language === undefined ? 0 : 1,
    language: language ?? null,
  };
  const differs =
    `(name is not coalesce(:name, name) or email is not coalesce(:email, email) or role is not coalesce(:role, role)
    or (:speaks = 1 and language is not :language) or (disabled_at is not null) is not coalesce(:disabled, disabled_at is not null))`;
  const taken = "exists (select 1 from users other where other.email = :email and other.id != :id)";
  const results = await client.batch([
    {
      sql:
        `update users set name = coalesce(:name, name), email = coalesce(:email, email), role = coalesce(:role, role),
          language = case :speaks when 1 then :language else language end,
          disabled_at = case :disabled when 1 then coalesce(disabled_at, :at) when 0 then null else disabled_at end
        where id = :id and ${differs} and not ${taken} and (
          not (${administers("users")}) or (coalesce(:role, 'admin') = 'admin' and coalesce(:disabled, 0) = 0)
          or exists (select 1 from users other where other.id != :id and ${administers("other")}))`,
      args: { ...wanted, at },
    },
    ...auditIfChanged(entry),
    ...(role === undefined && disabled !== true ? [] : [endSessions(id, entry)]),
    ...(disabled === true ? [voidLinks(id, entry)] : []),
    { sql: `select ${differs} as differs, ${taken} as taken from users where id = :id`, args: wanted },
  ]);
  if (results[0]!.rowsAffected > 0) return "done";
  const row = results.at(-1)!.rows[0];
  if (row === undefined) return "no_such_user";
  if (row["taken"] === 1) return "email_taken";
  return row["differs"] === 1 ? "last_admin" : "done";
}

/** Condition that the user of this row can sign in and administer. */
function administers(table: string): string {
  return `${table}.role = 'admin' and ${table}.disabled_at is null and ${table}.password_hash is not null`;
}

/** Ends every session of a user, if the entry was written. */
function endSessions(user: string, { id }: AuditRow): InStatement {
  return {
    sql: "delete from sessions where user_id = ? and exists (select 1 from audit_log where id = ?)",
    args: [user, id],
  };
}

function voidLinks(user: string, { id }: AuditRow): InStatement {
  return {
    sql: "delete from user_links where user_id = ? and exists (select 1 from audit_log where id = ?)",
    args: [user, id],
  };
}

/** Sets a new password for whoever knew the one before, which `before` proves; ends their sessions. False when it is another by now. */
export async function changePassword(
  { client }: Db,
  id: string,
  { before, hash }: { before: string; hash: string },
  entry: AuditRow,
): Promise<boolean> {
  const [changed] = await client.batch([
    {
      sql: "update users set password_hash = ? where id = ? and password_hash = ? and disabled_at is null",
      args: [hash, id, before],
    },
    ...auditIfChanged(entry),
    endSessions(id, entry),
    voidLinks(id, entry),
  ]);
  return changed!.rowsAffected > 0;
}

/** Stores a password under better parameters; nothing else changes. */
export async function renewHash({ client }: Db, id: string, before: string, hash: string): Promise<void> {
  await client.execute({
    sql: "update users set password_hash = ? where id = ? and password_hash = ?",
    args: [hash, id, before],
  });
}
