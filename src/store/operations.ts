import type { DbClient } from "./client.ts";

/** What is in flight, from the dispatcher's partial indexes: cheap however many messages are stored. */
export interface InFlight {
  queued: number;
  held: number;
  sending: number;
  /** Earliest instant (ms) at which a message was due that has not left; null when none is overdue. */
  oldest_due_at: number | null;
}

export async function inFlight(client: DbClient, now: number): Promise<InFlight> {
  const { rows } = await client.execute({
    sql: `select (select count(*) from messages where status = 'queued') as queued,
      (select count(*) from messages where status = 'held') as held,
      (select count(*) from messages where status = 'sending') as sending,
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
    oldest_due_at: row["oldest_due_at"] === null ? null : Number(row["oldest_due_at"]),
  };
}
