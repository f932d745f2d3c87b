import { indexWords } from "../store/messages/words.ts";
import type { Deps } from "./gateway.ts";

/** Messages of one transaction: a few milliseconds. */
const GROUP = 500;
/** Time that it takes from all else in one tick, of which there are at most two a second. */
const BUDGET_MS = 25;

/** Makes the words of new messages searchable, some of them in each tick. */
export function wordIndexer({ db }: Pick<Deps, "db">): () => Promise<void> {
  return async () => {
    const started = performance.now();
    while (performance.now() - started < BUDGET_MS) {
      if (await indexWords(db.client, GROUP) < GROUP) return;
    }
  };
}
