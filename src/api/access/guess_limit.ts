import type { Log } from "../../gateway/gateway.ts";

/** Wrong tokens that one instance answers a minute before it asks to wait. A person mistypes a link once or twice. */
const MOST = 120;
const WINDOW_MS = 60_000;

/**
 * Counts wrong tokens; true when there were too many in this minute. Whose they are is not looked at: behind a proxy every
 * address is the proxy's, and what the header says of another anybody may write. Tokens that work are not counted, so that
 * nobody who guesses keeps a person from leaving. It lives in memory: against 2^48 forgeries (`link_tokens.ts`) a limit for each
 * instance is as good as one for all.
 */
export function guessLimit(now: () => number, log: Log, event = "unsubscribe.guessing"): () => boolean {
  let began = -Infinity;
  let wrong = 0;
  return () => {
    const at = now();
    if (at - began >= WINDOW_MS) [began, wrong] = [at, 0];
    wrong++;
    if (wrong === MOST + 1) log("warn", event, { wrong_tokens: wrong, within_ms: at - began });
    return wrong > MOST;
  };
}
