import { describe, expect, test } from "vitest";
import { measure } from "../../../src/core/text/segment.ts";
import { fillTemplate, parseTemplate } from "../../../src/core/text/template.ts";
import { linkMark } from "../../../src/gateway/campaigns/short_links.ts";
import { SETTLES_MS } from "../../../src/gateway/people/erase.ts";
import { composeDraft, draftRow } from "../../../src/gateway/pipeline/compose.ts";
import type { Recipient } from "../../../src/store/campaigns/audience.ts";
import { loadFacts } from "../../../src/store/messages/facts.ts";
import { withDecisions } from "../../../src/store/messages/shared_decisions.ts";
import { addAudience } from "../../support/audience.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { PUBLIC_URL } from "../../support/instance.ts";

const PHONE = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile " +
  "Safari/537.36";
const SHORT = /https:\/\/sms\.example\.com(\/l\/[\w-]{16})(?![\w-])/g;
const SHOP = "https://shop.example/winter?x=1&y=%C3%A9";
const TEXT = `${PROMO} {link ${SHOP}}`;

async function started(gateway: TestGateway, more: Record<string, unknown> = {}): Promise<string> {
  const draft = { name: "Winter sale", from: "36105", text: TEXT, audience: {}, ...more };
  const { status, body, text } = await gateway.call("POST", "/v1/campaigns", draft);
  expect(status, text).toBe(201);
  const start = await gateway.call("POST", `/v1/campaigns/${body.id}/start`);
  expect(start.status, start.text).toBe(200);
  return body.id;
}

async function run(gateway: TestGateway): Promise<void> {
  for (let second = 0; second < 20; second++) {
    await gateway.campaigns.tick();
    gateway.clock.advance(1_000);
    await gateway.dispatcher.tick();
  }
}

async function rows(gateway: TestGateway, sql: string): Promise<Record<string, unknown>[]> {
  return (await gateway.db.client.execute(sql)).rows.map((row) => ({ ...row }));
}

/** What arrived, by number. */
async function arrived(gateway: TestGateway): Promise<Map<string, { id: string; text: string; paths: string[] }>> {
  const found = await rows(gateway, "select id, person, text from messages where campaign_id is not null order by id");
  return new Map(found.map(({ id, person, text }) => [
    person as string,
    {
      id: id as string,
      text: text as string,
      paths: [...(text as string).matchAll(SHORT)].map(([, path]) => path!),
    },
  ]));
}

const open = (
  gateway: TestGateway,
  path: string,
  agent = PHONE,
  method = "GET",
  headers: Record<string, string> = {},
) => gateway.call(method, path, undefined, { authorization: "", "user-agent": agent, ...headers });
const results = async (gateway: TestGateway, id: string) =>
  (await gateway.call("GET", `/v1/campaigns/${id}/results`)).body;

