import { describe, expect, test } from "vitest";
import { addAudience } from "../../support/audience.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const SENDER = "36105";

async function written(gateway: TestGateway, more: Record<string, unknown> = {}) {
  const reply = await gateway.call("POST", "/v1/campaigns", {
    name: "Winter sale",
    from: SENDER,
    text: PROMO,
    audience: {},
    ...more,
  });
  expect(reply.status, reply.text).toBe(201);
  return reply.body.id as string;
}

async function started(gateway: TestGateway, more: Record<string, unknown> = {}) {
  const id = await written(gateway, more);
  const reply = await gateway.call("POST", `/v1/campaigns/${id}/start`);
  expect(reply.status, reply.text).toBe(200);
  return id;
}

/** A sender of the sandbox, changed. */
async function sender(gateway: TestGateway, change: Record<string, unknown>, address = SENDER) {
  const path = `/v1/senders/${encodeURIComponent(address)}`;
  const { body: { routes, kind, country, countries, stop_number, rate_per_second } } = await gateway.call("GET", path);
  const known = { routes, kind, country, countries, rate_per_second, ...(stop_number ? { stop_number } : {}) };
  const reply = await gateway.call("PUT", path, { ...known, ...change });
  expect(reply.status, reply.text).toBe(200);
}

const show = async (gateway: TestGateway, id: string) => (await gateway.call("GET", `/v1/campaigns/${id}`)).body;
const act = async (gateway: TestGateway, id: string, what: string, body?: unknown) =>
  await gateway.call("POST", `/v1/campaigns/${id}/${what}`, body);

/** Second by second, until nothing is left to do or so many have passed. */
async function run(gateway: TestGateway, seconds = 60) {
  for (let second = 0; second < seconds; second++) {
    await gateway.campaigns.tick();
    gateway.clock.advance(1_000);
    await gateway.dispatcher.tick();
    const { rows } = await gateway.db.client.execute(
      "select 1 from campaigns where state = 'running' or sweep is not null",
    );
    if (rows.length === 0) return;
  }
}

async function stored(gateway: TestGateway, columns = "person, status, text, error_code, due_at, hold_reason") {
  const { rows } = await gateway.db.client.execute(
    `select ${columns} from messages where campaign_id is not null order by id`,
  );
  return rows.map((row) => ({ ...row })) as Record<string, unknown>[];
}

