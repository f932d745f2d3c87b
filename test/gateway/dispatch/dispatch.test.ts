import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Carrier, Outgoing, SendResult } from "../../../src/carriers/carrier.ts";
import { carrierOf } from "../../../src/carriers/mod.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { SLOTS } from "../../../src/gateway/dispatch/dispatch.ts";
import { backoff } from "../../../src/gateway/dispatch/hand_over.ts";
import { SettingsCache } from "../../../src/gateway/settings.ts";
import { loadRulebook } from "../../../src/rules/check.ts";
import { readSources } from "../../../src/rules/files.ts";
import { contentsOf } from "../../../src/rules/parse.ts";
import { publishRulebook } from "../../../src/store/carriers/settings.ts";
import { DATABASE_KINDS, migratedDatabase, openAgain, type TestDatabase } from "../../support/database.ts";
import { consentOf, type Instance, instance, prepare, TUESDAY } from "../../support/instance.ts";
import { RULES } from "../../support/rulebook.ts";

const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const US_INFO = "Your order has shipped.";
const FR = "+33612000001";
const US = "+14155550101";
const US_SENDER = "+15005550006";
const OK: SendResult = { ok: true, carrierMessageId: "c1", status: "sent" };
const LEASE_MS = 60_000;

type Script = (message: Outgoing, attempt: number) => SendResult | Promise<SendResult>;

/** A carrier that does what the test says and remembers what it was handed. */
function scripted(idempotent: boolean, script: Script): Carrier & { handed: Outgoing[] } {
  const handed: Outgoing[] = [];
  const unused = () =>
    Promise.resolve({ ok: false, status: 400, code: "webhook_malformed", detail: "unused" } as const);
  return {
    kind: "scripted",
    config: z.strictObject({}),
    secrets: [],
    idempotent,
    privateNetwork: false,
    handed,
    async send(message) {
      handed.push(message);
      return await script(message, handed.filter(({ id }) => id === message.id).length);
    },
    // Messages from handsets come as the sandbox takes them.
    inbound: sandbox.inbound,
    status: unused,
    answer: sandbox.answer,
  };
}

interface Rig extends Instance {
  db: TestDatabase;
  carrier: ReturnType<typeof scripted>;
  clock: { at: number };
  send(text: string, more?: Record<string, unknown>): Promise<string>;
  status(id: string): Promise<string>;
  message(id: string): ReturnType<Instance["call"]>;
  sql(sql: string, ...args: (string | number)[]): Promise<Record<string, unknown>[]>;
  /** Another process on the same database, with the same clock and carrier. */
  another(): Promise<Instance>;
}

const TABLES = [
  "messages",
  "message_events",
  "conversations",
  "contacts",
  "suppressions",
  "consents",
  "senders",
  "carriers",
];

test.each([
  [1, 0.5, 5_000],
  [2, 0.5, 10_000],
  [1, 0, 3_750],
  [1, 1, 6_250],
  [30, 0.5, 30 * 60_000],
])("after attempt %i (chance %f) it waits %i ms", (attempts, random, wait) => {
  expect(backoff(attempts, random)).toBe(wait);
});

/** In turn from a French short code and an American number, each to somebody else. */
function fromBothSenders(count: number) {
  return Array.from(
    { length: count },
    (_, i) =>
      i % 2 === 0
        ? { to: `+3361201${String(1_000 + i)}`, from: "36105", text: INFO }
        : { to: `+1415555${String(1_000 + i)}`, from: US_SENDER, text: US_INFO },
  );
}