describe.each(DATABASE_KINDS)("short links of a campaign, %s database", (kind) => {
  test("each recipient has their own, counted in the segments; it leads on, and people's clicks are counted", async () => {
    const gateway = await testGateway({ kind });
    const other = "https://shop.example/other";
    const numbers = await addAudience(gateway.db, { count: 4, now: gateway.clock.now() });
    const id = await started(gateway, { text: `${TEXT} ou ${"Venez ! ".repeat(4)}{link ${other}}` });
    await run(gateway);
    const messages = await arrived(gateway);
    const paths = numbers.map((number) => messages.get(number)!.paths);
    expect(new Set(paths.flat()).size).toBe(8);
    expect(await rows(gateway, "select distinct segments from messages")).toEqual([{ segments: 2 }]);
    expect(measure(messages.get(numbers[0]!)!.text).segments).toBe(2);

    const [[first = "", second = ""] = [], [another = ""] = []] = paths;
    const opened = await open(gateway, first);
    expect([opened.status, opened.headers.get("location"), opened.text]).toEqual([302, SHOP, ""]);
    expect(opened.headers.get("cache-control")).toBe("no-store");
    expect(opened.headers.get("referrer-policy")).toBe("no-referrer");
    expect(opened.headers.get("set-cookie")).toBe(null);
    expect((await open(gateway, second)).headers.get("location")).toBe(other);
    await Promise.all([open(gateway, first), open(gateway, first), open(gateway, another)]);
    // Whoever fetches without a person is led on as well, and not counted.
    for (
      const [agent, method, headers] of [
        [PHONE, "HEAD", {}],
        ["WhatsApp/2.23.20.0 A", "GET", {}],
        [PHONE, "GET", { "sec-purpose": "prefetch" }],
      ] as const
    ) {
      const { status, headers: answered } = await open(gateway, paths[2]![0]!, agent, method, headers);
      expect([status, answered.get("location")]).toEqual([302, SHOP]);
    }

    expect(await results(gateway, id)).toMatchObject({
      handed_over: 4,
      clicks: 5,
      clicked: 2,
      click_percent: 50,
      links: [
        { url: SHOP, clicks: 4, clicked: 2, click_percent: 50 },
        { url: other, clicks: 1, clicked: 1, click_percent: 25 },
      ],
    });
    const { body } = await gateway.call("GET", `/v1/campaigns/${id}`);
    expect(body).toMatchObject({ clicks: 5, clicked: 2, messages: 4, done: 4, counts: { delivered: 4 } });
    expect(body.counts).toEqual({ delivered: 4 });
    expect(await rows(gateway, "select link, clicks from link_clicks order by clicks, link")).toEqual([
      { link: 0, clicks: 1 },
      { link: 1, clicks: 1 },
      { link: 0, clicks: 3 },
    ]);
    const dossier = await gateway.call("GET", `/v1/people/${encodeURIComponent(numbers[0]!)}`);
    const own = [{ link: 0, clicks: 3 }, { link: 1, clicks: 1 }];
    expect(dossier.body.messages.data[0].clicks).toMatchObject(own);
    const exported = await gateway.call("GET", `/v1/people/${encodeURIComponent(numbers[0]!)}/export`);
    expect(exported.body.messages[0].clicks).toMatchObject(own);
  });

  test("what is known of clicks goes with the person, and with the message", async () => {
    const gateway = await testGateway({ kind });
    const numbers = await addAudience(gateway.db, { count: 2, now: gateway.clock.now() });
    const id = await started(gateway);
    await run(gateway);
    const messages = await arrived(gateway);
    for (const { paths: [path] } of messages.values()) await open(gateway, path!);
    expect(await rows(gateway, "select * from link_clicks")).toHaveLength(2);

    const [erased, kept] = numbers.map((number) => messages.get(number)!);
    await gateway.call("DELETE", `/v1/people/${encodeURIComponent(numbers[0]!)}`, {
      reason: "Article 17 GDPR",
      requested_by: "person",
    });
    gateway.clock.advance(SETTLES_MS);
    await gateway.dispatcher.tick();
    expect(await rows(gateway, "select message_id from link_clicks")).toEqual([{ message_id: kept!.id }]);
    // The link still leads on, and nothing is stored about who follows it.
    expect((await open(gateway, erased!.paths[0]!)).status).toBe(302);
    expect(await rows(gateway, "select message_id from link_clicks")).toEqual([{ message_id: kept!.id }]);
    expect(await results(gateway, id)).toMatchObject({ clicks: 2, clicked: 2 });

    await gateway.db.client.execute({ sql: "delete from messages where id = ?", args: [kept!.id] });
    expect(await rows(gateway, "select * from link_clicks")).toEqual([]);
    expect((await open(gateway, kept!.paths[0]!)).status).toBe(404);
  });
});

