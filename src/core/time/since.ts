/** Time in facts. Instants are ms since 1970. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Stands for "never" in facts that count minutes, so that rules can compare without a special case. */
export const NEVER_MINUTES = 1e9;
/** The same for facts that count days. */
export const NEVER_DAYS = 1e6;

export function daysSince(at: number | null, now: number): number {
  return at === null ? NEVER_DAYS : Math.max(0, (now - at) / DAY);
}

export function minutesSince(at: number | null, now: number): number {
  return at === null ? NEVER_MINUTES : (now - at) / MINUTE;
}
