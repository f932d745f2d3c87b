import { giveUpImports } from "../store/contacts/imports.ts";
import { clearDeletedLists } from "../store/contacts/lists.ts";
import type { Deps } from "./gateway.ts";

/** Nobody waits for it, and each look costs a statement. */
const EVERY_MS = 5_000;

/** Without a sign of life for so long, the instance that read the file is gone. */
const SILENT_MS = 5 * 60_000;

/** Gives up imports whose instance was killed, and clears away what deleted lists leave behind. */
export function contactKeeper({ db, now }: Pick<Deps, "db" | "now">): () => Promise<void> {
  let lookedAt = -Infinity;
  return async () => {
    if (Math.abs(now() - lookedAt) < EVERY_MS) return;
    lookedAt = now();
    await giveUpImports(db, now() - SILENT_MS);
    await clearDeletedLists(db);
  };
}
