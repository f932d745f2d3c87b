import type { Config } from "../../config.ts";
import type { Db } from "../../store/libsql/client.ts";

/** What a command works with; made once in `cli.ts`, so that a command never reads the environment itself. */
export interface CommandIo {
  print(line: string): void;
  /** For progress: not part of what the command answers. */
  progress(line: string): void;
  /** Folder of the rule files (`PARLEY_RULES_DIR`). */
  rulesDir: string;
  /** Everything else that a deployment sets. @throws ConfigError. */
  config(): Config;
  /** Opens the database of `PARLEY_DATABASE_URL`; closed when the command has ended. @throws DatabaseError. */
  database(): Promise<Db>;
  /** `PARLEY_KEY`: whoever decides something does so by name. */
  key: string | undefined;
  /** ms since 1970. */
  now(): number;
}

/** One command of `deno task rules`. */
export interface Command {
  /** What stands after the name, for example `[folder]`. */
  usage: string;
  /** One line for the list of commands. */
  summary: string;
  /** The rest of `--help`. */
  details?: string;
  /** Resolves with the exit code: 0 done, 1 the answer is no, 2 wrong usage. @throws UsageError. */
  run(args: string[], io: CommandIo): Promise<number>;
}