describe.each(DATABASE_KINDS)("campaigns, %s database", (kind) => {
  test("everybody of the audience gets the text once, decided by the rules, and it is done", async () => {
    const gateway = await testGateway({ kind });
    const numbers = await addAudience(gateway.db, {
      count: 2_500,
      now: gateway.clock.now(),
      consents: (index) => index % 10 !== 0,
    });
    const id = await started(gateway, { text: "Bonjour {name}, soldes : -50% sur tout le magasin !" });
    await run(gateway);

    const campaign = await show(gateway, id);
    expect(campaign).toMatchObject({
      state: "done",
      complete: true,
      messages: 2_500,
      done: 2_500,
      counts: { delivered: 2_250, refused: 250 },
      opted_out: 0,
    });
    const rows = await stored(gateway);
    expect(rows.map(({ person }) => person).sort()).toEqual(numbers.sort());
    const [first] = rows.filter(({ person }) => person === numbers[0]);
    expect(rows.filter(({ error_code }) => error_code === "consent_missing")).toHaveLength(250);
    expect(first!["text"]).toMatch(/^Bonjour Client \d+, soldes/);
    expect(rows.find(({ status }) => status === "delivered")!["text"]).toMatch(/ STOP au 36105$/);
  });

  test("nothing more leaves once it is paused; resumed, everybody else gets it once", async () => {
    const gateway = await testGateway({ kind });
    await addAudience(gateway.db, { count: 120, now: gateway.clock.now() });
    await sender(gateway, { rate_per_second: 10 });
    const id = await started(gateway);
    await gateway.campaigns.tick();
    for (let second = 0; second < 5; second++) {
      gateway.clock.advance(1_000);
      await gateway.dispatcher.tick();
    }
    const before = (await show(gateway, id)).counts;
    expect(before.delivered).toBeGreaterThan(30);
    expect(before.delivered).toBeLessThan(70);

    expect((await act(gateway, id, "pause")).body).toMatchObject({ state: "paused", pause_reason: "by_hand" });
    // Before anything was gone through, the claim itself keeps them.
    gateway.clock.advance(60_000);
    await gateway.dispatcher.tick();
    expect((await show(gateway, id)).counts.delivered).toBe(before.delivered);
    await gateway.campaigns.tick();
    gateway.clock.advance(60_000);
    await gateway.dispatcher.tick();
    expect((await show(gateway, id)).counts).toEqual({ delivered: before.delivered, held: 120 - before.delivered });

    expect((await act(gateway, id, "resume")).body.state).toBe("running");
    await run(gateway, 200);
    expect(await show(gateway, id)).toMatchObject({ state: "done", counts: { delivered: 120 } });
    const rows = await stored(gateway);
    expect(new Set(rows.map(({ person }) => person)).size).toBe(120);
  });

  test("cancel ends what waits, also what was not made yet", async () => {
    const gateway = await testGateway({ kind });
    await addAudience(gateway.db, { count: 300, now: gateway.clock.now() });
    const id = await started(gateway);
    await gateway.campaigns.tick();
    expect((await act(gateway, id, "cancel")).body.state).toBe("canceled");
    gateway.clock.advance(60_000);
    await gateway.dispatcher.tick();
    await gateway.campaigns.tick();
    const { counts, state } = await show(gateway, id);
    expect([state, counts]).toEqual(["canceled", { canceled: 300 }]);
    expect(await stored(gateway, "distinct status, error_code, due_at")).toEqual([
      { status: "canceled", error_code: "campaign_canceled", due_at: null },
    ]);
    for (const what of ["start", "pause", "resume", "cancel"]) {
      expect((await act(gateway, id, what)).body.code).toBe("wrong_state");
    }
  });

  test("two instances make the messages together, and nobody comes twice", async () => {
    const gateway = await testGateway({ kind });
    await addAudience(gateway.db, { count: 3_500, now: gateway.clock.now() });
    const id = await started(gateway);
    await Promise.all([gateway.campaigns.tick(), gateway.campaigns.tick(), gateway.campaigns.tick()]);
    await gateway.campaigns.tick();
    const rows = await stored(gateway);
    expect(rows).toHaveLength(3_500);
    expect(new Set(rows.map(({ person }) => person)).size).toBe(3_500);
    expect((await show(gateway, id)).messages).toBe(3_500);
  });

  test("a contact that is deleted and made again while it runs gets no second message", async () => {
    const gateway = await testGateway({ kind });
    const numbers = (await addAudience(gateway.db, { count: 2_000, now: gateway.clock.now() })).sort();
    await started(gateway);
    await gateway.campaigns.tick(1);
    await gateway.db.client.execute({ sql: "delete from contacts where msisdn = ?", args: [numbers[0]!] });
    await gateway.call("POST", "/v1/contacts", { msisdn: numbers[0] });
    await gateway.campaigns.tick();
    const rows = await stored(gateway);
    expect(rows.filter(({ person }) => person === numbers[0])).toHaveLength(1);
    expect(rows).toHaveLength(2_000);
  });

  test("a STOP ends it for the person in the same transaction, and is counted", async () => {
    const gateway = await testGateway({ kind });
    const numbers = await addAudience(gateway.db, { count: 40, now: gateway.clock.now() });
    await sender(gateway, { rate_per_second: 10 });
    const id = await started(gateway, { fuse: { after: 1_000 } });
    await gateway.campaigns.tick();
    gateway.clock.advance(500);
    await gateway.dispatcher.tick();
    const got = (await stored(gateway)).filter(({ status }) => status === "delivered").map(({ person }) =>
      person as string
    );
    const waiting = numbers.filter((number) => !got.includes(number));
    expect(got.length).toBeGreaterThan(0);
    expect(waiting.length).toBeGreaterThan(0);
    gateway.clock.advance(100);
    await gateway.mo(got[0]!, SENDER, "STOP");
    await gateway.mo(waiting[0]!, SENDER, "STOP");
    await run(gateway);
    const { counts, opted_out } = await show(gateway, id);
    // Only somebody who got it can leave because of it.
    expect([counts, opted_out]).toEqual([{ delivered: 39, canceled: 1 }, 1]);
  });
});

