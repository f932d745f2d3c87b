import { describe, expect, test } from "vitest";
import type { Effect } from "../../src/core/effects.ts";
import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { loadRulebook } from "../../src/rules/check.ts";
import { scenarioInput } from "../../src/rules/scenario.ts";
import { compareOutcomes } from "../../src/rules/simulate/compare.ts";
import { simulateScenarios, simulateStored } from "../../src/rules/simulate/mod.ts";
import { effectName, outcomeOf, type SimulatedOutcome } from "../../src/rules/simulate/outcome.ts";
import { newTally } from "../../src/rules/simulate/tally.ts";
import { pastMessages } from "../../src/store/messages/history.ts";
import { DECISION } from "../../src/store/messages/shared_decisions.ts";
import { addAudience } from "../support/audience.ts";
import { consent, INFO, PROMO, type TestGateway, testGateway } from "../support/gateway.ts";
import { rulebookWithFlows } from "../support/flows.ts";
import { shippedRules } from "../support/rulebook.ts";
import { FR, frenchSaturday } from "../support/rulebook_life.ts";

const ONE = "+33612000001", TWO = "+33612000002", ABROAD = "+15005550111";
const { sources, rulebook: base } = await shippedRules();

async function candidate(end = "18:00"): Promise<Rulebook> {
  return loadRulebook({ ...sources, [FR]: await frenchSaturday(end) }).rulebook!;
}

async function simulate(gateway: TestGateway, other: Rulebook, last = 1_000) {
  const { senders } = await gateway.api.deps.settings.current();
  return await simulateStored(
    { client: gateway.db.client, senders, publicUrl: "https://sms.example.com" },
    last,
    { base, candidate: other, samples: 5 },
  );
}

/** Two people, a conversation, STOP and START, the cap, names and quiet hours, over a few days. */
async function story(gateway: TestGateway): Promise<void> {
  const send = async (to: string, text: string, more = {}) => {
    gateway.clock.advance(60_000);
    const reply = await gateway.call("POST", "/v1/messages", { to, from: "36105", text, ...more });
    expect(reply.status).toBeLessThan(500);
    await gateway.dispatcher.tick();
  };
  const write = async (from: string, text: string, to = "36105") => {
    gateway.clock.advance(60_000);
    expect((await gateway.mo(from, to, text)).status).toBe(200);
    await gateway.dispatcher.tick();
  };
  await send(ONE, PROMO);
  await consent(gateway, ONE);
  for (let count = 0; count < 12; count++) await send(ONE, PROMO);
  await write(ONE, "Merci, à quelle heure ?");
  await send(ONE, "On vous attend à 15h.");
  await write(ONE, "STOP");
  await send(ONE, PROMO);
  await send(ONE, INFO);
  await write(ONE, "STOP");
  await write(ONE, "HELP");
  await write(ONE, "START");
  await send(ONE, PROMO);
  await consent(gateway, TWO);
  await send(TWO, PROMO, { from: "PARLEY" });
  await send(TWO, PROMO, { scheduled_at: "2026-11-26T10:00:00+01:00" });
  gateway.clock.set("2026-11-28T18:30:00+01:00");
  await send(TWO, PROMO);
  await send(TWO, PROMO, { max_segments: 1 });
  gateway.clock.set("2026-11-28T20:30:00+01:00");
  await send(TWO, PROMO);
  await write(ABROAD, "stop", "+15005550006");
  await write(ABROAD, "STOP", "+15005550006");
  await send(ABROAD, INFO, { from: "+15005550006" });
}

