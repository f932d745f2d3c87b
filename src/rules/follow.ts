import type { NewId } from "../gateway/ids.ts";
import { auditRow } from "../store/audit.ts";
import type { DbClient } from "../store/client.ts";
import type { Log } from "../gateway/gateway.ts";
import { activeRulebook, isStored, publishRulebook } from "../store/settings.ts";
import { checkRulebook, hashSources, loadRulebook, problemLine } from "./check.ts";
import { readSources, stampOf } from "./files.ts";
import { contentsOf, type Sources } from "./parse.ts";

/** Well under the two seconds within which a change must apply (design 3). */
const LOOK_MS = 500;

/** What became of a look at the folder. */
export type FolderResult =
  /** `applied`: the folder's version is now the active one and was not before. */
  | { active: string; folder: string; applied: boolean }
  | { problems: string[] };

/**
 * Makes the rule files of a folder the active version when they have changed since they were last applied and nothing is wrong
 * with them. A folder that has not changed takes nothing back: what was published or rolled back through the API since stays.
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
  // A version is stored only after its examples were run, and its name is its content; a newer build may read it otherwise.
  const stored = await isStored(client, hash);
  const { rulebook, problems } = stored ? loadRulebook(sources) : await checkRulebook(sources);
  if (rulebook === null) return { problems: problems.map((problem) => `${folder}/${problemLine(problem)}`) };
  const details = { way: "files", previous: known.active };
  const audit = auditRow({ at: now, actor: "files", action: "rulebook.activated", subject: hash, details }, newId);
  const applied = await publishRulebook(client, {
    hash,
    sources,
    contents: contentsOf(sources),
    at: now,
    folder: known.folder,
    audit,
  });
  // Another instance applied its folder meanwhile: with the same files there is nothing left to do.
  if (!applied) return await publishFolder(client, folder, now, newId);
  return { active: hash, folder: hash, applied: known.active !== hash };
}

/** Tells the operator that a restart did not bring the folder's rules back, and what to do about it. */
export function logDifference(log: Log, result: { active: string; folder: string }): void {
  if (result.active === result.folder) return;
  log("warn", "rules.folder_differs", {
    ...result,
    detail:
      "The active version was published since the folder was last applied, and stays until a rule file changes. " +
      "`deno task rules pull` writes it to the folder.",
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
        const stamp = await stampOf(folder);
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
          log("info", "rules.active", { rulebook: result.active });
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
