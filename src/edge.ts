import { apiKeys } from "./api/access/auth.ts";
import type { Problem } from "./api/http/problem.ts";
import { createApp } from "./app.ts";
import { ConfigError, readConfig } from "./config.ts";
import { idClock, realClock, sharedClock } from "./gateway/clock.ts";
import { createGateway } from "./gateway/create.ts";
import { idMaker, secretToken } from "./gateway/ids.ts";
import { linkTokens } from "./gateway/links/link_tokens.ts";
import { guardedFetch } from "./gateway/network/outgoing_http.ts";
import { personKeys } from "./gateway/people/person_keys.ts";
import { SettingsCache } from "./gateway/settings.ts";
import { jsonLog } from "./log.ts";
import { DatabaseError } from "./store/libsql/database_error.ts";
import { openWorkspace } from "./store/libsql/workspace.ts";
import { linkKeys } from "./store/unsubscribe/link_keys.ts";

/**
 * The same gateway for an edge runtime: no FFI, no disk, no process that must stay alive, libSQL over HTTP. `fetch` answers
 * requests, `scheduled` is the cron tick that hands messages over. `deno task migrate` prepares the database from elsewhere.
 */
export interface Edge {
  fetch(request: Request): Promise<Response>;
  /** Hands over what is due, for at most `TICK_MS`, and tells apps of it; resolves with the number of messages. */
  tick(): Promise<number>;
}

/** Cron of edge runtimes comes once a minute and may not run much longer than half of it. */
const TICK_MS = 25_000;
/** Before that: what campaigns make leaves in the same tick. */
const CAMPAIGN_TICK_MS = 5_000;
/** What a webhook's receiver may still take (15 s) comes on top. */
const WEBHOOK_TICK_MS = 10_000;

/** `env`: the bindings of the runtime, or `Deno.env.toObject()`. @throws ConfigError, DatabaseError. */
export async function createEdge(env: Record<string, string | undefined>): Promise<Edge> {
  const config = readConfig(env);
  const db = await openWorkspace("default", config.database);
  const settings = new SettingsCache(db.client);
  const now = sharedClock(realClock, settings.clock);
  // deno-lint-ignore no-console
  const log = jsonLog((line) => console.log(line), now);
  const keys = apiKeys(db.client);
  const { api, dispatcher, webhooks, campaigns } = createGateway(
    {
      db,
      settings,
      now,
      newId: idMaker(idClock(now, settings.clock)),
      random: Math.random,
      publicUrl: config.publicUrl,
      people: personKeys(config.secrets),
      tokens: linkTokens(await linkKeys(db.client, config.secrets, secretToken)),
      // Edge runtimes resolve names themselves and reach no private network; literal addresses are checked all the same.
      fetch: (options) => guardedFetch({ ...options, resolve: () => Promise.resolve([PUBLIC_ADDRESS]) }),
      log,
      clocks: { own: realClock, real: realClock },
      testClock: false,
      privateWebhooks: config.privateWebhooks,
    },
    keys,
    () => {},
  );
  const app = createApp(api);
  return {
    fetch: async (request) => await app.fetch(request),
    tick: async () => {
      // What is wrong with a campaign keeps no confirmation of a STOP from leaving.
      const failed = await campaigns.tick(CAMPAIGN_TICK_MS).then(() => [], (error) => [error]);
      // Nothing fails before all has ended: the runtime ends the process with the tick, and hand-overs under way would be of unknown
      // outcome.
      const [handed, told] = await Promise.allSettled([dispatcher.tick(TICK_MS), webhooks.tick(WEBHOOK_TICK_MS)]);
      for (const error of failed) throw error;
      if (handed.status === "rejected") throw handed.reason;
      if (told.status === "rejected") throw told.reason;
      return handed.value;
    },
  };
}

/** Stands for "a public address" where names cannot be resolved. */
const PUBLIC_ADDRESS = "1.1.1.1";

let edge: Promise<Edge> | undefined;
/** One gateway an isolate, made on its first request so that a missing variable is an answer and not a crash. */
function edgeFor(env: Record<string, string | undefined> | undefined): Promise<Edge> {
  edge ??= createEdge(env && "PARLEY_DATABASE_URL" in env ? env : Deno.env.toObject()).catch((error) => {
    // The database may only have been away for a moment: the next request tries again.
    edge = undefined;
    throw error;
  });
  return edge;
}

/** Tells callers that something is missing, and the operator's log what. */
function notConfigured(error: unknown): Response {
  if (!(error instanceof ConfigError || error instanceof DatabaseError)) throw error;
  // deno-lint-ignore no-console
  jsonLog((line) => console.log(line), realClock)("error", "edge.not_configured", { error: error.message });
  const detail = "This gateway is not configured; its log tells what is missing.";
  return Response.json(
    { type: "about:blank", title: "Not ready", status: 503, code: "not_configured", detail } satisfies Problem,
    { status: 503, headers: { "content-type": "application/problem+json" } },
  );
}

/** The shape that edge runtimes look for (`deno serve`, Workers and others). */
export default {
  fetch: async (request: Request, env?: Record<string, string | undefined>): Promise<Response> => {
    let gateway: Edge;
    try {
      gateway = await edgeFor(env);
    } catch (error) {
      return notConfigured(error);
    }
    return await gateway.fetch(request);
  },
  scheduled: async (_event: unknown, env?: Record<string, string | undefined>): Promise<void> => {
    await (await edgeFor(env)).tick();
  },
};