test("a token that nobody gave out gets one and the same page, leads nowhere, and too many are asked to wait", async () => {
  const gateway = await testGateway();
  const [number = ""] = await addAudience(gateway.db, { count: 1, now: gateway.clock.now() });
  await started(gateway);
  await run(gateway);
  const { id, paths: [path = ""] } = (await arrived(gateway)).get(number)!;
  const token = path.slice("/l/".length);
  const flip = (at: number) => token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
  const pages = new Set<string>();
  for (
    const wrong of [
      ...Array.from({ length: 16 }, (_, at) => flip(at)),
      // A link of the message that its text does not have.
      ...gateway.api.deps.tokens.short.of(id, 5).slice(1),
      linkMark(0),
      token.slice(1),
      `${token}A`,
      `${token}=`,
      token.toLowerCase(),
      "A".repeat(16),
      "_".repeat(16),
      "%00".repeat(16),
      "%F0%9F%9B%91",
      "..%2F..%2Fv1",
      encodeURIComponent("https://evil.example/"),
      encodeURIComponent("' or 1=1 --"),
      "x".repeat(5_000),
      `${token}?url=https://evil.example`.replace(token, flip(3)),
    ]
  ) {
    const reply = await open(gateway, `/l/${wrong}`);
    expect([reply.status, reply.headers.get("location")], wrong).toEqual([404, null]);
    pages.add(reply.text);
  }
  expect(pages.size).toBe(1);
  expect([...pages][0]).toContain("This link does not work");
  expect((await open(gateway, `${path}?url=https://evil.example/`)).headers.get("location")).toBe(SHOP);
  expect((await open(gateway, path, PHONE, "POST")).status).toBe(405);

  for (let guess = 0; guess < 120; guess++) await open(gateway, `/l/${flip(5)}`);
  const waiting = await open(gateway, `/l/${flip(5)}`);
  expect([waiting.status, waiting.headers.get("retry-after")]).toEqual([429, "60"]);
  expect(gateway.logged.filter(({ event }) => event === "short_link.guessing")).toHaveLength(1);
  expect((await open(gateway, path)).status).toBe(302);
  const opens = await rows(gateway, "select clicks from link_clicks");
  expect(opens).toEqual([{ clicks: 2 }]);
});

test("somebody who opens one link again and again keeps nobody busy", async () => {
  const gateway = await testGateway();
  await addAudience(gateway.db, { count: 1, now: gateway.clock.now() });
  const id = await started(gateway);
  await run(gateway);
  const [path] = [...(await arrived(gateway)).values()].flatMap(({ paths }) => paths);
  for (let click = 0; click < 105; click++) expect((await open(gateway, path!)).status).toBe(302);
  expect(await rows(gateway, "select clicks from link_clicks")).toEqual([{ clicks: 100 }]);
  expect(await results(gateway, id)).toMatchObject({ clicks: 100, clicked: 1 });
});

test("who opens the link of a message that never left is on the staff, and not counted", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T22:00:00+01:00" });
  await addAudience(gateway.db, { count: 2, now: gateway.clock.now(), consents: (index) => index === 0 });
  await started(gateway);
  await gateway.campaigns.tick();
  for (const { paths: [path] } of (await arrived(gateway)).values()) {
    expect((await open(gateway, path!)).status).toBe(302);
  }
  expect(await rows(gateway, "select * from link_clicks")).toEqual([]);
  expect(await rows(gateway, "select * from campaign_counts where name like 'click%'")).toEqual([]);
});

test("a message that is held keeps its link when it is decided again", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T22:00:00+01:00" });
  await addAudience(gateway.db, { count: 3, now: gateway.clock.now() });
  await started(gateway);
  await gateway.campaigns.tick();
  const before = await arrived(gateway);
  const decided = await rows(gateway, "select person, segments, category, encoding from messages");
  gateway.clock.set("2026-11-25T09:00:00+01:00");
  await run(gateway);
  expect(await arrived(gateway)).toEqual(before);
  expect(await rows(gateway, "select person, segments, category, encoding from messages")).toEqual(decided);
  const distinct = await withDecisions(
    gateway.db.client,
    await rows(gateway, "select distinct status, decision from messages") as { status: string; decision: string }[],
  );
  expect(distinct).toMatchObject([{ status: "delivered" }]);
  // What is on record is the same for all of them: no decision saw a token.
  expect(distinct[0]!.decision).not.toMatch(/\/l\/(?!OwnLinkOfEach)/);
});

