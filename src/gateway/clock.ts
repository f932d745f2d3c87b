/** Milliseconds since 1970, as the gateway sees it. */
export type Clock = () => number;

export const realClock: Clock = () => Date.now();

/** A clock that starts at `instant` and runs on at the usual speed: to try a Sunday night on a Tuesday. */
export function testClock(instant: number, real: Clock = realClock): Clock {
  const started = real();
  return () => instant + (real() - started);
}

/** A test clock that somebody set while the gateway runs: the instant, and when that was in real time (ms). */
export interface ClockSetting {
  at: number;
  set_at: number;
}

/** What is shared by all instances about the clock (`GET /v1/sandbox/clock`). */
export interface SharedClock {
  /** Null: every instance goes by its own. */
  setting: ClockSetting | null;
  /** How far (ms) ids are ahead of the clock, since it went back; 0 as long as it never did. */
  ahead: number;
}

/** The clock that was set as long as one is, running on at the usual speed; else `own`. */
export function sharedClock(own: Clock, shared: () => SharedClock, real: Clock = realClock): Clock {
  return () => {
    const { setting } = shared();
    return setting === null ? own() : setting.at + (real() - setting.set_at);
  };
}

/** For ids, which sort threads: it does not go back when the clock does. */
export function idClock(now: Clock, shared: () => SharedClock): Clock {
  return () => now() + shared().ahead;
}
