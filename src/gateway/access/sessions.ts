import { hashKey } from "../../store/access/api_keys.ts";
import { findSession, type LiveSession } from "../../store/access/sessions.ts";
import type { DbClient } from "../../store/libsql/client.ts";
import type { Clock } from "../clock.ts";
import { base64Url } from "../ids.ts";

/** Who is signed in, as the console asks with every request. */
export interface Sessions {
  /** The live session of a token; null when there is none. `seen`: somebody is there; not so where only a stream goes on. */
  of(token: string, seen?: boolean): Promise<LiveSession | null>;
  /** Forget what was cached: what ended, or changed for a user, counts at once here, and within five seconds on other instances. */
  forget(): void;
}

const CACHE_MS = 5_000;
const CACHE_ENTRIES = 1_000;

/** `now`: the real clock. `elapsed`: ms that only go forward. */
export function sessions(
  client: DbClient,
  now: Clock,
  elapsed: () => number = () => performance.now(),
): Sessions {
  const known = new Map<string, { session: LiveSession; until: number }>();
  let forgotten = 0;
  return {
    async of(token, seen = true) {
      if (!TOKEN.test(token)) return null;
      const hash = hashKey(token);
      const cached = known.get(hash);
      if (cached !== undefined && cached.until > elapsed() && cached.session.expires_at > now()) return cached.session;
      const before = forgotten;
      const session = await findSession(client, hash, now(), seen);
      known.delete(hash);
      // A stream must not keep it from being noted that somebody is there.
      if (!seen) return session;
      // What was read before a change must not be kept after it.
      if (session === null || forgotten !== before) return session;
      if (known.size >= CACHE_ENTRIES) known.clear();
      known.set(hash, { session, until: elapsed() + CACHE_MS });
      return session;
    },
    forget() {
      forgotten++;
      known.clear();
    },
  };
}

/** 256 bits as 43 URL-safe characters, for sessions and one-time links. */
export function newToken(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

const TOKEN = /^[\w-]{43}$/;
