import { asc, eq, gt } from "drizzle-orm";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { ALONE_IN_FORCE } from "../rules/approved_alone.ts";
import { NO_TEST_CLOCK } from "../sandbox/test_clock.ts";
import { carriers } from "../schema.ts";

export type CarrierRow = typeof carriers.$inferSelect;

/** A page in the order of ids. */
export async function listCarriers(
  { orm }: Db,
  { limit, cursor = "" }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: CarrierRow[]; next: string | null }> {
  const rows = await orm.select().from(carriers).where(gt(carriers.id, cursor)).orderBy(asc(carriers.id))
    .limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findCarrier({ orm }: Db, id: string): Promise<CarrierRow | null> {
  const [row] = await orm.select().from(carriers).where(eq(carriers.id, id));
  return row ?? null;
}

/** What `saveCarrier` writes; `config` is JSON, secrets included. */
export type NewCarrier = Pick<CarrierRow, "id" | "kind" | "config" | "rate_per_second" | "created_at" | "updated_at">;

/** `proposal`: the one that its proposer alone approved; null when it is the test clock that is in the way. */
export type SavedCarrier = { ok: true; row: CarrierRow } | { ok: false; proposal: string | null };

/**
 * Creates or replaces an account, whose rate goes on where it was. One that is out of service or paused is tried at once with its new settings.
 * `entry` records it. A real one is refused while a test clock is set, and while rules are in force that one person alone approved:
 * real people must not get messages then.
 */
export async function saveCarrier(
  { client }: Db,
  { id, kind, config, rate_per_second, created_at, updated_at }: NewCarrier,
  entry: AuditRow,
): Promise<SavedCarrier> {
  const [saved, ...later] = await client.batch([
    {
      sql: `insert into carriers (id, kind, config, rate_per_second, created_at, updated_at)
          select :id, :kind, :config, :rate_per_second, :created_at, :updated_at where :kind = 'sandbox'
            or (${NO_TEST_CLOCK} and ${ALONE_IN_FORCE} is null)
        on conflict (id) do update set kind = excluded.kind, config = excluded.config, updated_at = excluded.updated_at,
          rate_per_second = excluded.rate_per_second, throttles = 0, paused_until = 0,
          probe_at = case when opened_at is not null then 0 end
        returning *`,
      args: { id, kind, config, rate_per_second, created_at, updated_at },
    },
    ...auditIfChanged(entry),
    `select ${ALONE_IN_FORCE} as proposal`,
  ]);
  const row = saved!.rows[0] as unknown as CarrierRow | undefined;
  if (row !== undefined) return { ok: true, row };
  return { ok: false, proposal: later.at(-1)!.rows[0]!["proposal"] as string | null };
}

/** False when it does not exist, or when senders use it or messages wait to leave through it. `entry` records it. */
export async function deleteCarrier({ client }: Db, id: string, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    {
      sql: `delete from carriers where id = :id
        and not exists (select 1 from senders where carrier_id = :id)
        and not exists (select 1 from senders, json_each(senders.routes) j where j.value->>'carrier_id' = :id)
        and not exists (select 1 from messages where status = 'queued' and carrier_id = :id)
        and not exists (select 1 from messages where status = 'held' and carrier_id = :id)
        and not exists (select 1 from messages where status = 'sending' and carrier_id = :id)`,
      args: { id },
    },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}
