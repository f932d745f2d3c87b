import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { InboundOutcome, InboundSms } from "../../../src/carriers/carrier.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { PART_WINDOW_MS, PARTS_KEPT_MS, storeParts } from "../../../src/store/messages/long_messages.ts";
import { DATABASE_KINDS, openAgain } from "../../support/database.ts";
import { type Instance, instance } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const US = "+14155550101";
const US_SENDER = "+15005550006";
const CONFIRMATION = "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";

describe.each(DATABASE_KINDS)("long messages in parts, %s database", (kind) => {
  const g = sharedGateway(kind);
  interface PartOf {
    from?: string;
    to?: string;
    id?: string | null;
    ref?: string;
    media?: string[];
    on?: Instance;
  }
  const part = (
    text: string,
    number: number,
    total: number,
    { from = FR, to = "36105", id = null, ref = "7", media = [], on = g }: PartOf = {},
  ): Promise<InboundOutcome> => {
    const sms: InboundSms = {
      ...{ carrierMessageId: id, from, to, text, carrierIntent: null, alreadyAnswered: false, mediaUrls: media },
      part: { reference: ref, number, total },
    };
    return on.api.receiver.submit({ carrier_id: "sandbox", sms });
  };
  const texts = async () =>
    (await g.sql("select text from messages where direction = 'inbound' order by id")).map(({ text }) => text);
  const messages = async () =>
    (await g.call("GET", "/v1/messages?direction=inbound")).body.data.reverse() as Record<string, unknown>[];
  const count = async (table: string, where = "true") =>
    Number((await g.sql(`select count(*) as n from ${table} where ${where}`))[0]!["n"]);
  const waitForWindow = async () => {
    g.clock.at += PART_WINDOW_MS;
    await g.dispatcher.tick();
  };

  test("joined in any order, with repetitions, as one message with its media and its first id", async () => {
    expect(await part("magasin ", 2, 3, { id: "p2" })).toEqual({ messageId: null, intent: "none" });
    expect(await part("jeudi ?", 3, 3, { id: "p3", media: ["https://media.example/1"] })).toMatchObject({
      messageId: null,
    });
    await part("magasin ", 2, 3, { id: "p2" });
    await part("magasin ", 2, 3, { id: "p2 under another id" });
    const { messageId, intent } = await part("Ouvrez-vous le ", 1, 3, { id: "p1" });
    expect(intent).toBe("none");
    const [message, ...others] = await messages();
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      id: messageId,
      text: "Ouvrez-vous le magasin jeudi ?",
      ...{ carrier_message_id: "p1", incomplete: false, repeats: null },
      metadata: { media: "https://media.example/1" },
    });
    // Brought once more behind the finished message, they change nothing.
    for (const [text, number] of [["Ouvrez-vous le ", 1], ["magasin ", 2], ["jeudi ?", 3]] as const) {
      await part(text, number, 3, { id: `p${number}` });
      await part(text, number, 3, { id: `again ${number}` });
    }
    await waitForWindow();
    expect(await count("messages")).toBe(1);
  });

  test("any text, cut anywhere and shuffled over two instances, is one message", async () => {
    const other = await g.another();
    const shuffledCuts = fc.tuple(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) => `a${text}🙂z`),
      fc.array(fc.nat(62), { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat(1_000)),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(shuffledCuts, async ([text, cuts, order]) => {
        run++;
        const from = `+3361299${1_000 + run}`;
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const total = places.length - 1;
        const deliveries = [...Array(total * 2).keys()].map((at) => ({
          number: at % total + 1,
          at: order.next().value!,
        }))
          .sort((a, b) => a.at - b.at);
        await Promise.all(
          deliveries.map(({ number }, at) =>
            part(text.slice(places[number - 1], places[number]), number, total, {
              ...{ from, id: `${run} ${number}`, on: at % 2 ? other : g },
            })
          ),
        );
        const stored = await g.sql(
          "select text, incomplete from messages where person = ? and direction = 'inbound'",
          from,
        );
        expect(stored).toEqual([{ text: text.replaceAll("\0", " "), incomplete: null }]);
      }),
      { numRuns: 15, seed: 4 },
    );
    expect(await count("long_messages", "due_at is not null")).toBe(0);
  });

  test("what people write at the same time is not mixed", async () => {
    await Promise.all([
      part("Bonjour ", 1, 2),
      part("Hallo ", 1, 2, { from: OTHER }),
      part("Hi ", 1, 2, { to: "PARLEY" }),
      part("Salut ", 1, 2, { ref: "8" }),
      part("Hello ", 1, 3),
      part("Marie", 2, 2, { from: OTHER }),
      part("Paul", 2, 2),
      part("Anna", 2, 2, { to: "PARLEY" }),
      part("Luc", 2, 2, { ref: "8" }),
    ]);
    expect((await texts()).toSorted()).toEqual(["Bonjour Paul", "Hallo Marie", "Hi Anna", "Salut Luc"]);
  });

  test("after the window it is a message with a gap, marked and explained, once on two instances", async () => {
    const other = await g.another();
    await part("Bonjour, ", 1, 4);
    await part("merci", 4, 4);
    g.clock.at += PART_WINDOW_MS - 1;
    await g.dispatcher.tick();
    expect(await texts()).toEqual([]);
    g.clock.at += 1;
    await Promise.all([g.dispatcher.tick(), other.dispatcher.tick()]);
    const [message, ...others] = await messages();
    expect(others).toEqual([]);
    expect(message).toMatchObject({ text: "Bonjour,  […] merci", incomplete: true });
    const { timeline } = (await g.call("GET", `/v1/messages/${message!["id"]}`)).body;
    expect(timeline.map(({ status, detail }: Record<string, string>) => [status, detail])).toEqual([
      ["received", null],
      ["incomplete", "2 of 4 parts came; missing: 2-3"],
    ]);
  });

  test("each part that comes gives the others more time, up to ten minutes", async () => {
    for (let number = 1; number <= 9; number++) {
      await part(`${number} `, number, 10);
      g.clock.at += PART_WINDOW_MS - 1_000;
      await g.dispatcher.tick();
    }
    expect(await texts()).toEqual(["1 2 3 4 5 6  […]"]);
  });

  test("a part that comes too late is kept as a message of its own, with its gaps", async () => {
    await part("Bonjour, ", 1, 2);
    await waitForWindow();
    await part("à demain", 2, 2);
    await waitForWindow();
    expect(await texts()).toEqual(["Bonjour,  […]", "[…] à demain"]);
  });

  test("a part that comes too late under the one id of all parts is not taken for a repetition of the message", async () => {
    await part("Bonjour, ", 1, 2, { id: "same" });
    await waitForWindow();
    await part("je veux partir", 2, 2, { id: "same" });
    await waitForWindow();
    expect((await messages()).map(({ text, carrier_message_id }) => [text, carrier_message_id])).toEqual([
      ["Bonjour,  […]", "same"],
      ["[…] je veux partir", null],
    ]);
    expect(await count("message_events", "status = 'incomplete'")).toBe(2);
  });

  test("a message that finds its id taken in the very moment is made by the next tick", async () => {
    await part("Bonjour, ", 1, 2, { id: "same" });
    // Another instance stores a message under the id between our look and our write.
    await g.sql(`create trigger moment before insert on messages when new.text like 'Bonjour,%' and not exists
      (select 1 from messages where id = 'msg_other') begin
        insert into messages (id, direction, status, person, sender, text, encoding, segments, priority, attempts, carrier_id,
          carrier_message_id, conversation_id, created_at, decision)
        values ('msg_other', 'inbound', 'received', '+33612000009', '36105', 'x', 'GSM-7', 1, 0, 0, 'sandbox', 'same', 'cnv_x', 1,
          '{"intent":"none"}');
      end`);
    try {
      await waitForWindow();
      expect(await texts()).toEqual(["x"]);
      g.clock.at += 5_000;
      await g.dispatcher.tick();
      expect((await texts()).toSorted()).toEqual(["Bonjour,  […]", "x"]);
      expect(await count("message_events", "status = 'incomplete'")).toBe(1);
    } finally {
      await g.sql("drop trigger moment");
    }
  });

  test("a reference used again is a new message: behind a finished one, and in the middle of one", async () => {
    await part("Un ", 1, 2, { id: "a1" });
    await part("deux", 2, 2, { id: "a2" });
    await part("Trois ", 1, 2, { id: "b1" });
    await part("Quatre ", 1, 2, { id: "c1" });
    await part("cinq", 2, 2, { id: "c2" });
    await g.dispatcher.tick();
    expect((await texts()).toSorted()).toEqual(["Quatre cinq", "Trois  […]", "Un deux"].toSorted());
  });

  test("an instance that looked before another one stored all of it leaves no empty message behind", async () => {
    await part("Un ", 1, 2, { id: "a1" });
    await part("deux", 2, 2, { id: "a2" });
    // Its look found nothing, and its write comes now.
    const late = {
      ...{ id: "prt_late", long_message_id: "msg_late", carrier_id: "sandbox", person: FR, sender: "36105" },
      ...{ reference: "7", number: 1, total: 2, carrier_message_id: "a1", text: "Un ", media: [] },
      ...{ carrier_intent: null, already_answered: false, opt_out_scope: null },
    };
    await g.db.client.batch(storeParts([late], [], g.clock.at));
    await waitForWindow();
    expect([await texts(), await count("long_messages")]).toEqual([["Un deux"], 1]);
  });

  test("one id for all parts of a message is no repetition", async () => {
    await part("Un ", 1, 2, { id: "same" });
    await part("deux", 2, 2, { id: "same" });
    expect(await texts()).toEqual(["Un deux"]);
  });

  test.each([{ number: 3, total: 10_000 }, { number: 9, total: 2 }, { number: 0, total: 2 }, { number: 1, total: 1 }])(
    "part $number of $total cannot be: what it says is taken as a message",
    async ({ number, total }) => {
      expect((await part("STOP", number, total)).messageId).toMatch(/^msg_/);
      expect([await count("messages", "direction = 'inbound'"), await count("suppressions")]).toEqual([1, 1]);
    },
  );

  test("over HTTP, as a sandbox handset writes", async () => {
    const send = (text: string, number: number) =>
      g.call("POST", "/carriers/sandbox/inbound", {
        from: FR,
        to: "36105",
        text,
        part: { reference: "9", number, total: 2 },
      });
    expect((await send("Bon", 1)).body).toEqual({ message_id: null, intent: "none" });
    expect((await send("jour", 2)).body).toEqual({ message_id: expect.stringMatching(/^msg_/), intent: "none" });
    expect(await texts()).toEqual(["Bonjour"]);
  });

  describe("a wish to leave", () => {
    test("in the first part raises the barrier before the answer, and the whole is not confirmed again", async () => {
      await g.consent(FR);
      const sent = await g.call("POST", "/v1/messages", {
        ...{ to: FR, from: "36105", text: PROMO, scheduled_at: "2026-11-25T10:00:00+01:00" },
      });
      expect(await part("STOP", 1, 2, { id: "p1" })).toEqual({ messageId: null, intent: "opt_out" });
      expect((await g.call("GET", `/v1/messages/${sent.body.id}`)).body.status).toBe("canceled");
      expect(await count("suppressions", "lifted_at is null")).toBe(1);
      expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
      const { messageId, intent } = await part(" merci de ne plus m'écrire", 2, 2, { id: "p2" });
      expect(intent).toBe("opt_out");
      expect(await g.sql("select message_id, text from suppressions")).toEqual([{
        message_id: messageId,
        text: "STOP",
      }]);
      expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
      expect(await count("consents", "status = 'withdrawn'")).toBe(1);
      expect(await count("reviews")).toBe(0);
      const { timeline } = (await g.call("GET", `/v1/messages/${messageId}`)).body;
      expect(timeline.map(({ status }: { status: string }) => status).toSorted()).toEqual(["received", "suppressed"]);
    });

    test("counts when the rest never comes", async () => {
      await part("STOP", 2, 3);
      await waitForWindow();
      expect(await texts()).toEqual(["[…] STOP […]"]);
      expect(await count("suppressions", "lifted_at is null")).toBe(1);
      expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
    });

    test("cut in two is seen when the last part comes, before its answer", async () => {
      expect((await part("ST", 1, 2)).intent).toBe("none");
      expect((await part("OP", 2, 2)).intent).toBe("opt_out");
      expect(await count("suppressions")).toBe(1);
      expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
    });

    test("in every part, on two instances at once, and each twice: one suppression, one confirmation", async () => {
      const other = await g.another();
      await Promise.all(
        Array.from(
          { length: 12 },
          (_, at) => part("STOP ", at % 6 + 1, 6, { id: `p${at % 6 + 1}`, on: at % 2 ? g : other }),
        ),
      );
      expect([await count("messages", "direction = 'inbound'"), await count("suppressions")]).toEqual([1, 1]);
      expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
    });

    test("that the whole does not say stays, and somebody looks at it; settled as none, it is lifted", async () => {
      expect((await part("Je vous attends au bus ", 1, 2)).intent).toBe("none");
      expect((await part("stop", 2, 2)).intent).toBe("none");
      const [message] = await messages();
      expect(message).toMatchObject({ text: "Je vous attends au bus stop", intent: "none" });
      expect(await count("suppressions", "lifted_at is null")).toBe(1);
      const { body } = await g.call("GET", "/v1/reviews?state=open");
      expect(body.data).toMatchObject([{ kind: "doubtful_reply", message_id: message!["id"] }]);
      const settled = await g.call("POST", `/v1/reviews/${body.data[0].id}/settle`, { settlement: "not_opt_out" });
      expect(settled.status).toBe(200);
      expect(await count("suppressions", "lifted_at is null")).toBe(0);
    });
  });

  test("START in a message with gaps lifts nothing", async () => {
    await g.mo(FR, "36105", "STOP");
    g.clock.at += 60_000;
    await part("START", 1, 2);
    await waitForWindow();
    expect(await texts()).toEqual(["STOP", "START […]"]);
    expect(await count("suppressions", "lifted_at is null")).toBe(1);
    expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
  });

  test("a STOP that comes between the parts of a START stands", async () => {
    await g.consent(US);
    await part("STA", 1, 2, { from: US, to: US_SENDER });
    g.clock.at += 1_000;
    await g.mo(US, US_SENDER, "STOP");
    g.clock.at += 1_000;
    expect((await part("RT", 2, 2, { from: US, to: US_SENDER })).intent).toBe("opt_in");
    expect(await count("suppressions", "lifted_at is null")).toBe(1);
    expect(
      (await g.call("POST", "/v1/messages", { to: US, from: US_SENDER, text: "Sale: 50% off until Sunday!" })).body
        .code,
    )
      .toBe("recipient_opted_out");
  });

  test("an instance that dies between the last part and its message: another one makes it", async () => {
    await part("Un ", 1, 2);
    // What the dead instance had committed.
    await g.sql(`insert into message_parts (id, long_message_id, number, carrier_id, text, already_answered)
      select 'prt_dead', id, 2, 'sandbox', '"deux"', 0 from long_messages`);
    await g.sql("update long_messages set closed_at = ?, due_at = ?", g.clock.at, g.clock.at + 5_000);
    await g.dispatcher.tick();
    expect(await texts()).toEqual([]);
    g.clock.at += 5_000;
    await g.dispatcher.tick();
    expect(await texts()).toEqual(["Un deux"]);
  });

  test("parts are forgotten after three days", async () => {
    await part("Un ", 1, 2);
    await part("deux", 2, 2);
    g.clock.at += PARTS_KEPT_MS - 1_000;
    await g.dispatcher.tick();
    expect(await count("message_parts")).toBe(2);
    g.clock.at += 2_000;
    await g.dispatcher.tick();
    expect([await count("message_parts"), await count("long_messages"), await count("messages")]).toEqual([0, 0, 1]);
  });

  test("many parts are forgotten in one tick, where ticks are rare", async () => {
    await g.sql(
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000)
      insert into long_messages (id, carrier_id, person, sender, reference, total, created_at, closed_at)
      select 'msg_00' || i, 'sandbox', ?, '36105', i, 2, 0, 0 from n`,
      FR,
    );
    await g.dispatcher.tick();
    expect(await count("long_messages")).toBe(0);
  });

  test("whose part was an opt-out, made whole by two instances at once: what it means as a whole happens once", async () => {
    const again = await openAgain(g.db);
    onTestFinished(() => again.close());
    // Its clock is ahead, so that it takes the message over while the other one is at it.
    const other = instance(again, { now: () => g.clock.at + 6_000, settings: g.settings });
    let takeOver: (() => Promise<unknown>) | null = () => other.api.receiver.closeDue();
    const client: DbClient = {
      ...g.db.client,
      async batch(statements, mode) {
        const first = JSON.stringify(statements).includes("update long_messages set due_at = null") ? takeOver : null;
        if (first !== null) takeOver = null;
        await first?.();
        return await g.db.client.batch(statements, mode);
      },
    };
    const on = instance({ ...g.db, client }, { now: () => g.clock.at, settings: g.settings });
    await part("STOP", 1, 2, { from: US, to: US_SENDER, on });
    await part(" spamming me, I never consented to this, I will report you to the FCC", 2, 2, {
      ...{ from: US, to: US_SENDER, on },
    });
    expect(takeOver).toBeNull();
    expect(await texts()).toHaveLength(1);
    expect(await count("consents", "status = 'disputed'")).toBe(1);
    expect(await count("audit_log", `action = 'consent.disputed' and at >= ${g.clock.at}`)).toBe(1);
  });
});
