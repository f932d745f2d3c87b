import type { DbClient } from "../store/client.ts";
import type { Log } from "../gateway/gateway.ts";
import { isStored, publishRulebook } from "../store/settings.ts";
import { checkRulebook, hashSources, problemLine } from "./check.ts";
import { readSources, stampOf } from "./files.ts";
import type { Sources } from "./parse.ts";

/** Well under the two seconds within which a change must apply (design 3). */
const LOOK_MS = 500;

/** Checks the rule files of a folder and, when nothing is wrong with them, makes them the active rulebook. */
export async function publishFolder(
  client: DbClient,
  folder: string,
  now: number,
): Promise<{ hash: string } | { problems: string[] }> {
  let sources: Sources;
  try {
    sources = await readSources(folder);
  } catch (error) {
    return { problems: [`The rule files in ${folder} (PARLEY_RULES_DIR) cannot be read: ${(error as Error).message}`] };
  }
  const hash = hashSources(sources);
  // A version is stored only after it was checked, and its name is its content: it need not be checked again.
  if (await isStored(client, hash)) {
    await publishRulebook(client, { hash, sources, at: now });
    return { hash };
  }
  const { rulebook, problems } = await checkRulebook(sources);
  if (rulebook === null) return { problems: problems.map((problem) => `${folder}/${problemLine(problem)}`) };
  await publishRulebook(client, { hash: rulebook.hash, sources, at: now });
  return { hash: rulebook.hash };
}

/**
 * Follows a folder: every change is checked and published; a change that does not check is told and leaves the last good
 * rulebook active. `seen` is the stamp of the folder from before it was last published, so that a change made since is not missed.
 * `published` is called after each change of the active version.
 */
export function followFolder(
  options: {
    client: DbClient;
    folder: string;
    active: string;
    seen: string;
    now: () => number;
    log: Log;
    published: () => void;
  },
): { stop(): Promise<void> } {
  const { client, folder, now, log } = options;
  let active = options.active;
  let stopped = false;
  let wake = () => {};
  const follow = async () => {
    let { seen } = options;
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
        if (hashSources(await readSources(folder)) === active) continue;
        const result = await publishFolder(client, folder, now());
        if ("problems" in result) {
          for (const problem of result.problems) log("error", "rules.refused", { problem });
          log("warn", "rules.kept", { active });
          continue;
        }
        active = result.hash;
        options.published();
        log("info", "rules.active", { rulebook: active });
      } catch (error) {
        // An editor may be half-way through a save; the next look sees the whole.
        log("warn", "rules.unreadable", { error: String(error) });
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
