import { describe, expect, test } from "vitest";
import type { Submission } from "../../../src/gateway/pipeline/accept.ts";
import type { Db, DbClient } from "../../../src/store/libsql/client.ts";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { instance } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const FR = "+33612000001";

describe.each(DATABASE_KINDS)("messages of apps, %s database", (kind) => {
  const g = sharedGateway(kind);
  const count = async (table: string, where = "true") =>
    (await g.sql(`select count(*) as n from ${table} where ${where}`))[0]!["n"];
  const send = (body: Record<string, unknown>, key?: string, authorization?: string) =>
    g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO, ...body }, {
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(authorization === undefined ? {} : { authorization }),
    });

  test("one Idempotency-Key, twenty times at once on two instances: one message, the same answer", async () => {
    const other = await g.another();
    const body = { to: FR, from: "36105", text: INFO };
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 ? g : other).call("POST", "/v1/messages", body, { "idempotency-key": "k" }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await count("messages")).toBe(1);
  });

  test("people who get the same decision share it in the store, and each is told all of it", async () => {
    const people = [1, 2, 3].map((n) => `+3361200020${n}`);
    const answers = [];
    for (const to of [...people, people[0]]) answers.push((await send({ to })).body);
    expect(await count("messages", "decision like 'dec_%'")).toBe(3);
    expect(await count("shared_decisions")).toBe(1);
    for (const { id, decision } of answers) {
      expect((await g.call("GET", `/v1/messages/${id}`)).body.decision).toEqual(decision);
      expect((await g.call("GET", `/v1/messages/${id}/explain`)).status).toBe(200);
    }
    expect((await g.call("GET", "/v1/messages")).body.data.map((one: { decision: unknown }) => one.decision))
      .toEqual(answers.map(({ decision }) => decision));
  });

  test("the same key with another body is 422 and stores nothing", async () => {
    const first = await send({}, "k");
    const other = await send({ text: "Autre chose." }, "k");
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect((await send({}, "k")).body).toEqual(first.body);
    expect(await count("messages")).toBe(1);
  });

  test("different bodies under one key at once: one wins, the others are told", async () => {
    const other = await g.another();
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        (_, i) =>
          (i % 2 ? g : other).call("POST", "/v1/messages", { to: `+3361200010${i}`, from: "36105", text: INFO }, {
            "idempotency-key": "k",
          }),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === "idempotency_key_reused")).toHaveLength(9);
    expect(await count("messages")).toBe(1);
  });

  test("what can be accepted no more has its answer all the same under its key, and is an error under a new one", async () => {
    const soon = { valid_until: new Date(g.clock.at + 60_000).toISOString() };
    const first = await send(soon, "k");
    const batch = () =>
      g.call("POST", "/v1/messages/batch", { messages: [{ to: FR, from: "36105", text: INFO, ...soon }] }, {
        "idempotency-key": "b",
      });
    const batched = await batch();
    g.clock.at += 120_000;
    const again = await send(soon, "k");
    expect([first.status, again.status, again.body]).toEqual([202, 202, first.body]);
    expect((await batch()).body).toEqual(batched.body);
    expect(await count("messages")).toBe(2);
    expect((await send({ ...soon, text: "Autre texte." }, "k")).body.code).toBe("idempotency_key_reused");
    const late = await send(soon, "other");
    expect([late.status, late.body.errors[0].field]).toEqual([422, "valid_until"]);
  });

  test("the answer under a key names the thread that the message is in, whoever made it", async () => {
    const other = await g.another();
    let write: (() => Promise<unknown>) | null = () => other.mo(FR, "36105", "Bonjour", "in1");
    const client: DbClient = {
      ...g.db.client,
      async batch(statements, mode) {
        const before = JSON.stringify(statements).includes("into messages") ? write : null;
        if (before !== null) write = null;
        await before?.();
        return await g.db.client.batch(statements, mode);
      },
    };
    const { call } = instance({ ...g.db, client }, { now: () => g.clock.at, settings: g.settings });
    const message = () =>
      call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO }, { "idempotency-key": "k" });
    const first = await message();
    expect(write).toBeNull();
    expect((await message()).body).toEqual(first.body);
    expect((await call("GET", `/v1/conversations/${first.body.conversation_id}`)).status).toBe(200);
  });

  test("a refusal is remembered under its key as well: consent given later needs a new key", async () => {
    const refused = await send({ text: PROMO }, "k");
    expect(refused.body.code).toBe("consent_missing");
    await g.consent(FR);
    const again = await send({ text: PROMO }, "k");
    expect([again.status, again.body]).toEqual([422, refused.body]);
    expect((await send({ text: PROMO }, "k2")).status).toBe(202);
  });

  test("keys of two apps are independent", async () => {
    const made = await g.call("POST", "/v1/keys", { name: "second app", role: "app" });
    const one = await send({}, "k");
    const two = await send({ text: `${INFO} Merci.` }, "k", `Bearer ${made.body.key}`);
    expect([one.status, two.status, one.body.id === two.body.id]).toEqual([202, 202, false]);
  });

  test("advertising beyond the cap is refused, also when all of it comes at once", async () => {
    await g.consent(FR);
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => send({ text: `${PROMO} n° ${i}` })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === "frequency_exceeded")).toHaveLength(15);
    expect((await send({})).status).toBe(202);
    await g.dispatcher.tick();
    g.clock.at += 24 * 3_600_000 + 1;
    expect((await send({ text: PROMO })).status).toBe(202);
  });

  test("refused messages are recorded with the decision, and never become due", async () => {
    const refused = await send({ text: PROMO });
    const { body } = await g.call("GET", `/v1/messages/${refused.body.message_id}`);
    expect(body).toMatchObject({
      status: "refused",
      error: { code: "consent_missing" },
      decision: refused.body.decision,
    });
    expect(await g.textsTo(FR)).toEqual([]);
  });

  test("what the mention makes too long for the caller's budget is refused, never cut", async () => {
    await g.consent(FR);
    const text = `${PROMO} ${"Venez nombreux en magasin. ".repeat(3)}Merci d'avance !`;
    expect(text.length).toBeLessThan(160);
    const refused = await send({ text, max_segments: 1 });
    expect(refused.body.code).toBe("segment_budget_exceeded");
    const sent = await send({ text, max_segments: 2 });
    expect([sent.status, sent.body.segments]).toEqual([202, 2]);
    expect(sent.body.text).toMatch(/ STOP au 36105$/);
  });

  test("in a batch, one person's messages count one after the other and a bad one stops none", async () => {
    await g.consent(FR);
    const messages = [
      { to: "12", from: "36105", text: INFO },
      ...Array.from({ length: 12 }, (_, i) => ({ to: FR, from: "36105", text: `${PROMO} n° ${i}` })),
      { to: FR, from: "36105", text: INFO },
    ];
    const { status, body } = await g.call("POST", "/v1/messages/batch", { messages });
    const codes = body.data.map((one: { code?: string; status: unknown }) => one.code ?? one.status);
    expect(status).toBe(200);
    expect(codes.slice(1)).toEqual([...Array(10).fill("queued"), "frequency_exceeded", "frequency_exceeded", "queued"]);
    expect(body.data[0].errors?.[0]?.field ?? body.data[0].detail).toMatch(/to/);
  });

  test("a doubtful text waits for a person when a batch sends it 20 times, and not when it is sent by itself", async () => {
    const text = "Parfait, comme convenu.";
    const people = Array.from({ length: 20 }, (_, index) => `+3361204${1_000 + index}`);
    for (const person of people) await g.consent(person);
    const messages = people.map((to) => ({ to, from: "36105", text }));
    const { body } = await g.call("POST", "/v1/messages/batch", { messages });
    expect(body.data.map((one: { hold_reason: string }) => one.hold_reason)).toEqual(Array(20).fill("needs_review"));
    const alone = await g.call("POST", "/v1/messages/batch", { messages: messages.slice(1) });
    expect(alone.body.data.map((one: { status: string }) => one.status)).toEqual(Array(19).fill("queued"));
  });

  describe("a batch of which a part cannot be stored", () => {
    const messages = Array.from({ length: 600 }, (_, i) => ({ to: `+3361203${1_000 + i}`, from: "36105", text: INFO }));
    const batch = (gateway: Pick<typeof g, "call">, items: unknown[], key?: string) =>
      gateway.call(
        "POST",
        "/v1/messages/batch",
        { messages: items },
        key === undefined ? {} : { "idempotency-key": key },
      );
    /** The real database, except that every other commit fails, before or after it was done. */
    const halfBroken = (code: string, when: "before" | "after") => {
      let calls = 0;
      const failure = new DatabaseError({ message: "made by the test", code });
      return instance(
        through(g.db, {
          async batch(...args) {
            const fails = ++calls % 2 === 0;
            if (fails && when === "before") throw failure;
            const results = await g.db.client.batch(...args);
            if (fails) throw failure;
            return results;
          },
        }),
        { now: () => g.clock.at, settings: g.settings },
      );
    };

    test("each item has its own answer, and what is said to be stored is", async () => {
      const { status, body } = await batch(halfBroken("SQLITE_BUSY", "before"), messages);
      const failed = body.data.filter((one: { status: unknown }) => one.status === 503);
      expect([status, body.data.length]).toEqual([200, 600]);
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.length).toBeLessThan(600);
      expect(failed[0]).toMatchObject({ code: "database_busy", detail: expect.stringContaining("stored nothing") });
      expect(await count("messages")).toBe(600 - failed.length);
    });

    test.each(["before", "after"] as const)(
      "sent again under its Idempotency-Key, every message is there once (failed %s the commit)",
      async (when) => {
        const first = await batch(halfBroken("FETCH_FAILED", when), messages, "retry");
        const failed = first.body.data.filter((one: { status: unknown }) => one.status === 503);
        expect(failed.length).toBeGreaterThan(0);
        expect(failed[0].detail).toContain("may or may not have been stored");
        const second = await batch(g, messages, "retry");
        expect(second.body.data.every((one: { status: unknown }) => one.status === "queued")).toBe(true);
        first.body.data.forEach((one: { status: unknown; id: string }, index: number) => {
          if (one.status === "queued") expect(second.body.data[index].id).toBe(one.id);
        });
        expect(await count("messages")).toBe(600);
      },
    );

    test("another body under the key is 422 for the item that changed; another key is another batch", async () => {
      const few = messages.slice(0, 3);
      const first = await batch(g, few, "k");
      const changed = await batch(g, [few[0], { ...few[1], text: "Autre chose." }, few[2]], "k");
      expect(changed.body.data[1].code).toBe("idempotency_key_reused");
      expect([changed.body.data[0], changed.body.data[2]]).toEqual([first.body.data[0], first.body.data[2]]);
      expect(await count("messages")).toBe(3);
      await batch(g, few, "k2");
      await batch(g, few);
      expect(await count("messages")).toBe(9);
      expect((await batch(g, few, "k".repeat(201))).status).toBe(422);
    });
  });

  test("when the winner of a key cannot be looked up after the commit, nobody else is stored twice", async () => {
    const { senders } = await g.settings.current();
    const key = { api_key_id: "key_of_the_test", key: "k", body_hash: "h" };
    const submission = (to: string, idempotency: Submission["idempotency"]): Submission => ({
      draft: {
        to,
        sender: senders.get("36105")!,
        text: INFO,
        category: null,
        scheduled_at: null,
        valid_until: null,
        max_segments: null,
        metadata: null,
        reply: null,
        copies: 1,
        unsubscribe_token: null,
      },
      idempotency,
    });
    let committed = false;
    const slow = instance(
      through(g.db, {
        async batch(...args) {
          // Between our read and our write another instance stores its message under the key.
          await g.api.acceptor.submit(submission("+33612000002", key));
          const results = await g.db.client.batch(...args);
          committed = true;
          return results;
        },
        execute: (statement) =>
          committed
            ? Promise.reject(new DatabaseError({ message: "made by the test", code: "SQLITE_ERROR" }))
            : g.db.client.execute(statement),
      }),
      { now: () => g.clock.at, settings: g.settings },
    );
    const [lost, stored] = await Promise.allSettled([
      slow.api.acceptor.submit(submission("+33612000003", key)),
      slow.api.acceptor.submit(submission(FR, null)),
    ]);
    expect([lost.status, stored.status]).toEqual(["rejected", "fulfilled"]);
    expect(await count("messages", `person = '${FR}'`)).toBe(1);
    expect(await count("messages")).toBe(2);
  });

  test("half a surrogate pair is refused in a text, and does no harm elsewhere", async () => {
    const refused = await send({ text: "Votre code \ud800" });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining('"text"')]);
    const stored = await send({ metadata: { order: "4711 \udfff \\ud800" } });
    expect(stored.status).toBe(202);
    const consent = { recipient: FR, purpose: "commercial", source: "form", granted_at: "2026-01-10T09:00:00Z" };
    expect((await g.call("POST", "/v1/consents", { ...consent, wording: "J'accepte \ud83d" })).status).toBeLessThan(
      500,
    );
    expect((await g.call("GET", "/v1/consents")).status).toBe(200);
    expect((await g.call("GET", `/v1/messages/${stored.body.id}`)).status).toBe(200);
  });

  test("1,000 messages from 1,000 callers at once are all stored before they are answered", async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => send({ to: `+3361202${1_000 + i}` })));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(await count("messages", "status = 'queued'")).toBe(1_000);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1_000);
  });
});

/** A database that answers some calls in another way. */
function through(db: Db, calls: Partial<DbClient>): Db {
  return { ...db, client: { ...db.client, ...calls } };
}
