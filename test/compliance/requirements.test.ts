import { describe, expect, test } from "vitest";
import { measure } from "../../src/core/text/segment.ts";
import { readSources } from "../../src/rules/files.ts";
import type { Reply } from "../support/call.ts";
import { consent, PROMO, type TestGateway, testGateway } from "../support/gateway.ts";
import { RULES } from "../support/rulebook.ts";

/**
 * The seventeen requirements of the article that Parley was asked to meet (smsmode, "STOP SMS"; docs/compliance.md, section 1),
 * each through the public API of a whole gateway.
 */

const FR = "+33612000001";
const GB = "+447400123456";
const US = "+12125550123";
const q = encodeURIComponent;
const OFFER = "Winter sale: 50% off everything in store until Sunday!";
const UNKNOWN_ADDRESS = "38999";

const send = (gateway: TestGateway, body: Record<string, unknown>) =>
  gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO, ...body });

async function ready(...people: string[]): Promise<TestGateway> {
  const gateway = await testGateway();
  for (const person of people) expect((await consent(gateway, person)).status).toBe(201);
  return gateway;
}

async function suppressionsOf(gateway: TestGateway, person: string) {
  return (await gateway.call("GET", `/v1/suppressions?recipient=${q(person)}`)).body.data;
}

/** What the person's telephone shows from us, oldest first, once everything due has left. */
async function received(gateway: TestGateway, person: string): Promise<string[]> {
  await gateway.dispatcher.tick();
  return (await gateway.handset(person)).filter(({ to }) => to === person).map(({ text }) => text);
}

const refusal = ({ status, body }: Reply) => [status, body.code];

describe("R1: everybody can oppose, easily, and nobody can switch that off", () => {
  test.each([
    [FR, "36105"],
    [US, "+15005550006"],
    [GB, "+447700900000"],
    [FR, UNKNOWN_ADDRESS],
  ])("STOP from %s to %s ends advertising", async (person, to) => {
    const gateway = await ready(person);
    expect((await gateway.mo(person, to, "STOP")).body.intent).toBe("opt_out");
    expect((await suppressionsOf(gateway, person)).length).toBe(1);
  });

  test.each([
    [
      "the rules that act on it",
      "inbound/2_opt_out.yaml",
      (text: string) => text.replaceAll("type: suppress", "type: remove_contact"),
    ],
    ["the word STOP", "lexicons/keywords.yaml", (text: string) => text.replaceAll(/\bSTOP\b/g, "HALTPLEASE")],
  ])("rule files without %s never become active", async (_name, file, change) => {
    const gateway = await testGateway();
    const sources = await readSources(RULES);
    expect(change(sources[file]!)).not.toBe(sources[file]);
    const files = { ...sources, [file]: change(sources[file]!) };
    const { status, body } = await gateway.call("POST", "/v1/rulebooks/validate", { files });
    expect(status).toBe(200);
    expect(body.valid).toBe(false);
    expect(body.problems).toContainEqual(expect.objectContaining({ problem: expect.stringContaining("STOP") }));
  });
});

describe("R2: every advertisement shows how to stop it", () => {
  test.each([
    [FR, "36105", PROMO, / STOP au 36105$/],
    [FR, "PARLEY", PROMO, / STOP au 36105$/],
    [GB, "+447700900000", OFFER, /STOP/],
    [US, "+15005550006", OFFER, /STOP/],
    [GB, "PARLEY", OFFER, /https:\/\/sms\.example\.com\/u\/\S+$/],
  ])("to %s from %s", async (to, from, text, mention) => {
    const gateway = await ready(to);
    gateway.clock.set("2026-11-24T16:00:00Z");
    const { status, body } = await send(gateway, { to, from, text });
    expect([status, body.category]).toEqual([202, "commercial"]);
    expect((await received(gateway, to)).at(-1)).toMatch(mention);
  });
});

