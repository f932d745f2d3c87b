import { ConfigError, readConfig } from "./config.ts";
import { idMaker } from "./gateway/ids.ts";
import { seedSandbox } from "./gateway/seed.ts";
import { helpOnly } from "./help_only.ts";
import { publishFolder } from "./rules/follow.ts";
import { saveApiKey, startKey } from "./store/access/api_keys.ts";
import { DatabaseError } from "./store/libsql/database_error.ts";
import { openEmbedded } from "./store/libsql/embedded.ts";
import { isNewer, migrate } from "./store/libsql/migrate.ts";
import { openWorkspace } from "./store/libsql/workspace.ts";

/**
 * Prepares the database of `PARLEY_DATABASE_URL` for instances that cannot do it themselves (an edge runtime has no disk to read
 * from): tables, rulebook, the sandbox when the database is new, and the admin key of `PARLEY_ADMIN_KEY` when one is given.
 */
const HELP = `deno task migrate

Prepares a database for instances that cannot do it themselves: tables, rulebook, the sandbox when it is new, and an
admin key when one is given. It changes nothing when nothing is new. It takes no arguments; environment variables
configure it:

  PARLEY_DATABASE_URL, PARLEY_DATABASE_TOKEN   the database (file:data/parley.db)
  PARLEY_RULES_DIR                             folder of the rule files (rules)
  PARLEY_ADMIN_KEY                             the key that becomes an admin key (none)`;

Deno.exit(helpOnly(Deno.args, HELP, print) ?? await main());

async function main(): Promise<number> {
  try {
    const config = readConfig(Deno.env.toObject());
    const newId = idMaker(Date.now);
    const db = await openWorkspace("default", config.database, openEmbedded);
    const applied = await migrate(db, "migrations");
    if (applied.length > 0) print(`Applied ${applied.join(", ")}.`);
    else if (await isNewer(db, "migrations")) print("The tables are those of a newer version of Parley.");
    else print("The tables are up to date.");
    await seedSandbox(db, Date.now());
    const published = await publishFolder(db.client, config.rulesDir, Date.now(), newId);
    if ("problems" in published) {
      for (const problem of published.problems) print(problem);
      return 1;
    }
    print(`Rulebook ${published.active} is active.`);
    if (published.active !== published.folder) {
      print(
        `The rule files in ${config.rulesDir} are another version, ${published.folder}, and have not changed since it was`,
      );
      print("last applied: what was published after that stays. `deno task rules pull` writes it to the folder.");
    }
    if (config.adminKey !== undefined) {
      await saveApiKey(db, ...startKey(config.adminKey, "PARLEY_ADMIN_KEY", newId, Date.now()));
      print("The key of PARLEY_ADMIN_KEY is an admin key.");
    }
    await db.close();
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof DatabaseError)) throw error;
    print(error.message);
    return 1;
  }
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
