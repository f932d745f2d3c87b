import { asc, eq, gt } from "drizzle-orm";
import type { Db } from "./client.ts";
import { carriers } from "./schema.ts";

export type CarrierRow = typeof carriers.$inferSelect;

/** A page in the order of ids. */
export async function listCarriers(
  { orm }: Db,
  { limit, cursor = "" }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: CarrierRow[]; next: string | null }> {
  const rows = await orm.select().from(carriers).where(gt(carriers.id, cursor)).orderBy(asc(carriers.id))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? page.at(-1)!.id : null };
}

export async function findCarrier({ orm }: Db, id: string): Promise<CarrierRow | null> {
  const [row] = await orm.select().from(carriers).where(eq(carriers.id, id));
  return row ?? null;
}

/** Creates or replaces an account. `config` is JSON, secrets included. */
export async function saveCarrier({ orm }: Db, carrier: typeof carriers.$inferInsert): Promise<CarrierRow> {
  const { kind, config, updated_at } = carrier;
  const [row] = await orm.insert(carriers).values(carrier)
    .onConflictDoUpdate({ target: carriers.id, set: { kind, config, updated_at } }).returning();
  return row!;
}

/** False when it does not exist, or when senders use it or messages wait to leave through it. */
export async function deleteCarrier({ client }: Db, id: string): Promise<boolean> {
  const { rowsAffected } = await client.execute({
    sql: `delete from carriers where id = :id
      and not exists (select 1 from senders where carrier_id = :id)
      and not exists (select 1 from messages where status = 'queued' and carrier_id = :id)
      and not exists (select 1 from messages where status = 'held' and carrier_id = :id)
      and not exists (select 1 from messages where status = 'sending' and carrier_id = :id)`,
    args: { id },
  });
  return rowsAffected > 0;
}
