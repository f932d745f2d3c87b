import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "./client.ts";

/** A message that waits for a person to decide it, and that nobody has looked at for so long, is no longer what was meant. */
export const UNDECIDED_MS = 72 * 3_600_000;
const GROUP = 500;

/** What waits and is no longer valid. The word itself, not a list: only so does SQLite see that its index applies. */
const invalid = (status: "queued" | "held") =>
  `select id from (select id from messages where status = '${status}' and valid_until <= :now limit ${GROUP})`;
/** Held again later (by another doubt) counts from then. */
const UNDECIDED = `select id from (select m.id from messages m
  where m.status = 'held' and m.due_at is null and m.created_at <= :before
    and not exists (select 1 from message_events e where e.message_id = m.id and e.at > :before)
  order by m.created_at limit ${GROUP})`;

/**
 * Ends a group of messages that can no longer leave, so that they do not stay `queued` behind an account that is out of service or
 * `held` for a decision that does not come. True when there may be more.
 */
export async function expireWaiting(client: DbClient, now: number): Promise<boolean> {
  const { rows } = await client.execute({
    sql: `${invalid("queued")} union all ${invalid("held")} union all ${UNDECIDED}`,
    args: { now, before: now - UNDECIDED_MS },
  });
  if (rows.length === 0) return false;
  await client.batch(expire([...new Set(rows.map((row) => row["id"] as string))], now));
  return rows.length >= GROUP;
}

function expire(ids: readonly string[], now: number): InStatement[] {
  const args = { ids: JSON.stringify(ids), now };
  // Claimed, released or settled meanwhile: that stands.
  const still = `id in (select value from json_each(:ids))
    and (status = 'queued' and valid_until <= :now or status = 'held' and (valid_until <= :now or due_at is null))`;
  const detail = `case when valid_until <= :now then 'It could not leave while it was valid.'
    else 'Nobody decided within 72 hours whether it may leave.' end`;
  return [
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
  ];
}
