import { apiKeys } from "./api/access/auth.ts";
import { WELCOME } from "./api/access/users.ts";
import { createApp } from "./app.ts";
import { type Config, ConfigError, ownUrl, readConfig } from "./config.ts";
import { CONSOLE } from "./console/mod.ts";
import { withConsole } from "./console/serve.ts";
import { firstStartToken } from "./gateway/access/welcome.ts";
import { idClock, realClock, sharedClock, testClock } from "./gateway/clock.ts";
import { createGateway } from "./gateway/create.ts";
import { base64Url, idMaker, secretToken } from "./gateway/ids.ts";
import { linkTokens } from "./gateway/links/link_tokens.ts";
import { systemResolve } from "./gateway/network/deno_network.ts";
import { guardedFetch } from "./gateway/network/outgoing_http.ts";
import { pinnedTransport } from "./gateway/network/pinned_transport.ts";
import { reachableFromPhones, UNREACHABLE_PUBLIC_URL } from "./gateway/network/public_url.ts";
import { personKeys } from "./gateway/people/person_keys.ts";
import { runDispatcher, type Runner } from "./gateway/runner.ts";
import { seedSandbox } from "./gateway/seed.ts";
import { SettingsCache } from "./gateway/settings.ts";
import { helpOnly } from "./help_only.ts";
import { closed, listen } from "./listen.ts";
import { jsonLog } from "./log.ts";
import { stampOf } from "./rules/files.ts";
import { followFolder, logDifference, publishFolder } from "./rules/follow.ts";
import { noSecret, secretsOf } from "./secret_file.ts";
import { hasAdminKey, saveApiKey, startKey } from "./store/access/api_keys.ts";
import type { Db } from "./store/libsql/client.ts";
import { DatabaseError } from "./store/libsql/database_error.ts";
import { openEmbedded } from "./store/libsql/embedded.ts";
import { isNewer, migrate } from "./store/libsql/migrate.ts";
import { openWorkspace } from "./store/libsql/workspace.ts";
import { erasedUnder } from "./store/people/erased.ts";
import { linkKeys } from "./store/unsubscribe/link_keys.ts";

/** Composition root of a self-hosted gateway: environment, database, rules, HTTP server, dispatcher. */

const HELP = `deno task start

Runs the gateway: API, console and dispatcher, on the database and with the rule files that it is given. It takes no
arguments; environment variables configure it, which are read once:

  PORT, HOST            where it listens (8787, 127.0.0.1)
  PARLEY_DATABASE_URL   a file or a libSQL server (file:data/parley.db)
  PARLEY_SECRET         key outside the database (a file beside the database)
  PARLEY_ADMIN_KEY      an admin key of your own (the first start makes one and shows it once)
  PARLEY_PUBLIC_URL     address at which carriers, recipients and staff reach it (http://HOST:PORT)

README.md has all of them under "Configuration".`;

const print = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

/** A reason not to start that the operator can mend. */
class StartError extends Error {
  override name = "StartError";
}

const helped = helpOnly(Deno.args, HELP, print);
if (helped !== null) Deno.exit(helped);
try {
  await start();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof DatabaseError || error instanceof StartError)) throw error;
  print(error.message);
  Deno.exit(1);
}

/** Within this time signals are one: a Ctrl-C comes from the terminal, and once more from the `deno task` that it reaches as well. */
const ONE_SIGNAL_MS = 500;