describe("R3: advertising needs prior explicit consent", () => {
  test("none on record: refused, whatever category is declared", async () => {
    const gateway = await testGateway();
    for (const category of [undefined, "commercial", "informative"]) {
      expect(refusal(await send(gateway, category === undefined ? {} : { category }))).toEqual([
        422,
        "consent_missing",
      ]);
    }
    expect(await received(gateway, FR)).toEqual([]);
  });

  test("given, it leaves; withdrawn, or run out, it does not", async () => {
    const gateway = await testGateway();
    const granted = await consent(gateway, FR);
    expect((await send(gateway, {})).status).toBe(202);
    await gateway.call("POST", `/v1/consents/${granted.body.id}/withdraw`, {});
    expect(refusal(await send(gateway, {}))).toEqual([422, "consent_missing"]);
    await gateway.call("POST", "/v1/consents", {
      recipient: GB,
      purpose: "commercial",
      source: "web_form",
      wording: "I agree",
      granted_at: "2026-01-10T09:00:00Z",
      expires_at: "2026-11-01T00:00:00Z",
    });
    const late = await send(gateway, { to: GB, from: "+447700900000", text: OFFER });
    expect(refusal(late)).toEqual([422, "consent_missing"]);
  });

  test("a consent without the words that were shown is no proof", async () => {
    const gateway = await testGateway();
    const { status, text } = await gateway.call("POST", "/v1/consents", {
      recipient: FR,
      purpose: "commercial",
      source: "web_form",
      granted_at: "2026-01-10T09:00:00Z",
    });
    expect([status, text]).toEqual([422, expect.stringContaining("wording")]);
  });
});

describe("R4: unsubscribing is simple and free", () => {
  test("one SMS with one word to the very number that the advertisement names; nothing else is asked", async () => {
    const gateway = await ready(FR);
    await send(gateway, {});
    const [advertisement] = await received(gateway, FR);
    const number = /STOP au (\d{5})$/.exec(advertisement!)![1]!;
    await gateway.mo(FR, number, "STOP");
    expect((await suppressionsOf(gateway, FR)).length).toBe(1);
    const [, confirmation, ...more] = await received(gateway, FR);
    expect(more).toEqual([]);
    expect(measure(confirmation!).segments).toBe(1);
  });

  test("where a link is the way out, one click does it: no account, no number to type", async () => {
    const gateway = await ready(GB);
    const { body } = await send(gateway, { to: GB, from: "PARLEY", text: OFFER });
    const path = /\/u\/\S+/.exec(body.text)![0];
    const nobody = { authorization: "" };
    const page = await gateway.call("GET", path, undefined, nobody);
    expect(page.text).not.toMatch(/<input|type="password"/);
    const [, name, value] = /<button[^>]* name="(\w+)" value="([\w-]+)"/.exec(page.text)!;
    const form = { ...nobody, "content-type": "application/x-www-form-urlencoded" };
    expect((await gateway.call("POST", path, `${name}=${value}`, form)).status).toBe(200);
    expect((await suppressionsOf(gateway, GB)).length).toBe(1);
  });
});

describe("R5: information needs no mention, and a STOP is honoured all the same", () => {
  test.each([
    "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.",
    "Votre commande 4711 a été expédiée, livraison prévue jeudi.",
    "Votre code de confirmation est 482913. Ne le communiquez à personne.",
    "Alerte météo : vigilance orange neige et verglas ce soir.",
  ])("%s", async (text) => {
    const gateway = await testGateway();
    const { status, body } = await send(gateway, { text, category: "informative" });
    expect([status, body.category, body.text]).toEqual([202, "informative", text]);
    expect(await received(gateway, FR)).toEqual([text]);
    expect((await gateway.mo(FR, "36105", "STOP")).body.intent).toBe("opt_out");
    expect((await suppressionsOf(gateway, FR)).length).toBe(1);
  });
});

