import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const US = "+14155550101";
const US_SENDER = "+15005550006";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";

const consent = (g: TestGateway, recipient: string) =>
  g.call("POST", "/v1/consents", {
    recipient,
    purpose: "commercial",
    source: "web form",
    wording: "I want offers by SMS",
    granted_at: "2026-11-01T10:00:00+01:00",
  });
const promote = (g: TestGateway, to = FR) =>
  g.call("POST", "/v1/messages", {
    to,
    from: to.startsWith("+33") ? "36105" : US_SENDER,
    text: PROMO,
    category: "commercial",
  });
const open = async (g: TestGateway, query = "") => (await g.call("GET", `/v1/reviews?state=open${query}`)).body.data;
const settle = (g: TestGateway, id: string, settlement: string, note?: string) =>
  g.call("POST", `/v1/reviews/${id}/settle`, { settlement, ...(note === undefined ? {} : { note }) });
const statusOf = async (g: TestGateway, id: string) => (await g.call("GET", `/v1/messages/${id}`)).body.status;
const audit = async (g: TestGateway, action: string) =>
  (await g.call("GET", `/v1/audit?action=${action}`)).body.data as { actor: string; subject: string }[];

describe.each(DATABASE_KINDS)("reviews, %s database", (kind) => {
  test("a doubtful reply opens one, advertising waits, and not_opt_out lets it go on", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    expect((await g.mo(FR, "36105", "Il faut stopper le bazar")).body.intent).toBe("none");
    const [review] = await open(g);
    expect(review).toMatchObject({
      kind: "doubtful_reply",
      state: "open",
      person: FR,
      sender: "36105",
      text: "Il faut stopper le bazar",
      words: "stopper",
      rule: "doubt.review",
      settlements: ["opt_out", "not_opt_out"],
    });
    const held = await promote(g);
    expect([held.status, held.body.status, held.body.hold_reason]).toEqual([202, "held", "needs_review"]);
    await g.dispatcher.tick();
    expect(await statusOf(g, held.body.id)).toBe("held");

    const settled = await settle(g, review.id, "not_opt_out", "About a party");
    expect([settled.status, settled.body.state, settled.body.settlement, settled.body.note]).toEqual([
      200,
      "settled",
      "not_opt_out",
      "About a party",
    ]);
    expect(settled.body.settled_by).toMatch(/^key_/);
    await g.dispatcher.tick();
    expect(["sent", "delivered"]).toContain(await statusOf(g, held.body.id));
    expect((await audit(g, "review.settled")).map(({ subject }) => subject)).toEqual([review.id]);
  });

  test("opt_out has the consequences of a STOP in the same transaction, with one confirmation", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    const held = await promote(g);
    const [review] = await open(g);
    expect((await settle(g, review.id, "opt_out")).status).toBe(200);
    await g.dispatcher.tick();
    expect(await statusOf(g, held.body.id)).toBe("canceled");
    const { data } = (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body;
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ scope: "commercial", message_id: review.message_id, source: "keyword" });
    expect((await g.handset(FR)).filter(({ to }) => to === FR)).toHaveLength(
      1,
    );
    expect((await promote(g)).body.code).toBe("recipient_opted_out");
  });

  test("of two settlements at once the first one counts and the other is told so", async () => {
    const g = await testGateway({ kind });
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    const [review] = await open(g);
    const answers = await Promise.all([settle(g, review.id, "opt_out"), settle(g, review.id, "not_opt_out")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("already_settled");
    const stands = (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data.length;
    const winner = answers.find(({ status }) => status === 200)?.body.settlement;
    expect(stands).toBe(winner === "opt_out" ? 1 : 0);
  });

  test("United States: a doubt stops first and without a confirmation; not_opt_out lifts that", async () => {
    const g = await testGateway({ kind, clock: "2026-11-24T18:00:00Z" });
    await consent(g, US);
    expect((await g.mo(US, US_SENDER, "Stop it!")).body.intent).toBe("none");
    await g.dispatcher.tick();
    expect((await promote(g, US)).body.code).toBe("recipient_opted_out");
    expect(await g.handset(US)).toHaveLength(1);
    const [review] = await open(g);
    await settle(g, review.id, "not_opt_out");
    expect((await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(US)}`)).body.data).toEqual([]);
    expect(await audit(g, "suppression.lifted")).toHaveLength(1);
    expect((await promote(g, US)).body.status).toBe("queued");
  });

  test("doubts that repeat one another are lifted once somebody has judged each text", async () => {
    const g = await testGateway({ kind, clock: "2026-11-24T18:00:00Z" });
    for (const text of ["Stop it!", "Stop it!", "Stop it now man!", "Stop it!"]) await g.mo(US, US_SENDER, text);
    const found = await open(g, "&kind=doubtful_reply");
    expect(found).toHaveLength(4);
    const standing = async () =>
      (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(US)}`)).body.data.length;
    await settle(g, found.find(({ text }: { text: string }) => text === "Stop it!").id, "not_opt_out");
    const [last, ...others] = await open(g);
    expect([last.text, others, await standing()]).toEqual(["Stop it now man!", [], 1]);
    await settle(g, last.id, "not_opt_out");
    expect(await standing()).toBe(0);
    expect((await audit(g, "review.settled")).map(({ subject }) => subject).toSorted()).toEqual(
      found.map(({ id }: { id: string }) => id).toSorted(),
    );
    expect(await audit(g, "suppression.lifted")).toHaveLength(1);
  });

  test("an opt_out settles every doubtful reply of the person, and nobody else's", async () => {
    const g = await testGateway({ kind });
    for (const text of ["Il faut stopper le bazar", "Stopper tout ce cirque", "Je vais porter plainte à la CNIL"]) {
      await g.mo(FR, "36105", text);
    }
    await g.mo("+33612000002", "36105", "Il faut stopper le bazar");
    const doubts = await open(g, `&person=${encodeURIComponent(FR)}&kind=doubtful_reply`);
    expect(doubts).toHaveLength(2);
    await settle(g, doubts[0].id, "opt_out");
    expect((await open(g)).map(({ person, kind }: { person: string; kind: string }) => `${person} ${kind}`)).toEqual([
      "+33612000002 doubtful_reply",
      `${FR} complaint`,
    ]);
    await g.dispatcher.tick();
    expect((await g.handset(FR)).filter(({ to }) => to === FR)).toHaveLength(1);
  });

  test("a STOP after the doubt stands whatever the review says", async () => {
    const g = await testGateway({ kind, clock: "2026-11-24T18:00:00Z" });
    await consent(g, US);
    await g.mo(US, US_SENDER, "Stop it!");
    const [review] = await open(g);
    await g.mo(US, US_SENDER, "STOP");
    await settle(g, review.id, "not_opt_out");
    expect((await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(US)}`)).body.data).toHaveLength(1);
  });

  test("a wrong number stops everything, disputes the consent and opens a review", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    expect((await g.mo(FR, "36105", "Mauvais numéro")).body.intent).toBe("opt_out");
    const [review] = await open(g, "&kind=wrong_number");
    expect(review.words).toBe("Mauvais numéro");
    const [suppression] = (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data;
    expect([suppression.scope, suppression.sender]).toEqual(["all", null]);
    const [latest] = (await g.call("GET", `/v1/consents?recipient=${encodeURIComponent(FR)}`)).body.data;
    expect(latest.status).toBe("disputed");
    const code = { to: FR, from: "36105", text: "Votre code est 482913. Ne le communiquez à personne." };
    expect((await g.call("POST", "/v1/messages", code)).body.code).toBe("recipient_opted_out");
    await settle(g, review.id, "dismissed");
    expect((await g.call("POST", "/v1/messages", code)).body.code).toBe("recipient_opted_out");
  });

  test("advertising that a settled doubt released waits on while another one is open", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    await g.mo(FR, "36105", "Je vais porter plainte à la CNIL");
    const held = await promote(g);
    const [first, second] = await open(g);
    await settle(g, first.id, first.kind === "complaint" ? "answered" : "not_opt_out");
    await g.dispatcher.tick();
    expect(await statusOf(g, held.body.id)).toBe("held");
    await settle(g, second.id, second.kind === "complaint" ? "answered" : "not_opt_out");
    await g.dispatcher.tick();
    expect(["sent", "delivered"]).toContain(await statusOf(g, held.body.id));
  });

  test.each([
    ["accepted", "insert or ignore into messages"],
    ["claimed", "needs_review"],
    ["decided again", "needs_review"],
  ])("a doubt that is settled while advertising is %s holds nothing for ever", async (when, statement) => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    const queued = when === "claimed" ? await promote(g) : null;
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    const [review] = await open(g);
    const waiting = when === "decided again" ? await promote(g) : null;
    if (waiting !== null) await g.db.client.execute("update messages set due_at = 0 where status = 'held'");
    const batch = g.db.client.batch.bind(g.db.client);
    let settled = 0;
    g.db.client.batch = async (statements, mode) => {
      if (settled === 0 && JSON.stringify(statements).includes(statement)) {
        settled = 1;
        settled = (await settle(g, review.id, "not_opt_out")).status;
      }
      return await batch(statements, mode);
    };
    const message = queued ?? waiting ?? await promote(g);
    for (let round = 0; round < 3; round++) {
      await g.dispatcher.tick();
      g.clock.advance(1_000);
    }
    expect(settled).toBe(200);
    expect(["sent", "delivered"]).toContain(await statusOf(g, message.body.id));
  });

  test("an opt_out outlives what the person agreed to since that is not our own advertising", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    const [review] = await open(g);
    const { body } = await g.mo(FR, "36105", "Bonjour");
    await g.db.client.execute({
      sql: `insert into consents (id, recipient, purpose, status, source, granted_at, message_id, created_at)
        values ('cns_later', ?, 'informative:orders', 'granted', 'keyword', ?, ?, ?)`,
      args: [FR, g.clock.now(), body.message_id, g.clock.now()],
    });
    expect((await settle(g, review.id, "opt_out")).status).toBe(200);
    const suppressed = await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`);
    expect(suppressed.body.data).toHaveLength(1);
  });

  test("an opt_out does not outlive the START that the person sent after the message", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    await g.mo(FR, "36105", "STOP");
    await g.mo(FR, "36105", "START");
    const [review] = await open(g);
    const late = await settle(g, review.id, "opt_out");
    expect([late.status, late.body.code]).toEqual([409, "returned_since"]);
    expect((await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data).toEqual([]);
    expect((await settle(g, review.id, "not_opt_out")).status).toBe(200);
  });

  test("advertising that was queued before the doubt is held when it is claimed", async () => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    const queued = await promote(g);
    expect(queued.body.status).toBe("queued");
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    await g.dispatcher.tick();
    const { status, hold_reason } = (await g.call("GET", `/v1/messages/${queued.body.id}`)).body;
    expect([status, hold_reason]).toEqual(["held", "needs_review"]);
  });

  test.each([
    ["informative", ["sent", "delivered"], "Parfait, comme convenu."],
    ["commercial", ["sent", "delivered"], "Parfait, comme convenu. STOP au 36105"],
    ["refuse", ["refused"], null],
  ])(
    "a batch that nobody can tell is settled as %s, all copies with the first",
    async (settlement, statuses, leaves) => {
      const g = await testGateway({ kind });
      const text = "Parfait, comme convenu.";
      const people = Array.from({ length: 20 }, (_, i) => `+336120001${String(i).padStart(2, "0")}`);
      for (const person of people) await consent(g, person);
      const batch = await g.call("POST", "/v1/messages/batch", {
        messages: people.map((to) => ({ to, from: "36105", text })),
      });
      const ids: string[] = batch.body.data.map(({ id }: { id: string }) => id);
      expect(await statusOf(g, ids[0]!)).toBe("held");
      const found = await open(g, "&kind=category_conflict&limit=100");
      expect(found).toHaveLength(20);
      // A review about a message is no doubt about the person: other advertising to them goes on.
      expect((await promote(g, people[0])).body.status).toBe("queued");

      await settle(g, found[0].id, settlement);
      expect(await open(g, "&kind=category_conflict")).toEqual([]);
      const told = (await audit(g, "review.settled&limit=100")).map(({ subject }) => subject);
      expect(told.toSorted()).toEqual(found.map(({ id }: { id: string }) => id).toSorted());
      await g.dispatcher.tick();
      for (const id of ids) expect(statuses).toContain(await statusOf(g, id));
      const reached = (await g.handset(people[19]!)).map((sms) => sms.text);
      expect(reached).toEqual(leaves === null ? [] : [leaves]);
    },
  );

  test("the list has open ones first, pages through both, and filters by kind and person", async () => {
    const g = await testGateway({ kind });
    const people = Array.from({ length: 5 }, (_, i) => `+3361200010${i}`);
    for (const person of people) {
      g.clock.advance(1_000);
      await g.mo(person, "36105", "Il faut stopper le bazar");
    }
    const all = await open(g);
    await settle(g, all[0].id, "not_opt_out");
    await settle(g, all[3].id, "opt_out");
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { data: { id: string; state: string }[]; next_cursor: string | null } =
        (await g.call("GET", `/v1/reviews?limit=2${cursor ? `&cursor=${cursor}` : ""}`)).body;
      seen.push(...page.data.map(({ id, state }) => `${state} ${id}`));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual([
      ...[all[1], all[2], all[4]].map(({ id }) => `open ${id}`),
      ...[all[0], all[3]].map(({ id }) => `settled ${id}`),
    ]);
    const mine = await g.call("GET", `/v1/reviews?person=${encodeURIComponent(people[2]!)}&kind=doubtful_reply`);
    expect(mine.body.data.map(({ person }: { person: string }) => person)).toEqual([people[2]]);
    expect((await g.call("GET", "/v1/reviews?kind=complaint")).body.data).toEqual([]);
  });

  test("refuses a settlement of another kind, an unknown review, and a key without the role", async () => {
    const g = await testGateway({ kind });
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    const [review] = await open(g);
    const wrong = await settle(g, review.id, "informative");
    expect([wrong.status, wrong.body.code]).toEqual([422, "settlement_not_possible"]);
    expect((await settle(g, "rev_none", "opt_out")).status).toBe(404);
    expect((await g.call("GET", "/v1/reviews/rev_none")).status).toBe(404);
    const app = await g.appCall("POST", `/v1/reviews/${review.id}/settle`, { settlement: "opt_out" });
    expect(app.status).toBe(403);
    expect((await g.call("GET", `/v1/reviews/${review.id}`)).body.state).toBe("open");
  });
});