test("the preview counts the length of the link, and stores nothing", async () => {
  const gateway = await testGateway();
  await addAudience(gateway.db, { count: 5, now: gateway.clock.now() });
  const draft = {
    name: "Winter sale",
    from: "36105",
    audience: {},
    text: `${PROMO} ${"Venez ".repeat(12)}{link ${SHOP}}`,
  };
  const { body: { id } } = await gateway.call("POST", "/v1/campaigns", draft);
  const { body } = await gateway.call("POST", `/v1/campaigns/${id}/preview`);
  expect(body).toMatchObject({ queued: 5, segments: 10 });
  expect(body.samples[0].text).toContain(`${PUBLIC_URL}/l/${linkMark(0)} STOP`);
  expect(await rows(gateway, "select id from messages")).toEqual([]);
});

test("a link that is none is refused when the campaign is written, with what is wrong", async () => {
  const gateway = await testGateway();
  const draft = { name: "x", from: "36105", audience: {}, text: `${PROMO} {link javascript:alert(1)}` };
  const { status, body } = await gateway.call("POST", "/v1/campaigns", draft);
  expect([status, body.errors[0].field]).toEqual([422, "text"]);
  expect(body.errors[0].detail).toContain("is no link");
});

test("without an address that phones can open there are no short links, except in the sandbox", async () => {
  const gateway = await testGateway();
  const draft = { name: "x", from: "36106", audience: {}, text: TEXT };
  await gateway.call("PUT", "/v1/carriers/local", {
    kind: "kannel",
    config: {
      url: "http://127.0.0.1:13013",
      username: "parley",
      password: "invented",
      webhook_secret: "an-invented-key-of-some-length",
    },
  });
  const route = (carrier_id: string) =>
    gateway.call("PUT", "/v1/senders/36106", { carrier_id, kind: "short_code", country: "FR" });
  expect((await route("sandbox")).status).toBeLessThan(300);
  await addAudience(gateway.db, { count: 1, now: gateway.clock.now() });
  const { deps } = gateway.api;
  deps.publicUrl = "http://127.0.0.1:8787";
  const { status, body: { id } } = await gateway.call("POST", "/v1/campaigns", draft);
  expect(status).toBe(201);

  const made = await route("local");
  expect(made.status, made.text).toBeLessThan(300);
  for (
    const [method, path, body] of [
      ["POST", "/v1/campaigns", draft],
      ["PUT", `/v1/campaigns/${id}`, draft],
      ["POST", `/v1/campaigns/${id}/start`, undefined],
    ] as const
  ) {
    const reply = await gateway.call(method, path, body);
    expect([reply.status, reply.body.code, reply.body.errors?.[0].field]).toEqual([
      422,
      "public_url_unreachable",
      "text",
    ]);
  }
  expect((await gateway.call("POST", "/v1/campaigns", { ...draft, text: PROMO })).status).toBe(201);
  deps.publicUrl = PUBLIC_URL;
  expect((await gateway.call("POST", "/v1/campaigns", draft)).status).toBe(201);
});

/** Numbers of three countries: names may carry a link to Britons, and none to the French. */
const number = (index: number) =>
  [
    `+3361200${String(index).padStart(4, "0")}`,
    `+4474001${String(index).padStart(5, "0")}`,
    `+4915112${String(index).padStart(6, "0")}`,
  ][index % 3]!;