describe("R6: a complaint about abusive advertising may cost up to EUR 20,000, as smsmode states", () => {
  test("what would be abusive is refused, and the answer to the complaint is on record with its reason and source", async () => {
    const gateway = await testGateway();
    const { body } = await send(gateway, {});
    const dossier = (await gateway.call("GET", `/v1/people/${q(FR)}`)).body;
    expect(dossier.messages.data).toEqual([expect.objectContaining({ id: body.message_id, status: "refused" })]);
    const traces = dossier.messages.data[0].decision.rules;
    expect(traces).toContainEqual(expect.objectContaining({
      effect: "refuse consent_missing",
      reason: expect.stringContaining("France"),
      source: expect.stringContaining("CPCE art. L34-5"),
    }));
  });

  test("the figure is given as smsmode's, not as law", async () => {
    const row = (await Deno.readTextFile("docs/compliance.md")).split("\n").find((line) => /^\| R6 /.test(line));
    expect(row).toMatch(/20,000, as smsmode says/);
    expect(row).toContain("unconfirmed");
  });
});

describe("R7: use by the company and by its partners are agreed to separately", () => {
  const agree = (gateway: TestGateway, purpose: string) =>
    gateway.call("POST", "/v1/consents", {
      recipient: FR,
      purpose,
      source: "web_form",
      wording: `I agree: ${purpose}`,
      granted_at: "2026-01-10T09:00:00Z",
    });

  test("a consent for a named partner's offers is none for the company's own", async () => {
    const gateway = await testGateway();
    expect((await agree(gateway, "partner:ACME Assurances")).status).toBe(201);
    expect(refusal(await send(gateway, {}))).toEqual([422, "consent_missing"]);
    expect((await send(gateway, { purpose: "partner:ACME Assurances" })).status).toBe(202);
    expect(refusal(await send(gateway, { purpose: "partner:ACME" }))).toEqual([422, "consent_missing"]);
  });

  test("a consent to the company's own offers is none for a partner's", async () => {
    const gateway = await testGateway();
    expect((await agree(gateway, "commercial")).status).toBe(201);
    expect(refusal(await send(gateway, { purpose: "partner:ACME Assurances" }))).toEqual([422, "consent_missing"]);
    expect((await send(gateway, {})).status).toBe(202);
  });

  test("either is withdrawn without the other, and partners have names", async () => {
    const gateway = await testGateway();
    const partner = await agree(gateway, "partner:ACME Assurances");
    const own = await agree(gateway, "commercial");
    await gateway.call("POST", `/v1/consents/${partner.body.id}/withdraw`, {});
    expect((await gateway.call("GET", `/v1/consents/${own.body.id}`)).body.effective).toBe(true);
    expect((await gateway.call("GET", `/v1/consents/${partner.body.id}`)).body.effective).toBe(false);
    expect((await send(gateway, {})).status).toBe(202);
    expect((await agree(gateway, "partner:")).status).toBe(422);
  });
});

describe("R8: a message that includes STOP as a request is honoured", () => {
  test.each([
    "STOP SMS",
    "stop svp",
    "Stop merci",
    "STOP PARLEY",
    "STOP au 36105",
    "Bonjour, STOP pub merci",
    "stop!!!",
  ])(
    "%s",
    async (text) => {
      const gateway = await ready(FR);
      expect((await gateway.mo(FR, "36105", text)).body.intent).toBe("opt_out");
      expect(refusal(await send(gateway, {}))).toEqual([422, "recipient_opted_out"]);
    },
  );

  test.each(["Where is the bus stop?", "Can you stop by tomorrow?", "Ne vous arrêtez pas"])(
    "%s is no such request",
    async (text) => {
      const gateway = await ready(FR);
      expect((await gateway.mo(FR, "36105", text)).body.intent).not.toBe("opt_out");
      expect(await suppressionsOf(gateway, FR)).toEqual([]);
    },
  );
});