describe("simulateStored()", () => {
  test("under the rules that decided, every message comes out as it did, rule for rule", async () => {
    const gateway = await testGateway();
    await story(gateway);
    const { rows } = await gateway.db.client.execute(`select id, ${DECISION} as decision from messages`);
    expect(rows.length).toBeGreaterThan(30);
    const decided = new Map(rows.map((row) => [row["id"] as string, JSON.parse(row["decision"] as string)]));
    // Every message changes under rules that match nothing, which shows each one's outcome under the shipped rules.
    const other = loadRulebook({
      ...sources,
      "outbound/8_hours.yaml": sources["outbound/8_hours.yaml"]!.replaceAll("operator: equal", "operator: notEqual"),
    }).rulebook!;
    const { senders } = await gateway.api.deps.settings.current();
    const where = { client: gateway.db.client, senders, publicUrl: "https://sms.example.com" };
    const same = await simulateStored(where, 1_000, { base, candidate: base, samples: 1_000 });
    expect([same.messages, same.changed, same.left_out]).toEqual([rows.length, 0, 0]);
    const { groups } = await simulateStored(where, 1_000, { base, candidate: other, samples: 1_000 });
    const shown = groups.flatMap(({ messages }) => messages);
    expect(shown.length).toBeGreaterThan(10);
    // What was held and released since carries the decision of its release.
    const { rows: released } = await gateway.db.client.execute(
      "select id from messages where scheduled_at is not null or hold_until is not null",
    );
    const later = new Set(released.map((row) => row["id"]));
    for (const { id, before } of shown) {
      if (!later.has(id)) expect([id, before.rules]).toEqual([id, decided.get(id!).rules]);
    }
  });

  test("facts are as they stood: a later STOP, consent or advertisement changes nothing about the past", async () => {
    const gateway = await testGateway();
    await story(gateway);
    const before = new Map<string, unknown>();
    for await (const page of pastMessages(gateway.db.client, 1_000)) {
      for (const { row, person } of page) before.set(row.id, person);
    }
    gateway.clock.advance(3_600_000);
    await gateway.mo(TWO, "36105", "STOP");
    await consent(gateway, ONE, "2026-11-28T20:00:00Z");
    await gateway.call("POST", "/v1/suppressions", { recipient: ONE });
    for await (const page of pastMessages(gateway.db.client, 1_000)) {
      for (const { row, person } of page) {
        if (before.has(row.id)) expect([row.id, person]).toEqual([row.id, before.get(row.id)]);
      }
    }
  });

  test("tells which outcomes change, grouped by the rule behind it, with the messages", async () => {
    const gateway = await testGateway();
    await story(gateway);
    const result = await simulate(gateway, await candidate());
    expect(result).toMatchObject({ changed: 2, base: base.hash });
    expect(result.groups).toMatchObject([{
      change: "allow -> hold quiet_hours",
      rules: [{ id: "hours.quiet", now: "matches" }],
      count: 2,
      messages: [{
        to: TWO,
        text: PROMO,
        before: { hold_until: null },
        after: { hold_until: "2026-11-30T07:00:00.000Z" },
      }, {}],
    }]);
    expect(result.outcomes["outbound allow"]!.before - result.outcomes["outbound allow"]!.after).toBe(2);
    expect((await simulate(gateway, await candidate(), 1)).messages).toBe(1);
  });

  test("leaves out what came from an address that is no sender any more, and says so", async () => {
    const gateway = await testGateway();
    await story(gateway);
    await gateway.db.client.execute("delete from senders where address = 'PARLEY'");
    await gateway.api.deps.settings.refresh();
    expect((await simulate(gateway, base)).left_out).toBe(1);
  });

  test("a message of a campaign knows of how many it was one, and what somebody settled about them", async () => {
    const gateway = await testGateway();
    const people = await addAudience(gateway.db, { count: 20, now: gateway.clock.now(), consents: () => false });
    for (const person of people) await consent(gateway, person);
    const tag = async (name: string, count: number) =>
      await gateway.db.client.execute({
        sql: "insert into contact_tags (contact_id, tag) select id, ? from contacts order by id limit ?",
        args: [name, count],
      });
    await tag("some", 6);
    await tag("all", 20);
    const campaign = async (tag: string, text: string, settled: string | null) => {
      const draft = { name: "Winter", from: "36105", text, audience: { filter: { tags: [tag] } } };
      const { body } = await gateway.call("POST", "/v1/campaigns", draft);
      const act = async (what: string, more?: object) =>
        expect((await gateway.call("POST", `/v1/campaigns/${body.id}/${what}`, more)).status).toBe(200);
      await act("start");
      await gateway.campaigns.tick();
      await gateway.campaigns.tick();
      if (settled === null) return;
      await act("settle", { category: settled });
      await act("resume");
      await gateway.campaigns.tick();
    };
    await campaign("some", "Parfait, comme convenu.", null);
    await campaign("all", "Parfait, comme convenu hier.", "informative");

    const past = [];
    for await (const page of pastMessages(gateway.db.client, 100)) past.push(...page);
    const facts = past.map(({ row }) => `${row.copies} ${row.settled_category}`);
    expect(facts.toSorted()).toEqual([...Array(20).fill("20 informative"), ...Array(6).fill("6 null")]);

    const stricter = loadRulebook({
      ...sources,
      "outbound/1_review.yaml": sources["outbound/1_review.yaml"]!
        .replaceAll("value: 20 }", "value: 5 }").replace(/copies: 19,/, "copies: 4,"),
    }).rulebook!;
    const { groups } = await simulate(gateway, stricter);
    expect(groups.map(({ change, count }) => [change, count])).toEqual([["allow -> hold needs_review", 6]]);
  });

  test("a large history is read in pages, each message once", async () => {
    const gateway = await testGateway();
    await gateway.call("POST", "/v1/messages/batch", {
      messages: Array.from({ length: 1_203 }, (_, index) => ({
        to: `+3361200${String(index).padStart(4, "0")}`,
        from: "36105",
        text: INFO,
      })),
    });
    const ids: string[] = [];
    for await (const page of pastMessages(gateway.db.client, 1_200)) ids.push(...page.map(({ row }) => row.id));
    expect([ids.length, new Set(ids).size]).toEqual([1_200, 1_200]);
    expect(ids).toEqual([...ids].sort().reverse());
  });
});

