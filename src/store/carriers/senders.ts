import type { InStatement } from "@libsql/client/web";
import { asc, eq, gt } from "drizzle-orm";
import type { Db } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { senders } from "../schema.ts";

export type SenderRow = typeof senders.$inferSelect;
export type NewSender = Omit<typeof senders.$inferInsert, "next_at">;

/** A page in the order of addresses; `next` is the last address when there are more. */
export async function listSenders(
  { orm }: Db,
  { limit, cursor = "" }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: SenderRow[]; next: string | null }> {
  const rows = await orm.select().from(senders).where(gt(senders.address, cursor)).orderBy(asc(senders.address))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? page.at(-1)!.address : null };
}

export async function findSender({ orm }: Db, address: string): Promise<SenderRow | null> {
  const [row] = await orm.select().from(senders).where(eq(senders.address, address));
  return row ?? null;
}

/** Creates or replaces a sender, whose rate goes on where it was. Null when one of its carriers does not exist. `entry` records it. */
export async function saveSender(
  { client }: Db,
  sender: NewSender,
  entry: AuditRow,
): Promise<{ row: SenderRow; created: boolean } | null> {
  const { address, kind, country, countries, carrier_id, routes, stop_number, brand, rate_per_second, created_at } =
    sender;
  const [existing, saved] = await client.batch([
    { sql: "select 1 from senders where address = ?", args: [address] },
    {
      sql: `insert into senders
          (address, kind, country, countries, carrier_id, routes, stop_number, brand, rate_per_second, created_at)
        select ?, ?, ?, ?, id, ?, ?, ?, ?, ? from carriers where id = ? and not exists (select 1 from json_each(?) j
          where not exists (select 1 from carriers c where c.id = j.value->>'carrier_id'))
        on conflict (address) do update set kind = excluded.kind, country = excluded.country,
          countries = excluded.countries, carrier_id = excluded.carrier_id, routes = excluded.routes, stop_number = excluded.stop_number,
          brand = excluded.brand, rate_per_second = excluded.rate_per_second
        returning *`,
      args: [
        address,
        kind,
        country ?? null,
        countries,
        routes ?? "[]",
        stop_number ?? null,
        brand ?? null,
        rate_per_second,
        created_at,
        carrier_id,
        routes ?? "[]",
      ],
    },
    ...auditIfChanged(entry),
    ...kind === "alphanumeric" ? [suppressionsNaming(address)] : [],
  ]);
  const row = saved!.rows[0] as unknown as SenderRow | undefined;
  return row === undefined ? null : { row, created: existing!.rows.length === 0 };
}

/** False when it does not exist, or when messages of it wait: without their sender they could not leave. `entry` records it. */
export async function deleteSender({ client }: Db, address: string, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    {
      sql: `delete from senders where address = :address
        and not exists (select 1 from messages where status = 'queued' and sender = :address)
        and not exists (select 1 from messages where status = 'held' and sender = :address)
        and not exists (select 1 from messages where status = 'sending' and sender = :address)`,
      args: { address },
    },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}

/**
 * An import keeps what is about a name that is no sender yet, in whatever case it came. Of two that then say the same the one with
 * the right spelling stands.
 */
function suppressionsNaming(address: string): InStatement {
  return {
    sql: `update or ignore suppressions set sender = :address
      where sender = :address collate nocase and sender != :address and lifted_at is null
        and not exists (select 1 from senders where senders.address = suppressions.sender)`,
    args: { address },
  };
}