describe("R9: people are told where to report abuse", () => {
  test.each(["CONTACT", "AIDE", "INFO"])("the answer to %s names 33700, in one SMS", async (word) => {
    const gateway = await testGateway();
    await gateway.mo(FR, "36105", word);
    const [answer] = await received(gateway, FR);
    expect(answer).toContain("33700");
    expect(measure(answer!)).toMatchObject({ segments: 1, encoding: "GSM-7" });
  });

  test("a long contact leaves it out rather than cost a second SMS", async () => {
    const gateway = await testGateway();
    const sender = { carrier_id: "sandbox", country: "FR", brand: "Les Grands Magasins de la Gare SAS" };
    expect((await gateway.call("PUT", "/v1/senders/36105", sender)).status).toBe(200);
    await gateway.mo(FR, "36105", "CONTACT");
    const [answer] = await received(gateway, FR);
    expect(answer).not.toContain("33700");
    expect(answer).toContain("STOP");
  });

  test("the unsubscribe page says where, in the country of the number", async () => {
    const gateway = await ready(GB);
    const { body } = await send(gateway, { to: GB, from: "PARLEY", text: OFFER });
    expect((await gateway.call("GET", /\/u\/\S+/.exec(body.text)![0])).text).toContain("Forward it to 7726");
  });
});

describe("R10: STOP and the short number at the end; a link only outside France", () => {
  test("in France the mention is the last thing in the text, once", async () => {
    const gateway = await ready(FR);
    const own = await send(gateway, {});
    expect(own.body.text).toBe(`${PROMO} STOP au 36105`);
    const written = await send(gateway, { text: `${PROMO} STOP au 36105` });
    expect(written.body.text).toBe(`${PROMO} STOP au 36105`);
  });

  test("in France a link is not enough, and one that the sender writes does not replace the number", async () => {
    const gateway = await ready(FR);
    const { body } = await send(gateway, { text: `${PROMO} Stop SMS: https://shop.example/stop` });
    expect(body.text).toMatch(/STOP (au )?36105$/);
    await gateway.call("PUT", "/v1/senders/LINKONLY", { carrier_id: "sandbox", country: "FR" });
    expect(refusal(await send(gateway, { from: "LINKONLY" }))).toEqual([422, "sender_not_allowed"]);
  });

  test("abroad a name that cannot be answered carries a link that works", async () => {
    const gateway = await ready(GB);
    const { body } = await send(gateway, { to: GB, from: "PARLEY", text: OFFER });
    const path = /https:\/\/sms\.example\.com(\/u\/\S+)$/.exec(body.text)![1]!;
    expect((await gateway.call("GET", path, undefined, { authorization: "" })).status).toBe(200);
  });
});

describe("R11: advertising without the mention does not leave", () => {
  test("a sender that leaves no way to say STOP is refused, before any operator drops it", async () => {
    const gateway = await ready(FR);
    await gateway.call("PUT", "/v1/senders/NOSTOP", { carrier_id: "sandbox" });
    expect(refusal(await send(gateway, { from: "NOSTOP" }))).toEqual([422, "sender_not_allowed"]);
    expect(await received(gateway, FR)).toEqual([]);
  });

  test("a mention of another number, where the STOP would be lost, is refused", async () => {
    const gateway = await ready(FR);
    expect(refusal(await send(gateway, { text: `${PROMO} STOP au 36123` }))).toEqual([422, "content_refused"]);
  });

  test("a text that would have no room for it is refused, never sent without", async () => {
    const gateway = await ready(FR);
    const text = `Soldes -50% ${"x".repeat(147)}`;
    expect(measure(text).segments).toBe(1);
    expect(refusal(await send(gateway, { text, max_segments: 1 }))).toEqual([422, "segment_budget_exceeded"]);
  });
});

