import { describe, expect, test } from "vitest";
import type { InboundSms } from "../../../src/carriers/carrier.ts";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { instance } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const CONFIRMATION = "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.";
const FR = "+33612000001";
const US = "+14155550101";
const US_SENDER = "+15005550006";

describe.each(DATABASE_KINDS)("messages from handsets, %s database", (kind) => {
  const g = sharedGateway(kind);
  const count = async (table: string, where = "true") =>
    (await g.sql(`select count(*) as n from ${table} where ${where}`))[0]!["n"];
  const submit = (sms: Partial<InboundSms>) =>
    g.api.receiver.submit({
      carrier_id: "sandbox",
      sms: {
        carrierMessageId: null,
        from: FR,
        to: "36105",
        text: "STOP",
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
        ...sms,
      },
    });

  test("one webhook, twenty times at once on two instances: one message, one suppression, one confirmation", async () => {
    const other = await g.another();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? g : other).mo(FR, "36105", "STOP", "carrier-id-1")),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.message_id} ${body.intent}`)).size).toBe(1);
    expect([await count("messages", "direction = 'inbound'"), await count("suppressions")]).toEqual([1, 1]);
    expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
  });

  test("when the winner of a webhook cannot be looked up after the commit, nobody else is stored twice", async () => {
    const sms = (carrierMessageId: string | null, text: string, from: string): InboundSms => ({
      ...{ carrierMessageId, from, to: "36105", text },
      ...{ carrierIntent: null, alreadyAnswered: false, mediaUrls: [] },
    });
    let committed = false;
    const { client } = g.db;
    const slow = instance({
      ...g.db,
      client: {
        ...client,
        async batch(...args) {
          // Between our read and our write another instance stores the same webhook.
          if (!committed) await submit({ carrierMessageId: "one", text: "Bonjour" });
          const results = await client.batch(...args);
          committed = true;
          return results;
        },
        execute: (statement) =>
          committed && JSON.stringify(statement).includes("carrier_message_id")
            ? Promise.reject(new DatabaseError({ message: "made by the test", code: "SQLITE_ERROR" }))
            : client.execute(statement),
      },
    }, { now: () => g.clock.at, settings: g.settings });
    const [lost, stored] = await Promise.allSettled([
      slow.api.receiver.submit({ carrier_id: "sandbox", sms: sms("one", "Bonjour", FR) }),
      slow.api.receiver.submit({ carrier_id: "sandbox", sms: sms(null, "Merci", "+33612000002") }),
    ]);
    expect([lost.status, stored.status]).toEqual(["rejected", "fulfilled"]);
    expect(await g.sql("select text, count(*) as n from messages group by text order by text")).toEqual([
      { text: "Bonjour", n: 1 },
      { text: "Merci", n: 1 },
    ]);
  });

  test("ten STOPs with ids of their own on two instances: ten messages, one suppression, one confirmation", async () => {
    const other = await g.another();
    await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? g : other).mo(FR, "36105", "STOP", `id-${i}`)));
    expect([await count("messages", "direction = 'inbound'"), await count("suppressions")]).toEqual([10, 1]);
    expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
  });

  test("STOP beside 200 advertisements to the same person: none leaves afterwards, and none goes on waiting", async () => {
    // More than the cap lets through, so that the STOP and not the cap is what stops them.
    await g.sql("update senders set rate_per_second = 1000");
    await g.consent(FR);
    const other = await g.another();
    const adverts = Array.from(
      { length: 200 },
      (_, i) => ({ to: FR, from: "36105", text: `${PROMO} ${i}`.slice(0, 140) }),
    );
    const send = (one: typeof g | typeof other, body: unknown) => one.call("POST", "/v1/messages", body);
    const [stop] = await Promise.all([
      new Promise((resolve) => setTimeout(resolve, 5)).then(() => g.mo(FR, "36105", "STOP")),
      ...adverts.map((body, i) => send(i % 2 ? g : other, body)),
    ]);
    expect(stop.body.intent).toBe("opt_out");
    // One that was decided just before the STOP and committed just after it falls to the claim (invariant 2).
    expect((await g.textsTo(FR)).filter((text) => text.startsWith("Soldes"))).toEqual([]);
    expect(await count("messages", "category = 'commercial' and status in ('canceled', 'refused')")).toBe(200);
    expect((await g.call("POST", "/v1/messages", adverts[0])).body.code).toBe("recipient_opted_out");
  });

  test("STOP cancels what waits within its scope and nothing else, with its own evidence", async () => {
    await g.consent(FR);
    await g.consent("+33612000002");
    const at = "2026-11-25T10:00:00+01:00";
    const send = async (to: string, text: string) =>
      (await g.call("POST", "/v1/messages", { to, from: "36105", text, scheduled_at: at })).body.id;
    const [promo, info, others] = [
      await send(FR, PROMO),
      await send(FR, "Votre colis arrive demain."),
      await send("+33612000002", PROMO),
    ];
    const { body } = await g.mo(FR, "36105", "Arrêtez svp");
    const status = async (id: string) => (await g.call("GET", `/v1/messages/${id}`)).body.status;
    expect([await status(promo), await status(info), await status(others)]).toEqual(["canceled", "held", "held"]);
    expect(await g.sql("select message_id, text, rule from suppressions")).toEqual([
      { message_id: body.message_id, text: "Arrêtez svp", rule: "opt_out.suppress" },
    ]);
    expect(await g.sql("select status from consents where recipient = ? order by id", FR)).toEqual([
      { status: "granted" },
      { status: "withdrawn" },
    ]);
  });

  test.each([
    { to: "+15005550099", label: "an address that is not ours" },
    { to: "NOBODY", label: "a name" },
  ])("STOP to $label suppresses all the same and gets no answer", async ({ to }) => {
    expect((await g.mo(FR, to, "STOP")).body.intent).toBe("opt_out");
    expect(await count("suppressions")).toBe(1);
    expect(await g.textsTo(FR)).toEqual([]);
  });

  test("START in France opens the line, and advertising still needs a consent of its own", async () => {
    await g.consent(FR);
    await g.mo(FR, "36105", "STOP");
    g.clock.at += 60_000;
    expect((await g.mo(FR, "36105", "START")).body.intent).toBe("opt_in");
    expect(await count("suppressions", "lifted_at is null")).toBe(0);
    const sent = await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
    expect([sent.status, sent.body.code]).toEqual([422, "consent_missing"]);
    expect(await g.textsTo(FR)).toHaveLength(2);
  });

  test("START in the United States, offered by our confirmation, restores the consent", async () => {
    g.clock.at = Date.parse("2026-11-24T19:00:00+01:00");
    await g.consent(US);
    await g.mo(US, US_SENDER, "STOP");
    const [confirmation] = await g.textsTo(US);
    expect(confirmation).toMatch(/START/);
    g.clock.at += 60_000;
    const offer = { to: US, from: US_SENDER, text: "Sale: 50% off everything until Sunday!" };
    expect((await g.call("POST", "/v1/messages", offer)).body.code).toBe("recipient_opted_out");
    await g.mo(US, US_SENDER, "START");
    expect((await g.call("POST", "/v1/messages", offer)).status).toBe(202);
  });

  test("STOP, START, STOP: three acts, each with its row, and the last one stands", async () => {
    await g.mo(US, US_SENDER, "STOP");
    await g.mo(US, US_SENDER, "START");
    await g.mo(US, US_SENDER, "STOP");
    expect(await g.sql("select lifted_at is null as stands from suppressions order by id")).toEqual([{ stands: 0 }, {
      stands: 1,
    }]);
  });

  test.each(["Bonjour", "Merci beaucoup", "restart", "Je veux bien recommencer demain", "HELP", "?", "🙂", ""])(
    "%j never lifts an opt-out",
    async (text) => {
      await g.mo(FR, "36105", "STOP");
      expect((await g.mo(FR, "36105", text)).status).toBe(200);
      expect(await count("suppressions", "lifted_at is null")).toBe(1);
    },
  );

  test("an opt-out that the provider recognised and answered is kept and never confirmed again", async () => {
    await submit({ text: "STOP", carrierIntent: "opt_out", alreadyAnswered: true, carrierMessageId: "SM1" });
    await submit({ text: "STOP", carrierIntent: "opt_out", alreadyAnswered: true, carrierMessageId: "SM2" });
    expect(await g.sql("select source from suppressions")).toEqual([{ source: "carrier" }]);
    expect(await g.textsTo(FR)).toEqual([]);
  });

  test("a word that the provider does not know is confirmed by us", async () => {
    await submit({ text: "Arrêt", alreadyAnswered: false, carrierMessageId: "SM3" });
    expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
  });

  test("a STOP from a number written as it is dialled in the country stops that very person", async () => {
    await submit({ from: "06 12 34 00 99" });
    await submit({ from: "tel:+33612340098;npi=1", carrierMessageId: "SM4" });
    expect(await g.sql("select recipient from suppressions order by recipient")).toEqual([
      { recipient: "+33612340098" },
      { recipient: "+33612340099" },
    ]);
  });

  test("what staff entered is not lifted by a word, and an answer to it opens no conversation", async () => {
    await g.mo(FR, "36105", "STOP");
    await g.sql("update suppressions set source = 'operator'");
    await g.mo(FR, "36105", "START");
    expect(await count("suppressions", "lifted_at is null")).toBe(1);
    expect(await g.textsTo(FR)).toEqual([CONFIRMATION]);
  });

  test("only an ordinary message opens a conversation, and a STOP closes it", async () => {
    const open = async () => (await g.sql("select last_chat_at is not null as chat from conversations"))[0]!["chat"];
    await g.mo(FR, "36105", "Bonjour, à quelle heure ouvrez-vous ?");
    expect(await open()).toBe(1);
    await g.mo(FR, "36105", "je veux que ça stop maintenant");
    expect(await open()).toBe(0);
    await g.mo(FR, "36105", "Merci pour la réponse");
    expect(await open()).toBe(1);
    await g.mo(FR, "36105", "STOP");
    expect(await open()).toBe(0);
  });

  test.each(["STOP", "HELP", "CONTACT", "START"])(
    "two gateways that answer each other after %s fall silent",
    async (text) => {
      let inbound: string | undefined = text;
      let exchanged = 0;
      for (; inbound !== undefined && exchanged < 30; exchanged++) {
        const before = (await g.textsTo(FR)).length;
        await g.mo(FR, "36105", inbound);
        g.clock.at += 2_000;
        // Whatever we say comes back as a message of the other gateway.
        inbound = (await g.textsTo(FR)).slice(before).at(-1);
      }
      expect(inbound).toBeUndefined();
      expect(exchanged).toBeLessThanOrEqual(3);
    },
  );

  test("a machine that repeats STOP and START for ever gets ten answers a day at most", async () => {
    for (let i = 0; i < 20; i++) {
      await g.mo(US, US_SENDER, i % 2 ? "START" : "STOP");
      g.clock.at += 60_000;
    }
    expect((await g.textsTo(US)).length).toBeLessThanOrEqual(10);
  });

  test("what a handset wrote after U+0000, or with broken surrogates, is kept", async () => {
    await submit({ text: "STOP\0 merci" });
    await submit({ text: `Bonjour \ud800`, carrierMessageId: "broken" });
    const texts = (await g.sql("select text from messages where direction = 'inbound' order by id")).map(({ text }) =>
      text
    );
    expect(texts[0]).toBe("STOP  merci");
    expect(texts[1]).toMatch(/^Bonjour /);
  });

  test("500 different people at once: all stored, each in a thread of their own", async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => g.mo(`+3361202${1_000 + i}`, "36105", "Bonjour", `m-${i}`)),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect([await count("messages"), await count("conversations")]).toEqual([500, 500]);
  });
});
