import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { Deps } from "../../gateway/gateway.ts";
import { hashSources } from "../../rules/check.ts";
import { resolveVersion, usable } from "../../rules/life.ts";
import { type Contents, contentsOf, type Sources } from "../../rules/parse.ts";
import { type Reading, readRulebook } from "../../rules/reading/mod.ts";
import { readContents, readSources } from "../../store/carriers/settings.ts";
import { orProblem } from "./rulebook_problem.ts";

/** Versions of the rule files as the routes need them: their text, compiled, or as people read them. */

/** Changes to files: path to content, null deletes. */
export type FileChanges = Readonly<Record<string, string | null>>;

/** The files of a version with `changes` made to them; without `base` only those. @throws ProblemError. */
export async function changedSources(
  { db }: Pick<Deps, "db">,
  base: string | undefined,
  changes: FileChanges,
): Promise<Sources> {
  const before = base === undefined ? {} : await readSources(db.client, orProblem(await resolveVersion(db, base)));
  const after = Object.entries({ ...before, ...changes });
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** A version, perhaps with files changed, as it decides. @throws ProblemError with what is wrong with the files. */
export async function compiledRulebook(deps: Deps, ref: string, changes?: FileChanges): Promise<Rulebook> {
  const { db } = deps;
  const hash = orProblem(await resolveVersion(db, ref));
  if (changes === undefined || Object.keys(changes).length === 0) {
    const { rulebook } = await deps.settings.current();
    return rulebook.hash === hash ? rulebook : orProblem(usable(hash, await readSources(db.client, hash)));
  }
  const sources = await changedSources(deps, hash, changes);
  return orProblem(usable(hashSources(sources), sources));
}

/** The versions read last, by hash, which never change. */
const read = new Map<string, Reading>();
const KEPT = 3;

/** A version as people read it. @throws ProblemError. */
export async function readingOf({ db }: Pick<Deps, "db">, ref: string): Promise<{ hash: string; reading: Reading }> {
  const hash = orProblem(await resolveVersion(db, ref));
  const known = read.get(hash);
  if (known !== undefined) return { hash, reading: known };
  const contents: Contents = await readContents(db.client, hash) ?? contentsOf(await readSources(db.client, hash));
  const reading = readRulebook(contents);
  if (reading === null) {
    const detail = `This build cannot read ${hash} any more.`;
    throw orProblem({ ok: false, failure: { code: "rulebook_invalid", detail } });
  }
  const [oldest] = read.keys();
  if (read.size >= KEPT) read.delete(oldest!);
  read.set(hash, reading);
  return { hash, reading };
}
