import { describe, expect, test } from "vitest";
import { askConsent } from "../../../src/gateway/pipeline/ask_consent.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const DE = "+4915112345678";
const NEW = {
  recipient: FR,
  purpose: "commercial",
  source: "web_form",
  wording: "J'accepte de recevoir des offres par SMS",
  granted_at: "2026-11-24T09:55:00+01:00",
  double_opt_in: true,
  from: "36105",
};
const DAY = 86_400_000;

const ask = (gateway: TestGateway, change: Record<string, unknown> = {}) =>
  gateway.call("POST", "/v1/consents", { ...NEW, ...change });

/** The same, and the question is handed over. */
async function asked(gateway: TestGateway, change: Record<string, unknown> = {}) {
  const reply = await ask(gateway, change);
  await gateway.dispatcher.tick();
  return reply;
}

/** The acts of a person, oldest first. */
async function ledger(gateway: TestGateway, person = FR): Promise<Record<string, unknown>[]> {
  const { body } = await gateway.call("GET", `/v1/consents?recipient=${encodeURIComponent(person)}&limit=200`);
  return body.data.toReversed();
}
const statuses = async (gateway: TestGateway, person = FR) =>
  (await ledger(gateway, person)).map(({ status }) => status);

async function mayAdvertise(gateway: TestGateway, message: Record<string, unknown> = {}) {
  const { status } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO, ...message });
  return status === 202;
}

test("the person is asked at the number itself, and their yes is the consent, with the message as its proof", async () => {
  const gateway = await testGateway();
  const { status, body } = await ask(gateway, { ip: "192.0.2.7", expires_at: "2027-11-24T00:00:00Z" });
  expect([status, body.status, body.effective, body.sender]).toEqual([201, "pending", false, "36105"]);
  expect(body.confirm_until).toBe("2026-12-01T09:00:00.000Z");
  expect(body.effective_reason).toContain("has not answered");
  expect(await mayAdvertise(gateway)).toBe(false);

  await gateway.dispatcher.tick();
  const [question] = await gateway.handset(FR);
  expect(question!.text).toBe(
    "Parley : confirmez-vous que notre publicité soit envoyée par SMS à ce numéro ? Répondez OUI. Sinon, ne faites rien.",
  );
  const request = (await gateway.call("GET", `/v1/messages/${body.message_id}`)).body;
  expect([request.category, request.segments, request.status]).toEqual(["informative", 1, "delivered"]);

  gateway.clock.advance(60_000);
  const answer = await gateway.mo(FR, "36105", "Oui !");
  expect(answer.body.intent).toBe("opt_in");
  const [pending, granted] = await ledger(gateway);
  expect(pending).toMatchObject({ id: body.id, status: "pending" });
  expect(granted).toMatchObject({
    status: "granted",
    source: "web_form",
    wording: NEW.wording,
    granted_at: "2026-11-24T09:01:00.000Z",
    expires_at: "2027-11-24T00:00:00.000Z",
    confirms: body.id,
    sender: "36105",
    recorded_by: "person",
    message_id: answer.body.message_id,
    evidence: {
      ip: "192.0.2.7",
      double_opt_in: { asked_at: "2026-11-24T09:00:00.000Z", request_message_id: body.message_id, answer: "Oui !" },
    },
  });
  expect((await gateway.call("GET", `/v1/consents/${body.id}`)).body.effective).toBe(true);
  expect(await mayAdvertise(gateway)).toBe(true);
  await gateway.dispatcher.tick();
  const texts = (await gateway.handset(FR)).map(({ text }) => text);
  expect(texts.filter((text) => text.startsWith("Parley : merci, votre numéro est confirmé."))).toHaveLength(1);
});

test.each([
  ["en", "+447700900123", "+447700900000", "commercial", /reply YES/],
  ["de", DE, "+447700900000", "partner:ACME", /Werbung von ACME/],
  ["it", "+393312345678", "+447700900000", "informative:ordini", /messaggi su ordini/],
  ["pt", "+351912345678", "+447700900000", "commercial", /confirme com SIM/],
  ["es", "+34612345678", "+447700900000", "partner:ACME", /responda SI/],
  ["nl", "+31612345678", "+447700900000", "commercial", /antwoord JA/],
])("in %s, about the purpose: %s from %s", async (_, recipient, from, purpose, words) => {
  const gateway = await testGateway();
  const { status, body } = await ask(gateway, { recipient, from, purpose });
  expect(status).toBe(201);
  const { text, segments } = (await gateway.call("GET", `/v1/messages/${body.message_id}`)).body;
  expect([words.test(text), segments]).toEqual([true, 1]);
});