async function start(): Promise<void> {
  const config = readConfig(Deno.env.toObject());
  const own = config.testClock === undefined ? realClock : testClock(config.testClock);
  const db = await openWorkspace("default", config.database, openEmbedded);
  const settings = new SettingsCache(db.client);
  const now = sharedClock(own, settings.clock);
  const newId = idMaker(idClock(now, settings.clock));
  const log = jsonLog(print, now);
  await migrate(db, "migrations");
  if (await isNewer(db, "migrations")) {
    log("warn", "database.newer", {
      detail:
        "A newer version of Parley has changed the tables of this database. It goes on with them; go back to that version soon.",
    });
  }
  await seedSandbox(db, now());

  const seen = stampIfReadable(config.rulesDir);
  const published = await publishFolder(db.client, config.rulesDir, now(), newId);
  if ("problems" in published) await keepLastGood(published.problems, settings, log);
  else logDifference(log, published);
  const { carriers, rulebook } = await settings.current();
  const real = [...carriers.values()].filter(({ adapter }) => adapter.kind !== "sandbox").map(({ id }) => id);
  if (config.testClock !== undefined && real.length > 0) {
    throw new StartError(
      `PARLEY_TEST_CLOCK is only for the sandbox, and this database has real carriers: ${real.join(", ")}`,
    );
  }
  if (real.length > 0 && !reachableFromPhones(config.publicUrl)) {
    log("warn", "public_url.unreachable", { detail: UNREACHABLE_PUBLIC_URL });
  }
  if (config.adminKey !== undefined) {
    await saveApiKey(db, ...startKey(config.adminKey, "PARLEY_ADMIN_KEY", newId, now()));
  }

  const secrets = await secretsOf(config, true);
  const people = personKeys(secrets);
  if (people === null) {
    log("warn", "secret.none", { detail: await noSecret(config.database.url) });
  }
  if (!(await erasedUnder(db.client, people)).known) {
    log("error", "secret.missing", { detail: "People were erased under another PARLEY_SECRET: advertising is held." });
  }
  const transport = pinnedTransport();
  const keys = apiKeys(db.client);
  let runner: Runner | null = null;
  const { api, dispatcher, webhooks, campaigns } = createGateway(
    {
      db,
      settings,
      now,
      newId,
      random: Math.random,
      publicUrl: config.publicUrl,
      people,
      tokens: linkTokens(await linkKeys(db.client, secrets, secretToken)),
      fetch: (options) => guardedFetch({ ...options, resolve: systemResolve, transport }),
      log,
      clocks: { own, real: realClock },
      testClock: config.testClock !== undefined,
      privateWebhooks: config.privateWebhooks,
    },
    keys,
    () => runner?.wake(),
  );
  const server = listen(config, withConsole(createApp(api), api));
  // From here, since what is made before a start that fails is never shown, and what is being sent is cut off.
  const madeKey = await ensureAdminKey(db, newId, now());
  const welcome = await firstStartToken(db, realClock);
  runner = runDispatcher(dispatcher, now, log);
  // In a loop of its own: an app that answers slowly must not hold up messages.
  const webhookRunner = runDispatcher(webhooks, now, log, "webhooks.failed");
  const campaignRunner = runDispatcher(campaigns, now, log, "campaigns.failed");
  const follower = followFolder({
    client: db.client,
    folder: config.rulesDir,
    seen,
    now,
    newId,
    log,
    published: () =>
      void settings.refresh().catch((error) => log("error", "settings.unreadable", { error: String(error) })),
  });

  const stop = async () => {
    log("info", "stopping");
    // Streams would keep the server from its end.
    api.live.stop();
    // At once: whoever stops the process does not wait for long, and what is cut off is of unknown outcome.
    const [answered] = await Promise.all([closed(server), runner?.stop(), webhookRunner.stop(), campaignRunner.stop()]);
    if (!answered) log("warn", "requests.cut_off", { detail: "Clients were still sending or reading." });
    await follower.stop();
    await db.close();
    Deno.exit(0);
  };
  let asked: number | undefined;
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      if (asked === undefined) {
        asked = performance.now();
        void stop();
      } else if (performance.now() - asked > ONE_SIGNAL_MS) {
        // Asked twice, somebody is in a hurry: as after a power cut, nothing accepted is lost.
        Deno.exit(code);
      }
    });
  }
  // After that: whoever reads that it listens may end it.
  greet(server.addr.port, config, { madeKey, welcome, rulebook: rulebook.hash });
}

/** Empty for a folder that cannot be read, which is told where it is read. */
function stampIfReadable(folder: string): string {
  try {
    return stampOf(folder);
  } catch {
    return "";
  }
}

/** Rule files that do not check must not stop a gateway that has a good rulebook: STOPs still come in. */
async function keepLastGood(
  problems: string[],
  settings: SettingsCache,
  log: ReturnType<typeof jsonLog>,
): Promise<void> {
  try {
    const { rulebook } = await settings.current();
    for (const problem of problems) log("error", "rules.refused", { problem });
    log("warn", "rules.kept", { active: rulebook.hash });
  } catch {
    throw new StartError(["The rule files cannot become active:", ...problems].join("\n"));
  }
}

/** The key that was just made, to be shown once; null when there was one. */
async function ensureAdminKey(db: Db, newId: (prefix: string) => string, now: number): Promise<string | null> {
  if (await hasAdminKey(db)) return null;
  const key = `pk_${base64Url(crypto.getRandomValues(new Uint8Array(24)))}`;
  await saveApiKey(db, ...startKey(key, "first start", newId, now));
  return key;
}

/** `welcome`: token of the link that makes the first user; null when there is a user. */
function greet(
  port: number,
  { host, publicUrl }: Config,
  { madeKey, welcome, rulebook }: { madeKey: string | null; welcome: string | null; rulebook: string },
): void {
  const url = ownUrl(host, port);
  print(`Parley listens on ${url}`);
  // Where the console is under https its cookie goes nowhere else.
  const home = publicUrl.startsWith("https:") ? publicUrl : url;
  print(`  Console    ${home}${welcome === null ? CONSOLE : `${WELCOME}/${welcome}   (once: make the first user)`}`);
  print(`  API docs   ${url}/docs`);
  print(`  Rulebook   ${rulebook}`);
  if (madeKey === null) return;
  print(`  Admin key  ${madeKey}`);
  print("             shown only now: keep it, for example in PARLEY_KEY");
}
