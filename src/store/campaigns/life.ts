import type { InStatement } from "@libsql/client/web";
import { named } from "../dispatch/outbox.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import type { CampaignRow } from "./campaigns.ts";

/**
 * What a tick does to campaigns. Every change states in its SQL what must still hold, so that any number of instances may tick one
 * database, and somebody may pause a campaign at any instant.
 */

type Client = Pick<Db, "client">;

/** Campaigns of one reading. */
const PAGE = 100;

/** Campaigns that a tick has to do something for at the instant `now`, oldest first, however many there are. */
export async function* liveCampaigns({ client }: Client, now: number): AsyncGenerator<CampaignRow, void> {
  let after = "";
  while (true) {
    const { rows } = await client.execute({
      // The first condition is that of the index.
      sql: `select * from campaigns where (state in ('scheduled', 'running') or sweep is not null)
        and (state != 'scheduled' or sweep is not null or scheduled_at <= :now) and id > :after order by id limit ${PAGE}`,
      args: { now, after },
    });
    yield* rows as unknown as CampaignRow[];
    if (rows.length < PAGE) return;
    after = rows.at(-1)!["id"] as string;
  }
}

/** When a scheduled campaign begins next; null when none waits for that. */
export async function nextBeginning({ client }: Client): Promise<number | null> {
  const { rows } = await client.execute("select min(scheduled_at) as at from campaigns where state = 'scheduled'");
  return rows[0]!["at"] as number | null;
}

/** Begins a campaign whose time has come. */
export async function begin({ client }: Client, id: string, now: number): Promise<void> {
  await client.batch([
    {
      sql:
        `update campaigns set state = 'running', started_at = coalesce(started_at, :now), planned_from = :now, updated_at = :now
        where id = :id and state = 'scheduled' and scheduled_at <= :now`,
      args: { id, now },
    },
    tellApps(id, "'campaign.' || state"),
  ]);
}

/** Apps are told of a campaign when the statement before changed it. `type`: SQL. */
export function tellApps(id: string, type: string): InStatement {
  return {
    sql: `insert into webhook_events (type, subject) select ${type}, id from campaigns
      where id = ? and changes() > 0 and exists (select 1 from webhook_endpoints)`,
    args: [id],
  };
}

/** Takes the making of messages for this instance; null when another has it, or there is nothing to make. */
export async function lease(
  { client }: Client,
  id: string,
  { lease, now, until }: { lease: string; now: number; until: number },
): Promise<CampaignRow | null> {
  const { rows } = await client.execute({
    sql: `update campaigns set lease = ?, lease_until = ? where id = ? and state = 'running' and expanded_at is null
      and (lease is null or lease_until <= ?) returning *`,
    args: [lease, until, id, now],
  });
  return rows[0] as unknown as CampaignRow | undefined ?? null;
}

export async function endLease({ client }: Client, id: string, lease: string): Promise<void> {
  await client.execute({
    sql: "update campaigns set lease = null, lease_until = null where id = ? and lease = ?",
    args: [id, lease],
  });
}

/** Messages of one piece of a sweep: a few milliseconds of the database. */
const SWEPT = 2_000;

const PIECE = `(select id from messages where campaign_id = :id and id > :cursor order by id limit ${SWEPT})`;
const STILL = "exists (select 1 from campaigns where id = :id and sweep = :sweep and sweep_cursor = :cursor)";

/** What a sweep does to a message `m`, and which it concerns. */
const SWEEPS: Record<NonNullable<CampaignRow["sweep"]>, { concerns: string; sets: string; event: string }> = {
  pause: {
    concerns: "(m.status = 'queued' or m.status = 'held' and m.due_at is not null)",
    sets: "status = 'held', hold_reason = 'paused', hold_until = null, due_at = null",
    event: "'held', 'The campaign was paused.'",
  },
  // They are decided again when they are due, since anything may have changed, and leave one after the other as at first.
  resume: {
    concerns: "m.status = 'held' and m.hold_reason = 'paused'",
    sets:
      "due_at = :planned_from + (:planned + u.place) * :gap, hold_until = :planned_from + (:planned + u.place) * :gap",
    event: "'held', 'The campaign was resumed.'",
  },
  cancel: {
    concerns: "m.status in ('queued', 'held')",
    sets: `status = 'canceled', due_at = null, hold_until = null, hold_reason = null, error_code = 'campaign_canceled',
      error_detail = 'Its campaign was canceled.'`,
    event: "'canceled', 'campaign_canceled'",
  },
};

/** Goes through one more piece of a campaign's messages after it was paused, resumed or canceled. `gap`: ms between two messages. */
export async function sweepPiece(client: DbClient, campaign: CampaignRow, gap: number, now: number): Promise<void> {
  const sweep = campaign.sweep!;
  const { concerns, sets, event } = SWEEPS[sweep];
  const args = {
    id: campaign.id,
    sweep,
    cursor: campaign.sweep_cursor,
    planned: campaign.planned,
    planned_from: campaign.planned_from,
    gap,
    now,
  };
  const concerned = `from messages m where m.id in ${PIECE} and ${concerns} and ${STILL}`;
  await client.batch([
    named(`insert into message_events (message_id, at, status, detail) select m.id, :now, ${event} ${concerned}`, args),
    named(
      `update messages set ${sets}
        from (select m.id as id, row_number() over (order by m.id) - 1 as place ${concerned}) u where messages.id = u.id`,
      args,
    ),
    named(
      `update campaigns set planned = planned + iif(sweep = 'resume', changes(), 0),
          sweep_cursor = coalesce((select max(id) from ${PIECE}), sweep_cursor),
          sweep = iif((select count(*) from ${PIECE}) < ${SWEPT}, null, sweep)
        where id = :id and sweep = :sweep and sweep_cursor = :cursor`,
      args,
    ),
  ]);
}

/** Statuses in which a message still has something before it. */
const OPEN = "('queued', 'held', 'sending')";

/**
 * Ends a campaign whose audience is through and of which nothing waits, and tells apps of each tenth of its messages that is done.
 * `tenth` as it is now.
 */
export async function settleProgress({ client }: Client, id: string, tenth: number, now: number): Promise<void> {
  await client.batch([
    {
      sql:
        `update campaigns set told = :tenth, updated_at = :now where id = :id and state = 'running' and told < :tenth`,
      args: { id, tenth, now },
    },
    tellApps(id, "'campaign.progress'"),
    {
      sql: `update campaigns set state = 'done', finished_at = :now, updated_at = :now
        where id = :id and state = 'running' and expanded_at is not null and sweep is null
          and not exists (select 1 from campaign_counts where campaign_id = :id and name in ${OPEN} and n > 0)`,
      args: { id, now },
    },
    tellApps(id, "'campaign.done'"),
  ]);
}
