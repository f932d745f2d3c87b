import { expect, onTestFinished, test } from "vitest";
import { sandbox } from "../../src/carriers/sandbox.ts";
import { runDispatcher } from "../../src/gateway/runner.ts";
import { addAudience } from "../support/audience.ts";
import { startCampaign } from "../support/campaign.ts";
import { chance } from "../support/chance.ts";
import { freshDatabase, openAgain } from "../support/database.ts";
import { type Instance, instance, prepare, TUESDAY } from "../support/instance.ts";

/** With 100,000 it says the same and takes ten times as long. */
const PEOPLE = 10_000;
const STOPS = 200;
const RATE = 2_000;
const SENDER = "36105";
const SEED = 20261125;
/**
 * What was claimed before the STOP was committed may be on its way to the carrier, and nothing calls it back. A second is far more than
 * that takes.
 */
const UNDER_WAY_MS = 1_000;

test(
  `${STOPS} people leave a running campaign of ${PEOPLE} that two instances send (seed ${SEED}): nothing reaches them after that`,
  { timeout: 300_000 },
  async () => {
    const random = chance(SEED);
    const db = await freshDatabase();
    await prepare(db, TUESDAY);
    const started = performance.now();
    const now = () => Math.floor(TUESDAY + performance.now() - started);
    /** By person, when each message was handed over, and whether it was the advertisement. */
    const handed = new Map<string, { at: number; advertisement: boolean }[]>();
    const carrier: typeof sandbox = {
      ...sandbox,
      send(message, config, io) {
        const one = { at: performance.now(), advertisement: message.text.includes("Soldes") };
        handed.set(message.to, [...handed.get(message.to) ?? [], one]);
        return sandbox.send(message, config, io);
      },
    };
    const again = await openAgain(db);
    onTestFinished(() => again.close());
    const instances: Instance[] = [db, again].map((db) => instance(db, { now, carriers: [carrier] }));
    await db.client.execute({ sql: "update senders set rate_per_second = ? where address = ?", args: [RATE, SENDER] });
    const [gateway] = instances as [Instance, Instance];
    const numbers = await addAudience(db, { count: PEOPLE, now: TUESDAY });
    const id = await startCampaign(gateway);

    const failures: string[] = [];
    const log = (_: string, event: string, fields?: unknown) =>
      void failures.push(`${event} ${JSON.stringify(fields)}`);
    const runners = instances.flatMap(({ dispatcher, campaigns }) => [
      runDispatcher(dispatcher, now, log),
      runDispatcher(campaigns, now, log),
    ]);
    /** When the STOP of a person was answered. */
    const stopped = new Map<string, number>();
    const show = async () => (await gateway.call("GET", `/v1/campaigns/${id}`)).body;
    const campaign = await (async () => {
      try {
        for (let stop = 0; stop < STOPS; stop++) {
          // All through the campaign: while it is made, and while it is sent.
          await expect.poll(async () => {
            const { complete, done } = await show();
            return complete && done > 0 || stop < STOPS / 4;
          }, { timeout: 60_000 }).toBe(true);
          const person = numbers[Math.floor(random() * PEOPLE)]!;
          const { status, body } = await instances[stop % 2]!.mo(person, SENDER, "STOP");
          expect([status, body.intent]).toEqual([200, "opt_out"]);
          if (!stopped.has(person)) stopped.set(person, performance.now());
        }
        await expect.poll(async () => (await show()).state, { timeout: 200_000, interval: 200 }).toBe("done");
        return await show();
      } finally {
        await Promise.all(runners.map((runner) => runner.stop()));
      }
    })();

    const advertisements = (person: string) => (handed.get(person) ?? []).filter(({ advertisement }) => advertisement);
    const late = [...stopped].flatMap(([person, at]) => advertisements(person).map((one) => one.at - at))
      .filter((ms) => ms > 0);
    // deno-lint-ignore no-console -- how much was tried, for whoever reads the run
    console.log(
      `${JSON.stringify(campaign.counts)}, ${stopped.size} left, ${campaign.opted_out} of them because of it, ` +
        `${late.length} were under way (${Math.ceil(Math.max(0, ...late))} ms), ${
          Math.round(performance.now() - started)
        } ms`,
    );
    expect(late.filter((ms) => ms > UNDER_WAY_MS)).toEqual([]);
    expect(numbers.filter((person) => advertisements(person).length > 1)).toEqual([]);
    expect(numbers.filter((person) => advertisements(person).length === 0 && !stopped.has(person))).toEqual([]);
    // Some left before they had it, some after, else nothing was tried.
    const without = [...stopped.keys()].filter((person) => advertisements(person).length === 0);
    expect(without.length).toBeGreaterThan(0);
    expect(campaign.opted_out).toBeGreaterThan(0);
    expect(campaign.counts.delivered).toBe(PEOPLE - without.length);
    const { body: books } = await gateway.call("GET", "/v1/books?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z");
    expect([books.balanced, books.totals.unaccounted, books.discrepancies]).toEqual([true, 0, []]);
    expect(failures).toEqual([]);
  },
);
