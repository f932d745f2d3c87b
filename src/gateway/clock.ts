/** Milliseconds since 1970, as the gateway sees it. */
export type Clock = () => number;

export const realClock: Clock = () => Date.now();

/** A clock that starts at `instant` and runs on at the usual speed: to try a Sunday night on a Tuesday. */
export function testClock(instant: number, real: Clock = realClock): Clock {
  const started = real();
  return () => instant + (real() - started);
}
