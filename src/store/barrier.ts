import type { DbClient } from "./client.ts";

/**
 * How long it took from a STOP to the barrier that it raises. The instant is taken after the transaction was committed, so it is an
 * upper bound and nothing is guessed; a process that ends in between leaves it unknown. It is an event of the message's timeline.
 */

/** Status of the event. */
export const BARRIER = "suppressed";

/** Records that the suppressions of these messages were durable at `at`. Both instants are ms since 1970. */
export async function recordBarriers(
  client: DbClient,
  stops: readonly { message_id: string; received_at: number }[],
  at: number,
): Promise<void> {
  await client.execute({
    sql: `insert into message_events (message_id, at, status, detail)
      select value->>0, ?, '${BARRIER}', cast(? - (value->>1) as integer) || ' ms after it was received' from json_each(?)`,
    args: [at, at, JSON.stringify(stops.map(({ message_id, received_at }) => [message_id, received_at]))],
  });
}

/** Milliseconds from the detail of such an event. */
export function barrierMs(detail: string | null): number | null {
  const match = /^(\d+) ms /.exec(detail ?? "");
  return match === null ? null : Number(match[1]);
}
