import type { Log } from "../gateway/gateway.ts";
import { DatabaseError } from "./database_error.ts";

const FREE_WITHIN_MS = 120_000;
const LOOK_AGAIN_MS = 500;

/**
 * `step`, which may be repeated, again and again for two minutes while somebody else holds the lock of the database: an instance that
 * was killed in the middle of a transaction leaves it behind on a libSQL server for a while, and its successor must not die of that.
 * Any other failure is thrown at once.
 */
export async function whenFree<T>(step: () => Promise<T>, log: Log, lookAgainMs = LOOK_AGAIN_MS): Promise<T> {
  const started = performance.now();
  while (true) {
    try {
      return await step();
    } catch (error) {
      const busy = error instanceof DatabaseError && (error.kind === "busy" || error.code === "ANSWER_LATE");
      if (!busy || performance.now() - started > FREE_WITHIN_MS) throw error;
      log("warn", "database.busy", { detail: "Somebody else holds the lock of the database; trying again." });
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}