describe("a yes counts only as the answer to the question", () => {
  test.each([
    ["another word", (gateway: TestGateway) => gateway.mo(FR, "36105", "peut-être")],
    ["a no", (gateway: TestGateway) => gateway.mo(FR, "36105", "Non")],
    ["a yes with more to it", (gateway: TestGateway) => gateway.mo(FR, "36105", "Oui mais pas le matin")],
    ["START", (gateway: TestGateway) => gateway.mo(FR, "36105", "START")],
    ["a yes to another sender", (gateway: TestGateway) => gateway.mo(FR, "+15005550006", "OUI")],
    ["a yes of somebody else", (gateway: TestGateway) => gateway.mo("+33612000002", "36105", "OUI")],
  ])("%s leaves it open", async (_, answer) => {
    const gateway = await testGateway();
    await asked(gateway);
    await answer(gateway);
    expect(await statuses(gateway)).toEqual(["pending"]);
    await gateway.mo(FR, "36105", "oui merci");
    expect(await statuses(gateway)).toEqual(["pending", "granted"]);
  });

  test.each([
    ["too late", (gateway: TestGateway) => Promise.resolve(gateway.clock.advance(7 * DAY))],
    ["after a STOP", (gateway: TestGateway) => gateway.mo(FR, "36105", "STOP")],
    ["after a STOP and a START", async (gateway: TestGateway) => {
      await gateway.mo(FR, "36105", "STOP");
      gateway.clock.advance(1000);
      await gateway.mo(FR, "36105", "START");
    }],
    ["after a withdrawal", (gateway: TestGateway) => gateway.call("POST", "/v1/consents/withdraw", { recipient: FR })],
    [
      "after staff entered a refusal",
      (gateway: TestGateway) => gateway.call("POST", "/v1/suppressions", { recipient: FR, scope: "commercial" }),
    ],
    [
      "after we said something else, to which it may be the answer",
      async (gateway: TestGateway) => {
        const text = "Votre rendez-vous est confirmé mardi à 15h00. Répondez OUI ou NON.";
        await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text });
        await gateway.dispatcher.tick();
      },
    ],
    [
      "after a withdrawal with an old consent recorded in between",
      async (gateway: TestGateway) => {
        const { double_opt_in: _, from: __, ...old } = NEW;
        const withdrawn = { ...old, status: "withdrawn", granted_at: "2026-03-01T00:00:00Z" };
        const granted = { ...old, granted_at: "2026-01-01T00:00:00Z" };
        gateway.clock.advance(DAY);
        await gateway.call("POST", "/v1/consents/import", { data: [withdrawn] });
        await asked(gateway);
        await gateway.call("POST", "/v1/consents/import", { data: [granted] });
        gateway.clock.advance(1000);
        await gateway.call("POST", "/v1/consents/withdraw", { recipient: FR });
      },
    ],
  ])("%s it counts for nothing", async (_, between) => {
    const gateway = await testGateway();
    await asked(gateway);
    gateway.clock.advance(1000);
    await between(gateway);
    gateway.clock.advance(1000);
    const acts = (await ledger(gateway)).length;
    await gateway.mo(FR, "36105", "OUI");
    expect((await ledger(gateway)).slice(acts).map(({ status }) => status)).not.toContain("granted");
    expect(await mayAdvertise(gateway)).toBe(false);
  });

  test("to a question that never left it counts for nothing, nor when another's account brings it", async () => {
    const gateway = await testGateway();
    await ask(gateway);
    await gateway.mo(FR, "36105", "OUI");
    gateway.clock.advance(2 * 3_600_000);
    await gateway.dispatcher.tick();
    await gateway.mo(FR, "36105", "OUI");
    gateway.clock.advance(DAY);
    await asked(gateway);
    gateway.clock.advance(60_000);
    await gateway.api.receiver.submit({
      carrier_id: "another",
      sms: {
        ...{ carrierMessageId: null, from: FR, to: "36105", text: "OUI" },
        ...{ carrierIntent: null, alreadyAnswered: false, mediaUrls: [] },
      },
    });
    expect(await statuses(gateway)).toEqual(["pending", "pending"]);
    // The text of one account repeats that of no other.
    await gateway.mo(FR, "36105", "OUI");
    expect(await statuses(gateway)).toEqual(["pending", "pending", "granted"]);
  });

  test("once: two answers, and the same one brought again, are one consent and one thanks", async () => {
    const gateway = await testGateway();
    await asked(gateway);
    await Promise.all([gateway.mo(FR, "36105", "OUI", "a"), gateway.mo(FR, "36105", "Oui", "b")]);
    await gateway.mo(FR, "36105", "OUI", "a");
    await gateway.mo(FR, "36105", "YES", "c");
    expect(await statuses(gateway)).toEqual(["pending", "granted"]);
    await gateway.dispatcher.tick();
    const thanks = (await gateway.handset(FR)).filter(({ text }) => text.includes("confirmé."));
    expect(thanks).toHaveLength(1);
  });

  test("what it answers stays what was asked: an earlier consent goes on meanwhile", async () => {
    const gateway = await testGateway();
    await gateway.call("POST", "/v1/consents", { ...NEW, double_opt_in: undefined, from: undefined });
    await ask(gateway);
    expect(await mayAdvertise(gateway)).toBe(true);
    await asked(gateway, { purpose: "partner:ACME", from: "+447700900000", recipient: DE });
    await gateway.mo(DE, "+447700900000", "ja");
    expect((await ledger(gateway, DE)).map(({ purpose, status }) => [purpose, status])).toEqual([
      ["partner:ACME", "pending"],
      ["partner:ACME", "granted"],
    ]);
  });
});

