import { parseArguments, UsageError } from "./arguments.ts";
import { ConfigError, readConfig } from "./config.ts";
import { driftReport } from "./drift_report.ts";
import { type Drift, reconcilable, reconcile } from "./gateway/dispatch/reconcile.ts";
import { idMaker } from "./gateway/ids.ts";
import { systemResolve } from "./gateway/network/deno_network.ts";
import { guardedFetch } from "./gateway/network/outgoing_http.ts";
import { pinnedTransport } from "./gateway/network/pinned_transport.ts";
import { personKeys } from "./gateway/people/person_keys.ts";
import { NoRulebookError, SettingsCache } from "./gateway/settings.ts";
import { secretsOf } from "./secret_file.ts";
import { DatabaseError } from "./store/libsql/database_error.ts";
import { openEmbedded } from "./store/libsql/embedded.ts";
import { openWorkspace } from "./store/libsql/workspace.ts";

/** Compares the opt-out lists of providers with the suppressions of the database of `PARLEY_DATABASE_URL`. */

const HELP = `deno task reconcile [--dry-run] [--most N] [--numbers] [CARRIER_ID…]

Reads the opt-out list of each carrier account whose provider tells it (AWS, Telnyx), or of the accounts named. Who is
blocked there and not here is suppressed here, with the source "carrier"; the differences are printed. Repeating it
changes nothing more, so it may run every night.

  --dry-run   only print the differences
  --most N    suppress up to N people of one list; unasked it is 100, or 1 % of the people with a thread, and with more
              nothing is changed: a list that is not the right one could not be undone
  --numbers   print the first hundred numbers of each difference whole; unasked all but two digits are masked

Exit code: 0 all lists were read, 1 one was not or names too many, 2 wrong usage or settings.
The same for one account over HTTP: POST /v1/carriers/{id}/reconcile.`;

Deno.exit(await main());

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArguments(Deno.args, {
      help: { type: "boolean", short: "h" },
      "dry-run": { type: "boolean", default: false },
      most: { type: "string" },
      numbers: { type: "boolean", default: false },
    }, Infinity);
    if (values.help) {
      print(HELP);
      return 0;
    }
    if (values.most !== undefined && !/^\d{1,9}$/.test(values.most)) {
      throw new UsageError(`--most ${values.most}: must be a number`);
    }
    const most = values.most === undefined ? undefined : Number(values.most);
    return await run(positionals, {
      apply: !values["dry-run"],
      most,
      numbers: values.numbers,
    });
  } catch (error) {
    if (error instanceof UsageError) print(`${error.message}\n\n${HELP}`);
    else if (error instanceof ConfigError || error instanceof DatabaseError || error instanceof NoRulebookError) {
      print(error.message);
    } else throw error;
    return 2;
  }
}

async function run(
  asked: readonly string[],
  how: { apply: boolean; most: number | undefined; numbers: boolean },
): Promise<number> {
  const config = readConfig(Deno.env.toObject());
  const { database, publicUrl } = config;
  const db = await openWorkspace("default", database, openEmbedded);
  try {
    const settings = new SettingsCache(db.client);
    const ids = asked.length > 0 ? asked : reconcilable(await settings.current()).map(({ id }) => id);
    if (ids.length === 0) print("No carrier account has a provider that tells its opt-out list (AWS, Telnyx).");
    const transport = pinnedTransport();
    const deps = {
      db,
      settings,
      now: Date.now,
      newId: idMaker(Date.now),
      publicUrl,
      people: personKeys(await secretsOf(config, false)),
      fetch: ({ allowPrivate }: { allowPrivate: boolean }) =>
        guardedFetch({ allowPrivate, resolve: systemResolve, transport }),
    };
    let code = 0;
    for (const id of ids) {
      const result = await reconcile(id, deps, { ...how, progress: showProgress });
      if (result.ok) print(driftReport(result.drift, how));
      else {
        print(`${id}: ${result.failure.detail}`);
        code = Math.max(code, ["list_unreadable", "too_many_missing"].includes(result.failure.code) ? 1 : 2);
      }
    }
    return code;
  } finally {
    await db.close();
  }
}

const PROGRESS = 10_000;

function showProgress({ carrier_id, listed }: Drift): void {
  if (listed > 0 && listed % PROGRESS === 0) print(`${carrier_id}: ${listed} entries read …`);
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
