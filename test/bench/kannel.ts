import { type Kannel, startKannel } from "../support/kannel.ts";
import { startEcho } from "./echo.ts";
import { phoneNumbers } from "./gateway.ts";
import { type Generator, type LoadResult, measure, rawRequest } from "./load.ts";
import type { Settings } from "./main.ts";

/** The same of Kannel: a real bearerbox and smsbox with a spool store, a handset network behind its `fake` SMSC. */

const PER_SECOND = 10_000;
/** MOs under way: enough that Kannel always has the next one at hand, few enough that its queue does not grow without end. */
const MO_WINDOW = 1_000;
const LOOK_MS = 5;

/**
 * Kannel writes each message to its spool and does not wait for the disk: a power cut loses what was accepted. `synced` has the file
 * system wait, and Kannel then promises what the gateway does.
 */
export type Spool = "synced" | "buffered";

/** `sendsms` accepts. */
export async function measureKannelAccepts(
  generator: Generator,
  spool: Spool,
  { connections, ...times }: Settings,
  figure: (result: LoadResult) => void,
): Promise<void> {
  const kannel = await startKannel({ inboundUrl: "http://127.0.0.1:9/?key=none", spool });
  try {
    const nextNumber = phoneNumbers();
    for (const count of connections) {
      const total = Math.ceil(PER_SECOND * (times.warmUpSeconds + times.seconds));
      const options = { origin: new URL(kannel.sendsmsUrl).origin, connections: count, ...times };
      figure(await measure(generator, requests(kannel, nextNumber, total), options));
    }
  } finally {
    await kannel.stop();
  }
}

function* requests(
  { sendsmsUrl, username, password }: Kannel,
  nextNumber: () => string,
  count: number,
): Iterable<string> {
  const { pathname } = new URL(sendsmsUrl);
  for (let index = 0; index < count; index++) {
    const query = new URLSearchParams({
      username,
      password,
      from: "36105",
      to: nextNumber(),
      text: "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.",
      charset: "UTF-8",
      coding: "0",
    });
    yield rawRequest("GET", `${pathname}?${query}`, {});
  }
}

/** Callbacks a second to a bare HTTP server that answers 200, with MOs waiting at all times. */
export async function measureKannelCallbacks(spool: Spool, { warmUpSeconds, seconds }: Settings): Promise<number> {
  const server = await startEcho();
  const kannel = await startKannel({ inboundUrl: `${server.origin}/callback?key=bench`, spool });
  const nextNumber = phoneNumbers();
  const called = async () => (await (await fetch(`${server.origin}/count`)).json() as { count: number }).count;
  let sent = 0;
  const keepBusy = async (ms: number): Promise<{ count: number; at: number }> => {
    const end = performance.now() + ms;
    let count = await called();
    while (performance.now() < end) {
      let missing = MO_WINDOW - (sent - count);
      for (; missing > 0; missing--, sent++) {
        await kannel.handsetSend(nextNumber(), "36105", "Bonjour, est-ce que mon colis est en route ?");
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      count = await called();
    }
    return { count, at: performance.now() };
  };
  try {
    const before = await keepBusy(warmUpSeconds * 1000);
    const after = await keepBusy(seconds * 1000);
    return (after.count - before.count) / (after.at - before.at) * 1000;
  } finally {
    await kannel.stop();
    await server.stop();
  }
}