describe("nobody is asked", () => {
  test.each([
    ["who opted out", "recipient_opted_out", (gateway: TestGateway) => gateway.mo(FR, "36105", "STOP")],
    [
      "about whom a doubt is open",
      "recipient_opted_out",
      (gateway: TestGateway) => gateway.mo(FR, "36105", "Il faut stopper le bazar"),
    ],
    ["twice within the pause", "frequency_exceeded", (gateway: TestGateway) => ask(gateway)],
  ])("%s", async (_, code, before) => {
    const gateway = await testGateway();
    await before(gateway);
    gateway.clock.advance(60_000);
    const pending = (await statuses(gateway)).filter((status) => status === "pending").length;
    const { status, body } = await ask(gateway);
    expect([status, body.code]).toEqual([422, code]);
    expect((await statuses(gateway)).filter((status) => status === "pending")).toHaveLength(pending);
    // Refused messages are recorded as well.
    expect((await gateway.call("GET", `/v1/messages/${body.message_id}`)).body.status).toBe("refused");
  });

  test("but again when the pause is over, and the new question is the one that is answered", async () => {
    const gateway = await testGateway();
    await ask(gateway);
    gateway.clock.advance(DAY);
    const again = await asked(gateway);
    expect(again.status).toBe(201);
    await gateway.mo(FR, "36105", "oui");
    expect((await ledger(gateway)).at(-1)).toMatchObject({ status: "granted", confirms: again.body.id });
  });

  test.each([
    [{ from: undefined }, "from"],
    [{ double_opt_in: undefined }, "from"],
    [{ from: "36999" }, "from"],
    [{ recipient: "36105" }, "recipient"],
    [{ wording: undefined }, "wording"],
  ])("for %j", async (change, field) => {
    const gateway = await testGateway();
    const { status, body } = await ask(gateway, change);
    expect([status, body.errors[0].field]).toEqual([422, field]);
    expect(await statuses(gateway)).toEqual([]);
  });

  test("by a name, which cannot be answered", async () => {
    const gateway = await testGateway();
    const { status, body } = await ask(gateway, { from: "PARLEY" });
    expect([status, body.code]).toEqual([422, "sender_not_allowed"]);
  });
});

test("a question that waits ends with a STOP, and is not handed over behind one", async () => {
  const gateway = await testGateway();
  const { body } = await ask(gateway);
  await gateway.mo(FR, "36105", "STOP");
  expect((await gateway.call("GET", `/v1/messages/${body.message_id}`)).body.status).toBe("canceled");

  // Of another sender too, whatever the scope of the STOP in the country.
  const other = await ask(gateway, { recipient: "+33612000002" });
  await gateway.db.client.execute({
    sql: `insert into suppressions (id, recipient, scope, sender, source, created_at)
      values ('sup_test', '+33612000002', 'commercial', '', 'import', ?)`,
    args: [gateway.clock.now()],
  });
  await gateway.dispatcher.tick();
  expect((await gateway.call("GET", `/v1/messages/${other.body.message_id}`)).body.status).toBe("canceled");
  expect((await gateway.handset("+33612000002")).length).toBe(0);
});

describe.each(DATABASE_KINDS)("on a database that is %s, with two instances at once", (kind) => {
  test("one asks, and one consent comes of two answers", async () => {
    const gateway = await testGateway({ kind });
    const settings = await gateway.api.deps.settings.current();
    const asked = await Promise.all([0, 1, 2].map((index) =>
      askConsent(gateway.api.deps, {
        actor: "key_test",
        sender: settings.senders.get("36105")!,
        entry: {
          ...{ id: `cns_race${index}`, recipient: FR, purpose: "commercial", status: "granted", source: "web_form" },
          ...{ wording: "Oui", wording_version: null, wording_language: null, granted_at: gateway.clock.now() },
          ...{ expires_at: null, evidence: null, evidence_ref: null, recorded_by: "key_test", sender: null },
          ...{ confirm_until: null, confirms: null, message_id: null, rule: null, created_at: gateway.clock.now() },
        } as const,
      })
    ));
    expect(asked.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await statuses(gateway)).toEqual(["pending"]);
    const texts = await gateway.db.client.execute(
      // One that reads what another has stored is refused by the rules, and recorded.
      "select count(*) as n from messages where reply_kind = 'opt_in_request' and status != 'refused'",
    );
    expect(texts.rows[0]!["n"]).toBe(1);
  });
});
