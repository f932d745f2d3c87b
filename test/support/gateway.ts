import { fileURLToPath } from "node:url";
import { apiKeys } from "../../src/api/access/auth.ts";
import type { Api } from "../../src/api/http/context.ts";
import { createApp } from "../../src/app.ts";
import { idClock, sharedClock } from "../../src/gateway/clock.ts";
import { createGateway } from "../../src/gateway/create.ts";
import type { Dispatcher } from "../../src/gateway/dispatch/dispatch.ts";
import { idMaker } from "../../src/gateway/ids.ts";
import { linkTokens } from "../../src/gateway/links/link_tokens.ts";
import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";
import { personKeys } from "../../src/gateway/people/person_keys.ts";
import { seedSandbox } from "../../src/gateway/seed.ts";
import { SettingsCache } from "../../src/gateway/settings.ts";
import { loadRulebook } from "../../src/rules/check.ts";
import { readSources } from "../../src/rules/files.ts";
import { contentsOf } from "../../src/rules/parse.ts";
import { saveApiKey, startKey } from "../../src/store/access/api_keys.ts";
import { publishRulebook } from "../../src/store/carriers/settings.ts";
import { type Call, callerOf, type Reply } from "./call.ts";
import { type DatabaseKind, freshDatabase, type TestDatabase } from "./database.ts";

const RULES = fileURLToPath(new URL("../../rules", import.meta.url));
/** A Tuesday, 10:00 in Paris: advertising hours there. */
const TUESDAY = "2026-11-24T10:00:00+01:00";
export const ADMIN_KEY = "pk_test_admin_key";
export const APP_KEY = "pk_test_app_key";
/** Stands for what is kept outside the database. */
export const SECRET = "a secret of the tests, outside the database";
export const PUBLIC_URL = "https://sms.example.com";

/** What a password costs to look at in tests: 4 ms instead of half a second. */
export const CHEAP = { cost: 10, r: 8, p: 1 };

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

export interface TestGateway {
  app: ReturnType<typeof createApp>;
  api: Api;
  dispatcher: Dispatcher;
  webhooks: Dispatcher;
  campaigns: Dispatcher;
  db: TestDatabase;
  clock: TestClock;
  logged: LogLine[];
  /** With the admin key unless `authorization` says otherwise. */
  call: Call;
  /** The same with the key of an app. */
  appCall(method: string, path: string, body?: unknown): Promise<Reply>;
  /** A message from a sandbox handset. */
  mo(from: string, to: string, text: string, id?: string): Promise<Reply>;
  handset(msisdn: string): Promise<{ direction: string; from: string; to: string; text: string }[]>;
}

export interface TestGatewayOptions {
  /** RFC 3339; the clock stands there until it is moved. */
  clock?: string;
  kind?: DatabaseKind;
  testClock?: boolean;
  /** Webhooks may go to this machine. */
  privateWebhooks?: boolean;
  secrets?: readonly string[];
  publicUrl?: string;
  /** For a gateway that outlives a test: a migrated database that whoever gives it closes. */
  db?: TestDatabase;
}

let published: ReturnType<typeof shippedRules> | undefined;

/** The shipped rule files, read and compiled once a process. */
async function shippedRules() {
  const sources = await readSources(RULES);
  const { rulebook, problems } = loadRulebook(sources);
  if (!rulebook) throw new Error(`the shipped rules do not compile: ${problems[0]?.problem}`);
  return { sources, hash: rulebook.hash };
}

/**
 * A whole gateway on a database of this test's own, with the shipped rules, the sandbox and its senders. Nothing runs by itself:
 * `dispatcher.tick()` hands over, the clock stands still, ids are the same in every run.
 */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const db = options.db ?? await freshDatabase(options.kind);
  const clock = testClock(options.clock ?? TUESDAY);
  const settings = new SettingsCache(db.client);
  const now = sharedClock(clock.now, settings.clock, clock.now);
  const newId = idMaker(idClock(now, settings.clock), pseudoRandom());
  const { sources, hash } = await (published ??= shippedRules());
  await publishRulebook(db.client, { hash, sources, contents: contentsOf(sources), at: clock.now() });
  await seedSandbox(db, clock.now());
  for (const [key, role] of [[ADMIN_KEY, "admin"], [APP_KEY, "app"]] as const) {
    await saveApiKey(db, ...startKey(key, role, newId, clock.now(), role));
  }

  const logged: LogLine[] = [];
  const { api, dispatcher, webhooks, campaigns } = createGateway(
    {
      db,
      settings,
      now,
      newId,
      random: () => 0.5,
      publicUrl: options.publicUrl ?? PUBLIC_URL,
      people: personKeys(options.secrets ?? [SECRET]),
      tokens: linkTokens([SECRET]),
      // Webhooks reach this machine where a test allows it; nothing else is called.
      fetch: (call) =>
        options.privateWebhooks === true && call.cutAnswer === true
          ? guardedFetch({ ...call, resolve: () => Promise.reject(new Error("no names in tests")) })
          : () => Promise.reject(new Error("tests call nobody")),
      log: (level, event, fields) => void logged.push({ level, event, fields }),
      clocks: { own: clock.now, real: clock.now },
      testClock: options.testClock ?? false,
      privateWebhooks: options.privateWebhooks ?? false,
    },
    apiKeys(db.client),
    () => {},
    { clock: clock.now, passwordCost: CHEAP },
  );
  const app = createApp(api);

  const call = callerOf((path, init) => app.request(path, init), ADMIN_KEY);
  return {
    app,
    api,
    dispatcher,
    webhooks,
    campaigns,
    db,
    clock,
    logged,
    call,
    appCall: (method, path, body) => call(method, path, body, { authorization: `Bearer ${APP_KEY}` }),
    mo: (from, to, text, id) => call("POST", "/carriers/sandbox/inbound", { from, to, text, ...(id ? { id } : {}) }),
    handset: async (msisdn) => (await call("GET", `/v1/sandbox/handsets/${encodeURIComponent(msisdn)}`)).body.data,
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
function pseudoRandom(): (bytes: Uint8Array<ArrayBuffer>) => void {
  let state = 0x2545f491;
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
