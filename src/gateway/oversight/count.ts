import { countPiece } from "../../store/oversight/totals.ts";
import type { Deps } from "../gateway.ts";

/** Time that it takes from all else in one tick: what does not fit waits for the next, and the overview says as of when it is. */
const BUDGET_MS = 25;
/** After a look that found all counted. */
const REST_MS = 1_000;

/** Keeps the hourly totals. Any number of instances may do it at once. */
export function counter({ db, now, settings }: Pick<Deps, "db" | "now" | "settings">): () => Promise<void> {
  let doneAt = -Infinity;
  return async () => {
    if (Math.abs(now() - doneAt) < REST_MS) return;
    const { rulebook } = await settings.current();
    const countryOf = (person: string) => person === "" ? null : rulebook.locate(person).country;
    const started = performance.now();
    while (await countPiece(db.client, countryOf)) {
      if (performance.now() - started > BUDGET_MS) return;
    }
    doneAt = now();
  };
}
