import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";

/** A message that waits for a person to decide it, and that nobody has looked at for so long, is no longer what was meant. */
export const UNDECIDED_MS = 72 * 3_600_000;
/** As many are ended at once. */
export const GROUP = 500;

/** The word itself, not a list: only so does SQLite see that the index applies. */
const invalid = (status: "queued" | "held") =>
  `select id from (select id from messages where status = '${status}' and valid_until <= :now limit ${GROUP})`;

/**
 * Ends a group of messages that are no longer valid, so that they do not stay `queued` behind an account that is out of service or
 * `held` until the morning. Resolves with how many it found; `GROUP` or more when there may be others.
 */
export async function expireInvalid(client: DbClient, now: number): Promise<number> {
  return await expire(client, now, {
    sql: `${invalid("queued")} union all ${invalid("held")} limit ${GROUP}`,
    args: { now },
  });
}

/**
 * The same for what waits for a decision that does not come. One that was held again (for another doubt) counts from then. What a
 * paused campaign holds is decided with the campaign, however long that takes: only `valid_until` ends it before.
 */
export async function expireUndecided(client: DbClient, now: number): Promise<number> {
  return await expire(client, now, {
    sql: `select m.id from messages m where m.status = 'held' and m.due_at is null and m.hold_reason is not 'paused'
        and m.created_at <= :before
        and not exists (select 1 from message_events e where e.message_id = m.id and e.at > :before)
      order by m.created_at limit ${GROUP}`,
    args: { before: now - UNDECIDED_MS },
  });
}

async function expire(client: DbClient, now: number, which: InStatement): Promise<number> {
  const { rows } = await client.execute(which);
  if (rows.length === 0) return 0;
  const args = { ids: JSON.stringify(rows.map((row) => row["id"] as string)), now };
  // Claimed, released or settled meanwhile: that stands.
  const still = `id in (select value from json_each(:ids))
    and (status = 'queued' and valid_until <= :now or status = 'held' and (valid_until <= :now or due_at is null and hold_reason is not 'paused'))`;
  const detail = `case when valid_until <= :now then 'It could not leave while it was valid.'
    else 'Nobody decided within 72 hours whether it may leave.' end`;
  await client.batch([
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :now, 'expired', ${detail} from messages where ${still}`,
      args,
    },
    {
      sql: `update messages set status = 'expired', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'expired', error_detail = ${detail} where ${still}`,
      args,
    },
  ]);
  return rows.length;
}
