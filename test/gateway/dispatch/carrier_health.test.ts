import { beforeEach, describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { TUESDAY } from "../../support/instance.ts";
import { type LoopbackCarrier, loopbackCarrier, loopbackFetch } from "../../support/loopback_carrier.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const person = (n: number) => `+3361200${String(1_000 + n)}`;

describe.each(DATABASE_KINDS)("an account and its health, %s database", (kind) => {
  const logged: string[] = [];
  const gateway = sharedGateway(kind, {
    fetch: loopbackFetch,
    log: (_level, event, fields) => void logged.push(`${event} ${fields?.["carrier"]}`),
  });
  let carrier: LoopbackCarrier;

  beforeEach(async () => {
    logged.length = 0;
    carrier = await loopbackCarrier(gateway, "one");
    await gateway.sql("update senders set carrier_id = 'one', rate_per_second = 1000");
    await gateway.settings.refresh();
  });

  const submit = async (count: number, from = "36105") => {
    const messages = Array.from({ length: count }, (_, n) => ({
      to: from === "36105" ? person(n) : `+1415555${1_000 + n}`,
      from,
      text: from === "36105" ? INFO : "Your order has shipped.",
    }));
    const { status, body } = await gateway.call("POST", "/v1/messages/batch", { messages });
    expect(status).toBe(200);
    return body.data.map(({ id }: { id: string }) => id) as string[];
  };
  const statuses = async () =>
    Object.fromEntries(
      (await gateway.sql("select status, count(*) as n from messages group by status"))
        .map(({ status, n }) => [status, n]),
    );
  const health = async () => (await gateway.call("GET", "/v1/carriers/one")).body.health;
  const at = (ms: number) => new Date(ms).toISOString();

  describe("its own rate", () => {
    test.each([
      { rate: 5, steps: [[0, 5], [199, 0], [1, 1], [1_000, 5], [60_000, 5]] },
      { rate: 0.5, steps: [[0, 1], [1_999, 0], [1, 1], [60_000, 1]] },
    ])("$rate a second, for all its senders and two instances together", async ({ rate, steps }) => {
      await gateway.sql("update carriers set rate_per_second = ? where id = 'one'", rate);
      const other = await gateway.another();
      await submit(15);
      await submit(15, "+15005550006");
      const handed: number[] = [];
      for (const [wait] of steps) {
        gateway.clock.at += wait!;
        const both = await Promise.all([gateway.dispatcher.tick(), other.dispatcher.tick()]);
        handed.push(both[0]! + both[1]!);
      }
      expect(handed).toEqual(steps.map(([, count]) => count));
      expect(carrier.heard).toHaveLength(handed.reduce((sum, count) => sum + count));
    });

    test("comes beside the rate of each sender", async () => {
      await gateway.sql("update senders set rate_per_second = 2");
      await gateway.call("PUT", "/v1/carriers/one", { kind: "kannel", config: await configOf(), rate_per_second: 3 });
      await submit(10);
      expect(await gateway.dispatcher.tick()).toBe(2);
      await submit(10, "+15005550006");
      expect(await gateway.dispatcher.tick()).toBe(1);
    });
  });

  const configOf = async () => (await gateway.call("GET", "/v1/carriers/one")).body.config;

  describe("its circuit breaker", () => {
    /** One after the other, so that what comes after the fifth failure has not left yet. */
    const slowly = () => gateway.sql("update carriers set rate_per_second = 1 where id = 'one'");
    const ticks = async (count: number) => {
      for (let n = 0; n < count; n++) {
        await gateway.dispatcher.tick();
        gateway.clock.at += 1_000;
      }
    };

    test.each<[string, () => Response]>([
      ["wrong credentials", () => new Response("Authorization failed for sendsms", { status: 403 })],
      ["credentials that it does not take", () => new Response("", { status: 401 })],
      ["a page elsewhere", () => new Response(null, { status: 302, headers: { Location: "https://example.com/" } })],
    ])("keeps every message while the account's own settings are refused: %s", async (_label, answer) => {
      await slowly();
      await submit(20);
      carrier.behave = answer;
      await ticks(8);
      expect(await health()).toMatchObject({ state: "out_of_service" });
      expect(await statuses()).toEqual({ queued: 20 });
      carrier.behave = () => "takes";
      await gateway.sql("update carriers set rate_per_second = null where id = 'one'");
      for (let n = 0; n < 5; n++, gateway.clock.at += 60_000) await gateway.dispatcher.tick();
      expect(await statuses()).toEqual({ sent: 20 });
    });

    test.each(["busy", "fails", "hung_up"] as const)("opens after five failures in a row: %s", async (way) => {
      await slowly();
      await submit(20);
      if (way === "hung_up") await carrier.hangUp();
      else carrier.behave = () => way;
      const started = gateway.clock.at;
      await ticks(5);
      expect(await health()).toEqual({
        state: "out_of_service",
        failures: 5,
        out_of_service_since: at(started + 4_000),
        next_try_at: at(started + 9_000),
        paused_until: null,
      });
      expect(logged.filter((line) => line.startsWith("carrier."))).toEqual(["carrier.opened one"]);
      expect((await gateway.call("GET", "/metrics")).body).toContain('parley_carrier_out_of_service{carrier="one"} 1');
      const waiting = await gateway.sql("select count(*) as n from messages where status = 'queued' and attempts = 0");
      expect(waiting).toEqual([{ n: 15 }]);
      // Nothing leaves and no attempt is burnt.
      const heard = carrier.heard.length;
      gateway.clock.at = started + 8_999;
      await gateway.dispatcher.tick();
      expect(carrier.heard).toHaveLength(heard);
      expect(await gateway.sql("select count(*) as n from messages where status = 'queued' and attempts = 0"))
        .toEqual(waiting);
      // Back again: one message tries, the rest follow.
      if (way === "hung_up") carrier.listen();
      carrier.behave = () => "takes";
      gateway.clock.at = started + 9_000;
      expect(await gateway.dispatcher.nextDue()).toBeLessThanOrEqual(gateway.clock.at);
      await gateway.sql("update carriers set rate_per_second = null where id = 'one'");
      await gateway.dispatcher.tick();
      expect(await health()).toMatchObject({ state: "in_service", failures: 0, out_of_service_since: null });
      expect(logged.filter((line) => line.startsWith("carrier."))).toEqual([
        "carrier.opened one",
        "carrier.closed one",
      ]);
      gateway.clock.at += 60_000;
      await gateway.dispatcher.tick();
      const ended = await statuses();
      // An HTTP 500 may come after the message was stored: those are not sent again.
      expect(ended).toEqual(way === "fails" ? { sent: 15, unknown: 5 } : { sent: 20 });
    });

    test("refusals of single messages do not open it, and an answer begins the count anew", async () => {
      await slowly();
      await submit(14);
      carrier.behave = (_to, turn) => turn % 5 === 0 ? "takes" : "fails";
      await ticks(8);
      expect(await health()).toMatchObject({ state: "in_service", failures: 3 });
      carrier.behave = () => "refuses";
      await ticks(6);
      expect(await health()).toMatchObject({ state: "in_service", failures: 0 });
      expect(await statuses()).toEqual({ sent: 1, unknown: 7, failed: 6 });
    });

    test("failures of two instances count together, and one of them says that it opened", async () => {
      await slowly();
      await submit(20);
      carrier.behave = () => "busy";
      const other = await gateway.another();
      for (const { dispatcher } of [gateway, other, gateway, other]) {
        await dispatcher.tick();
        gateway.clock.at += 1_000;
      }
      expect(await health()).toMatchObject({ state: "in_service", failures: 4 });
      await other.dispatcher.tick();
      expect(await health()).toMatchObject({ state: "out_of_service", failures: 5 });
      gateway.clock.at += 1_000;
      await Promise.all([gateway.dispatcher.tick(), other.dispatcher.tick()]);
      expect(carrier.heard).toHaveLength(5);
      expect(logged.filter((line) => line === "carrier.opened one")).toHaveLength(1);
      // The one that did not see it open sees it close.
      carrier.behave = () => "takes";
      gateway.clock.at += 5_000;
      await gateway.dispatcher.tick();
      expect(await health()).toMatchObject({ state: "in_service", failures: 0 });
    });

    test("while it is open one message tries, whichever of two instances comes first, ever later", async () => {
      await submit(20);
      await submit(20, "+15005550006");
      carrier.behave = () => "busy";
      const other = await gateway.another();
      await gateway.dispatcher.tick();
      const { next_try_at } = await health();
      expect(next_try_at).toBe(at(TUESDAY + 5_000));
      const before = carrier.heard.length;
      const gaps: number[] = [];
      for (let probe = 0; probe < 7; probe++) {
        const due = Date.parse((await health()).next_try_at);
        gaps.push(due - gateway.clock.at);
        gateway.clock.at = due;
        await Promise.all([gateway.dispatcher.tick(), other.dispatcher.tick()]);
        expect(carrier.heard).toHaveLength(before + probe + 1);
      }
      expect(gaps).toEqual([5_000, 5_000, 10_000, 20_000, 40_000, 80_000, 120_000]);
    });

    test("a message that was to try it and is canceled leaves the try to the next one", async () => {
      const ids = await submit(2);
      await gateway.sql("update carriers set opened_at = ?, probe_at = ?, failures = 5", TUESDAY, TUESDAY);
      await gateway.sql("update messages set due_at = due_at - 1 where id = ?", ids[0]!);
      await gateway.sql(
        `insert into suppressions (id, recipient, scope, sender, source, created_at)
          values ('sup_1', ?, 'all', '', 'import', 0)`,
        person(0),
      );
      await gateway.dispatcher.tick();
      expect(carrier.heard).toEqual([person(1)]);
      expect(await health()).toMatchObject({ state: "in_service" });
    });

    test("an instance that dies while it tries does not keep it shut", async () => {
      await submit(2);
      await gateway.sql(
        "update carriers set opened_at = ?, probe_at = ?, failures = 5 where id = 'one'",
        TUESDAY,
        TUESDAY + 60_000,
      );
      await gateway.dispatcher.tick();
      expect(carrier.heard).toEqual([]);
      gateway.clock.at += 60_000;
      await gateway.dispatcher.tick();
      expect(carrier.heard).toHaveLength(2);
    });

    test("new settings are tried at once", async () => {
      await submit(1);
      await gateway.sql(
        "update carriers set opened_at = ?, probe_at = ?, failures = 9, paused_until = ? where id = 'one'",
        TUESDAY,
        TUESDAY + 60_000,
        TUESDAY + 60_000,
      );
      await gateway.call("PUT", "/v1/carriers/one", { kind: "kannel", config: await configOf() });
      await gateway.dispatcher.tick();
      expect(carrier.heard).toHaveLength(1);
    });

    test("a clock that steps back does not keep it shut for longer than the pause itself could last", async () => {
      await submit(1);
      const ahead = TUESDAY + 40 * 86_400_000;
      await gateway.sql(
        "update carriers set opened_at = ?, probe_at = ?, paused_until = ?, failures = 5",
        ahead,
        ahead,
        ahead,
      );
      await gateway.dispatcher.tick();
      expect(carrier.heard).toHaveLength(1);
    });
  });

  describe("asked to send more slowly", () => {
    const tooFast = (retryAfter?: number) =>
      new Response("", {
        status: 429,
        ...(retryAfter === undefined ? {} : { headers: { "Retry-After": `${retryAfter}` } }),
      });

    test.each([
      { retryAfter: 30, waits: [30_000] },
      { retryAfter: undefined, waits: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] },
      { retryAfter: 999_999_999, waits: [86_400_000] },
    ])("Retry-After $retryAfter: the whole account waits, on every instance", async ({ retryAfter, waits }) => {
      await gateway.sql("update carriers set rate_per_second = 1 where id = 'one'");
      const other = await gateway.another();
      await submit(30);
      carrier.behave = () => tooFast(retryAfter);
      let heard = 0;
      for (const wait of waits) {
        await gateway.dispatcher.tick();
        expect(carrier.heard).toHaveLength(++heard);
        expect(await health()).toMatchObject({ state: "paused", paused_until: at(gateway.clock.at + wait) });
        gateway.clock.at += wait - 1;
        await other.dispatcher.tick();
        expect(carrier.heard).toHaveLength(heard);
        gateway.clock.at += 1;
      }
      expect(logged.filter((line) => line === "carrier.paused one")).toHaveLength(waits.length);
      // Being too fast uses up no attempts and fails no message.
      expect(await gateway.sql("select sum(attempts) as n from messages")).toEqual([{ n: 0 }]);
      carrier.behave = () => "takes";
      await gateway.sql("update carriers set rate_per_second = null");
      for (let n = 0; n < 3; n++) {
        await gateway.dispatcher.tick();
        gateway.clock.at += 86_400_000;
      }
      expect(await statuses()).toEqual({ sent: 30 });
      expect(await health()).toMatchObject({ state: "in_service", paused_until: null });
    });

    test("a burst that is turned away is one reason to wait, not one for each message", async () => {
      await submit(64);
      carrier.behave = () => "too_fast";
      await gateway.dispatcher.tick();
      expect(await health()).toMatchObject({ state: "paused", paused_until: at(TUESDAY + 1_000) });
      expect(await gateway.sql("select throttles from carriers where id = 'one'")).toEqual([{ throttles: 1 }]);
    });
  });
});
