import { checkBooks, readBooksCheck } from "../../store/oversight/books.ts";
import type { Deps } from "../gateway.ts";

/** The period that is checked, and how long a finished check is good enough. */
const PERIOD_MS = 86_400_000;
const EVERY_MS = 5 * 60_000;
/** One that nobody went on with for so long is begun anew: its day is over. */
const STALE_MS = 3_600_000;

/**
 * Checks the books of the last day, a piece in each tick (some 20 ms of the database). Any number of instances may do it at once: they
 * share the walk.
 */
export function booksChecker({ db: { client }, now }: Pick<Deps, "db" | "now">): () => Promise<void> {
  let doneAt = -Infinity;
  return async () => {
    const at = now();
    if (Math.abs(at - doneAt) < EVERY_MS) return;
    const known = await readBooksCheck(client);
    const { done, walk } = known.check;
    if (walk === null && done !== null && Math.abs(at - done.at) < EVERY_MS) return void (doneAt = done.at);
    const stale = walk !== null && Math.abs(at - walk.to) > STALE_MS;
    // What was accepted this very moment is in it.
    await checkBooks(client, stale ? { ...known, check: { done, walk: null } } : known, {
      from: at - PERIOD_MS,
      to: at + 1,
      now: at,
    });
  };
}
