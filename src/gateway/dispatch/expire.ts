import { expireInvalid, expireUndecided, GROUP } from "../../store/dispatch/expiry.ts";
import type { Deps } from "../gateway.ts";

/** At most so many groups at a time; the rest follows at the next. */
const GROUPS = 20;
/** Nobody waits for the end of what nobody looks at, and finding it may take a look at each such message. */
const UNDECIDED_EVERY_MS = 60_000;

/** Ends what can no longer leave, each time it is called. */
export function expirer({ db: { client }, now }: Pick<Deps, "db" | "now">): () => Promise<void> {
  let lookedAt = -Infinity;
  return async () => {
    for (let group = 0; group < GROUPS && await expireInvalid(client, now()) === GROUP; group++);
    if (Math.abs(now() - lookedAt) < UNDECIDED_EVERY_MS) return;
    for (let group = 0; group < GROUPS; group++) {
      if (await expireUndecided(client, now()) < GROUP) {
        lookedAt = now();
        return;
      }
    }
  };
}