describe.each(DATABASE_KINDS)("the dispatcher, %s database", (kind) => {
  let db: TestDatabase;
  let settings: SettingsCache;
  let carrier: ReturnType<typeof scripted>;

  beforeAll(async () => {
    db = await migratedDatabase(kind);
    settings = new SettingsCache(
      db.client,
      () => performance.now(),
      (kind) => kind === "scripted" ? carrier : carrierOf(kind),
    );
  });
  afterAll(() => db?.close());

  /** The database as a new one is, with every sender on the scripted carrier and two people who consented. */
  const rig = async (options: { script?: Script; idempotent?: boolean; at?: number } = {}): Promise<Rig> => {
    const clock = { at: options.at ?? TUESDAY };
    const now = () => clock.at;
    const scriptedCarrier = carrier = scripted(options.idempotent ?? false, options.script ?? (() => OK));
    await db.client.batch(TABLES.map((table) => `delete from ${table}`));
    await prepare(db, clock.at);
    await db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('scripted', 'scripted', '{}', 0, 0)",
      "update senders set carrier_id = 'scripted'",
    ]);
    await settings.refresh();
    const gateway = instance(db, { now, settings });
    for (const person of [FR, US]) await gateway.call("POST", "/v1/consents", consentOf(person));
    return {
      ...gateway,
      db,
      carrier: scriptedCarrier,
      clock,
      async send(text, more = {}) {
        const { status, body } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text, ...more });
        expect(status, JSON.stringify(body)).toBe(202);
        return body.id;
      },
      mo: (from, to, text) => gateway.call("POST", "/carriers/scripted/inbound", { from, to, text }),
      status: async (id) => (await gateway.call("GET", `/v1/messages/${id}`)).body.status,
      message: (id) => gateway.call("GET", `/v1/messages/${id}`),
      sql: async (sql, ...args) =>
        (await db.client.execute({ sql, args })).rows as unknown as Record<string, unknown>[],
      another: async () => {
        const again = await openAgain(db);
        onTestFinished(() => again.close());
        return instance(again, { now, carriers: [scriptedCarrier] });
      },
    };
  };

  describe("rates and order", () => {
    test.each([
      { rate: 5, steps: [[0, 5], [199, 0], [1, 1], [1_000, 5], [60_000, 5]] },
      { rate: 0.5, steps: [[0, 1], [1_999, 0], [1, 1], [60_000, 1]] },
      { rate: 2.5, steps: [[0, 2], [199, 0], [1, 1], [400, 1], [60_000, 2]] },
    ])("a sender of $rate a second saves up a second at most, and one message at least", async ({ rate, steps }) => {
      const { sql, dispatcher, clock, call } = await rig();
      await sql("update senders set rate_per_second = ?", rate);
      const messages = Array.from(
        { length: 25 },
        (_, i) => ({ to: `+3361200010${i % 10}`, from: "36105", text: INFO }),
      );
      await call("POST", "/v1/messages/batch", { messages });
      const handed: number[] = [];
      for (const [wait] of steps) {
        clock.at += wait!;
        handed.push(await dispatcher.tick());
      }
      expect(handed).toEqual(steps.map(([, count]) => count));
    });

    test("a slow sender does not hold up another", async () => {
      const { sql, dispatcher, send, status } = await rig();
      await sql("update senders set rate_per_second = 0.1 where address = '36105'");
      const [first, second] = [await send(INFO), await send(INFO)];
      const other = await send(US_INFO, { to: US, from: US_SENDER });
      expect(await dispatcher.tick()).toBe(2);
      expect([await status(first), await status(second), await status(other)]).toEqual(["sent", "queued", "sent"]);
    });

    test("answers of the gateway go before information, and information before advertising", async () => {
      const { sql, dispatcher, send, mo, carrier, clock } = await rig();
      await sql("update senders set rate_per_second = 1");
      const promo = await send(PROMO);
      clock.at += 1;
      const info = await send(INFO);
      clock.at += 1;
      await mo("+33612000009", "36105", "CONTACT");
      for (let second = 0; second < 3; second++) {
        await dispatcher.tick();
        clock.at += 1_000;
      }
      expect(carrier.handed.map(({ id }) => id)).toEqual([expect.any(String), info, promo]);
      expect(carrier.handed[0]!.to).toBe("+33612000009");
    });
  });

  describe("what the carrier says", () => {
    test("a carrier that turns a message away gets it again after a backoff", async () => {
      const { dispatcher, send, carrier, clock, message } = await rig({
        script: (_, attempt) => attempt < 3 ? { ok: false, kind: "retryable", code: "busy", detail: "busy" } : OK,
      });
      const id = await send(INFO);
      for (const [wait, handed] of [[0, 1], [4_999, 1], [1, 2], [9_999, 2], [1, 3]] as const) {
        clock.at += wait;
        await dispatcher.tick();
        expect(carrier.handed).toHaveLength(handed);
      }
      const { body } = await message(id);
      expect([body.status, body.error, body.carrier_message_id]).toEqual(["sent", null, "c1"]);
    });

    test("Retry-After is obeyed to the second", async () => {
      const { dispatcher, send, carrier, clock } = await rig({
        script: (_, attempt) =>
          attempt === 1
            ? { ok: false, kind: "throttled", code: "http_429", detail: "slow", retryAfterSeconds: 120 }
            : OK,
      });
      await send(INFO);
      await dispatcher.tick();
      clock.at += 119_999;
      expect(await dispatcher.tick()).toBe(0);
      clock.at += 1;
      expect(await dispatcher.tick()).toBe(1);
      expect(carrier.handed).toHaveLength(2);
    });

    test("after ten attempts it has failed, with the carrier's last word", async () => {
      const { dispatcher, send, carrier, clock, message } = await rig({
        script: () => ({ ok: false, kind: "retryable", code: "busy", detail: "Come back later." }),
      });
      const id = await send(INFO);
      for (let due: number | null = clock.at; due !== null; due = await dispatcher.nextDue()) {
        clock.at = due;
        await dispatcher.tick();
      }
      expect(carrier.handed).toHaveLength(10);
      const { body } = await message(id);
      expect([body.status, body.error]).toEqual(["failed", { code: "busy", detail: "Come back later." }]);
    });

    test.each([
      { to: FR, from: "36105", promo: PROMO, scope: "commercial", sender: "", waiting: ["canceled", "queued"] },
      {
        to: US,
        from: US_SENDER,
        promo: "Sale: 50% off everything until Sunday!",
        scope: "all",
        sender: US_SENDER,
        waiting: ["canceled", "canceled"],
      },
    ])("a carrier that knows of an opt-out of $to makes it ours and cancels what waits", async (one) => {
      const { to, from } = one;
      // 13:00 in New York, 10:00 in Los Angeles, 19:00 in Paris: hours for advertising everywhere.
      const { dispatcher, send, clock, message, status, call, sql } = await rig({
        at: Date.parse("2026-11-24T19:00:00+01:00"),
        script: () => ({ ok: false, kind: "opted_out", code: "21610", detail: "unsubscribed" }),
      });
      const first = await send(one.promo, { to, from });
      await sql("update senders set rate_per_second = 0.01");
      clock.at += 1;
      const promo = await send(one.promo, { to, from });
      const info = await send(to === US ? US_INFO : INFO, { to, from });
      await sql("update messages set priority = 0 where id = ?", first);
      expect(await dispatcher.tick()).toBe(1);
      expect((await message(first)).body).toMatchObject({ status: "failed", error: { code: "21610" } });
      expect([await status(promo), await status(info)]).toEqual(one.waiting);
      const suppressions = await sql("select scope, sender, source, message_id from suppressions");
      expect(suppressions).toMatchObject([{
        scope: one.scope,
        sender: one.sender,
        source: "carrier",
        message_id: first,
      }]);
      const again = await call("POST", "/v1/messages", { to, from, text: one.promo });
      expect([again.status, again.body.code]).toEqual([422, "recipient_opted_out"]);
    });

    test("a hand-over of unknown outcome is not repeated; a report settles it, a late one changes nothing", async () => {
      const { dispatcher, send, carrier, clock, status, api } = await rig({
        script: () => ({ ok: false, kind: "ambiguous", code: "call_timeout", detail: "no answer" }),
      });
      const id = await send(INFO);
      await dispatcher.tick();
      clock.at += 86_400_000;
      await dispatcher.tick();
      expect([carrier.handed.length, await status(id)]).toEqual([1, "unknown"]);
      const report = (status: "sent" | "delivered" | "undelivered") =>
        api.reporter.submit({
          carrier_id: "scripted",
          report: { messageId: id, carrierMessageId: null, status, error: null },
        });
      for (
        const [told, then] of [["sent", "sent"], ["delivered", "delivered"], ["sent", "delivered"], [
          "undelivered",
          "delivered",
        ]] as const
      ) {
        expect(await report(told)).toBe("applied");
        expect(await status(id)).toBe(then);
      }
    });

    test("a carrier that knows a message again gets it again after an unknown outcome, and no other account does", async () => {
      const answers: SendResult[] = [
        { ok: false, kind: "ambiguous", code: "call_timeout", detail: "no answer" },
        { ok: false, kind: "retryable", code: "busy", detail: "busy" },
        OK,
      ];
      const { dispatcher, send, carrier, clock, message, sql, settings } = await rig({
        idempotent: true,
        script: (_, attempt) => answers[attempt - 1]!,
      });
      await sql(
        `update senders set routes = '[{"carrier_id":"scripted","countries":[]},{"carrier_id":"sandbox","countries":[]}]'`,
      );
      await settings.refresh();
      const id = await send(INFO);
      for (const [wait, handed] of [[0, 1], [4_999, 1], [1, 2], [0, 2], [9_999, 2], [1, 3]] as const) {
        clock.at += wait;
        await dispatcher.tick();
        expect(carrier.handed).toHaveLength(handed);
        // Nor while its own is out of service.
        await sql("update carriers set opened_at = ?, probe_at = ? where id = 'scripted'", clock.at, clock.at);
        await settings.refresh();
      }
      expect((await message(id)).body).toMatchObject({ status: "sent", carrier_id: "scripted", error: null });
    });

    test("a carrier that knows a message again and never answers: unknown in the end, not failed", async () => {
      const { dispatcher, send, carrier, clock, status, sql } = await rig({
        idempotent: true,
        script: (_, attempt) => ({
          ok: false,
          kind: attempt < 5 ? "ambiguous" : "retryable",
          code: "busy",
          detail: "",
        }),
      });
      const id = await send(INFO);
      for (let due: number | null = clock.at; due !== null; due = await dispatcher.nextDue()) {
        clock.at = due;
        await sql("update carriers set failures = 0, opened_at = null, probe_at = null");
        await dispatcher.tick();
      }
      expect([carrier.handed.length, await status(id)]).toEqual([10, "unknown"]);
    });

    test("a report that overtakes the carrier's own answer stays", async () => {
      const early: Script = async ({ id }) => {
        const report = { messageId: id, carrierMessageId: null, status: "delivered", error: null } as const;
        await one.api.reporter.submit({ carrier_id: "scripted", report });
        return OK;
      };
      const one = await rig({ script: early });
      const id = await one.send(INFO);
      await one.dispatcher.tick();
      expect((await one.message(id)).body).toMatchObject({ status: "delivered", carrier_message_id: "c1" });
    });

    test("a report for a message that waits for its next attempt saves the second copy", async () => {
      const { dispatcher, send, carrier, clock, status, api } = await rig({
        script: () => ({ ok: false, kind: "retryable", code: "busy", detail: "busy" }),
      });
      const id = await send(INFO);
      await dispatcher.tick();
      const report = { messageId: id, carrierMessageId: null, status: "delivered", error: null } as const;
      await api.reporter.submit({ carrier_id: "scripted", report });
      clock.at += 86_400_000;
      await dispatcher.tick();
      expect([carrier.handed.length, await status(id)]).toEqual([1, "delivered"]);
    });

    test("an adapter that throws leaves the outcome unknown", async () => {
      const { dispatcher, send, status } = await rig({ script: () => Promise.reject(new TypeError("a defect")) });
      const id = await send(INFO);
      await dispatcher.tick();
      expect(await status(id)).toBe("unknown");
    });
  });

  describe("an instance that dies while it hands over", () => {
    test.each([
      { idempotent: true, then: "sent", handed: 2 },
      { idempotent: false, then: "unknown", handed: 1 },
    ])("idempotent carrier: $idempotent, so the message ends as $then", async ({ idempotent, then, handed }) => {
      const { promise: never, resolve } = Promise.withResolvers<SendResult>();
      const one = await rig({ idempotent, script: (_, attempt) => attempt === 1 ? never : OK });
      const id = await one.send(INFO);
      const dying = one.dispatcher.tick();
      await expect.poll(() => one.carrier.handed.length).toBe(1);
      const survivor = await one.another();
      one.clock.at += LEASE_MS - 1;
      expect(await survivor.dispatcher.tick()).toBe(0);
      expect(await one.status(id)).toBe("sending");
      one.clock.at += 1;
      await survivor.dispatcher.tick();
      expect([await one.status(id), one.carrier.handed.length]).toEqual([then, handed]);
      // It was only slow: its word comes too late to move anything.
      resolve({ ok: false, kind: "final", code: "late", detail: "late" });
      await dying;
      expect(await one.status(id)).toBe(then);
    });
  });

  describe("what happens between acceptance and hand-over", () => {
    const suppression =
      `insert into suppressions (id, recipient, scope, sender, source, created_at) values ('sup_1', ?, ?, ?, 'import', 0)`;

    test.each([
      { label: "advertising", text: PROMO, to: FR, from: "36105", row: [FR, "commercial", ""], then: "canceled" },
      { label: "information in France", text: INFO, to: FR, from: "36105", row: [FR, "commercial", ""], then: "sent" },
      {
        label: "information, all senders",
        text: US_INFO,
        to: US,
        from: US_SENDER,
        row: [US, "all", ""],
        then: "canceled",
      },
      {
        label: "information, this sender",
        text: US_INFO,
        to: US,
        from: US_SENDER,
        row: [US, "all", US_SENDER],
        then: "canceled",
      },
      {
        label: "information, another sender",
        text: US_INFO,
        to: US,
        from: US_SENDER,
        row: [US, "all", "+15005550099"],
        then: "sent",
      },
      { label: "somebody else", text: PROMO, to: FR, from: "36105", row: [US, "all", ""], then: "sent" },
    ])("the claim itself sees a suppression: $label -> $then", async ({ text, to, from, row, then }) => {
      const { dispatcher, send, message, carrier, sql } = await rig();
      const id = await send(text, { to, from });
      await sql(suppression, ...row);
      await dispatcher.tick();
      const { body } = await message(id);
      expect([body.status, carrier.handed.length]).toEqual([then, then === "sent" ? 1 : 0]);
      expect(body.error?.code).toBe(then === "sent" ? undefined : "recipient_opted_out");
      expect(body.timeline.at(-1).status).toBe(then);
    });

    test("a confirmation leaves although the suppression it confirms covers everything", async () => {
      const { dispatcher, mo, carrier, sql } = await rig();
      await mo(US, US_SENDER, "STOP");
      expect(await sql("select scope from suppressions")).toMatchObject([{ scope: "all" }]);
      await dispatcher.tick();
      expect(carrier.handed.map(({ to, from }) => [to, from])).toEqual([[US, US_SENDER]]);
    });

    test("what is no longer valid expires instead of leaving", async () => {
      const { dispatcher, send, clock, message, carrier } = await rig();
      const id = await send(INFO, { valid_until: new Date(TUESDAY + 60_000).toISOString() });
      clock.at += 60_000;
      await dispatcher.tick();
      expect((await message(id)).body).toMatchObject({ status: "expired", error: { code: "expired" } });
      expect(carrier.handed).toEqual([]);
    });

    test("advertising whose hours end while it waits leaves next morning", async () => {
      const { dispatcher, send, clock, message, carrier } = await rig({
        at: Date.parse("2026-11-24T19:59:30+01:00"),
      });
      const id = await send(PROMO);
      clock.at = Date.parse("2026-11-24T20:00:00+01:00");
      await dispatcher.tick();
      await dispatcher.tick();
      const morning = "2026-11-25T07:00:00.000Z";
      expect((await message(id)).body).toMatchObject({
        status: "held",
        hold_reason: "quiet_hours",
        hold_until: morning,
      });
      expect(await dispatcher.nextDue()).toBe(Date.parse(morning));
      clock.at = Date.parse(morning) - 1;
      await dispatcher.tick();
      expect(carrier.handed).toEqual([]);
      clock.at += 1;
      await dispatcher.tick();
      expect(carrier.handed.map(({ text }) => text)).toEqual([`${PROMO} STOP au 36105`]);
      const { body } = await message(id);
      expect([body.status, body.hold_until, body.hold_reason]).toEqual(["sent", null, null]);
    });
  });

  describe("a held message is decided again when its time comes", () => {
    const held = async () => {
      const one = await rig();
      const id = await one.send(PROMO, { scheduled_at: "2026-11-25T10:00:00+01:00" });
      expect(await one.status(id)).toBe("held");
      return { ...one, id, due: () => void (one.clock.at = Date.parse("2026-11-25T10:00:00+01:00")) };
    };

    test("nothing changed: it leaves, and its own acceptance does not count against the cap", async () => {
      const { id, due, dispatcher, status, carrier } = await held();
      due();
      await dispatcher.tick();
      expect([await status(id), carrier.handed.length]).toEqual(["sent", 1]);
    });

    test("consent withdrawn meanwhile: refused, and the timeline says so", async () => {
      const { id, due, dispatcher, message, carrier, sql } = await held();
      await sql(
        `insert into consents (id, recipient, purpose, status, source, granted_at, created_at)
        values ('cns_zzzz', ?, 'commercial', 'withdrawn', 'web_form', ?, ?)`,
        FR,
        TUESDAY + 1,
        TUESDAY + 1,
      );
      due();
      await dispatcher.tick();
      const { body } = await message(id);
      expect(body).toMatchObject({
        status: "refused",
        error: { code: "consent_missing" },
        decision: { outcome: "refuse" },
      });
      expect(body.timeline.at(-1).status).toBe("refused");
      expect(carrier.handed).toEqual([]);
    });

    test("STOP meanwhile: canceled with the STOP itself", async () => {
      const { id, due, dispatcher, status, mo, carrier } = await held();
      await mo(FR, "36105", "STOP");
      expect(await status(id)).toBe("canceled");
      due();
      await dispatcher.tick();
      expect([await status(id), carrier.handed]).toEqual(["canceled", []]);
    });

    test("another rulebook meanwhile: the decision is the new one's", async () => {
      const { id, due, dispatcher, message, db, settings } = await held();
      const sources: Record<string, string> = { ...await readSources(RULES) };
      sources["deployment.yaml"] += "\n# a change\n";
      const { rulebook } = loadRulebook(sources);
      await publishRulebook(db.client, {
        hash: rulebook!.hash,
        sources,
        contents: contentsOf(sources),
        at: TUESDAY,
      });
      await settings.refresh();
      expect((await message(id)).body.decision.rulebook).not.toBe(rulebook!.hash);
      due();
      await dispatcher.tick();
      expect((await message(id)).body).toMatchObject({ status: "sent", decision: { rulebook: rulebook!.hash } });
    });

    test("the sender is gone: failed, not lost", async () => {
      const { id, due, dispatcher, message, sql, settings } = await held();
      await sql("delete from senders where address = '36105'");
      await settings.refresh();
      due();
      await dispatcher.tick();
      expect((await message(id)).body).toMatchObject({ status: "failed", error: { code: "sender_not_allowed" } });
    });
  });

  describe("the frequency cap holds for the moment at which advertising leaves", () => {
    const SALE = "Sale: 20% off all boots until Sunday.";
    const FLORIDA = "+13055550170";
    /** Noon in Florida, where three advertisements may reach a person in a day. */
    const NOON = Date.parse("2026-11-24T12:00:00-05:00");
    const HOUR = 3_600_000;
    const florida = async () => {
      const one = await rig({ at: NOON });
      await one.call("POST", "/v1/consents", consentOf(FLORIDA));
      const sale = async (more: Record<string, unknown> = {}) => {
        const { status, body } = await one.call("POST", "/v1/messages", {
          to: FLORIDA,
          from: US_SENDER,
          text: SALE,
          ...more,
        });
        return status === 202 ? "accepted" : body.code as string;
      };
      const at = (hours: number) => ({ scheduled_at: new Date(NOON + hours * HOUR).toISOString() });
      const handed = async () => {
        const before = one.carrier.handed.length;
        await one.dispatcher.tick();
        return one.carrier.handed.length - before;
      };
      /** As many as `count` accepted at once by instances that did not see each other. */
      const unseen = async (count: number) => {
        await sale();
        const columns = (await one.sql("select name from pragma_table_info('messages') where name != 'id'"))
          .map(({ name }) => name).join(", ");
        for (let copy = 1; copy < count; copy++) {
          await one.sql(`insert into messages (id, ${columns}) select id || ?, ${columns} from messages limit 1`, copy);
        }
      };
      return { ...one, sale, at, handed, unseen };
    };

    test("three scheduled for one day, and no fourth; another day is free", async () => {
      const { sale, at } = await florida();
      for (const minute of [0, 0.1, 0.2]) expect(await sale(at(48 + minute))).toBe("accepted");
      expect(await sale(at(49))).toBe("frequency_exceeded");
      expect(await sale(at(25))).toBe("frequency_exceeded");
      expect(await sale()).toBe("accepted");
      expect(await sale(at(73))).toBe("accepted");
    });

    test("what was accepted the day before counts on the day it leaves", async () => {
      const { sale, at, handed, clock } = await florida();
      for (const minute of [0, 0.1, 0.2]) expect(await sale(at(48 + minute))).toBe("accepted");
      clock.at = NOON + 48.5 * HOUR;
      expect(await handed()).toBe(3);
      expect(await sale()).toBe("frequency_exceeded");
      clock.at = NOON + 73 * HOUR;
      expect(await sale()).toBe("accepted");
    });

    test("what was scheduled months before counts on the day it leaves", async () => {
      const { sale, at, handed, clock } = await florida();
      const days = 300 * 24;
      for (const minute of [0, 0.1, 0.2]) expect(await sale(at(days + minute))).toBe("accepted");
      clock.at = NOON + (days - 1) * HOUR;
      expect(await sale()).toBe("frequency_exceeded");
      clock.at = NOON + (days + 1) * HOUR;
      expect(await handed()).toBe(3);
      expect(await sale()).toBe("frequency_exceeded");
    });

    test("what waits for the morning counts in the morning", async () => {
      const { sale, handed, clock } = await florida();
      clock.at = NOON + 11 * HOUR;
      for (let i = 0; i < 3; i++) expect(await sale()).toBe("accepted");
      clock.at = NOON + 22 * HOUR;
      expect(await handed()).toBe(3);
      // 25 hours after they were accepted, 14 after they left.
      clock.at = NOON + 36 * HOUR - 1;
      expect(await sale()).toBe("frequency_exceeded");
    });

    test.each([1, 2])("of five accepted at once, %i dispatchers hand over three and refuse two", async (count) => {
      const { unseen, carrier, dispatcher, another, sql } = await florida();
      await unseen(5);
      const others = count === 1 ? [] : [(await another()).dispatcher];
      await Promise.all([dispatcher, ...others].map((one) => one.tick()));
      expect(carrier.handed).toHaveLength(3);
      expect(await sql("select status, error_code, attempts, lease, count(*) as n from messages group by status"))
        .toEqual([
          { status: "refused", error_code: "frequency_exceeded", attempts: 0, lease: null, n: 2 },
          { status: "sent", error_code: null, attempts: 1, lease: null, n: 3 },
        ]);
      expect(await sql("select status, count(*) as n from message_events group by status"))
        .toEqual([{ status: "refused", n: 2 }, { status: "sent", n: 3 }]);
    });

    test("one that a dispatcher is handing over counts for another dispatcher's claim", async () => {
      const { promise, resolve } = Promise.withResolvers<SendResult>();
      const { unseen, carrier, dispatcher, another, sql } = await florida();
      await unseen(5);
      await sql(
        "update messages set due_at = due_at + 60000 where id in (select id from messages order by id limit 2)",
      );
      carrier.send = (message) => (carrier.handed.push(message), promise);
      const first = dispatcher.tick();
      await expect.poll(() => carrier.handed.length).toBe(3);
      await sql("update messages set due_at = 0 where status = 'queued'");
      const second = (await another()).dispatcher.tick();
      await expect.poll(async () => (await sql("select 1 from messages where status = 'refused'")).length).toBe(2);
      resolve(OK);
      await Promise.all([first, second]);
      expect(carrier.handed).toHaveLength(3);
    });

    test("held ones whose time comes together: three leave, the rest are refused", async () => {
      const { unseen, sql, handed, clock } = await florida();
      clock.at = NOON + 11 * HOUR;
      await unseen(5);
      clock.at = NOON + 22 * HOUR;
      expect(await handed()).toBe(3);
      expect(await sql("select error_code, count(*) as n from messages where status = 'refused' group by 1"))
        .toEqual([{ error_code: "frequency_exceeded", n: 2 }]);
    });
  });

  describe("advertising is decided again when it is claimed", () => {
    const withdrawn = `insert into consents (id, recipient, purpose, status, source, granted_at, created_at)
      values ('cns_zzzz', ?, 'commercial', 'withdrawn', 'import', ?, ?)`;

    test("consent withdrawn while it was queued: refused, and the timeline says so", async () => {
      const { send, sql, dispatcher, message, carrier } = await rig();
      const id = await send(PROMO);
      const info = await send(INFO);
      await sql(withdrawn, FR, TUESDAY + 1, TUESDAY + 1);
      await dispatcher.tick();
      const { body } = await message(id);
      expect(body).toMatchObject({
        status: "refused",
        error: { code: "consent_missing" },
        decision: { outcome: "refuse" },
      });
      expect(body.timeline.at(-1).status).toBe("refused");
      expect(carrier.handed.map(({ id }) => id)).toEqual([info]);
    });

    test("consent that ran out while it was queued", async () => {
      const { send, sql, dispatcher, status, clock } = await rig();
      await sql("update consents set expires_at = ?", TUESDAY + 1_000);
      const id = await send(PROMO);
      clock.at += 1_000;
      await dispatcher.tick();
      expect(await status(id)).toBe("refused");
    });

    test("rules that need other words now: those leave, and are stored", async () => {
      const { send, sql, dispatcher, message, carrier } = await rig();
      const id = await send(PROMO);
      await sql("update messages set text = 'as an older rulebook wrote it', submitted_text = ?", PROMO);
      await dispatcher.tick();
      expect(carrier.handed.map(({ text }) => text)).toEqual([`${PROMO} STOP au 36105`]);
      expect((await message(id)).body).toMatchObject({ status: "sent", text: `${PROMO} STOP au 36105` });
    });
  });

  test("a clock that steps back does not stop a sender, and its rate holds on", async () => {
    const { dispatcher, send, clock, sql } = await rig();
    await sql("update senders set rate_per_second = 5");
    await send(INFO);
    expect(await dispatcher.tick()).toBe(1);
    clock.at -= 3_600_000;
    for (let i = 0; i < 3; i++) await send(INFO);
    expect(await dispatcher.nextDue()).toBeLessThanOrEqual(clock.at);
    const handed: number[] = [];
    for (const wait of [0, 199, 1, 200]) {
      clock.at += wait;
      handed.push(await dispatcher.tick());
    }
    expect(handed).toEqual([1, 0, 1, 1]);
  });

  test.each([500, 1_500, 5_000])(
    "two instances whose clocks are %i ms apart keep to a rate together",
    async (apart) => {
      const { dispatcher, call, clock, sql } = await rig();
      await sql("update senders set rate_per_second = 10");
      await call("POST", "/v1/messages/batch", {
        messages: fromBothSenders(400).filter(({ from }) => from === "36105"),
      });
      const ahead = await openAgain(db);
      onTestFinished(() => ahead.close());
      const other = instance(ahead, { now: () => clock.at + apart, settings });
      let handed = 0;
      for (let at = 0; at < 5_000; at += 250) {
        clock.at += 250;
        handed += await dispatcher.tick();
        handed += await other.dispatcher.tick();
      }
      // What was saved up while idle, once, and as much again where the other clock stood still for so long.
      expect(handed).toBeLessThanOrEqual(50 + 10 + apart / 100);
      expect(handed).toBeGreaterThan(40);
    },
  );

  test("what was accepted before the clock stepped back leaves, and what was told to wait waits on", async () => {
    const later: SendResult = { ok: false, kind: "retryable", code: "busy", detail: "later", retryAfterSeconds: 5_000 };
    const { dispatcher, send, clock, sql, status } = await rig({ script: ({ text }) => text === INFO ? OK : later });
    await sql("update senders set rate_per_second = 1000");
    const throttled = await send("Votre colis est arrivé au point relais.");
    await dispatcher.tick();
    expect(await status(throttled)).toBe("queued");
    const accepted = await send(INFO);
    clock.at -= 3_600_000;
    await dispatcher.tick();
    expect([await status(accepted), await status(throttled)]).toEqual(["sent", "queued"]);
  });

  test("an account that does not answer holds up no other", async () => {
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    const { dispatcher, call, carrier, sql, settings } = await rig({
      script: ({ from }) => from === US_SENDER ? promise : OK,
    });
    await sql(
      "insert into carriers (id, kind, config, created_at, updated_at) values ('slow', 'scripted', '{}', 0, 0)",
    );
    await sql("update senders set rate_per_second = 1000");
    await sql("update senders set carrier_id = 'slow' where address = ?", US_SENDER);
    await settings.refresh();
    await call("POST", "/v1/messages/batch", { messages: fromBothSenders(4 * SLOTS) });
    const tick = dispatcher.tick();
    await expect.poll(() => carrier.handed.filter(({ from }) => from === "36105").length, { timeout: 10_000 }).toBe(
      2 * SLOTS,
    );
    expect(carrier.handed.filter(({ from }) => from === US_SENDER)).toHaveLength(SLOTS);
    resolve(OK);
    expect(await tick).toBe(4 * SLOTS);
  });

  test("a confirmation is the next to leave, however many senders share the rate of its account", async () => {
    const { dispatcher, send, carrier, clock, sql, mo, settings } = await rig();
    await sql("update carriers set rate_per_second = 1 where id = 'scripted'");
    await settings.refresh();
    const senders = ["36105", US_SENDER];
    for (const [i, from] of [...senders, ...senders, ...senders].entries()) {
      await send(from === US_SENDER ? US_INFO : INFO, {
        from,
        to: from === US_SENDER ? `+1415555010${i}` : `+3361200010${i}`,
      });
    }
    await dispatcher.tick();
    const [served] = carrier.handed.map(({ from }) => from);
    await mo(served === US_SENDER ? US : FR, served!, "STOP");
    clock.at += 1_000;
    await dispatcher.tick();
    expect(carrier.handed).toHaveLength(2);
    expect(carrier.handed[1]).toMatchObject({ from: served, to: served === US_SENDER ? US : FR });
  });

  test("so many hand-overs at once for one account, shared evenly by its senders", async () => {
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    const { dispatcher, call, carrier, sql } = await rig({ script: () => promise });
    await sql("update senders set rate_per_second = 1000");
    await call("POST", "/v1/messages/batch", { messages: fromBothSenders(3 * SLOTS) });
    const tick = dispatcher.tick();
    await expect.poll(() => carrier.handed.length).toBe(SLOTS);
    await new Promise((done) => setTimeout(done, 50));
    expect(carrier.handed).toHaveLength(SLOTS);
    expect(carrier.handed.filter(({ from }) => from === "36105")).toHaveLength(SLOTS / 2);
    resolve(OK);
    expect(await tick).toBe(3 * SLOTS);
  });

  test("under a flow that does not end, what was held leaves within about a second", async () => {
    const one = await rig({
      script: async ({ id }) => {
        if (id === held) return OK;
        one.clock.at += 1_000;
        if (one.carrier.handed.some((each) => each.id === held) || performance.now() > giveUp) return OK;
        await one.send(INFO, { to: `+3361202${String(1_000 + one.carrier.handed.length)}` });
        return OK;
      },
    });
    const giveUp = performance.now() + 20_000;
    const held = await one.send(INFO, { scheduled_at: new Date(TUESDAY + 1_000).toISOString() });
    await one.send(INFO, { to: "+33612020001" });
    await one.dispatcher.tick();
    expect(performance.now()).toBeLessThan(giveUp);
    expect(one.carrier.handed.map(({ id }) => id)).toContain(held);
  });

  test("two dispatchers on one database hand nothing over twice", async () => {
    const one = await rig({ script: () => new Promise((resolve) => setTimeout(() => resolve(OK), 2)) });
    const other = await one.another();
    const messages = Array.from(
      { length: 400 },
      (_, i) => ({ to: `+3361201${String(1_000 + i)}`, from: "36105", text: INFO }),
    );
    await one.call("POST", "/v1/messages/batch", { messages });
    const handed = await Promise.all([one.dispatcher.tick(), other.dispatcher.tick()]);
    expect(handed[0]! + handed[1]!).toBe(400);
    expect(new Set(one.carrier.handed.map(({ id }) => id)).size).toBe(400);
    expect(one.carrier.handed).toHaveLength(400);
    expect(await one.sql("select distinct status from messages")).toEqual([{ status: "sent" }]);
  });

  test("a tick with a budget stops in time and leaves the rest queued", async () => {
    const { dispatcher, call, sql } = await rig({
      script: () => new Promise((resolve) => setTimeout(() => resolve(OK), 30)),
    });
    const messages = Array.from(
      { length: 500 },
      (_, i) => ({ to: `+3361201${String(1_000 + i)}`, from: "36105", text: INFO }),
    );
    await call("POST", "/v1/messages/batch", { messages });
    const handed = await dispatcher.tick(40);
    expect(handed).toBeGreaterThan(0);
    expect(handed).toBeLessThan(500);
    expect(await sql("select count(*) as n from messages where status = 'queued'")).toEqual([{ n: 500 - handed }]);
    expect(await sql("select count(*) as n from messages where status = 'sending'")).toEqual([{ n: 0 }]);
  });
});
