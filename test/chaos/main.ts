import { UsageError, wholeNumber } from "../../src/arguments.ts";
import { taskOptions } from "../support/task_options.ts";
import { runChaos } from "./run.ts";

const HELP = `deno task chaos [--kills N] [--seed N] [--database file|server|both]

Kills gateways at random instants, under load, beside a carrier that misbehaves (no answer, broken connections, 429, 500,
garbage; reports early, late, twice, out of order), then compares what apps and people were told with what the carrier
took: no accepted message lost or called off, none handed over twice, none failed or of unknown outcome without a cause,
no advertising after a STOP, books balanced.

  --kills N      kills in all (50)
  --seed N       of all chance in it (the time of day); the instants themselves depend on the machine
  --database     file: one instance on an embedded file; server: two instances on a libSQL server; both (default)

Exit code 1 when a promise was broken. Takes about five minutes; stays on loopback and cleans up after itself.`;

const print = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

const MOST_KILLS = 10_000;
const MOST_SEED = 1_000_000_000;

const { kills, seed, databases } = taskOptions(
  HELP,
  {
    kills: { type: "string" },
    seed: { type: "string" },
    database: { type: "string", default: "both" },
  },
  0,
  ({ values }) => ({
    kills: wholeNumber(values.kills, "kills", 50, MOST_KILLS),
    seed: wholeNumber(values.seed, "seed", Date.now() % 1_000_000, MOST_SEED),
    databases: databasesOf(values.database),
  }),
);

function databasesOf(value: string): readonly ("file" | "server")[] {
  if (value === "both") return ["file", "server"];
  if (value === "file" || value === "server") return [value];
  throw new UsageError(`--database takes file, server or both, not '${value}'`);
}

let broken = 0;
for (const [index, database] of databases.entries()) {
  const share = index === 0 ? Math.ceil(kills / databases.length) : Math.floor(kills / databases.length);
  if (share === 0) continue;
  const what = database === "file" ? "one instance on a file" : "two instances on a libSQL server";
  print(`\n${what}, ${share} kills, seed ${seed}`);
  const verdict = await runChaos({ seed, kills: share, database, tell: (line) => print(`  ${line}`) });
  for (const [name, count] of Object.entries(verdict.counts)) {
    print(`  ${name.replaceAll("_", " ").padEnd(34)}${String(count).padStart(7)}`);
  }
  for (const promise of verdict.broken) print(`  BROKEN: ${promise}`);
  broken += verdict.broken.length;
}
print(broken === 0 ? "\nEvery promise was kept." : `\n${broken} promises were broken (seed ${seed}).`);
Deno.exit(broken === 0 ? 0 : 1);
