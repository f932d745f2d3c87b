import type { InStatement } from "@libsql/client/web";
import type { Db } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import type { user_links } from "../schema.ts";
import { emailOf } from "./users.ts";

/** Links with which somebody sets a password once: at the first start, invited, or when it was forgotten. */

export const LINK_LIFE_MS = 72 * 3_600_000;

/** What a link is for; the user is null at the first start. */
export interface UserLink {
  kind: typeof user_links.$inferSelect["kind"];
  user: { id: string; name: string; email: string; language: string | null } | null;
}

/** Makes the link of a new deployment, and voids the one before; false when there is a user already. `hash`: of the token. */
export async function makeFirstLink({ client }: Db, link: { hash: string; expires_at: number }): Promise<boolean> {
  const [, made] = await client.batch([
    { sql: "delete from user_links where kind = 'first_start'", args: [] },
    {
      sql: `insert into user_links (hash, kind, expires_at)
        select ?, 'first_start', ? where not exists (select 1 from users)`,
      args: [link.hash, link.expires_at],
    },
  ]);
  return made!.rowsAffected > 0;
}

/** Makes a link for a user who is not disabled, in the place of earlier ones. Null when there is no such user. */
export async function makeLink(
  { client }: Db,
  user: string,
  { hash, expires_at, at }: { hash: string; expires_at: number; at: number },
  entry: AuditRow,
): Promise<"invitation" | "reset" | null> {
  const results = await client.batch([
    { sql: "delete from user_links where user_id = ? or expires_at <= ?", args: [user, at] },
    {
      sql: `insert into user_links (hash, kind, user_id, expires_at)
        select ?, case when password_hash is null then 'invitation' else 'reset' end, id, ? from users
        where id = ? and disabled_at is null`,
      args: [hash, expires_at, user],
    },
    ...auditIfChanged(entry),
    { sql: "select kind from user_links where hash = ?", args: [hash] },
  ]);
  return results.at(-1)!.rows[0]?.["kind"] as "invitation" | "reset" | undefined ?? null;
}

/** What a link is for, without using it up; null when it was used, is too old, or never was. */
export async function findLink({ client }: Db, hash: string, at: number): Promise<UserLink | null> {
  const { rows } = await client.execute({
    sql: `select l.kind, u.id, u.name, u.email, u.language from user_links l left join users u on u.id = l.user_id
      where l.hash = ? and ${GOOD}`,
    args: [hash, at],
  });
  const row = rows[0];
  if (row === undefined) return null;
  const id = row["id"] as string | null;
  return {
    kind: row["kind"] as UserLink["kind"],
    user: id === null ? null : {
      id,
      name: row["name"] as string,
      email: row["email"] as string,
      language: row["language"] as string | null,
    },
  };
}

/** Of a link `l`: it may be used. */
const GOOD = `l.expires_at > ? and case l.kind when 'first_start' then not exists (select 1 from users)
  else exists (select 1 from users where id = l.user_id and disabled_at is null) end`;

/** Takes a link away, so that of two who use it at once the first does; what follows asks whether anything changed. */
function takeLink(hash: string, at: number): InStatement {
  return {
    sql: `delete from user_links where hash = ? and exists (
      select 1 from user_links l where l.hash = user_links.hash and ${GOOD})`,
    args: [hash, at],
  };
}

/** Uses the link of the first start: makes the first user, an administrator. False when it does not hold. */
export async function useFirstLink(
  { client }: Db,
  link: { hash: string; at: number },
  user: { id: string; name: string; email: string; language: string | null; password_hash: string; created_at: number },
  entry: AuditRow,
): Promise<boolean> {
  const [, made] = await client.batch([
    takeLink(link.hash, link.at),
    {
      sql: `insert into users (id, name, email, role, language, password_hash, created_at, created_by)
        select ?, ?, ?, 'admin', ?, ?, ?, 'system' where changes() > 0`,
      args: [user.id, user.name, emailOf(user.email), user.language, user.password_hash, user.created_at],
    },
    ...auditIfChanged(entry),
  ]);
  return made!.rowsAffected > 0;
}

/** Uses a link of a user: sets their password (and name and language, where they are given) and ends what sessions they had. False when it does not hold. */
export async function useLink(
  { client }: Db,
  link: { hash: string; at: number },
  user: { id: string; name: string | null; language: string | null; password_hash: string },
  entry: AuditRow,
): Promise<boolean> {
  const [, changed] = await client.batch([
    takeLink(link.hash, link.at),
    {
      sql: `update users set password_hash = ?, name = coalesce(?, name), language = coalesce(?, language)
        where id = ? and changes() > 0`,
      args: [user.password_hash, user.name, user.language, user.id],
    },
    ...auditIfChanged(entry),
    {
      sql: "delete from sessions where user_id = ? and exists (select 1 from audit_log where id = ?)",
      args: [user.id, entry.id],
    },
  ]);
  return changed!.rowsAffected > 0;
}
