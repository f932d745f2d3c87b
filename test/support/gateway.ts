import { idMaker } from "../../src/gateway/ids.ts";
import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";
import { saveApiKey, startKey } from "../../src/store/access/api_keys.ts";
import type { Reply } from "./call.ts";
import { type DatabaseKind, freshDatabase, type TestDatabase } from "./database.ts";
import { type Instance, instance, type InstanceOptions, publishShipped } from "./instance.ts";

/** A Tuesday, 10:00 in Paris: advertising hours there. */
const TUESDAY = "2026-11-24T10:00:00+01:00";
export const ADMIN_KEY = "pk_test_admin_key";
export const APP_KEY = "pk_test_app_key";

export interface TestClock {
  now(): number;
  set(instant: string): void;
  advance(ms: number): void;
}

export interface LogLine {
  level: string;
  event: string;
  fields: Record<string, unknown> | undefined;
}

/** Calls with the admin key unless `authorization` says otherwise. */
export interface TestGateway extends Instance {
  db: TestDatabase;
  clock: TestClock;
  logged: LogLine[];
  /** `call` with the key of an app. */
  appCall(method: string, path: string, body?: unknown): Promise<Reply>;
  handset(msisdn: string): Promise<{ direction: string; from: string; to: string; text: string }[]>;
}

export interface TestGatewayOptions
  extends Pick<InstanceOptions, "testClock" | "privateWebhooks" | "secrets" | "publicUrl"> {
  /** RFC 3339; the clock stands there until it is moved. */
  clock?: string;
  kind?: DatabaseKind;
  /** For a gateway that outlives a test: a migrated database that whoever gives it closes. */
  db?: TestDatabase;
}

/**
 * A whole gateway on a database of this test's own, with the shipped rules, the sandbox and its senders. Nothing runs by itself:
 * `dispatcher.tick()` hands over, the clock stands still, ids are the same in every run.
 */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const db = options.db ?? await freshDatabase(options.kind);
  const clock = testClock(options.clock ?? TUESDAY);
  await publishShipped(db, clock.now());
  const keyId = idMaker(clock.now, pseudoRandom(0x9e3779b9));
  for (const [key, role] of [[ADMIN_KEY, "admin"], [APP_KEY, "app"]] as const) {
    await saveApiKey(db, ...startKey(key, role, keyId, clock.now(), role));
  }

  const logged: LogLine[] = [];
  const gateway = instance(db, {
    ...options,
    key: ADMIN_KEY,
    now: clock.now,
    chance: pseudoRandom(0x2545f491),
    // Webhooks reach this machine where a test allows it; nothing else is called.
    fetch: (call) =>
      options.privateWebhooks === true && call.cutAnswer === true
        ? guardedFetch({ ...call, resolve: () => Promise.reject(new Error("no names in tests")) })
        : () => Promise.reject(new Error("tests call nobody")),
    log: (level, event, fields) => void logged.push({ level, event, fields }),
  });
  return {
    ...gateway,
    db,
    clock,
    logged,
    appCall: (method, path, body) => gateway.call(method, path, body, { authorization: `Bearer ${APP_KEY}` }),
    handset: async (msisdn) =>
      (await gateway.call("GET", `/v1/sandbox/handsets/${encodeURIComponent(msisdn)}`)).body.data,
  };
}

function testClock(start: string): TestClock {
  let at = Date.parse(start);
  return {
    now: () => at,
    set: (instant) => void (at = Date.parse(instant)),
    advance: (ms) => void (at += ms),
  };
}

/** The same bytes in every run (xorshift32). */
function pseudoRandom(seed: number): (bytes: Uint8Array<ArrayBuffer>) => void {
  let state = seed;
  return (bytes) => {
    for (let index = 0; index < bytes.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[index] = state & 255;
    }
  };
}

/** Every item of a list, page by page. */
// deno-lint-ignore no-explicit-any -- a test reads whatever the list holds
export async function walkPages(gateway: TestGateway, path: string, limit: number): Promise<any[]> {
  const items = [];
  let cursor: string | null = null;
  do {
    const more = `${path.includes("?") ? "&" : "?"}limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`;
    const { status, body } = await gateway.call("GET", path + more);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    items.push(...body.data);
    cursor = body.next_cursor;
  } while (cursor !== null);
  return items;
}

/** A commercial consent of a person, given long ago. */
export async function consent(gateway: TestGateway, recipient: string, granted_at = "2026-01-10T09:00:00Z") {
  return await gateway.call("POST", "/v1/consents", {
    recipient,
    purpose: "commercial",
    source: "web_form",
    wording: "I agree to receive offers by SMS",
    granted_at,
  });
}

export const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
export const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
