import { clearDeletedLists } from "../store/contact_lists.ts";
import type { Deps } from "./gateway.ts";

/** Nobody waits for it, and each look costs a statement. */
const EVERY_MS = 5_000;

/** Clears away what deleted lists leave behind. */
export function contactKeeper({ db, now }: Pick<Deps, "db" | "now">): () => Promise<void> {
  let lookedAt = -Infinity;
  return async () => {
    if (Math.abs(now() - lookedAt) < EVERY_MS) return;
    lookedAt = now();
    await clearDeletedLists(db);
  };
}