test("the messages are planned one after the other within the rate, and those held for their hours likewise", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T21:00:00+01:00" });
  await addAudience(gateway.db, { count: 5, now: gateway.clock.now() });
  await started(gateway, { rate_per_second: 2 });
  await gateway.campaigns.tick();
  const eight = Date.parse("2026-11-25T08:00:00+01:00");
  const rows = await stored(gateway, "due_at, hold_reason");
  expect(new Set(rows.map(({ hold_reason }) => hold_reason))).toEqual(new Set(["quiet_hours"]));
  const first = rows[0]!["due_at"] as number;
  expect(first).toBeGreaterThanOrEqual(eight);
  expect(rows.map(({ due_at }) => (due_at as number) - first)).toEqual([0, 500, 1_000, 1_500, 2_000]);
});

test("whom the evening cuts off get it at the campaign's rate in the morning, after a resumption in the night too", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T19:59:50+01:00" });
  await sender(gateway, { rate_per_second: 100 });
  await addAudience(gateway.db, { count: 40, now: gateway.clock.now() });
  const id = await started(gateway, { rate_per_second: 1 });
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      await gateway.campaigns.tick();
      await gateway.dispatcher.tick();
      gateway.clock.advance(1_000);
    }
  };
  await seconds(20);
  await act(gateway, id, "pause");
  await seconds(2);
  await act(gateway, id, "resume");
  await seconds(20);
  gateway.clock.set("2026-11-25T07:59:58+01:00");
  await seconds(40);
  const left = (await stored(gateway, "sent_at")).map(({ sent_at }) => sent_at as number).sort((a, b) => a - b);
  expect(left.filter((at) => at < Date.parse("2026-11-24T20:00:00+01:00"))).toHaveLength(10);
  const morning = left.slice(10);
  expect(morning[0]).toBe(Date.parse("2026-11-25T08:00:00+01:00"));
  expect(morning.map((at) => at - morning[0]!)).toEqual([...Array(30).keys()].map((second) => second * 1_000));
});

test("a sending window holds in each recipient's own time", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T12:30:00Z" });
  await addAudience(gateway.db, {
    count: 2,
    now: gateway.clock.now(),
    number: (index) => ["+33612345678", "+12125550100"][index]!,
  });
  // Half past one in Paris, half past seven in New York.
  await sender(gateway, { countries: [] }, "+15005550006");
  const text = "Your order is ready for collection.";
  await started(gateway, {
    text,
    category: "informative",
    from: "+15005550006",
    sending_window: { "mon-fri": "09:00-18:00" },
  });
  await gateway.campaigns.tick();
  expect(await stored(gateway, "person, status, hold_until")).toEqual([
    { person: "+12125550100", status: "held", hold_until: Date.parse("2026-11-24T14:00:00Z") },
    { person: "+33612345678", status: "queued", hold_until: null },
  ]);
});

describe("the fuse", () => {
  test("pauses a campaign that too many people leave, until somebody resumes it", async () => {
    const gateway = await testGateway();
    const numbers = await addAudience(gateway.db, { count: 60, now: gateway.clock.now() });
    await sender(gateway, { rate_per_second: 10 });
    const id = await started(gateway, { fuse: { opt_out_percent: 10, after: 10 } });
    await gateway.campaigns.tick();
    for (let second = 0; second < 2; second++) {
      gateway.clock.advance(1_000);
      await gateway.dispatcher.tick();
    }
    const rows = await stored(gateway);
    const got = numbers.filter((number) =>
      rows.some(({ person, status }) => person === number && status === "delivered")
    );
    gateway.clock.advance(1_000);
    for (const number of got.slice(0, Math.ceil(got.length / 5))) await gateway.mo(number, SENDER, "STOP");
    await gateway.campaigns.tick();
    expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "opt_outs" });
    await gateway.campaigns.tick();
    expect((await show(gateway, id)).counts.queued).toBeUndefined();
    // Somebody looked at it: what made it blow is not counted again.
    await act(gateway, id, "resume");
    await run(gateway);
    expect((await show(gateway, id)).state).toBe("done");
    const { body } = await gateway.call("GET", `/v1/audit?subject=${id}`);
    expect(body.data.map(({ action, actor }: { action: string; actor: string }) => [action, actor === "system"]))
      .toContainEqual([
        "campaign.paused",
        true,
      ]);
  });
});

