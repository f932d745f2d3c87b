import { UsageError } from "../arguments.ts";
import { ConfigError, readConfig } from "../config.ts";
import { NoRulebookError } from "../gateway/settings.ts";
import type { Db } from "../store/libsql/client.ts";
import { DatabaseError } from "../store/libsql/database_error.ts";
import { openEmbedded } from "../store/libsql/embedded.ts";
import { pendingMigrations } from "../store/libsql/migrate.ts";
import { openWorkspace } from "../store/libsql/workspace.ts";
import type { Command, CommandIo } from "./commands/command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { CommandError } from "./commands/stored.ts";

/** `deno task rules <command>`: finds the command and gives it what it works with. */

const HELP = `deno task rules <command>

${listed(Object.entries(COMMANDS))}

deno task rules <command> --help tells more. The folder is PARLEY_RULES_DIR, or rules.`;

/** What an operator can mend; anything else is a defect. */
const EXPECTED = [
  ConfigError,
  DatabaseError,
  CommandError,
  NoRulebookError,
  Deno.errors.NotFound,
  Deno.errors.NotCapable,
  Deno.errors.PermissionDenied,
];

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main([name = "--help", ...args]: string[]): Promise<number> {
  if (["--help", "-h", "help"].includes(name)) {
    print(HELP);
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    print(`unknown command "${name}"\n\n${HELP}`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    print(helpOf(name, command));
    return 0;
  }
  const opened: Db[] = [];
  try {
    return await command.run(args, ioFor(opened));
  } catch (error) {
    if (error instanceof UsageError) {
      print(`${error.message}\n\n${helpOf(name, command)}`);
      return 2;
    }
    // Drizzle wraps what the database said.
    const told = error instanceof Error && error.cause instanceof DatabaseError ? error.cause : error;
    if (!EXPECTED.some((kind) => told instanceof kind)) throw error;
    print((told as Error).message);
    return 1;
  } finally {
    for (const db of opened) await db.close();
  }
}

function ioFor(opened: Db[]): CommandIo {
  const env = Deno.env.toObject();
  const config = () => readConfig(env);
  return {
    print,
    progress: (line) => void Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`)),
    rulesDir: env["PARLEY_RULES_DIR"] || "rules",
    config,
    async database() {
      if (opened[0] !== undefined) return opened[0];
      const { database } = config();
      const db = await openWorkspace("default", database, openEmbedded);
      opened.push(db);
      if ((await pendingMigrations(db, "migrations")).length > 0) {
        throw new CommandError(
          `${database.url} (PARLEY_DATABASE_URL) has not the tables of this version: start the gateway on it once, or run ` +
            "`deno task migrate`",
        );
      }
      return db;
    },
    key: env["PARLEY_KEY"] || undefined,
    now: () => Date.now(),
  };
}

function listed(commands: [string, Command][]): string {
  const left = commands.map(([name, { usage }]) => `${name} ${usage}`.trim());
  const width = Math.max(...left.map((one) => one.length));
  return commands.map(([, { summary }], index) => `  ${left[index]!.padEnd(width)}   ${summary}`).join("\n");
}

function helpOf(name: string, { usage, summary, details }: Command): string {
  const first = `deno task rules ${name} ${usage}`.trim();
  return `${first}\n\n  ${summary}${details === undefined ? "" : `\n\n${details}`}`;
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
