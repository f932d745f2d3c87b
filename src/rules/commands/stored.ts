import { UsageError } from "../../arguments.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { idMaker } from "../../gateway/ids.ts";
import { findApiKey, hashKey } from "../../store/access/api_keys.ts";
import { activeRulebook, readSources as readStored } from "../../store/carriers/settings.ts";
import type { Db } from "../../store/libsql/client.ts";
import { loadRulebook, problemLine } from "../check.ts";
import { readSources } from "../files.ts";
import { type LifeDeps, type LifeFailure, type LifeResult, resolveVersion } from "../life.ts";
import type { Sources } from "../parse.ts";
import type { CommandIo } from "./command.ts";

/** What the commands that work on stored versions have in common. */

/** Something that the command cannot do, told to whoever asked for it; exit code 1. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Help for arguments that name a version. */
export const VERSION_HELP = "A version is `active`, a stored one such as rb_9be4277ea07a9dbda11b, or a folder.";

const STORED = /^(active|rb_[0-9a-f]{20})$/;
export const isStoredRef = (ref: string): boolean => STORED.test(ref);

/** Files of a version: `active`, a hash, or a folder. @throws CommandError. */
export async function sourcesOf(ref: string, io: CommandIo): Promise<Sources> {
  if (!isStoredRef(ref)) {
    try {
      return await readSources(ref);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new CommandError(`There is no folder ${ref}. ${VERSION_HELP}`);
    }
  }
  const db = await io.database();
  return await readStored(db.client, orFail(await resolveVersion(db, ref)));
}

/** The compiled rulebook of a version. @throws CommandError with what is wrong with its files. */
export async function rulebookOf(ref: string, io: CommandIo): Promise<Rulebook> {
  const { rulebook, problems } = loadRulebook(await sourcesOf(ref, io));
  if (rulebook !== null) return rulebook;
  throw new CommandError([`${ref} cannot be used:`, ...problems.map(problemLine)].join("\n"));
}

/** What the functions of a rulebook's life work with. */
export async function lifeDeps(io: CommandIo): Promise<LifeDeps> {
  return { db: await io.database(), newId: idMaker(io.now), now: io.now };
}

/**
 * The id of the key in `PARLEY_KEY`. Who has the database could write whatever they like into it; the key is asked for so that
 * what is recorded names a person. @throws UsageError, CommandError.
 */
export async function whoActs(db: Db, key: string | undefined): Promise<string> {
  if (key === undefined) {
    throw new UsageError("Set PARLEY_KEY to your own admin key: what you decide is recorded with it");
  }
  const found = await findApiKey(db.client, hashKey(key));
  if (found === null) throw new CommandError("PARLEY_KEY is no valid key of this database");
  if (found.role !== "admin") throw new CommandError(`PARLEY_KEY (${found.id}) does not have the role admin`);
  return found.id;
}

/** The value of a step. @throws CommandError telling why it failed. */
export function orFail<T>(result: LifeResult<T>): T {
  if (result.ok) return result.value;
  throw new CommandError(failureLines(result.failure).join("\n"));
}

function failureLines({ code, detail, problems = [] }: LifeFailure): string[] {
  return [`${detail} [${code}]`, ...problems.map(problemLine)];
}

/** Hash of the active version. @throws CommandError. */
export async function activeOf(db: Db): Promise<string> {
  const { active } = await activeRulebook(db.client);
  if (active === null) throw new CommandError("No rulebook is active in this database");
  return active;
}
