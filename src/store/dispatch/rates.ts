/** A row may save up this much of its rate while idle, in ms; a slower one saves one message. */
const BURST_MS = 1_000;
/** How far the clocks of two instances may be apart (docs/store.md says a few seconds). */
const CLOCKS_APART_MS = 10_000;
/** No instant of a breaker or a pause lies further ahead: one that does was written by a clock that has stepped back since. */
export const LONGEST_PAUSE_MS = 86_400_000;

/** SQL of a rate that all instances share, by the generic cell rate algorithm. */
export interface Bucket {
  /** From when on (ms) the rate counts. */
  nextAt: string;
  /** The same, clamped to what may have been saved while idle. */
  from: string;
  /** True when one message may leave. */
  ready: string;
  /** How many messages may leave; a fraction, with a little more than instants since 1970 lose in their last digits. */
  allowance: string;
}

/**
 * The bucket in the columns `rate_per_second` and `next_at` of table `row`, at `:now`. The algorithm never moves `next_at` past
 * the present of whoever writes it, so one that lies further ahead than clocks may differ was written by a clock that has stepped back
 * since: one message may leave, and that mends it. Until then what another instance took counts, though its clock is ahead.
 */
export function bucketOf(row: string): Bucket {
  const gap = `1000.0 / ${row}.rate_per_second`;
  const saved = `max(${BURST_MS}, ${gap})`;
  const nextAt =
    `(case when ${row}.next_at > :now + max(${CLOCKS_APART_MS}, ${gap}) then :now - ${gap} else ${row}.next_at end)`;
  const from = `max(${nextAt}, :now - ${saved})`;
  return {
    nextAt,
    from,
    ready: `${nextAt} <= :now - ${gap}`,
    allowance: `((:now - ${from}) * ${row}.rate_per_second / 1000.0 + 0.002)`,
  };
}

/** SQL: until when (ms) nothing may leave through account `row`, because it is out of order or paused; 0 when it may. */
export function shutUntil(row: string): string {
  return `max(${ahead(`${row}.probe_at`)}, ${ahead(`${row}.paused_until`)})`;
}

/** `instant` when it lies ahead; else, and when it is null, 0. */
function ahead(instant: string): string {
  return `(case when ${instant} between :now + 1 and :now + ${LONGEST_PAUSE_MS} then ${instant} else 0 end)`;
}
