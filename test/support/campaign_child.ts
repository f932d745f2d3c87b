import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";
import { runDispatcher } from "../../src/gateway/runner.ts";
import { openEmbedded } from "../../src/store/libsql/embedded.ts";
import { instance } from "./instance.ts";

/**
 * A gateway process for tests that kill it: runs campaigns and hands over, as `src/main.ts` does, on the database of its first argument,
 * with a clock that starts at its second (ms). It may call this machine. Prints `ready` before it begins.
 */
const [url, start] = Deno.args as [string, string];
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const started = performance.now();
const now = () => Math.floor(Number(start) + performance.now() - started);
const log = (level: string, event: string, fields?: unknown) => {
  if (level !== "info") print(`${event} ${JSON.stringify(fields)}`);
};

const db = await openEmbedded({ url });
let runner: ReturnType<typeof runDispatcher> | null = null;
const { dispatcher, campaigns, settings } = instance(db, {
  now,
  log,
  fetch: () => guardedFetch({ allowPrivate: true, resolve: () => Promise.reject(new Error("no names in tests")) }),
  stored: () => runner?.wake(),
});
await settings.current();
print("ready");
runner = runDispatcher(dispatcher, now, log);
runDispatcher(campaigns, now, log, "campaigns.failed");