describe("words that a person has to look at", () => {
  const DOUBTFUL = "Parfait, comme convenu.";
  test("pause the campaign before anything of it exists, until they are settled", async () => {
    const gateway = await testGateway();
    await addAudience(gateway.db, { count: 30, now: gateway.clock.now() });
    const id = await started(gateway, { text: DOUBTFUL });
    await gateway.campaigns.tick();
    expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "needs_review", messages: 0 });
    expect((await gateway.appCall("POST", `/v1/campaigns/${id}/settle`, { category: "commercial" })).status).toBe(403);
    expect((await act(gateway, id, "settle", { category: "commercial" })).body.settled_category).toBe("commercial");
    await act(gateway, id, "resume");
    await run(gateway);
    expect(await show(gateway, id)).toMatchObject({ state: "done", counts: { delivered: 30 } });
    expect((await stored(gateway))[0]!["text"]).toMatch(/STOP au 36105$/);
    expect((await act(gateway, id, "settle", { category: "commercial" })).body.code).toBe("wrong_state");
  });
});

test("the audience is whom the lists and the filter mean, without those excluded", async () => {
  const gateway = await testGateway();
  const numbers = await addAudience(gateway.db, { count: 12, now: gateway.clock.now() });
  const contact = async (index: number) =>
    (await gateway.call("GET", `/v1/contacts?msisdn=${encodeURIComponent(numbers[index]!)}`)).body.data[0].id;
  const list = async (name: string, indexes: number[]) => {
    const { body: { id } } = await gateway.call("POST", "/v1/lists", { name });
    const contacts = await Promise.all(indexes.map(contact));
    await gateway.call("POST", `/v1/lists/${id}/members`, { contacts });
    return id;
  };
  const first = await list("first", [0, 1, 2, 3]);
  const second = await list("second", [3, 4, 5]);
  const unwanted = await list("unwanted", [1, 4]);
  const { body: saved } = await gateway.call("POST", "/v1/lists", { name: "saved", filter: { tags: ["vip"] } });
  for (const index of [2, 5, 7]) await gateway.call("PATCH", `/v1/contacts/${await contact(index)}`, { tags: ["vip"] });

  const meant = async (audience: unknown) => {
    const id = await written(gateway, { audience });
    const { body } = await act(gateway, id, "preview", { samples: 100 });
    return body.samples.map(({ to }: { to: string }) => numbers.indexOf(to)).sort((a: number, b: number) => a - b);
  };
  expect(await meant({ lists: [first, second] })).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await meant({ lists: [first, second], exclude_lists: [unwanted] })).toEqual([0, 2, 3, 5]);
  expect(await meant({ lists: [first], filter: { tags: ["vip"] } })).toEqual([2]);
  expect(await meant({ lists: [saved.id, unwanted] })).toEqual([1, 2, 4, 5, 7]);
  expect(await meant({ exclude_lists: [saved.id] })).toEqual([0, 1, 3, 4, 6, 8, 9, 10, 11]);
});

test("the preview tells what every recipient would get, counted by reason, and stores nothing", async () => {
  const gateway = await testGateway();
  const numbers = await addAudience(gateway.db, {
    count: 20,
    now: gateway.clock.now(),
    consents: (index) => index > 4,
    name: (index) => index === 19 ? null : `Client ${index}`,
  });
  await gateway.mo(numbers[10]!, SENDER, "STOP");
  await gateway.call("POST", "/v1/contacts", { msisdn: numbers[10], name: "Client 10" });
  const id = await written(gateway, { text: "Bonjour {name}, soldes à {field.city|Paris} : -50% sur tout !" });
  const { body } = await act(gateway, id, "preview", { samples: 3 });
  expect(body).toMatchObject({
    recipients: 20,
    queued: 13,
    held: {},
    refused: { consent_missing: 5, recipient_opted_out: 1, field_missing: 1 },
    segments: 13,
    cost: null,
  });
  expect(body.samples).toHaveLength(3);
  const night = await act(gateway, id, "preview", { at: "2026-11-24T23:00:00+01:00" });
  expect([night.body.queued, night.body.held]).toEqual([0, { quiet_hours: 13 }]);
  expect(await stored(gateway)).toEqual([]);
});

