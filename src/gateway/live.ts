import { type LiveKind, type LiveNews, type LivePlace, livePlace, newsSince } from "../store/inbox/live.ts";
import type { Deps } from "./gateway.ts";

/** Other instances may have stored something: while anybody listens, look at least this often. */
const POLL_MS = 300;
/** Between two looks, however much is stored. */
const REST_MS = 50;
const FAILURE_MS = 1_000;

/** News for one listener since they last took some. */
export interface Taken {
  /** All that happened up to here is told. */
  place: LivePlace;
  /** Null: too much to tell one by one, look anew. */
  threads: ReadonlyMap<string, ReadonlySet<LiveKind>> | null;
}

export interface Listener {
  /** Waits for news, at most `ms`; null when none came, `closed` when there will be no more. @throws DatabaseError. */
  take(ms: number): Promise<Taken | null | "closed">;
  close(): void;
}

/** Tells whoever listens which threads changed, on this instance or on another. */
export interface Live {
  /** Something was stored here: look now. */
  wake(): void;
  /** `since`: where an earlier stream ended; null to be told first to look anew. */
  listen(since: LivePlace | null): Listener;
  /** Ends every stream, so that the process can end. */
  stop(): void;
}

/**
 * One small look for all listeners of a process, and none while there are none. What happened is read for each place from which somebody
 * asks, and nothing is kept for those who do not: who reads slowly is told more at once.
 */
export function liveNews({ db: { client }, log }: Pick<Deps, "db" | "log">): Live {
  const listeners = new Set<{ wake: () => void }>();
  /** The last look, and how many of them found something. */
  let seen = "";
  let version = 0;
  let asked = new Map<string, Promise<LiveNews>>();
  let running = false;
  let stopped = false;
  let woken = false;
  let wakeUp = () => {};

  const look = async () => {
    const place = (await livePlace(client)).join();
    if (place === seen) return;
    seen = place;
    version++;
    asked = new Map();
    for (const { wake } of listeners) wake();
  };
  const loop = async () => {
    while (listeners.size > 0) {
      woken = false;
      try {
        await look();
        await rest(REST_MS);
      } catch (error) {
        log("warn", "live.failed", { error: String(error) });
        await rest(FAILURE_MS);
      }
      if (woken) continue;
      await rest(POLL_MS - REST_MS, (early) => wakeUp = early);
    }
    running = false;
  };
  /** Those who ask from one place share the answer. */
  const newsFrom = (place: LivePlace): Promise<LiveNews> => {
    const key = place.join();
    const known = asked.get(key) ?? newsSince(client, place);
    asked.set(key, known);
    // Who comes back after a failure asks anew.
    known.catch(() => asked.delete(key));
    return known;
  };

  const listen = (since: LivePlace | null): Listener => {
    let place = since;
    // Whatever the last look was: what happened since the place is asked for at once.
    let known = -1;
    let left = false;
    const closed = () => left || stopped;
    const self = { wake: () => {} };
    const take: Listener["take"] = async (ms) => {
      const until = performance.now() + ms;
      if (place === null) {
        place = await livePlace(client);
        return closed() ? "closed" : { place, threads: null };
      }
      while (!closed()) {
        if (known !== version) {
          known = version;
          const { threads, place: reached } = await newsFrom(place);
          place = reached;
          if (threads === null || threads.size > 0) return closed() ? "closed" : { place, threads };
          continue;
        }
        const wait = until - performance.now();
        if (wait <= 0) return null;
        await rest(wait, (early) => self.wake = early);
      }
      return "closed";
    };
    if (!stopped) {
      listeners.add(self);
      if (!running) {
        running = true;
        void loop();
      }
    }
    return {
      take,
      close: () => {
        left = true;
        listeners.delete(self);
        self.wake();
      },
    };
  };

  return {
    wake: () => {
      woken = true;
      wakeUp();
    },
    listen,
    stop: () => {
      stopped = true;
      for (const { wake } of listeners) wake();
      listeners.clear();
      wakeUp();
    },
  };
}

/** Waits `ms`, or less where `hold` is given and what it gets is called. */
function rest(ms: number, hold: (early: () => void) => void = () => {}): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    hold(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
