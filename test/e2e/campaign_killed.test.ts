import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { addAudience } from "../support/audience.ts";
import { startCampaign, step } from "../support/campaign.ts";
import { chance } from "../support/chance.ts";
import { type Child, startDeno } from "../support/child.ts";
import { freshDatabase } from "../support/database.ts";
import { instance, prepare, TUESDAY } from "../support/instance.ts";

const CHILD = fileURLToPath(new URL("../support/campaign_child.ts", import.meta.url));
/** With 20 it says the same and takes a minute longer. */
const KILLS = 8;
const PEOPLE = 4_000;
const RATE = 800;
/** Hand-overs that an instance has under way at most: what a kill may leave in doubt. */
const SLOTS = 256;
/** Between two starts the clock goes on by so much: leases of a process that is gone have run out. */
const SKIP_MS = 61_000;
/** Another seed kills at other instants; it is in the name of the test. */
const SEED = 20261124;

/** A carrier that takes everything and repeats nothing; it answers after a while, so that kills come in between. */
function slowCarrier(random: () => number) {
  const taken = new Map<string, number>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const to = request.headers.get("X-Kannel-To")!;
    taken.set(to, (taken.get(to) ?? 0) + 1);
    await request.text();
    await new Promise((resolve) => setTimeout(resolve, 10 + random() * 60));
    return new Response("0: Accepted for delivery", { status: 202 });
  });
  onTestFinished(() => server.shutdown());
  return { taken, url: `http://127.0.0.1:${server.addr.port}/cgi-bin/sendsms` };
}

test(
  `kill -9 and restart ${KILLS} times in the middle of a campaign (seed ${SEED}): everybody gets it once`,
  { timeout: 180_000 },
  async () => {
    const random = chance(SEED);
    const db = await freshDatabase();
    await prepare(db, TUESDAY);
    const gateway = instance(db, { now: () => TUESDAY });
    const carrier = slowCarrier(random);
    const config = {
      url: carrier.url,
      username: "parley",
      password: "secret",
      webhook_secret: "a-webhook-secret-0123",
    };
    expect((await gateway.call("PUT", "/v1/carriers/slow", { kind: "kannel", config })).status).toBe(201);
    await db.client.execute({
      sql: "update senders set carrier_id = 'slow', rate_per_second = ? where address = '36105'",
      args: [RATE],
    });
    await gateway.settings.refresh();
    const numbers = await addAudience(db, { count: PEOPLE, now: TUESDAY });
    const id = await startCampaign(gateway);
    const show = async () => (await gateway.call("GET", `/v1/campaigns/${id}`)).body;

    let starts = 0;
    const begin = async () => {
      const child = startDeno(["run", "-A", CHILD, db.url, String(TUESDAY + starts++ * SKIP_MS)], {});
      await child.printed(/^ready$/m);
      return child;
    };
    const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    let child: Child | undefined;
    const during: Record<string, number> = {};
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await show();
        child = await begin();
        // It makes messages, hands them over, or goes through them.
        await expect.poll(
          async () =>
            before.state === "paused" || JSON.stringify((await show()).counts) !== JSON.stringify(before.counts),
          {
            timeout: 30_000,
            interval: 10,
          },
        ).toBe(true);
        // The first kills come while the messages are made, one right after a pause, one right after the resume, the others later.
        if (before.state === "paused") await step(gateway, id, "resume");
        else if (kill === Math.floor(KILLS / 2)) await step(gateway, id, "pause");
        await pass(random() * (before.complete ? 200 : 50));
        child.kill("SIGKILL");
        await child.ended;
        const { state, complete } = await show();
        const when = state === "paused" ? "paused" : complete ? "handing over" : "making the messages";
        during[when] = (during[when] ?? 0) + 1;
      }
      child = await begin();
      await expect.poll(async () => (await show()).state, { timeout: 60_000, interval: 100 }).toBe("done");
      expect(child.output()).toBe("ready\n");
    } finally {
      child?.kill("SIGKILL");
      await child?.ended;
    }

    const { rows } = await db.client.execute({
      sql: "select person, status from messages where campaign_id = ?",
      args: [id],
    });
    const status = new Map(rows.map((row) => [row["person"] as string, row["status"] as string]));
    expect([rows.length, status.size]).toEqual([PEOPLE, PEOPLE]);
    const { counts } = await show();
    const reached = numbers.filter((number) => carrier.taken.has(number)).length;
    // deno-lint-ignore no-console -- how much was tried, for whoever reads the run
    console.log(`kills ${JSON.stringify(during)}, messages ${JSON.stringify(counts)}, taken by the carrier ${reached}`);
    expect([...carrier.taken].filter(([, times]) => times > 1)).toEqual([]);
    const { unknown = 0, ...certain } = counts;
    expect(certain).toEqual({ sent: PEOPLE - unknown });
    // Of what is in doubt the carrier has some; of the others all.
    expect(numbers.filter((number) => status.get(number) === "sent" && !carrier.taken.has(number))).toEqual([]);
    expect(unknown).toBeLessThanOrEqual(KILLS * SLOTS);
    const { body: books } = await gateway.call("GET", "/v1/books?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z");
    expect(books).toMatchObject({ balanced: true, totals: { accepted: PEOPLE, unknown, unaccounted: 0 } });
    // Enough happened that somebody could have been lost.
    for (const when of ["making the messages", "handing over", "paused"]) expect(during[when], when).toBeGreaterThan(0);
    expect(unknown).toBeGreaterThan(0);
  },
);
