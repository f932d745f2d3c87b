import { parseArguments, UsageError } from "../arguments.ts";
import { ConfigError, readConfig } from "../config.ts";
import type { Db } from "../store/libsql/client.ts";
import { DatabaseError } from "../store/libsql/database_error.ts";
import { openEmbedded } from "../store/libsql/embedded.ts";
import { openWorkspace } from "../store/libsql/workspace.ts";
import { auditAfter, auditView, listAudit } from "../store/oversight/audit_read.ts";
import { type Checkpoint, MAX_FINDINGS, verifyAudit } from "./verify.ts";

const HELP = `deno task audit <command>

  verify [--expect SEQ:HASH]   walk the whole chain; exit 1 when anything was altered, and say which entry.
                               --expect: an entry and its hash as you kept them, from an earlier verification;
                               may be given several times
  list [--limit N] [--action ACTION] [--subject ID]
                               the newest entries, one JSON object a line
  export [--after SEQ]         every entry in the order of the chain, one JSON object a line

The database is that of PARLEY_DATABASE_URL (file:data/parley.db). Nothing is written to it.`;

/** Entries of one page of `export`. */
const PAGE = 1_000;
/** Between two lines of progress. */
const PROGRESS = 100_000;

Deno.exit(await main());

async function main(): Promise<number> {
  try {
    const { command, options } = read(Deno.args);
    if (command === "help") {
      print(HELP);
      return 0;
    }
    const { database } = readConfig(Deno.env.toObject());
    await mustExist(database.url);
    const db = await openWorkspace("default", database, openEmbedded);
    try {
      return await run(command, options, db);
    } finally {
      await db.close();
    }
  } catch (error) {
    if (error instanceof UsageError) {
      print(`${error.message}\n\n${HELP}`);
      return 2;
    }
    if (!(error instanceof ConfigError || error instanceof DatabaseError)) throw error;
    print(error.message);
    return 2;
  }
}

type Options = ReturnType<typeof parsed>["values"];

function parsed(args: string[]) {
  return parseArguments(args, {
    help: { type: "boolean", short: "h" },
    expect: { type: "string", multiple: true },
    limit: { type: "string" },
    action: { type: "string" },
    subject: { type: "string" },
    after: { type: "string" },
  }, 1);
}

function read(args: string[]): { command: string; options: Options } {
  const { values, positionals } = parsed(args);
  return { command: values.help ? "help" : positionals[0] ?? "help", options: values };
}

async function run(command: string, options: Options, db: Db): Promise<number> {
  switch (command) {
    case "verify":
      return await verify(db, (options.expect ?? []).map(checkpoint));
    case "list": {
      const { action, subject } = options;
      const { rows } = await listAudit(db, { limit: whole(options.limit, "--limit", 50), action, subject });
      for (const row of rows) print(JSON.stringify(auditView(row)));
      return 0;
    }
    case "export": {
      let after = whole(options.after, "--after", 0);
      while (true) {
        const page = await auditAfter(db, after, PAGE);
        if (page.length === 0) return 0;
        print(page.map((row) => JSON.stringify(auditView(row))).join("\n"));
        after = page.at(-1)!.seq;
      }
    }
    default:
      throw new UsageError(`unknown command "${command}"`);
  }
}

async function verify(db: Db, checkpoints: Checkpoint[]): Promise<number> {
  const started = performance.now();
  let told = 0;
  const { entries, head, unsealed, erased: gone, findings } = await verifyAudit(db, {
    checkpoints,
    progress(seen) {
      if (seen < told + PROGRESS) return;
      told = seen;
      print(`… ${seen} entries`);
    },
  });
  for (const { seq, what } of findings) print(seq === 0 ? what : `entry ${seq}: ${what}`);
  if (findings.length === MAX_FINDINGS) print("… and perhaps more");
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const waiting = unsealed === 0 ? "" : `, ${unsealed} of them not sealed yet`;
  const erased = gone === 0 ? "" : `, ${gone} with their details erased`;
  print(`${findings.length === 0 ? "ok" : "ALTERED"}: ${entries} entries${waiting}${erased}, in ${seconds} s`);
  if (head !== null) print(`checkpoint ${head.seq}:${head.hash}`);
  return findings.length === 0 ? 0 : 1;
}

/** @throws UsageError */
function checkpoint(value: string): Checkpoint {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(value);
  if (match === null) throw new UsageError(`--expect "${value}" is not SEQ:HASH, as \`verify\` prints it`);
  return { seq: Number(match[1]), hash: match[2]!.toLowerCase() };
}

/** @throws UsageError */
function whole(value: string | undefined, option: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${option} "${value}" is not a whole number`);
  return Number(value);
}

/** Opening a file makes it; an empty log that verifies would be the worst of answers. @throws UsageError */
async function mustExist(url: string): Promise<void> {
  const path = /^file:(?:\/\/)?([^?]+)/i.exec(url)?.[1];
  if (path === undefined) return;
  try {
    await Deno.stat(decodeURIComponent(path));
  } catch {
    throw new UsageError(`there is no database ${url} (PARLEY_DATABASE_URL)`);
  }
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
