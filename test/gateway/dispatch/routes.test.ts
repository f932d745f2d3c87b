import { beforeEach, describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { TUESDAY } from "../../support/instance.ts";
import {
  type Behaviour,
  type LoopbackCarrier,
  loopbackCarrier,
  loopbackFetch,
  SECRET,
} from "../../support/loopback_carrier.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const US_INFO = "Your order has shipped.";
const US_SENDER = "+15005550006";
const person = (n: number) => `+3361200${String(1_000 + n)}`;

describe.each(DATABASE_KINDS)("routes of a sender, %s database", (kind) => {
  const gateway = sharedGateway(kind, { fetch: loopbackFetch });
  let one: LoopbackCarrier;
  let two: LoopbackCarrier;

  beforeEach(async () => {
    [one, two] = [await loopbackCarrier(gateway, "one"), await loopbackCarrier(gateway, "two")];
    await routes("36105", ["one", "two"], { country: "FR", countries: ["FR"] });
  });

  const routes = async (address: string, list: unknown[], more: Record<string, unknown> = {}) => {
    const { status, body } = await gateway.call("PUT", `/v1/senders/${encodeURIComponent(address)}`, {
      routes: list,
      rate_per_second: 1000,
      ...more,
    });
    expect([200, 201], JSON.stringify(body)).toContain(status);
  };
  const send = async (to = person(0), from = "36105", text = INFO) => {
    const { status, body } = await gateway.call("POST", "/v1/messages", { to, from, text });
    expect(status, JSON.stringify(body)).toBe(202);
    return body.id as string;
  };
  const batch = async (to: readonly string[], from = "36105", text = INFO) => {
    await gateway.call("POST", "/v1/messages/batch", { messages: to.map((to) => ({ to, from, text })) });
  };
  const message = async (id: string) => (await gateway.call("GET", `/v1/messages/${id}`)).body;
  const shut = async (id: string) => {
    await gateway.sql(
      "update carriers set opened_at = ?, probe_at = ?, failures = 5 where id = ?",
      TUESDAY,
      TUESDAY + 60_000,
      id,
    );
    await gateway.settings.refresh();
  };
  const slowDown = (seconds: number) => new Response("", { status: 429, headers: { "Retry-After": `${seconds}` } });

  test.each<[label: string, Behaviour | "hung_up", status: string, took: string, hearers: number[]]>([
    ["takes it", "takes", "sent", "one", [1, 0]],
    ["has no room for it", "busy", "sent", "two", [1, 1]],
    ["does not answer the call", "hung_up", "sent", "two", [0, 1]],
    ["refuses the message", "refuses", "failed", "one", [1, 0]],
    ["answers 500, and may have taken it", "fails", "unknown", "one", [1, 0]],
    ["is too fast for it", "too_fast", "queued", "one", [1, 0]],
    ["is over its day's cap", slowDown(3_600), "sent", "two", [1, 1]],
  ])("when the first %s", async (_label, behaviour, status, took, hearers) => {
    if (behaviour === "hung_up") await one.hangUp();
    else one.behave = () => behaviour;
    const id = await send();
    await gateway.dispatcher.tick();
    expect(await message(id)).toMatchObject({ status, carrier_id: took });
    expect([one.heard.length, two.heard.length]).toEqual(hearers);
  });

  test("the timeline tells of the attempt that failed and of the one that did not", async () => {
    one.behave = () => "busy";
    const id = await send();
    await gateway.dispatcher.tick();
    const { timeline, error } = await message(id);
    expect(error).toBeNull();
    expect(timeline.map(({ status, detail }: Record<string, unknown>) => [status, detail])).toEqual([
      ["accepted", null],
      ["queued", "Kannel answered HTTP 503. Next: two."],
      ["sent", null],
    ]);
  });

  test("when neither takes it, each is tried in turn, ever later, until ten attempts have failed", async () => {
    one.behave = two.behave = () => "busy";
    const id = await send();
    // Their breakers would spare the attempts; here it is about the attempts.
    for (let due: number | null = gateway.clock.at; due !== null; due = await gateway.dispatcher.nextDue()) {
      gateway.clock.at = due;
      await gateway.sql("update carriers set failures = 0, opened_at = null, probe_at = null");
      await gateway.dispatcher.tick();
    }
    expect(await message(id)).toMatchObject({ status: "failed", error: { code: "http_503" } });
    expect([one.heard.length, two.heard.length]).toEqual([5, 5]);
  });

  test("two instances fail over at once: the second account hears of each message once", async () => {
    one.behave = () => "busy";
    const people = Array.from({ length: 150 }, (_, n) => person(n));
    await batch(people);
    const other = await gateway.another();
    for (let round = 0; round < 3; round++) {
      await Promise.all([gateway.dispatcher.tick(), other.dispatcher.tick()]);
      gateway.clock.at += 1_000;
    }
    expect(await gateway.sql("select status, carrier_id, count(*) as n from messages group by 1, 2"))
      .toEqual([{ status: "sent", carrier_id: "two", n: 150 }]);
    expect(two.heard.toSorted()).toEqual(people);
  });

  describe("while the first is out of service", () => {
    test("what is accepted waits for the second, and what waited is given to it without an attempt", async () => {
      const before = await send(person(1));
      await shut("one");
      const after = await send(person(2));
      expect((await message(after)).carrier_id).toBe("two");
      await gateway.dispatcher.tick();
      expect([one.heard, two.heard.toSorted()]).toEqual([[], [person(1), person(2)]]);
      expect(await gateway.sql("select attempts from messages")).toEqual([{ attempts: 1 }, { attempts: 1 }]);
      const { carrier_id, timeline } = await message(before);
      expect([carrier_id, timeline[1].detail]).toEqual(["two", "one is out of service; it leaves through two."]);
    });

    test("a route for some countries takes those, however many others stand before them", async () => {
      await routes(US_SENDER, ["one", { carrier_id: "two", countries: ["US"] }]);
      await shut("one");
      const canada = Array.from({ length: 1_100 }, (_, n) => `+1416555${1_000 + n}`);
      const states = Array.from({ length: 5 }, (_, n) => `+1415555${1_000 + n}`);
      await batch([...canada, ...states], US_SENDER, US_INFO);
      // As if all had been accepted while it was in service.
      await gateway.sql("update messages set carrier_id = 'one', status = 'queued'");
      await gateway.dispatcher.tick();
      expect([one.heard, two.heard.toSorted()]).toEqual([[], states]);
      expect(await gateway.sql("select status, carrier_id, count(*) as n from messages group by 1, 2")).toEqual([
        { status: "queued", carrier_id: "one", n: 1_100 },
        { status: "sent", carrier_id: "two", n: 5 },
      ]);
      await gateway.sql("update carriers set probe_at = 0");
      await gateway.dispatcher.tick();
      gateway.clock.at += 1_000;
      await gateway.dispatcher.tick();
      expect([one.heard.toSorted(), two.heard.length]).toEqual([canada, 5]);
    });

    test("once it is due to be tried a message goes there, the others go elsewhere, and all return when it is back", async () => {
      await shut("one");
      one.behave = () => "busy";
      gateway.clock.at = TUESDAY + 60_000;
      await gateway.settings.refresh();
      for (let n = 0; n < 20; n++) await send(person(n));
      await gateway.dispatcher.tick();
      gateway.clock.at += 1_000;
      await gateway.settings.refresh();
      await gateway.dispatcher.tick();
      expect([one.heard.length, two.heard.length]).toEqual([1, 20]);
      one.behave = () => "takes";
      gateway.clock.at += 120_000;
      await gateway.settings.refresh();
      for (let n = 0; n < 20; n++) await send(person(n));
      await gateway.dispatcher.tick();
      expect([one.heard.length, two.heard.length]).toEqual([21, 20]);
      expect(await gateway.sql("select opened_at from carriers where id = 'one'")).toEqual([{ opened_at: null }]);
    });

    test("with both out of service nothing moves and nothing is lost", async () => {
      const id = await send();
      await shut("one");
      await shut("two");
      await gateway.dispatcher.tick();
      expect(await message(id)).toMatchObject({ status: "queued", carrier_id: "one" });
      await gateway.sql("update carriers set probe_at = ? where id = 'two'", TUESDAY);
      await gateway.sql("update carriers set opened_at = null, probe_at = null where id = 'one'");
      await gateway.dispatcher.tick();
      expect(await message(id)).toMatchObject({ status: "sent", carrier_id: "one" });
    });

    test("other senders of the second account, and other accounts of the first sender, are not held up", async () => {
      await routes(US_SENDER, ["one"]);
      await batch(Array.from({ length: 80 }, (_, n) => `+1415555${1_000 + n}`), US_SENDER, US_INFO);
      await shut("one");
      const id = await send();
      await gateway.dispatcher.tick();
      expect(await message(id)).toMatchObject({ status: "sent", carrier_id: "two" });
      expect(one.heard).toEqual([]);
    });
  });

  test("a country that only the second may carry goes there at once; preview says so", async () => {
    await routes(US_SENDER, [{ carrier_id: "one", countries: ["CA"] }, "two"], { countries: ["US", "CA"] });
    const text = US_INFO;
    for (const [to, carrier_id] of [["+14155550101", "two"], ["+14165550101", "one"]] as const) {
      const preview = await gateway.call("POST", "/v1/messages/preview", { to, from: US_SENDER, text });
      expect(preview.body.carrier_id).toBe(carrier_id);
      expect(await message(await send(to, US_SENDER, text))).toMatchObject({ carrier_id });
    }
  });

  test("a route for France carries its territories", async () => {
    await routes("36105", ["one", { carrier_id: "two", countries: ["FR"] }], { country: "FR" });
    await shut("one");
    const id = await send("+590690001234");
    expect((await message(id)).carrier_id).toBe("two");
  });

  describe("what comes back", () => {
    const status = (account: string, id: string, d: number) =>
      gateway.app.request(`/carriers/${account}/status?key=${SECRET}&id=${id}&d=${d}&fid=f1`);
    const inbound = (account: string, text: string) =>
      gateway.app.request(
        `/carriers/${account}/inbound?key=${SECRET}&id=${crypto.randomUUID()}&from=%2B33612000001&to=36105&text=${text}&charset=UTF-8&coding=0`,
      );

    test("a report counts from the account that took the message, and from no other", async () => {
      one.behave = () => "busy";
      const id = await send();
      await gateway.dispatcher.tick();
      await status("one", id, 2);
      expect((await message(id)).status).toBe("sent");
      await status("two", id, 1);
      expect(await message(id)).toMatchObject({ status: "delivered", carrier_id: "two" });
    });

    test.each(["one", "two"])(
      "STOP and START through %s are the sender's own: answered, and heeded",
      async (account) => {
        expect((await inbound(account, "STOP")).status).toBe(200);
        await gateway.dispatcher.tick();
        expect([...one.heard, ...two.heard]).toEqual(["+33612000001"]);
        expect(await gateway.sql("select lifted_at is null as stands from suppressions")).toEqual([{ stands: 1 }]);
        await inbound(account, "START");
        expect(await gateway.sql("select lifted_at is null as stands from suppressions")).toEqual([{ stands: 0 }]);
      },
    );

    test("STOP through an account that is no route counts, and is not answered", async () => {
      await loopbackCarrier(gateway, "three");
      await inbound("three", "STOP");
      await inbound("three", "START");
      await gateway.dispatcher.tick();
      expect([...one.heard, ...two.heard]).toEqual([]);
      expect(await gateway.sql("select lifted_at is null as stands from suppressions")).toEqual([{ stands: 1 }]);
    });
  });
});