test("simulateScenarios() decides written messages under both", async () => {
  const at = "2026-11-28T18:30:00+01:00";
  const result = simulateScenarios(
    [{ text: PROMO, consent: "granted", at }, { text: INFO, at }, { text: "STOP", direction: "inbound" }],
    { base, candidate: await candidate(), samples: 5 },
  );
  expect(result).toMatchObject({ messages: 3, changed: 1, groups: [{ messages: [{ id: null, to: "+33612000001" }] }] });
});

test("the question of a double opt-in is what the person gets", async () => {
  const rulebook = await rulebookWithFlows();
  const outcome = outcomeOf(scenarioInput({ text: "CLUB" }, rulebook, "inbound"), rulebook);
  expect(outcome.effects).toEqual(["request_consent commercial flow:club.join"]);
  expect(outcome.text).toContain("OUI");
});

describe("compareOutcomes()", () => {
  const rule = (id: string, effect: string) => ({ id, reason: id, source: "s", confidence: "design" as const, effect });
  const plain: SimulatedOutcome = {
    outcome: "allow",
    category: "commercial",
    hold_until: null,
    text: "x",
    effects: [],
    rules: [rule("a.a", "classify commercial"), rule("m.m", "append_mention")],
  };
  test.each<[string, Partial<SimulatedOutcome>, Partial<SimulatedOutcome>, unknown]>([
    ["nothing", {}, {}, null],
    ["other rules with no consequence are no change", {}, { rules: [rule("b.b", "note")] }, null],
    [
      "a rule that now refuses, among others that came",
      {},
      { outcome: "refuse consent_missing", rules: [rule("n.n", "note"), rule("c.c", "refuse consent_missing")] },
      { change: "allow -> refuse consent_missing", rules: [{ id: "c.c", now: "matches" }] },
    ],
    [
      "a rule that is gone",
      { outcome: "hold quiet_hours", rules: [rule("h.h", "hold quiet_hours")] },
      { rules: [] },
      { change: "hold quiet_hours -> allow", rules: [{ id: "h.h", now: "no longer matches" }] },
    ],
    [
      "the same rule, another table",
      { outcome: "hold quiet_hours", hold_until: "a", rules: [rule("h.h", "hold quiet_hours")] },
      { outcome: "hold quiet_hours", hold_until: "b", rules: [rule("h.h", "hold quiet_hours")] },
      { change: "hold_until", rules: [{ id: "h.h", now: "differs" }] },
    ],
    ["another mention", {}, { text: "y" }, { change: "text", rules: [{ id: "m.m", now: "differs" }] }],
    [
      "what follows from a message",
      { outcome: "opt_out", effects: ["suppress commercial"], rules: [rule("s.s", "suppress")] },
      { outcome: "opt_out", effects: ["suppress all this_sender"], rules: [rule("s.s", "suppress")] },
      { change: "suppress commercial -> suppress all this_sender", rules: [{ id: "s.s", now: "differs" }] },
    ],
    [
      "the kind of a review",
      { outcome: "none", effects: ["open_review complaint"], rules: [rule("d.c", "open_review complaint")] },
      { outcome: "none", effects: ["open_review health"], rules: [rule("d.h", "open_review health")] },
      {
        change: "open_review complaint -> open_review health",
        rules: [{ id: "d.h", now: "matches" }, { id: "d.c", now: "no longer matches" }],
      },
    ],
    [
      "the list of a flow",
      {
        outcome: "club_join",
        effects: ["save_contact tag:club list:Club"],
        rules: [
          rule("c.word", "intent club_join"),
          rule("c.reply", "flow_reply c"),
          rule("c.contact", "flow_contact c"),
        ],
      },
      {
        outcome: "club_join",
        effects: ["save_contact tag:club list:Friends"],
        rules: [
          rule("c.word", "intent club_join"),
          rule("c.reply", "flow_reply c"),
          rule("c.contact", "flow_contact c"),
        ],
      },
      {
        change: "save_contact tag:club list:Club -> save_contact tag:club list:Friends",
        rules: [{ id: "c.contact", now: "differs" }],
      },
    ],
    [
      "the answer of a flow",
      {
        outcome: "club_join",
        text: "Welcome",
        rules: [rule("c.reply", "flow_reply c"), rule("c.contact", "flow_contact c")],
      },
      {
        outcome: "club_join",
        text: "Hello",
        rules: [rule("c.reply", "flow_reply c"), rule("c.contact", "flow_contact c")],
      },
      { change: "text", rules: [{ id: "c.reply", now: "differs" }] },
    ],
    [
      "that somebody has to settle the message itself",
      { outcome: "hold needs_review", rules: [rule("s.d", "hold needs_review")] },
      {
        outcome: "hold needs_review",
        effects: ["open_review category_conflict"],
        rules: [rule("s.d", "hold needs_review"), rule("c.b", "hold needs_review"), rule("m.m", "append_mention")],
      },
      { change: "nothing -> open_review category_conflict", rules: [{ id: "c.b", now: "matches" }] },
    ],
  ])("%s", (_name, before, after, expected) => {
    expect(compareOutcomes({ ...plain, ...before }, { ...plain, ...after })).toEqual(expected);
  });

  describe("names of effects", () => {
    const rule = "r.r";
    const asked = { wording: "w", text: "t", answer_until: 0, not_since: 0, rule };
    const names = ([
      { type: "suppress", scope: "commercial", sender: null, rule },
      { type: "suppress", scope: "all", sender: "36105", rule },
      { type: "suppress", scope: "all", sender: null, rule },
      { type: "lift_suppression", sender: "36105", rule },
      { type: "record_consent", purpose: "commercial", wording: "w", rule },
      { type: "record_consent", purpose: "partner:ACME, Inc. -> you", wording: "w", rule },
      { type: "request_consent", purpose: "commercial", flow: "club.join", ...asked },
      { type: "request_consent", purpose: "commercial", flow: "club.leave", ...asked },
      { type: "request_consent", purpose: "informative:delivery", flow: "club.join", ...asked },
      { type: "save_contact", tags: ["club"], list: null, rule, once: false },
      { type: "save_contact", tags: ["club", "vip"], list: null, rule, once: false },
      { type: "save_contact", tags: [], list: "club", rule, once: false },
      { type: "save_contact", tags: ["club"], list: "Paris, club -> all", rule, once: false },
      { type: "confirm_consent", request: "cns_1", purpose: "commercial", rule },
      { type: "confirm_consent", request: "cns_1", purpose: "partner:ACME", rule },
      { type: "withdraw_consent", purpose: "commercial", rule },
      { type: "dispute_consent", purpose: "commercial", rule },
      { type: "open_review", kind: "complaint", words: "", rule },
      { type: "open_review", kind: "health", words: "", rule },
      { type: "remove_contact", rule },
    ] satisfies Effect[]).map(effectName);

    test("tell them apart", () => expect(new Set(names).size).toBe(names.length));
    test.each(names)("%s can stand in a change", (name) => expect(name).not.toMatch(/, | -> /));
  });

  test("a tally keeps a few messages of a group and counts all", () => {
    const tally = newTally(2);
    const message = { id: null, direction: "outbound" as const, at: "", from: "", to: "", text: "" };
    for (let count = 0; count < 5; count++) tally.add(message, plain, { ...plain, text: "y" });
    tally.add(message, plain, plain);
    const { messages, changed, groups } = tally.result();
    expect([messages, changed, groups.length, groups[0]?.count, groups[0]?.messages.length]).toEqual([6, 5, 1, 5, 2]);
  });
});
