import { and, desc, eq, getTableColumns, gt } from "drizzle-orm";
import type { UserRole } from "../../core/roles.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { sessions } from "../schema.ts";

/** Who is signed in to the console, and where. Instants are of the real clock. */

/** A day's work, and a week at most: who leaves a browser open is asked again. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_LIFE_MS = 7 * 86_400_000;
/** How exactly it is known when somebody was last seen: not every page is worth a write. */
const SEEN_EVERY_MS = 5 * 60_000;
/** Browsers one person is signed in with; the oldest is signed out. */
const MOST_SESSIONS = 20;

/** A session with its user as they are now. */
export interface LiveSession {
  id: string;
  expires_at: number;
  user: { id: string; name: string; role: UserRole; language: string | null };
}
export type SessionRow = Omit<typeof sessions.$inferSelect, "hash">;

/**
 * Opens a session for a user whose password still is the one that was just compared, and clears away those that ended. False when the
 * password changed or the user was disabled meanwhile. `hash`: of the token.
 */
export async function openSession(
  { client }: Db,
  { id, hash, user_id, user_agent, at }: {
    id: string;
    hash: string;
    user_id: string;
    user_agent: string | null;
    at: number;
  },
  password_hash: string,
  entry: AuditRow,
): Promise<boolean> {
  const [opened] = await client.batch([
    {
      sql: `insert into sessions (id, hash, user_id, user_agent, created_at, last_seen_at, expires_at)
        select :id, :hash, id, :user_agent, :at, :at, :expires_at from users
        where id = :user_id and password_hash = :password_hash and disabled_at is null`,
      args: { id, hash, user_id, user_agent, at, expires_at: at + SESSION_LIFE_MS, password_hash },
    },
    ...auditIfChanged(entry),
    {
      sql: `delete from sessions where expires_at <= :at or last_seen_at <= :idle or (user_id = :user_id
        and id not in (select id from sessions where user_id = :user_id order by created_at desc, id desc limit :most))`,
      args: { at, idle: at - SESSION_IDLE_MS, user_id, most: MOST_SESSIONS },
    },
  ]);
  return opened!.rowsAffected > 0;
}

/** The live session of a token, by its hash; `seen`: notes that somebody was there. */
export async function findSession(
  client: DbClient,
  hash: string,
  at: number,
  seen: boolean,
): Promise<LiveSession | null> {
  const { rows } = await client.execute({
    sql: `select s.id, s.expires_at, s.last_seen_at, u.id as user_id, u.name, u.role, u.language
      from sessions s join users u on u.id = s.user_id and u.disabled_at is null
      where s.hash = ? and s.expires_at > ? and s.last_seen_at > ?`,
    args: [hash, at, at - SESSION_IDLE_MS],
  });
  const row = rows[0];
  if (row === undefined) return null;
  const id = row["id"] as string;
  if (seen && at - (row["last_seen_at"] as number) >= SEEN_EVERY_MS) {
    await client.execute({ sql: "update sessions set last_seen_at = ? where id = ?", args: [at, id] });
  }
  return {
    id,
    expires_at: row["expires_at"] as number,
    user: {
      id: row["user_id"] as string,
      name: row["name"] as string,
      role: row["role"] as UserRole,
      language: row["language"] as string | null,
    },
  };
}

/** Live sessions of a user, newest first. */
export async function listSessions({ orm }: Db, user: string, at: number): Promise<SessionRow[]> {
  const { hash: _hash, ...columns } = getTableColumns(sessions);
  return await orm.select(columns).from(sessions).where(
    and(eq(sessions.user_id, user), gt(sessions.expires_at, at), gt(sessions.last_seen_at, at - SESSION_IDLE_MS)),
  ).orderBy(desc(sessions.created_at), desc(sessions.id));
}

/** Ends one session of a user, or all of them; returns how many. `entry` records it, if there were any. */
export async function endSessions(
  { client }: Db,
  user: string,
  session: string | null,
  entry: AuditRow,
): Promise<number> {
  const [ended] = await client.batch([
    { sql: "delete from sessions where user_id = ? and id = coalesce(?, id)", args: [user, session] },
    ...auditIfChanged(entry),
  ]);
  return ended!.rowsAffected;
}