test.each([
  [
    "a number",
    "36105",
    "{name|Bonjour}, soldes : -50% {link https://shop.example/a} ou {link https://shop.example/b} !",
  ],
  ["a name", "PARLEY", "Sale: 50% off everything in store until Sunday!"],
  [
    "a name with links",
    "PARLEY",
    "{name|Hello}, sale: 50% off {link https://shop.example/a} until {field.until|Sunday}!",
  ],
])(
  "from %s the stored rows are those of deciding each message by itself, with its own links",
  async (_, from, text) => {
    const gateway = await testGateway();
    const { deps } = gateway.api;
    await addAudience(gateway.db, {
      count: 90,
      now: gateway.clock.now(),
      number,
      consents: (index) => index % 7 !== 0,
      name: (index) => index % 4 === 0 ? null : ["Anne", linkMark(0), "Żółw", "x".repeat(100)][index % 5] ?? "Bob",
    });
    await gateway.call("PUT", `/v1/senders/${from}`, {
      ...(await gateway.call("GET", `/v1/senders/${from}`)).body,
      carrier_id: undefined,
      address: undefined,
      created_at: undefined,
      countries: [],
    });
    const settings = await deps.settings.refresh();
    const parsed = parseTemplate(text);
    if ("problem" in parsed) throw new Error(parsed.problem);
    const { template } = parsed;
    const sender = settings.senders.get(from)!;
    const contacts = await rows(gateway, "select msisdn, name, fields from contacts order by msisdn");
    const now = gateway.clock.now();
    const facts = await loadFacts(
      deps,
      contacts.map(({ msisdn }) => ({ person: msisdn as string, sender: from, purpose: null })),
      now,
    );
    await started(gateway, { from, text });
    await gateway.campaigns.tick();

    const rowsStored = await rows(gateway, "select * from messages where campaign_id is not null order by person");
    const stored = await withDecisions(gateway.db.client, rowsStored as { decision: string }[]) as typeof rowsStored;
    expect(stored).toHaveLength(90);
    const outcomes = new Set<string>();
    for (const [index, row] of stored.entries()) {
      const contact = contacts[index]!;
      const tokens = deps.tokens.short.of(row["id"] as string, template.links.length);
      const recipient: Recipient = {
        msisdn: contact["msisdn"] as string,
        name: contact["name"] as string | null,
        fields: JSON.parse(contact["fields"] as string),
      };
      // A token may hold what reads as a word ("-Y"): decisions are made with marks. What somebody wrote that looks like a mark becomes
      // their own token.
      const filled = fillTemplate(template, recipient, tokens.map((_, link) => `${PUBLIC_URL}/l/${linkMark(link)}`));
      if ("missing" in filled) throw new Error(`no ${filled.missing}`);
      const restored = (text: string) =>
        tokens.reduce((all, token, link) => all.replaceAll(linkMark(link), token), text);
      const draft = {
        to: recipient.msisdn,
        sender,
        text: filled.text,
        category: null,
        purpose: null,
        scheduled_at: null,
        valid_until: null,
        max_segments: 10,
        metadata: null,
        copies: 90,
        settled_category: null,
        reply: null,
        unsubscribe_token: row["unsubscribe_token"] as string | null,
        sending_window: null,
      };
      const composed = composeDraft(draft, facts[index]!.person, { ...deps, rulebook: settings.rulebook, now });
      const { id: _id, conversation_id: _thread, due_at: _due, campaign_id: _campaign, ...alone } = draftRow(
        draft,
        composed,
        {
          id: "",
          conversation_id: "",
          now,
          settings,
        },
      );
      expect({ ...row, decision: undefined }).toMatchObject({
        ...alone,
        text: restored(alone.text),
        submitted_text: alone.submitted_text && restored(alone.submitted_text),
        decision: undefined,
      });
      expect(row["decision"]).toBe(alone.decision);
      outcomes.add(`${row["status"]} ${row["error_code"]}`);
      for (const token of tokens) expect(row["text"]).toContain(`${PUBLIC_URL}/l/${token}`);
    }
    expect(outcomes.size).toBeGreaterThan(1);
    const unsubscribe = stored.flatMap((row) => row["unsubscribe_token"] === null ? [] : [row["unsubscribe_token"]]);
    expect(unsubscribe.length > 0).toBe(from === "PARLEY");
    expect(new Set(unsubscribe).size).toBe(unsubscribe.length);
    for (const row of stored) {
      const token = row["unsubscribe_token"];
      if (token !== null) expect(row["text"]).toContain(`${PUBLIC_URL}/u/${token}`);
      expect(token === null || deps.tokens.genuine(token as string)).toBe(true);
    }
  },
);
