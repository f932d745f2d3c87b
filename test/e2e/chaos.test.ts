import { expect, test } from "vitest";
import { runChaos } from "../chaos/run.ts";

/** The short form of `deno task chaos`. Another seed tries other misfortunes; it is in the name of the test. */
const SEED = 20261124;

/** Both at once: each waits a minute for leases to run out. */
test.concurrent.each(
  [
    ["one instance on a file", "file", 4],
    ["two instances on a libSQL server", "server", 3],
  ] as const,
)(
  `%s beside a carrier that misbehaves (seed ${SEED}), keeps every promise`,
  { timeout: 600_000 },
  async (_, database, kills) => {
    const { broken, counts } = await runChaos({ seed: SEED, kills, database, tell: () => {} });
    expect(broken, JSON.stringify(counts)).toEqual([]);
    // Enough happened that a promise could have been broken.
    expect(counts["accepted"]).toBeGreaterThan(50);
    expect(counts["stops"]).toBeGreaterThan(5);
    expect(counts["handed_over"]).toBeGreaterThan(50);
  },
);
