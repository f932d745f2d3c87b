import type { Clock } from "./clock.ts";
import type { Dispatcher } from "./dispatch/dispatch.ts";
import type { Log } from "./gateway.ts";

/** Another instance may have stored something: look at least this often. */
const POLL_MS = 250;
/** Between two ticks under load: what is stored meanwhile goes together, and looking costs the database something. */
const REST_MS = 10;
const FAILURE_MS = 1_000;

export interface Runner {
  /** Something was stored: look now. */
  wake(): void;
  /** Finishes what is under way and stops. */
  stop(): Promise<void>;
}

/**
 * Runs a dispatcher continuously in a process that lives; an edge deployment calls `tick` from cron instead. `failed` is what the log
 * calls a tick that threw.
 */
export function runDispatcher(
  { tick, nextDue }: Dispatcher,
  now: Clock,
  log: Log,
  failed = "dispatch.failed",
): Runner {
  let stopped = false;
  let woken = false;
  let wakeUp = () => {};
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  const loop = async () => {
    while (!stopped) {
      woken = false;
      try {
        const handed = await tick(undefined, () => stopped);
        await rest(REST_MS);
        if (handed > 0 || woken || stopped) continue;
        const due = await nextDue();
        await sleep(due === null ? POLL_MS : Math.min(Math.max(due - now(), REST_MS), POLL_MS));
      } catch (error) {
        log("error", failed, { error: String(error) });
        await sleep(FAILURE_MS);
      }
    }
  };
  const running = loop();
  return {
    wake() {
      woken = true;
      wakeUp();
    },
    async stop() {
      stopped = true;
      wakeUp();
      await running;
    },
  };
}
