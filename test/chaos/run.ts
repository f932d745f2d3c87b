import { chance } from "../support/chance.ts";
import { startHostileCarrier } from "./carrier.ts";
import { startFleet } from "./fleet.ts";
import { configure, startTraffic, wait } from "./traffic.ts";
import { judge, type Verdict, waiting } from "./verdict.ts";

export interface ChaosOptions {
  seed: number;
  kills: number;
  database: "file" | "server";
  /** Called with what happens, a line each. */
  tell: (line: string) => void;
}

/** Between a start and the next kill. */
const LONGEST_LIFE_MS = 1_500;
/** Also of a run without kills. */
const LEAST_TRAFFIC_MS = 8_000;
const SETTINGS_KNOWN_MS = 2_500;
/** Leases of killed instances run out after a minute; what was turned away again and again waits longer. */
const SETTLED_WITHIN_MS = 240_000;

/** Kills gateways under load beside a carrier that misbehaves, lets everything settle, and compares all books. */
export async function runChaos({ seed, kills, database, tell }: ChaosOptions): Promise<Verdict> {
  const random = chance(seed);
  const fleet = await startFleet(database, random);
  // A carrier repeats what was not acknowledged.
  const carrier = startHostileCarrier(random, async (path) => {
    while (true) {
      try {
        if ((await fleet.webhook(path)).status === 200) return;
      } catch {
        // It was killed.
      }
      await wait(50);
    }
  });
  try {
    await configure(fleet, carrier.url, { rate_per_second: 500 });
    // Every instance knows the new accounts within two seconds.
    await wait(SETTINGS_KNOWN_MS);
    const started = performance.now();
    const traffic = startTraffic(fleet, random);
    for (let kill = 1; kill <= kills; kill++) {
      await wait(random() * LONGEST_LIFE_MS);
      await fleet.kill();
      if (kill % 10 === 0) tell(`${kill} kills, ${traffic.told.accepted.size} accepted, ${carrier.taken.length} taken`);
    }
    await wait(Math.max(LONGEST_LIFE_MS, LEAST_TRAFFIC_MS - (performance.now() - started)));
    await traffic.stop();
    carrier.calm();
    tell("settling: leases of killed instances run out after a minute …");
    await carrier.settled();
    const deadline = Date.now() + SETTLED_WITHIN_MS;
    while (Date.now() < deadline && await waiting(fleet).catch(() => 1) > 0) await wait(500);
    await carrier.settled();
    return await judge(fleet, carrier, { told: traffic.told, kills });
  } finally {
    await fleet.stop();
    await carrier.stop();
  }
}
