import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DeliveryReport } from "../../../src/carriers/carrier.ts";
import { movableFrom, REPORTED, type ReportedStatus } from "../../../src/core/ladder.ts";
import { MOST_PARKED, PARKED_MS } from "../../../src/store/dispatch/parked_reports.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type Instance, instance } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const FR = "+33612000001";
const US = "+14155550101";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const LONG = `${INFO} `.repeat(6).trim();
const SECRET = "0123456789abcdefghij";

describe.each(DATABASE_KINDS)("delivery reports, %s database", (kind) => {
  const g = sharedGateway(kind);
  const report = (
    status: ReportedStatus,
    { on = g, id = null, carrierId = null, part, carrier = "sandbox", key, optedOut = false }: {
      on?: Instance;
      id?: string | null;
      carrierId?: string | null;
      part?: string;
      carrier?: string;
      key?: string;
      optedOut?: boolean;
    },
  ) => {
    const bad = !["queued", "sent", "delivered"].includes(status);
    const told: DeliveryReport = {
      ...{ messageId: id, carrierMessageId: carrierId, status },
      error: bad ? { code: status, detail: "told so", optedOut } : null,
      ...(part === undefined ? {} : { part }),
    };
    return on.api.reporter.submit({ carrier_id: carrier, report: told, ...(key === undefined ? {} : { key }) });
  };
  /** A message that has just been taken by the carrier, or is being handed over. */
  const message = async (status = "sent", text = INFO): Promise<string> => {
    const { body } = await g.call("POST", "/v1/messages", { to: FR, from: "36105", text });
    await g.sql("update messages set status = ?, due_at = null where id = ?", status, body.id);
    return body.id;
  };
  const recorded = (id: string, carrierId: string) =>
    g.sql("update messages set status = 'sent', carrier_message_id = ? where id = ?", carrierId, id);
  const seen = async (id: string) => (await g.call("GET", `/v1/messages/${id}`)).body;
  const steps = async (id: string) =>
    (await seen(id)).timeline.slice(1).map(({ status, detail }: Record<string, string | null>) =>
      detail === null ? status : `${status}: ${detail}`
    );
  const count = async (table: string) => Number((await g.sql(`select count(*) as n from ${table}`))[0]!["n"]);

  test("in any order, twice, from two instances: the database climbs as the ladder says", async () => {
    const other = await g.another();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("queued", "sending", "unknown", "sent"),
        fc.array(fc.constantFrom(...REPORTED), { maxLength: 8 }),
        async (start, told) => {
          const id = await message(start);
          const expected: string[] = [];
          for (const [at, status] of told.entries()) {
            await report(status, { id, on: at % 2 ? other : g });
            if (movableFrom(status).includes(expected.at(-1) ?? start)) expected.push(status);
          }
          const { status, timeline } = await seen(id);
          expect(status).toBe(expected.at(-1) ?? start);
          expect(timeline.slice(1).map((one: { status: string }) => one.status)).toEqual(expected);
        },
      ),
      { numRuns: 25, seed: 4 },
    );
  });

  describe("that come before the send is recorded, with the carrier's id only", () => {
    test("are applied by the next tick, in their order, and then gone", async () => {
      const id = await message("sending");
      expect(await report("sent", { carrierId: "c1" })).toBe("parked");
      expect(await report("delivered", { carrierId: "c1" })).toBe("parked");
      expect(await report("delivered", { carrierId: "c1" })).toBe("parked");
      expect(await count("parked_reports")).toBe(2);
      await g.dispatcher.tick();
      expect((await seen(id)).status).toBe("sending");
      await recorded(id, "c1");
      g.clock.at += 1_000;
      await g.dispatcher.tick();
      expect([(await seen(id)).status, await count("parked_reports")]).toEqual(["delivered", 0]);
    });

    test("on two instances that look at once: one change, one line in the timeline", async () => {
      const other = await g.another();
      const id = await message("sending");
      await report("undelivered", { carrierId: "c1", optedOut: true });
      await recorded(id, "c1");
      g.clock.at += 1_000;
      await Promise.all([g.api.reporter.matchParked(), other.api.reporter.matchParked()]);
      expect(await steps(id)).toEqual(["undelivered: told so"]);
      expect(await g.sql("select source from suppressions")).toEqual([{ source: "carrier" }]);
      expect(await g.sql("select action from audit_log where action like 'suppression.%' and at = ?", g.clock.at))
        .toEqual([{ action: "suppression.created" }]);
    });

    test("another account's message with the same id is not meant", async () => {
      const id = await message("sending");
      await recorded(id, "c1");
      expect(await report("delivered", { carrierId: "c1", carrier: "another" })).toBe("parked");
      g.clock.at += 60_000;
      await g.dispatcher.tick();
      expect((await seen(id)).status).toBe("sent");
    });

    test("are looked at ever less often, and dropped after three days", async () => {
      await report("delivered", { carrierId: "foreign" });
      const next = async () => Number((await g.sql("select next_at from parked_reports"))[0]?.["next_at"]) - g.clock.at;
      const waits: number[] = [];
      for (let looks = 0; looks < 6; looks++) {
        g.clock.at += await next();
        await g.dispatcher.tick();
        waits.push(await next());
      }
      expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000]);
      g.clock.at += PARKED_MS;
      await g.dispatcher.tick();
      expect(await count("parked_reports")).toBe(0);
    });

    test("a flood of reports of others is bounded", async () => {
      await g.sql(
        `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
        insert into parked_reports (carrier_id, carrier_message_id, report, received_at, next_at)
        select 'sandbox', 'f' || i, '{}', 0, 9e15 from n`,
        MOST_PARKED + 100,
      );
      await report("delivered", { carrierId: "one more" });
      g.clock.at += 1_000;
      await g.dispatcher.tick();
      expect(await count("parked_reports")).toBe(MOST_PARKED);
    });

    test("a report with an id of ours that is none of ours is not kept", async () => {
      expect(await report("delivered", { id: "msg_of_another_system", carrierId: "c1" })).toBe("unmatched");
      expect(await count("parked_reports")).toBe(0);
    });
  });

  test("that the person opted out, told again after they came back: it is the same report and refuses nothing anew", async () => {
    const id = await message();
    await recorded(id, "c1");
    await report("undelivered", { carrierId: "c1", optedOut: true });
    const standing = () => g.sql("select source from suppressions where lifted_at is null");
    expect(await standing()).toEqual([{ source: "carrier" }]);
    g.clock.at += 60_000;
    await g.mo(FR, "36105", "START");
    expect(await standing()).toEqual([]);
    await g.consent(FR);
    g.clock.at += 60_000;
    await report("undelivered", { carrierId: "c1", optedOut: true });
    expect(await standing()).toEqual([]);
    expect(await g.sql("select status from consents order by rowid desc limit 1")).toEqual([{ status: "granted" }]);
  });

  test.each(["held", "canceled", "expired", "failed"])(
    "of a message that the carrier may have had and that is %s since: it arrived, and stays so",
    async (since) => {
      const id = await message("queued");
      await g.sql("update messages set status = ?, maybe_taken = 1 where id = ?", since, id);
      await report("delivered", { id });
      expect((await seen(id)).status).toBe("delivered");
      await report("failed", { id });
      expect((await seen(id)).status).toBe("delivered");
    },
  );

  test("of a message that was surely not handed over, and is called off: nothing", async () => {
    const id = await message("canceled");
    await report("delivered", { id });
    expect((await seen(id)).status).toBe("canceled");
  });

  test("over HTTP: the report beats the answer, and writes the id in another base", async () => {
    const told: Promise<unknown>[] = [];
    const gateway = instance(g.db, { now: () => g.clock.at, settings: g.settings, fetch: () => fetch });
    const carrier = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
      told.push(gateway.call("POST", `/carriers/bigco/status?key=${SECRET}`, { id: "0000006699", s: "DELIVRD" }));
      await Promise.all(told);
      return Response.json({ id: "00001A2B" });
    });
    onTestFinished(() => carrier.shutdown());
    const config = {
      webhook_secret: SECRET,
      verify: { scheme: "url_key" },
      send: {
        url: `http://127.0.0.1:${carrier.addr.port}/send`,
        body: { type: "json", value: { to: "{to}", text: "{text}" } },
      },
      answer: { message_id: "id" },
      status: {
        carrier_message_id: "id",
        status: "s",
        statuses: { DELIVRD: "delivered" },
        ids: { answer: "hexadecimal", report: "decimal" },
      },
    };
    expect((await g.call("PUT", "/v1/carriers/bigco", { kind: "http_private", config })).status).toBeLessThan(300);
    expect((await g.call("PUT", "/v1/senders/%2B15005550006", { carrier_id: "bigco", countries: ["US"] })).status)
      .toBeLessThan(300);
    await g.settings.refresh();
    const { body } = await gateway.call("POST", "/v1/messages", {
      ...{ to: US, from: "+15005550006", text: "Your order 5511 has shipped." },
    });
    await gateway.dispatcher.tick();
    expect(await told[0]).toMatchObject({ status: 200 });
    expect(await seen(body.id)).toMatchObject({ status: "sent", carrier_message_id: "00001A2B" });
    g.clock.at += 1_000;
    await gateway.dispatcher.tick();
    expect(await seen(body.id)).toMatchObject({ status: "delivered", carrier_message_id: "00001A2B" });
    // One that comes later is found at once.
    expect(await report("sent", { carrierId: "6699", carrier: "bigco", key: "6699" })).toBe("applied");
  });

  describe("one for each part of a long message", () => {
    test("delivered only when all parts are; the timeline counts them", async () => {
      const id = await message("sent", LONG);
      expect((await seen(id)).segments).toBe(3);
      await report("delivered", { id, part: "p1" });
      await report("delivered", { id, part: "p1" });
      await report("delivered", { id, part: "p3" });
      expect((await seen(id)).status).toBe("sent");
      await report("delivered", { id, part: "p2" });
      expect(await steps(id)).toEqual(["sent: 1 of 3 parts delivered", "sent: 2 of 3 parts delivered", "delivered"]);
      expect(await count("report_parts")).toBe(0);
    });

    test("failed as soon as one part is, whatever the others become", async () => {
      const id = await message("sent", LONG);
      await report("delivered", { id, part: "p1" });
      await report("undelivered", { id, part: "p2" });
      await report("delivered", { id, part: "p2" });
      await report("delivered", { id, part: "p3" });
      expect(await seen(id)).toMatchObject({ status: "undelivered", error: { code: "undelivered" } });
      expect(await count("report_parts")).toBe(0);
    });

    test("a short message has one part", async () => {
      const id = await message();
      await report("delivered", { id, part: "p1" });
      expect((await seen(id)).status).toBe("delivered");
    });

    test("the first part delivered before the send was recorded: sent, with the books in order", async () => {
      const id = await message("unknown", LONG);
      await report("delivered", { id, part: "p1" });
      expect((await seen(id)).status).toBe("sent");
      const last = await g.sql("select status from message_events where message_id = ? order by id desc limit 1", id);
      expect(last).toEqual([{ status: "sent" }]);
    });

    test("in any order, from two instances at once, the message becomes what its parts became", async () => {
      const other = await g.another();
      const parts = ["p1", "p2", "p3"];
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ part: fc.constantFrom(...parts), status: fc.constantFrom(...REPORTED) }), {
            maxLength: 12,
          }),
          async (told) => {
            const id = await message("sent", LONG);
            const ends = new Map<string, ReportedStatus>();
            let expected: ReportedStatus = "sent";
            for (const [at, { part, status }] of told.entries()) {
              await report(status, { id, part, on: at % 2 ? other : g });
              if (ends.has(part) || status === "queued" || status === "sent" || expected !== "sent") continue;
              ends.set(part, status);
              if (status !== "delivered") expected = status;
              else if (ends.size === parts.length) expected = "delivered";
            }
            expect((await seen(id)).status).toBe(expected);
          },
        ),
        { numRuns: 25, seed: 4 },
      );
      const id = await message("sent", LONG);
      await Promise.all(parts.flatMap((part) => [g, other].map((on) => report("delivered", { id, part, on }))));
      expect((await seen(id)).status).toBe("delivered");
      expect((await steps(id)).filter((step: string) => step === "delivered")).toHaveLength(1);
    });
  });
});
