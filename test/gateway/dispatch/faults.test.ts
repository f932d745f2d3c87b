import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Carrier, SendResult } from "../../../src/carriers/carrier.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { SLOTS } from "../../../src/gateway/dispatch/dispatch.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";
import { DATABASE_KINDS, migratedDatabase, type TestDatabase } from "../../support/database.ts";
import { consentOf, type Instance, instance, prepare, TUESDAY } from "../../support/instance.ts";

/** A dispatcher whose database or process lets it down between a claim and what follows from it. */

const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const FR = "+33612000001";
const OK: SendResult = { ok: true, carrierMessageId: "c1", status: "sent" };
const AWAY = new DatabaseError({ message: "away", code: "FETCH_FAILED" });

/** Which statements of a batch it is about, by words in them. */
const CLAIM = "set status = 'sending'";
const RECORD = "carrier_message_key = coalesce";
const REDECIDE = "lease = case when u.status";

describe.each(DATABASE_KINDS)("%s database", (kind) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await migratedDatabase(kind);
  });
  afterAll(() => db?.close());

  const rig = async (send: () => SendResult | Promise<SendResult> = () => OK, { idempotent = false } = {}) => {
    const clock = { at: TUESDAY };
    const handed: string[] = [];
    const carrier: Carrier = {
      ...sandbox,
      kind: "scripted",
      config: z.strictObject({}),
      idempotent,
      send({ id }) {
        handed.push(id);
        return Promise.resolve(send());
      },
    };
    const tables = ["messages", "message_events", "conversations", "suppressions", "consents", "senders", "carriers"];
    await db.client.batch(tables.map((table) => `delete from ${table}`));
    await prepare(db, clock.at);
    await db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('scripted', 'scripted', '{}', 0, 0)",
      "update senders set carrier_id = 'scripted', rate_per_second = 1000",
    ]);
    /** What happens to a batch that holds these words; undefined for an ordinary one. */
    const faults = new Map<string, (run: () => Promise<unknown>) => Promise<unknown>>();
    const client: DbClient = {
      ...db.client,
      batch: (statements, mode) => {
        const run = () => db.client.batch(statements, mode);
        const text = JSON.stringify(statements);
        const fault = [...faults].find(([words]) => text.includes(words))?.[1];
        return fault === undefined ? run() : fault(run) as ReturnType<DbClient["batch"]>;
      },
    };
    const open = (client: DbClient): Instance =>
      instance({ ...db, client }, { now: () => clock.at, carriers: [carrier] });
    const one = open(client);
    await one.call("POST", "/v1/consents", consentOf(FR));
    return {
      ...one,
      clock,
      handed,
      faults,
      another: () => open(db.client),
      async send(text: string, more = {}): Promise<string> {
        const { status, body } = await one.call("POST", "/v1/messages", { to: FR, from: "36105", text, ...more });
        expect(status, JSON.stringify(body)).toBe(202);
        return body.id;
      },
      status: async (id: string) => (await one.call("GET", `/v1/messages/${id}`)).body.status,
      balanced: async () => (await one.call("GET", "/v1/books")).body.balanced,
    };
  };

  /** Fails once, after `before` was done. */
  const once = (
    faults: Map<string, unknown>,
    words: string,
    before: (run: () => Promise<unknown>) => Promise<unknown>,
  ) =>
    faults.set(words, async (run: () => Promise<unknown>) => {
      faults.delete(words);
      await before(run);
      throw AWAY;
    });

  test("an instance that was suspended after its claim hands nothing over: the person may have said STOP", async () => {
    const { faults, dispatcher, another, clock, handed, send, mo, status } = await rig();
    const id = await send(PROMO);
    faults.set(CLAIM, async (run) => {
      faults.clear();
      const claimed = await run();
      // It sleeps here. Meanwhile another one takes over, and the person stops.
      clock.at += 120_000;
      await another().dispatcher.tick();
      await mo(FR, "36105", "STOP");
      return claimed;
    });
    await dispatcher.tick();
    expect(handed).not.toContain(id);
    expect(await status(id)).toBe("unknown");
  });

  test("what is claimed too late to begin leaves with the next claim, its attempts not counted", async () => {
    const { faults, dispatcher, clock, handed, send, call, balanced } = await rig();
    const id = await send(INFO);
    const claims: number[] = [];
    faults.set(CLAIM, async (run) => {
      claims.push(handed.length);
      const claimed = await run();
      if (claims.length === 1) clock.at += 11_000;
      return claimed;
    });
    await dispatcher.tick();
    // Nothing had been handed over when it was claimed once more.
    expect([claims.slice(0, 2), handed]).toEqual([[0, 0], [id]]);
    expect((await call("GET", `/v1/messages/${id}`)).body.status).toBe("sent");
    const { rows } = await db.client.execute("select attempts from messages");
    expect(rows[0]!["attempts"]).toBe(1);
    expect(await balanced()).toBe(true);
  });

  test.each([
    ["was committed", (run: () => Promise<unknown>) => run()],
    ["was not", () => Promise.resolve()],
  ])("a claim of which no answer came, and that %s, loses nothing and leaves nothing unknown", async (_, before) => {
    const { faults, dispatcher, handed, send, status } = await rig();
    const id = await send(INFO);
    once(faults, CLAIM, before);
    await expect(dispatcher.tick()).rejects.toThrow("away");
    expect(handed).toEqual([]);
    await dispatcher.tick();
    expect([handed, await status(id)]).toEqual([[id], "sent"]);
  });

  test("advertising whose new words could not be written waits again", async () => {
    const { faults, dispatcher, handed, send, status } = await rig();
    const id = await send(PROMO);
    // Other words than the rules ask for now, so that it is decided anew.
    await db.client.execute("update messages set text = 'other words'");
    once(faults, REDECIDE, () => Promise.resolve());
    await expect(dispatcher.tick()).rejects.toThrow("away");
    expect(handed).toEqual([]);
    await dispatcher.tick();
    expect([handed, await status(id)]).toEqual([[id], "sent"]);
  });

  test.each<[SendResult, string]>([
    [OK, "sent"],
    [{ ok: false, kind: "retryable", code: "busy", detail: "busy" }, "queued"],
  ])("what a carrier answered while the database was away is recorded when it is back: %o", async (result, then) => {
    const { faults, dispatcher, clock, handed, send, status } = await rig(() => result);
    const id = await send(INFO);
    once(faults, RECORD, () => Promise.resolve());
    await dispatcher.tick();
    expect([handed.length, await status(id)]).toEqual([1, then]);
    clock.at += 60_000;
    expect(await status(id)).toBe(then);
  });

  test.each([true, false])(
    "the carrier took it, and said so after the lease had ended (idempotent: %s): it was sent",
    async (idempotent) => {
      const answer = Promise.withResolvers<SendResult>();
      const { dispatcher, another, clock, handed, send, status, balanced } = await rig(() => answer.promise, {
        idempotent,
      });
      const id = await send(INFO);
      const slow = dispatcher.tick();
      await expect.poll(() => handed.length).toBe(1);
      clock.at += 60_000;
      // Nobody tries it again meanwhile.
      await db.client.execute({ sql: "update carriers set paused_until = ?", args: [clock.at + 60_000] });
      await another().dispatcher.tick();
      expect(await status(id)).toBe(idempotent ? "queued" : "unknown");
      answer.resolve(OK);
      await slow;
      expect([await status(id), handed.length, await balanced()]).toEqual(["sent", 1, true]);
    },
  );

  test("after a failure of the database the next tick goes on at once, and knows what is still under way", async () => {
    const answer = Promise.withResolvers<SendResult>();
    const { faults, dispatcher, call, send, handed, settings } = await rig(() => answer.promise);
    await db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('other', 'scripted', '{}', 0, 0)",
      "update senders set rate_per_second = 1000",
      "update senders set carrier_id = 'other' where address = '+447700900000'",
    ]);
    await settings.refresh();
    const messages = Array.from(
      { length: SLOTS + 36 },
      (_, i) => ({ to: `+3361201${1_000 + i}`, from: "36105", text: INFO }),
    );
    await call("POST", "/v1/messages/batch", { messages });
    const failing = dispatcher.tick();
    await expect.poll(() => handed.length).toBe(SLOTS);
    // Nothing is claimed while the one account has as much under way as it may have.
    faults.set(CLAIM, () => Promise.reject(AWAY));
    await send("Your parcel has left.", { to: "+447700900111", from: "+447700900000" });
    await expect(failing).rejects.toThrow("away");
    faults.clear();
    const next = dispatcher.tick();
    await expect.poll(() => handed.length).toBe(SLOTS + 1);
    answer.resolve(OK);
    await next;
    expect([handed.length, new Set(handed).size]).toEqual([SLOTS + 37, SLOTS + 37]);
  });

  test("a process that is about to end finishes what it began, and begins nothing new", async () => {
    const { dispatcher, call, handed } = await rig(() => new Promise((done) => setTimeout(() => done(OK), 20)));
    const messages = Array.from(
      { length: 2 * SLOTS },
      (_, i) => ({ to: `+3361201${1_000 + i}`, from: "36105", text: INFO }),
    );
    await call("POST", "/v1/messages/batch", { messages });
    await dispatcher.tick(undefined, () => handed.length > 0);
    const { rows } = await db.client.execute(
      "select status, count(*) as n from messages group by status order by status",
    );
    expect(rows.map(({ status, n }) => [status, n])).toEqual([["queued", 2 * SLOTS - handed.length], [
      "sent",
      handed.length,
    ]]);
    expect(handed.length).toBeLessThanOrEqual(SLOTS);
  });
});