describe("R12: every request is handled automatically and keeps the number out of everything later", () => {
  test("what waits is canceled with the STOP itself, and what comes later is refused", async () => {
    const gateway = await ready(FR);
    const queued = await send(gateway, {});
    const scheduled = await send(gateway, { scheduled_at: "2026-11-26T10:00:00+01:00" });
    gateway.clock.set("2026-11-24T21:00:00+01:00");
    const held = await send(gateway, {});
    expect([queued, scheduled, held].map(({ body }) => body.status)).toEqual(["queued", "held", "held"]);
    await gateway.mo(FR, "36105", "STOP");
    for (const { body } of [queued, scheduled, held]) {
      expect((await gateway.call("GET", `/v1/messages/${body.id}`)).body).toMatchObject({
        status: "canceled",
        error: { code: "recipient_opted_out" },
      });
    }
    for (const later of ["2026-11-25T10:00:00+01:00", "2027-11-24T10:00:00+01:00"]) {
      gateway.clock.set(later);
      expect(refusal(await send(gateway, {}))).toEqual([422, "recipient_opted_out"]);
    }
    const texts = await received(gateway, FR);
    expect(texts.filter((text) => text.includes("Soldes"))).toEqual([]);
  });
});

describe("R13: the number leaves the address book and gets no prospecting again", () => {
  test("the contact is deleted; putting it back, or importing a consent, does not bring advertising back", async () => {
    const gateway = await ready(FR);
    await gateway.call("POST", "/v1/contacts", { msisdn: FR, name: "Camille" });
    await gateway.mo(FR, "36105", "STOP");
    expect((await gateway.call("GET", `/v1/contacts?msisdn=${q(FR)}`)).body.data).toEqual([]);

    await gateway.call("POST", "/v1/contacts", { msisdn: FR, name: "Camille" });
    const imported = await gateway.call("POST", "/v1/consents/import", {
      data: [{
        recipient: FR,
        purpose: "commercial",
        source: "old_list",
        wording: "I agree",
        granted_at: "2026-11-24T08:59:00Z",
      }],
    });
    expect(imported.body.imported).toBe(1);
    await consent(gateway, FR, "2026-11-24T09:00:00Z");
    expect(refusal(await send(gateway, {}))).toEqual([422, "recipient_opted_out"]);
  });
});

describe("R14: on every commercial SMS, single ones and answers of an agent as well", () => {
  test("an offer in a chat carries the mention; the chat itself does not", async () => {
    const gateway = await ready(FR);
    await gateway.mo(FR, "36105", "Bonjour, vous avez cette veste en rouge ?");
    const chat = await send(gateway, { text: "Parfait, comme convenu." });
    expect(chat.body).toMatchObject({ category: "informative", text: "Parfait, comme convenu." });
    const offer = await send(gateway, {
      text: "Oui, et -20% sur tout le rayon jusqu'à samedi !",
      category: "informative",
    });
    expect(offer.body.category).toBe("commercial");
    expect(offer.body.text).toMatch(/STOP au 36105$/);
  });

  test("information with one offer in it is advertising", async () => {
    const gateway = await testGateway();
    const { body } = await send(gateway, {
      text: "Votre colis est livré. -10 % sur votre prochain achat avec MERCI10.",
      category: "informative",
    });
    expect(body.code).toBe("consent_missing");
  });
});

describe("R15: STOP alone is enough", () => {
  test.each(["STOP", "stop", " Stop ", "STOP.", "ＳＴＯＰ"])("%j", async (text) => {
    const gateway = await ready(FR);
    expect((await gateway.mo(FR, "36105", text)).body.intent).toBe("opt_out");
    expect(refusal(await send(gateway, {}))).toEqual([422, "recipient_opted_out"]);
  });
});

describe("R16: an SMS confirms the unsubscription", () => {
  test("one, from the number that was written to, in the person's language, without advertising", async () => {
    const gateway = await ready(FR);
    await gateway.mo(FR, "36105", "STOP");
    await gateway.mo(FR, "36105", "STOP");
    await gateway.dispatcher.tick();
    const answers = (await gateway.handset(FR)).filter(({ to }) => to === FR);
    expect(answers).toEqual([expect.objectContaining({
      from: "36105",
      text: "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.",
    })]);
  });
});

