import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { moveUp } from "./order.ts";
import { disable } from "./webhooks.ts";

/** How an endpoint fares, and what becomes of one that takes nothing any more; clearing away what is old. */

/** Endpoints that took something are well again. */
export function recovered(ids: readonly string[]): InStatement[] {
  if (ids.length === 0) return [];
  return [{
    sql: `update webhook_endpoints set failing_since = null, warned_at = null
      where id in (select value from json_each(?)) and failing_since is not null`,
    args: [JSON.stringify(ids)],
  }];
}

/** Endpoints that took nothing at instant `at`. */
export function failing(ids: readonly string[], at: number): InStatement[] {
  if (ids.length === 0) return [];
  return [{
    sql: `update webhook_endpoints set failing_since = :at where id in (select value from json_each(:ids))
      and failing_since is null`,
    args: { at, ids: JSON.stringify(ids) },
  }];
}

/** The endpoint asked for silence until that instant. */
export function quiet(id: string, until: number): InStatement {
  return {
    sql: "update webhook_endpoints set quiet_until = max(ifnull(quiet_until, 0), ?) where id = ?",
    args: [until, id],
  };
}

/** Gives notice, once, of an endpoint that has failed since `since` or longer. The first statement tells whether it did. */
export function warn(id: string, { at, since, audit }: { at: number; since: number; audit: AuditRow }): InStatement[] {
  return [{
    sql: `update webhook_endpoints set warned_at = :at
      where id = :id and state = 'enabled' and warned_at is null and failing_since <= :since`,
    args: { id, at, since },
  }, ...auditIfChanged(audit)];
}

/** Disables an endpoint of which notice was given at `warned` or before. The first statement tells whether it did. */
export function giveUp(
  id: string,
  { at, warned, audit }: { at: number; warned: number; audit: AuditRow },
): InStatement[] {
  const { sql, args } = disable(id, "failing", at) as { sql: string; args: Record<string, string | number> };
  return [{ sql: `${sql} and warned_at <= :warned`, args: { ...args, warned } }, ...auditIfChanged(audit)];
}

/** Disables an endpoint that answered 410. The first statement tells whether it was enabled. */
export function gone(id: string, { at, audit }: { at: number; audit: AuditRow }): InStatement[] {
  return [disable(id, "gone", at), ...auditIfChanged(audit)];
}

/** Rows of one piece of clearing away: the database has one writer, and messages wait for it. */
const PIECE = 1_000;

/**
 * Gives up a piece of what waits for disabled endpoints (it can be replayed), and clears away a piece of what belonged to deleted
 * ones, then these themselves.
 */
export async function clearLeftovers(client: DbClient, now: number): Promise<void> {
  const deleted = `select n from webhook_deliveries
    where endpoint_id in (select id from webhook_endpoints where state = 'deleted')
    order by endpoint_id, event_seq limit ${PIECE}`;
  await client.batch([
    {
      sql: `update webhook_deliveries set status = 'failed', due_at = null, finished_at = :now where n in (
        select n from webhook_deliveries where status = 'pending'
          and endpoint_id in (select id from webhook_endpoints where state = 'disabled') limit ${PIECE})`,
      args: { now },
    },
    {
      sql: `update webhook_deliveries set status = 'failed', due_at = null, finished_at = :now where n in (
        select n from webhook_deliveries where status = 'waiting' and thread is not null and finished_at is null
          and endpoint_id in (select id from webhook_endpoints where state = 'disabled') limit ${PIECE})`,
      args: { now },
    },
    `delete from webhook_attempts where delivery in (${deleted})`,
    `delete from webhook_deliveries where n in (${deleted})`,
    `delete from webhook_endpoints where state = 'deleted'
      and not exists (select 1 from webhook_deliveries where endpoint_id = webhook_endpoints.id)`,
  ]);
}

/** Clears away a piece of the events from before `before` (ms) with their deliveries and attempts. `entryOf`: the entry of the audit log, of so many events. True when there may be more. */
export async function pruneEvents(
  client: DbClient,
  before: number,
  entryOf: (rows: number) => AuditRow,
): Promise<boolean> {
  const old = `select seq from webhook_events where at < :before order by at, seq limit ${PIECE}`;
  const deliveries = `select n from webhook_deliveries
    where endpoint_id in (select id from webhook_endpoints) and event_seq in (${old})`;
  const args = { before };
  const found = await client.execute({ sql: `select count(*) as n from (${old})`, args });
  const rows = Number(found.rows[0]!["n"]);
  if (rows === 0) return false;
  await client.batch([
    // Nothing may be left waiting behind what goes.
    {
      sql: `update webhook_deliveries set status = 'failed', finished_at = :before
        where n in (${deliveries}) and finished_at is null`,
      args,
    },
    moveUp(
      `select endpoint_id, thread from webhook_deliveries where n in (${deliveries}) and thread is not null`,
      args,
    ),
    { sql: `delete from webhook_attempts where delivery in (${deliveries})`, args },
    { sql: `delete from webhook_deliveries where n in (${deliveries})`, args },
    { sql: `delete from webhook_events where seq in (${old})`, args },
    ...auditIfChanged(entryOf(rows)),
  ]);
  return rows === PIECE;
}
