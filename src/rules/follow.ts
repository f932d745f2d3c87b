import type { Log } from "../gateway/gateway.ts";
import type { NewId } from "../gateway/ids.ts";
import { activeRulebook, isStored, publishRulebook, readSourcesOf } from "../store/carriers/settings.ts";
import type { DbClient } from "../store/libsql/client.ts";
import { auditRow } from "../store/oversight/audit.ts";
import { storeRulebook } from "../store/rules/rulebooks.ts";
import { checkRulebook, hashSources, loadRulebook, problemLine } from "./check.ts";
import { readSources, stampOf } from "./files.ts";
import { mergeSources } from "./merge.ts";
import { contentsOf, type Sources } from "./parse.ts";

/** Well under the two seconds within which a change must apply (design 3). */
const LOOK_MS = 500;

/** What became of a look at the folder. */
export type FolderResult =
  /**
   * `applied`: the folder's change is now in force and was not before. `kept`: files that stay as they were published meanwhile, and
   * so differ from the folder's.
   */
  | { active: string; folder: string; applied: boolean; kept?: string[] }
  | { problems: string[] };

/**
 * Makes the rule files of a folder the active version when they have changed since they were last applied and nothing is wrong
 * with them. What was published or brought back otherwise since is never undone by that: a folder that has not changed takes nothing
 * back, and of one that has, only the files that changed in it are taken. A file that changed on both sides is for a person to put together.
 */
export async function publishFolder(
  client: DbClient,
  folder: string,
  now: number,
  newId: NewId,
): Promise<FolderResult> {
  let sources: Sources;
  try {
    sources = await readSources(folder);
  } catch (error) {
    return { problems: [`The rule files in ${folder} (PARLEY_RULES_DIR) cannot be read: ${(error as Error).message}`] };
  }
  const hash = hashSources(sources);
  const known = await activeRulebook(client);
  if (known.folder === hash && known.active !== null) return { active: known.active, folder: hash, applied: false };
  const merged = await withPublished(client, known, { hash, sources });
  if (merged.conflicts.length > 0) {
    return { problems: merged.conflicts.map((file) => `${folder}/${file}: ${CONFLICT}`) };
  }
  const { hash: target, kept } = merged;
  // A version is stored only after its examples were run, and its name is its content; a newer build may read it otherwise.
  const stored = await isStored(client, target);
  const { rulebook, problems } = stored ? loadRulebook(merged.sources) : await checkRulebook(merged.sources);
  if (rulebook === null) return { problems: problems.map((problem) => `${folder}/${problemLine(problem)}`) };
  // What the folder said by itself is what its next change is compared with, so it is kept, and what is kept was checked.
  if (kept.length > 0) {
    const alone = await checkRulebook(sources);
    if (alone.rulebook === null) {
      return { problems: alone.problems.map((problem) => `${folder}/${problemLine(problem)}`) };
    }
    await storeRulebook(client, { hash, sources, contents: contentsOf(sources), at: now });
  }
  const details = { way: "files", previous: known.active, ...(kept.length === 0 ? {} : { folder: hash, kept }) };
  const audit = auditRow({ at: now, actor: "files", action: "rulebook.activated", subject: target, details }, newId);
  const applied = await publishRulebook(client, {
    hash: target,
    sources: merged.sources,
    contents: contentsOf(merged.sources),
    at: now,
    folder: known.folder,
    folder_hash: hash,
    active: known.active,
    note: kept.length === 0 ? null : `with what was published or brought back since: ${kept.join(", ")}`,
    audit,
  });
  // Another instance applied its folder, or somebody published, meanwhile: with the same files there is nothing left to do.
  if (!applied) return await publishFolder(client, folder, now, newId);
  return { active: target, folder: hash, applied: known.active !== target, ...(kept.length === 0 ? {} : { kept }) };
}

const CONFLICT =
  "changed here, and in what was published or brought back since the folder was last applied. Nothing was applied. " +
  "`deno task rules pull` writes the active version to the folder; make the change again in it, or propose it";

interface Merged {
  hash: string;
  sources: Sources;
  /** Files that are as they were published and not as in the folder. */
  kept: string[];
  conflicts: string[];
}

/**
 * The folder's files, with what was decided otherwise since the folder was last applied: published, or brought back. An older version
 * that the folder once brought itself is no exception, since whoever brought it back meant what they took away.
 */
async function withPublished(
  client: DbClient,
  { active, folder }: { active: string | null; folder: string | null },
  now: { hash: string; sources: Sources },
): Promise<Merged> {
  const alone: Merged = { ...now, kept: [], conflicts: [] };
  if (active === null || folder === null || active === folder || active === now.hash) return alone;
  const versions = await readSourcesOf(client, [folder, active]);
  // Of a folder's version that nobody kept nothing can be told: then every file in which the two differ is a conflict.
  const [base = {}, published = {}] = [versions.get(folder), versions.get(active)];
  const { sources, conflicts } = mergeSources(base, published, now.sources);
  const kept = Object.keys({ ...sources, ...now.sources }).filter((file) => sources[file] !== now.sources[file]).sort();
  return { hash: hashSources(sources), sources, kept, conflicts };
}

/** Tells the operator that a restart did not bring the folder's rules back, and what to do about it. */
export function logDifference(log: Log, result: { active: string; folder: string }): void {
  if (result.active === result.folder) return;
  log("warn", "rules.folder_differs", {
    ...result,
    detail:
      "The active version was published or brought back since the folder was last applied, and stays: when rule files change, they are put " +
      "together with it. `deno task rules pull` writes it to the folder.",
  });
}

/**
 * Follows a folder: every change is checked and published; a change that does not check is told and leaves the last good
 * rulebook active. `seen` is the stamp of the folder from before it was last published, so that a change made since is not missed.
 * `published` is called after each change of the active version that this folder made.
 */
export function followFolder(
  options: {
    client: DbClient;
    folder: string;
    seen: string;
    now: () => number;
    newId: NewId;
    log: Log;
    published: () => void;
  },
): { stop(): Promise<void> } {
  const { client, folder, now, newId, log } = options;
  let stopped = false;
  let wake = () => {};
  const follow = async () => {
    let { seen } = options;
    let told = "";
    let refused = false;
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (stopped) return;
      try {
        const stamp = stampOf(folder);
        if (stamp === seen) continue;
        seen = stamp;
        const result = await publishFolder(client, folder, now(), newId);
        told = "";
        const mended = refused;
        refused = "problems" in result;
        if ("problems" in result) {
          for (const problem of result.problems) log("error", "rules.refused", { problem });
          log("warn", "rules.kept", { active: (await activeRulebook(client)).active ?? "none" });
        } else if (result.applied) {
          options.published();
          const kept = result.kept?.join(", ");
          log("info", "rules.active", { rulebook: result.active, ...(kept === undefined ? {} : { kept }) });
        } else if (mended) {
          log("info", "rules.mended", { active: result.active });
        }
      } catch (error) {
        // An editor may be half-way through a save; the next look sees the whole. What stays so is told once.
        if (told !== String(error)) log("warn", "rules.unreadable", { error: told = String(error) });
        seen = "";
      }
    }
  };
  const running = follow();
  return {
    async stop() {
      stopped = true;
      wake();
      await running;
    },
  };
}