test("it begins at its time, and not before", async () => {
  const gateway = await testGateway();
  await addAudience(gateway.db, { count: 3, now: gateway.clock.now() });
  const id = await started(gateway, { scheduled_at: "2026-11-24T14:00:00+01:00" });
  await gateway.campaigns.tick();
  expect(await show(gateway, id)).toMatchObject({ state: "scheduled", messages: 0 });
  expect(await gateway.campaigns.nextDue()).toBe(Date.parse("2026-11-24T14:00:00+01:00"));
  gateway.clock.set("2026-11-24T14:00:00+01:00");
  await gateway.campaigns.tick();
  expect(await show(gateway, id)).toMatchObject({ state: "running", messages: 3 });
});

test("its results tell by carrier, country and hour what arrived, and who answered", async () => {
  const gateway = await testGateway();
  const numbers = await addAudience(gateway.db, {
    count: 6,
    now: gateway.clock.now(),
    number: (index) => index < 4 ? `+3361200000${index}` : `+3247012345${index}`,
    name: (index) => index === 3 ? null : `Client ${index}`,
  });
  await sender(gateway, { countries: [] }, "+447700900000");
  const id = await started(gateway, { from: "+447700900000", category: "informative", text: `{name}, ${INFO}` });
  await run(gateway);
  await gateway.mo(numbers[0]!, "+447700900000", "Merci !");
  const { body } = await gateway.call("GET", `/v1/campaigns/${id}/results`);
  expect(body).toMatchObject({ delivered: 5, delivery_percent: 100, replied: 1, reply_percent: 20, opted_out: 0 });
  expect(body.not_sent).toEqual({ field_missing: 1 });
  expect(
    body.lines.map((
      one: Record<string, unknown>,
    ) => [one["carrier_id"], one["country"], one["hour"], one["delivered"]]),
  )
    .toEqual([
      ["sandbox", "BE", "2026-11-24T09:00:00.000Z", 2],
      ["sandbox", "FR", "2026-11-24T09:00:00.000Z", 3],
    ]);
});

test("what ran out of time at the carrier was handed over and did not arrive; what ran out of time here never left", async () => {
  const gateway = await testGateway();
  const numbers = await addAudience(gateway.db, { count: 3, now: gateway.clock.now() });
  const id = await started(gateway);
  await gateway.campaigns.tick();
  await gateway.campaigns.tick();
  const end = async (person: string, status: string, sent_at: number | null) =>
    await gateway.db.client.execute({
      sql: "update messages set status = ?, sent_at = ?, due_at = null, error_code = ? where person = ?",
      args: [status, sent_at, status === "expired" ? "expired" : null, person],
    });
  await end(numbers[0]!, "delivered", gateway.clock.now());
  await end(numbers[1]!, "expired", gateway.clock.now());
  await end(numbers[2]!, "expired", null);
  const { body } = await gateway.call("GET", `/v1/campaigns/${id}/results`);
  expect(body).toMatchObject({ handed_over: 2, delivered: 1, delivery_percent: 50, not_sent: { expired: 1 } });
  expect(body.lines).toMatchObject([{ handed_over: 2, reasons: { expired: 1 } }]);
});

test("progress streams until the campaign is over", async () => {
  const gateway = await testGateway();
  await addAudience(gateway.db, { count: 3, now: gateway.clock.now() });
  const id = await started(gateway);
  const streaming = gateway.call("GET", `/v1/campaigns/${id}/progress`);
  await run(gateway);
  const { text, headers } = await streaming;
  expect(headers.get("content-type")).toContain("text/event-stream");
  const events = text.trim().split("\n\n").map((event) => JSON.parse(/^data: (.*)$/m.exec(event)![1]!));
  expect(["scheduled", "running"]).toContain(events[0].state);
  expect(events.at(-1)).toMatchObject({ state: "done", counts: { delivered: 3 } });
});

test("consent is looked at again when a message leaves, not only when it was made", async () => {
  const gateway = await testGateway();
  const [number] = await addAudience(gateway.db, { count: 1, now: gateway.clock.now(), consents: () => false });
  await gateway.call("POST", "/v1/consents", {
    ...CONSENT,
    recipient: number,
    expires_at: "2026-11-24T10:00:30+01:00",
  });
  const id = await started(gateway);
  await gateway.campaigns.tick();
  expect((await show(gateway, id)).counts).toEqual({ queued: 1 });
  gateway.clock.advance(40_000);
  await run(gateway);
  expect((await show(gateway, id)).counts).toEqual({ refused: 1 });
});

const CONSENT = {
  purpose: "commercial",
  source: "web_form",
  wording: "I agree to receive offers by SMS",
  granted_at: "2026-01-10T09:00:00Z",
};
