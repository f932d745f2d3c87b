import type { DbClient } from "../libsql/client.ts";

/** What is in flight, from the dispatcher's partial indexes: cheap however many messages are stored. */
export interface InFlight {
  queued: number;
  held: number;
  sending: number;
  /** Nobody knows whether a carrier took them. */
  unknown: number;
  /** Earliest instant (ms) at which a message was due that has not left; null when none is overdue. */
  oldest_due_at: number | null;
}

export async function inFlight(client: DbClient, now: number): Promise<InFlight> {
  const { rows } = await client.execute({
    sql: `select (select count(*) from messages where status = 'queued') as queued,
      (select count(*) from messages where status = 'held') as held,
      (select count(*) from messages where status = 'sending') as sending,
      (select count(*) from messages where status = 'unknown') as unknown,
      (select min(due_at) from (
        select min(due_at) as due_at from messages where status = 'queued' and due_at <= :now
        union all select min(due_at) from messages where status = 'held' and due_at <= :now)) as oldest_due_at`,
    args: { now },
  });
  const row = rows[0]!;
  return {
    queued: Number(row["queued"]),
    held: Number(row["held"]),
    sending: Number(row["sending"]),
    unknown: Number(row["unknown"]),
    oldest_due_at: row["oldest_due_at"] === null ? null : Number(row["oldest_due_at"]),
  };
}

/** Writes a little. Rejects with the `DatabaseError` that a message would meet: a full disk, another's lock, read only. */
export async function tryWrite(client: DbClient): Promise<void> {
  // Something new each time: a value that stays the same is not written (SQLite compares it first), and would fit on a full disk.
  await client.execute(`insert into settings (name, value) values ('last_tried', hex(randomblob(8)))
    on conflict (name) do update set value = excluded.value`);
}

/** Accounts that are out of service or paused, of all. */
export async function carrierStates(
  client: DbClient,
  now: number,
): Promise<{ id: string; open: boolean; paused: boolean }[]> {
  const { rows } = await client.execute({
    sql: "select id, opened_at is not null as open, paused_until > ? as paused from carriers order by id",
    args: [now],
  });
  return rows.map((row) => ({ id: row["id"] as string, open: row["open"] === 1, paused: row["paused"] === 1 }));
}

/** How much waits for each webhook, and since when it has taken nothing (ms; null while all is well). */
export async function webhookStates(
  client: DbClient,
): Promise<{ id: string; waiting: number; failing_since: number | null }[]> {
  const { rows } = await client.execute(
    `select id, failing_since, (select count(*) from webhook_deliveries where endpoint_id = w.id and status = 'pending')
        + (select count(*) from webhook_deliveries where endpoint_id = w.id and thread is not null
          and finished_at is null and status = 'waiting') as waiting
      from webhook_endpoints w where state = 'enabled' order by id`,
  );
  return rows.map((row) => ({
    id: row["id"] as string,
    waiting: Number(row["waiting"]),
    failing_since: row["failing_since"] as number | null,
  }));
}
