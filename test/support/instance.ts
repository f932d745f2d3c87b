import { apiKeys } from "../../src/api/access/auth.ts";
import type { Api } from "../../src/api/http/context.ts";
import { createApp } from "../../src/app.ts";
import type { Carrier } from "../../src/carriers/carrier.ts";
import { carrierOf } from "../../src/carriers/mod.ts";
import { type Clock, idClock, sharedClock } from "../../src/gateway/clock.ts";
import { createGateway } from "../../src/gateway/create.ts";
import type { Dispatcher } from "../../src/gateway/dispatch/dispatch.ts";
import type { Deps, Log } from "../../src/gateway/gateway.ts";
import { idMaker } from "../../src/gateway/ids.ts";
import { linkTokens } from "../../src/gateway/links/link_tokens.ts";
import { personKeys } from "../../src/gateway/people/person_keys.ts";
import { seedSandbox } from "../../src/gateway/seed.ts";
import { SettingsCache } from "../../src/gateway/settings.ts";
import { contentsOf } from "../../src/rules/parse.ts";
import { saveApiKey, startKey } from "../../src/store/access/api_keys.ts";
import { publishRulebook } from "../../src/store/carriers/settings.ts";
import type { Db } from "../../src/store/libsql/client.ts";
import { type Call, callerOf, type Reply } from "./call.ts";
import { shippedRules } from "./rulebook.ts";

export const KEY = "pk_test_of_an_instance";
/** A Tuesday, 10:00 in Paris. */
export const TUESDAY = Date.parse("2026-11-24T10:00:00+01:00");

/** One gateway process as far as it matters: several may share a database. Nothing runs by itself. */
export interface Instance {
  app: ReturnType<typeof createApp>;
  api: Api;
  dispatcher: Dispatcher;
  webhooks: Dispatcher;
  campaigns: Dispatcher;
  settings: SettingsCache;
  call: Call;
  mo(from: string, to: string, text: string, id?: string): Promise<Reply>;
}

/** What a password costs to look at in tests: 4 ms instead of half a second. */
export const CHEAP = { cost: 10, r: 8, p: 1 };
export const PUBLIC_URL = "https://sms.example.com";
/** Stands for what is kept outside the database. */
export const SECRET = "a secret of the tests, outside the database";

export interface InstanceOptions {
  now: Clock;
  secrets?: readonly string[];
  publicUrl?: string;
  fetch?: Deps["fetch"];
  /** Webhooks may go to this machine. */
  privateWebhooks?: boolean;
  /** Adapters of the test, beside the real ones. */
  carriers?: readonly Carrier[];
  /** Settings of an earlier instance on the same database: compiling the rules takes longer than most tests. */
  settings?: SettingsCache;
  log?: Log;
  /** Bytes that ids are made of, where a test wants the same ones in every run. */
  chance?: (bytes: Uint8Array<ArrayBuffer>) => void;
  testClock?: boolean;
  /** With which `call` asks. */
  key?: string;
  /** Called after each commit that left something to hand over. */
  stored?: () => void;
}

/** The rules and the sandbox of a new database. */
export async function publishShipped(db: Db, now: number): Promise<void> {
  const { sources, rulebook } = await shippedRules();
  await publishRulebook(db.client, { hash: rulebook.hash, sources, contents: contentsOf(sources), at: now });
  await seedSandbox(db, now);
}

/** What `deno task start` does to a new database: rules, sandbox, and an admin key (`KEY`). */
export async function prepare(db: Db, now: number): Promise<void> {
  await publishShipped(db, now);
  await saveApiKey(db, ...startKey(KEY, "tests", idMaker(() => now), now));
}

/** A gateway on a prepared database. */
export function instance(db: Db, options: InstanceOptions): Instance {
  const own = options.carriers ?? [];
  const settings = options.settings ?? new SettingsCache(
    db.client,
    () => performance.now(),
    (kind) => own.find((one) => one.kind === kind) ?? carrierOf(kind),
  );
  const now = sharedClock(options.now, settings.clock, options.now);
  const { api, dispatcher, webhooks, campaigns } = createGateway(
    {
      db,
      settings,
      now,
      newId: idMaker(idClock(now, settings.clock), options.chance),
      random: () => 0.5,
      publicUrl: options.publicUrl ?? PUBLIC_URL,
      people: personKeys(options.secrets ?? [SECRET]),
      tokens: linkTokens([SECRET]),
      fetch: options.fetch ?? (() => () => Promise.reject(new Error("this test calls nobody"))),
      log: options.log ?? (() => {}),
      clocks: { own: options.now, real: options.now },
      testClock: options.testClock ?? false,
      privateWebhooks: options.privateWebhooks ?? false,
    },
    apiKeys(db.client),
    options.stored ?? (() => {}),
    { clock: options.now, passwordCost: CHEAP },
  );
  const app = createApp(api);
  const call = callerOf((path, init) => app.request(path, init), options.key ?? KEY);
  return {
    app,
    api,
    dispatcher,
    webhooks,
    campaigns,
    settings,
    call,
    mo: (from, to, text, id) => call("POST", "/carriers/sandbox/inbound", { from, to, text, ...(id ? { id } : {}) }),
  };
}

/** A commercial consent given long ago, as an app records it. */
export function consentOf(recipient: string) {
  return {
    recipient,
    purpose: "commercial",
    source: "web_form",
    wording: "I agree to receive offers by SMS",
    granted_at: "2026-01-10T09:00:00Z",
  };
}
