import type { InStatement } from "@libsql/client/web";

/**
 * How long it took from a STOP to the barrier that it raises. The instant is taken after the transaction was committed, so it is an
 * upper bound and nothing is guessed; a process that ends in between leaves it unknown. It is an event of the message's timeline.
 */

/** Status of the event. */
export const BARRIER = "suppressed";

/** The suppression of this message was durable at `at`. Both instants are ms since 1970. */
export interface Barrier {
  message_id: string;
  received_at: number;
  at: number;
}

/** Statements that record barriers; none for none. */
export function recordBarriers(barriers: readonly Barrier[]): InStatement[] {
  if (barriers.length === 0) return [];
  return [{
    sql: `insert into message_events (message_id, at, status, detail)
      select value->>0, value->>1, '${BARRIER}', value->>2 from json_each(?)`,
    args: [JSON.stringify(
      barriers.map((one) => [one.message_id, one.at, `${one.at - one.received_at} ms after it was received`]),
    )],
  }];
}

/** Milliseconds from the detail of such an event. */
export function barrierMs(detail: string | null): number | null {
  const match = /^(\d+) ms /.exec(detail ?? "");
  return match === null ? null : Number(match[1]);
}
