import type { CarrierIo } from "../carriers/carrier.ts";
import type { Db } from "../store/libsql/client.ts";
import type { Clock } from "./clock.ts";
import type { NewId } from "./ids.ts";
import type { LinkTokens } from "./links/link_tokens.ts";
import type { OutgoingOptions } from "./network/outgoing_http.ts";
import type { PersonKeys } from "./people/person_keys.ts";
import type { SettingsCache } from "./settings.ts";

/** What the shell works with; made once at the composition root and passed in. */
export interface Deps {
  db: Db;
  settings: SettingsCache;
  now: Clock;
  newId: NewId;
  /** 0 ≤ x < 1; spreads retries. */
  random: () => number;
  /** Address at which people and carriers reach this gateway, without a trailing slash. */
  publicUrl: string;
  /** What stands for erased people; null without a secret outside the database. */
  people: PersonKeys | null;
  /** Of the links to the unsubscribe page. */
  tokens: LinkTokens;
  /** Outgoing calls; `allowPrivate` for carriers on the operator's own network. */
  fetch: (options: CallOptions) => CarrierIo["fetch"];
  log: Log;
  /** What `now` goes by while no test clock is set (`PUT /v1/sandbox/clock`), and real time. */
  clocks: { own: Clock; real: Clock };
  /** True while `PARLEY_TEST_CLOCK` is given: no real carrier may be configured then. */
  testClock: boolean;
  /** True where webhooks may go to http: addresses and to this machine: for development and tests. */
  privateWebhooks: boolean;
}

export type CallOptions =
  & { allowPrivate: boolean }
  & Pick<OutgoingOptions, "timeoutMs" | "maxAnswerBytes" | "cutAnswer">;

/** Structured lines; never a text or a whole number of a person (invariant 9). */
export type Log = (
  level: "info" | "warn" | "error",
  event: string,
  fields?: Record<string, string | number | boolean>,
) => void;