describe("R17: the same duties on every way in", () => {
  /** Each tries to advertise to FR and resolves with the code of the refusal. */
  const WAYS: [name: string, advertise: (gateway: TestGateway) => Promise<string>][] = [
    ["a single message", async (gateway) => (await send(gateway, {})).body.code],
    [
      "a batch",
      async (gateway) => {
        const messages = [{ to: FR, from: "36105", text: PROMO }];
        return (await gateway.call("POST", "/v1/messages/batch", { messages })).body.data[0].code;
      },
    ],
    [
      "the key of an app",
      async (gateway) =>
        (await gateway.appCall("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO })).body.code,
    ],
    [
      "a preview",
      async (gateway) =>
        (await gateway.call("POST", "/v1/messages/preview", { to: FR, from: "36105", text: PROMO })).body.code,
    ],
    [
      "a scheduled message",
      async (gateway) => (await send(gateway, { scheduled_at: "2026-11-26T10:00:00+01:00" })).body.code,
    ],
    [
      "an agent's answer in a chat",
      async (gateway) => {
        await gateway.mo(FR, "36105", "Bonjour, vous avez cette veste en rouge ?");
        return (await send(gateway, { text: "Oui, et -20% sur tout le rayon jusqu'à samedi !" })).body.code;
      },
    ],
    [
      "another sender",
      async (gateway) => (await send(gateway, { from: "PARLEY" })).body.code,
    ],
    [
      "an imported contact",
      async (gateway) => {
        await gateway.call("POST", "/v1/contacts", { msisdn: FR });
        return (await send(gateway, {})).body.code;
      },
    ],
  ];

  test.each(WAYS)("%s: no advertising without consent", async (_name, advertise) => {
    expect(await advertise(await testGateway())).toBe("consent_missing");
  });

  test.each(WAYS)("%s: no advertising after a STOP", async (_name, advertise) => {
    const gateway = await ready(FR);
    await gateway.mo(FR, "36105", "STOP");
    expect(await advertise(gateway)).toBe("recipient_opted_out");
    expect((await received(gateway, FR)).filter((text) => /Soldes|-20%/.test(text))).toEqual([]);
  });

  test.each<[string, (gateway: TestGateway) => Promise<unknown>]>([
    ["a STOP", (gateway) => gateway.mo(FR, "36105", "STOP")],
    ["a clerk's entry", (gateway) => gateway.call("POST", "/v1/suppressions", { recipient: FR })],
    ["an import", (gateway) => gateway.call("POST", "/v1/suppressions/import", { data: [{ recipient: FR }] })],
  ])("%s that comes after a message was scheduled keeps it from leaving", async (_name, refuse) => {
    const gateway = await ready(FR);
    const { body } = await send(gateway, { scheduled_at: "2026-11-25T10:00:00+01:00" });
    await refuse(gateway);
    gateway.clock.set("2026-11-25T10:00:00+01:00");
    expect((await received(gateway, FR)).filter((text) => text.includes("Soldes"))).toEqual([]);
    expect((await gateway.call("GET", `/v1/messages/${body.id}`)).body.status).toBe("canceled");
  });

  test("a scheduled message whose consent was withdrawn meanwhile does not leave", async () => {
    const gateway = await testGateway();
    const granted = await consent(gateway, FR);
    await send(gateway, { scheduled_at: "2026-11-25T10:00:00+01:00" });
    await gateway.call("POST", `/v1/consents/${granted.body.id}/withdraw`, {});
    gateway.clock.set("2026-11-25T10:00:00+01:00");
    expect(await received(gateway, FR)).toEqual([]);
  });

  test("hours bind a batch as they bind a single message", async () => {
    const gateway = await ready(FR);
    gateway.clock.set("2026-11-29T11:00:00+01:00");
    const single = (await send(gateway, {})).body;
    const messages = [{ to: FR, from: "36105", text: PROMO }];
    const [item] = (await gateway.call("POST", "/v1/messages/batch", { messages })).body.data;
    for (const one of [single, item]) {
      expect(one).toMatchObject({ status: "held", hold_reason: "quiet_hours", hold_until: "2026-11-30T07:00:00.000Z" });
    }
  });
});
