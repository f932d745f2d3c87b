import { describe, expect, test } from "vitest";
import { decideInbound } from "../../../src/core/decide.ts";
import { perform } from "../../../src/gateway/pipeline/perform.ts";
import { hashSources } from "../../../src/rules/check.ts";
import { contentsOf } from "../../../src/rules/parse.ts";
import { publishRulebook } from "../../../src/store/carriers/settings.ts";
import { loadFacts } from "../../../src/store/messages/facts.ts";
import { commit, noWrites } from "../../../src/store/messages/writes.ts";
import { sourcesWithFlows } from "../../support/flows.ts";
import { PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const source = "source: { text: a test, confidence: design, reviewed: 2026-11-22 }";
const examples = (text: string) => `examples: { matches: [{ text: ${text} }], does_not_match: [{ text: Bonjour }] }`;
/** The flows that are shown, and one whose word is the consent. */
const SINGLE = `
  - id: news.join
    description: NEWS is the consent.
    ${source}
    words: { fr: [NEWS] }
    consent: { purpose: "partner:ACME", opt_in: single, wording: "Ticket : NEWS au 36105" }
    tags: [news]
    reply: { fr: "{brand} : bien noté." }
    ${examples("NEWS")}
`;

/** A gateway on which the shown flows are in force. */
async function gatewayWithFlows(more = SINGLE): Promise<TestGateway> {
  const gateway = await testGateway();
  const shown = await sourcesWithFlows();
  const sources = { ...shown, "flows.yaml": `${shown["flows.yaml"]!.trimEnd()}\n${more}` };
  const hash = hashSources(sources);
  await publishRulebook(gateway.db.client, { hash, sources, contents: contentsOf(sources), at: gateway.clock.now() });
  await gateway.api.deps.settings.refresh();
  return gateway;
}

const encoded = encodeURIComponent(FR);
const ledger = async (gateway: TestGateway): Promise<Record<string, unknown>[]> =>
  (await gateway.call("GET", `/v1/consents?recipient=${encoded}`)).body.data.toReversed();
const contact = async (gateway: TestGateway) =>
  (await gateway.call("GET", `/v1/contacts?msisdn=${encoded}`)).body.data[0] as Record<string, unknown> | undefined;

async function answers(gateway: TestGateway): Promise<string[]> {
  await gateway.dispatcher.tick();
  return (await gateway.handset(FR)).filter(({ from }) => from === "36105").map(({ text }) => text);
}

describe("a word with double opt-in", () => {
  test("asks; the yes is the consent, and puts the person on the list", async () => {
    const gateway = await gatewayWithFlows();
    const list = (await gateway.call("POST", "/v1/lists", { name: "Club" })).body;
    const { body } = await gateway.mo(FR, "36105", "Club svp");
    expect(body.intent).toBe("club_join");
    const [pending] = await ledger(gateway);
    expect(pending).toMatchObject({
      status: "pending",
      purpose: "commercial",
      source: "keyword",
      recorded_by: "person",
      wording: expect.stringContaining("Affiche 2026-11"),
      evidence: { flow: "club.join", asked_for: body.message_id },
    });
    expect(await contact(gateway)).toBeUndefined();
    expect(await answers(gateway)).toEqual([expect.stringContaining("Répondez OUI")]);

    gateway.clock.advance(60_000);
    await gateway.mo(FR, "36105", "OUI");
    expect((await ledger(gateway)).map(({ status }) => status)).toEqual(["pending", "granted"]);
    expect(await contact(gateway)).toMatchObject({ tags: ["club"], lists: [list.id] });
    const sent = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
    expect(sent.status).toBe(202);
  });

  test("asks once, however often and wherever at once the word is written", async () => {
    const gateway = await gatewayWithFlows();
    await Promise.all(["a", "b"].map((id) => gateway.mo(FR, "36105", "CLUB", id)));
    gateway.clock.advance(60_000);
    await gateway.mo(FR, "36105", "CLUB", "c");
    expect((await ledger(gateway)).length).toBe(1);
    expect((await answers(gateway)).length).toBe(1);
  });

  test.each([["36106 instead of 36105", FR, "+447700900000"], ["by a short code", "36111", "36105"]])(
    "of another sender, or of a machine, does nothing: %s",
    async (_, from, to) => {
      const gateway = await gatewayWithFlows();
      await gateway.mo(from, to, "CLUB");
      expect((await gateway.call("GET", "/v1/consents")).body.data).toEqual([]);
    },
  );
});

describe("an opt-out wins", () => {
  test.each(["STOP CLUB", "stop", "ne m'écrivez plus"])("over a flow: %s", async (text) => {
    const gateway = await gatewayWithFlows();
    expect((await gateway.mo(FR, "36105", text)).body.intent).toBe("opt_out");
    expect((await ledger(gateway)).map(({ status }) => status)).toEqual(["withdrawn"]);
  });

  test("over what a flow did, and over what it would do", async () => {
    const gateway = await gatewayWithFlows();
    await gateway.mo(FR, "36105", "NEWS");
    expect(await contact(gateway)).toMatchObject({ tags: ["news"] });
    await gateway.mo(FR, "36105", "STOP");
    expect(await contact(gateway)).toBeUndefined();
    gateway.clock.advance(60_000);
    for (const word of ["NEWS", "CLUB"]) await gateway.mo(FR, "36105", word);
    expect(await contact(gateway)).toBeUndefined();
    // The last acts of each purpose are withdrawals.
    expect((await ledger(gateway)).slice(1).map(({ status }) => status)).toEqual(["withdrawn", "withdrawn"]);
    // Information may go on after a STOP in France: the answer to another word does.
    await gateway.mo(FR, "36105", "HORAIRES");
    expect((await answers(gateway)).at(-1)).toContain("ouvert du lundi");
  });

  test("in the United States also over the answer", async () => {
    const gateway = await gatewayWithFlows();
    const person = "+12125550123";
    await gateway.mo(person, "+15005550006", "STOP");
    gateway.clock.advance(60_000);
    const { body } = await gateway.mo(person, "+15005550006", "HOURS");
    expect(body.intent).toBe("shop_hours");
    const { data } = (await gateway.call("GET", "/v1/messages?status=refused")).body;
    expect(data.map(({ error }: { error: { code: string } }) => error.code)).toEqual(["recipient_opted_out"]);
  });
});

test("a word with single opt-in is the consent for its purpose, with what the person read", async () => {
  const gateway = await gatewayWithFlows();
  const { body } = await gateway.mo(FR, "36105", "news");
  expect(await ledger(gateway)).toMatchObject([{
    status: "granted",
    purpose: "partner:ACME",
    source: "keyword",
    wording: "Ticket : NEWS au 36105",
    message_id: body.message_id,
    rule: "news.join.consent",
  }]);
  expect(await answers(gateway)).toEqual(["Parley : bien noté."]);
  const sent = { to: FR, from: "36105", text: PROMO };
  expect((await gateway.call("POST", "/v1/messages", sent)).body.code).toBe("consent_missing");
  expect((await gateway.call("POST", "/v1/messages", { ...sent, purpose: "partner:ACME" })).status).toBe(202);
});

test("a word that another instance read before a STOP grants nothing, adds nobody and welcomes nobody", async () => {
  const gateway = await gatewayWithFlows();
  const settings = await gateway.api.deps.settings.current();
  const sender = settings.senders.get("36105")!;
  const [before] = await loadFacts(
    gateway.api.deps,
    [{ person: FR, sender: "36105" }],
    gateway.clock.now(),
    "receiving",
  );
  await gateway.mo(FR, "36105", "STOP");
  const { effects } = decideInbound({
    message: {
      direction: "inbound",
      from: FR,
      text: "NEWS",
      carrier_intent: null,
      stop_reply: "gateway",
    },
    sender,
    person: before!.person,
    now: gateway.clock.now(),
  }, settings.rulebook);
  expect(effects.map(({ type }) => type).sort()).toEqual(["record_consent", "reply", "save_contact"]);
  const stop = (await gateway.call("GET", "/v1/messages?direction=inbound")).body.data[0];
  const writes = noWrites();
  const later = perform(
    effects,
    {
      message_id: stop.id,
      person: FR,
      text: "NEWS",
      sender,
      conversation_id: stop.conversation_id,
      facts: before!.person,
      now: gateway.clock.now(),
      carrier_id: "sandbox",
      source: "keyword",
    },
    writes,
    gateway.api.deps,
    settings,
  );
  await commit(gateway.db.client, writes, gateway.clock.now(), { later });
  expect((await ledger(gateway)).map(({ status }) => status)).toEqual(["withdrawn"]);
  expect(await contact(gateway)).toBeUndefined();
  expect(await answers(gateway)).not.toContain("Parley : bien noté.");
});

test("an answer that advertises is refused, and recorded", async () => {
  const gateway = await gatewayWithFlows(SINGLE.replace("bien noté.", "soldes, -50% sur tout le magasin !"));
  await gateway.mo(FR, "36105", "NEWS");
  const { data } = (await gateway.call("GET", "/v1/messages?status=refused")).body;
  expect(data.map(({ error }: { error: { code: string } }) => error.code)).toEqual(["content_refused"]);
  expect(await answers(gateway)).toEqual([]);
});

describe("outside office hours", () => {
  test("one answer in the period, in the person's language, and none while the office is open", async () => {
    const gateway = await gatewayWithFlows();
    await gateway.mo(FR, "36105", "Bonjour, ma commande ?");
    expect(await answers(gateway)).toEqual([]);
    gateway.clock.set("2026-11-24T21:00:00+01:00");
    await Promise.all(["Bonsoir, ma commande ?", "Vous êtes là ?"].map((text) => gateway.mo(FR, "36105", text)));
    await gateway.dispatcher.tick();
    gateway.clock.advance(11 * 3_600_000);
    await gateway.mo(FR, "36105", "Toujours personne ?");
    expect(await answers(gateway)).toEqual(["Parley : nous vous répondrons à partir de 9h, du lundi au vendredi."]);
    // Public holidays are closed, a day that is not: half past nine the next morning is open.
    gateway.clock.set("2026-11-26T09:30:00+01:00");
    await gateway.mo(FR, "36105", "Et maintenant ?");
    expect((await answers(gateway)).length).toBe(1);
    gateway.clock.set("2026-12-25T11:00:00+01:00");
    await gateway.mo(FR, "36105", "Joyeux Noël, ma commande ?");
    expect((await answers(gateway)).length).toBe(2);
  });

  test.each([
    ["an auto-reply", "Réponse automatique : je suis absent du bureau"],
    ["a code", "482913"],
    ["a complaint", "Je vais porter plainte à la CNIL"],
    ["a doubt", "Il faut stopper le bazar"],
    ["a word of another flow", "conseiller"],
  ])("%s is not answered", async (_, text) => {
    const gateway = await gatewayWithFlows();
    gateway.clock.set("2026-11-24T21:00:00+01:00");
    await gateway.mo(FR, "36105", text);
    expect(await answers(gateway)).toEqual([]);
  });

  test("two instances at once answer once", async () => {
    const gateway = await gatewayWithFlows();
    gateway.clock.set("2026-11-24T21:00:00+01:00");
    await gateway.mo(FR, "36105", "Bonsoir ?");
    const kinds = "select count(*) as n from messages where reply_kind = 'flow:shop.closed'";
    expect((await gateway.db.client.execute(kinds)).rows[0]!["n"]).toBe(1);
    // What the other instance read before this answer was stored.
    const { rows } = await gateway.db.client.execute("select * from messages where reply_kind = 'flow:shop.closed'");
    const row = { ...rows[0], id: "msg_other" } as never;
    const since = gateway.clock.now() - 12 * 3_600_000;
    for (const [at, n] of [[since, 1], [gateway.clock.now(), 2]] as const) {
      const unless_answered = JSON.stringify([FR, "flow:shop.closed", at, "36105"]);
      await commit(gateway.db.client, noWrites(), gateway.clock.now(), {
        later: [{ ...(row as object), unless_answered } as never],
      });
      expect((await gateway.db.client.execute(kinds)).rows[0]!["n"]).toBe(n);
    }
  });
});

test("a handover opens a review, answers nothing and holds no advertising up", async () => {
  const gateway = await gatewayWithFlows();
  await gateway.call("POST", "/v1/consents", {
    recipient: FR,
    purpose: "commercial",
    source: "web_form",
    wording: "Oui",
    granted_at: "2026-01-10T09:00:00Z",
  });
  await gateway.mo(FR, "36105", "conseiller svp");
  const [review] = (await gateway.call("GET", "/v1/reviews")).body.data;
  expect(review).toMatchObject({ kind: "handover", rule: "shop.advisor.hand_over", words: "conseiller svp" });
  expect(await answers(gateway)).toEqual([]);
  const sent = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  expect(sent.body.status).toBe("queued");
  const settled = await gateway.call("POST", `/v1/reviews/${review.id}/settle`, { settlement: "answered" });
  expect(settled.status).toBe(200);
});

test("a machine that repeats the word of a handover opens one review for each sender, and another when it was settled", async () => {
  const gateway = await gatewayWithFlows();
  const write = async (to: string) => {
    gateway.clock.advance(20_000);
    await gateway.mo(FR, to, "conseiller");
  };
  const open = async () => (await gateway.call("GET", "/v1/reviews?state=open")).body.data;
  for (const to of ["36105", "36105", "+447700900000", "36105"]) await write(to);
  const [, first] = await open();
  expect((await open()).map(({ sender }: { sender: string }) => sender)).toEqual(["+447700900000", "36105"]);
  const { body } = await gateway.call("GET", "/v1/audit?action=review.opened");
  expect(body.data).toHaveLength(2);
  await gateway.call("POST", `/v1/reviews/${first.id}/settle`, { settlement: "answered" });
  await write("36105");
  expect(await open()).toHaveLength(2);
});

test("in the United States a word to one sender after a STOP to another is no consent, and is not welcomed", async () => {
  const gateway = await gatewayWithFlows();
  const person = "+12125550123";
  await gateway.mo(person, "+15005550006", "STOP");
  gateway.clock.advance(60_000);
  expect((await gateway.mo(person, "+447700900000", "NEWS")).body.intent).toBe("news_join");
  await gateway.dispatcher.tick();
  expect((await gateway.handset(person)).map(({ text }) => text)).not.toContain("Parley : bien noté.");
});

test("a decision is explained with the lines of the flow", async () => {
  const gateway = await gatewayWithFlows();
  const { body } = await gateway.mo(FR, "36105", "HORAIRES");
  const explained = (await gateway.call("GET", `/v1/messages/${body.message_id}/explain`)).body;
  const rule = explained.rules.find(({ id }: { id: string }) => id === "shop.hours.reply");
  expect(rule).toMatchObject({ file: "flows.yaml", text: expect.stringContaining("HORAIRES") });
});
