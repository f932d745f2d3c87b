import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const US = "+14155550101";

async function overview(g: TestGateway, query = "") {
  const { status, body } = await g.call("GET", `/v1/overview${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const nonZero = (sums: Record<string, number>) => Object.fromEntries(Object.entries(sums).filter(([, n]) => n !== 0));

/** Lets the tick count what was committed. */
async function tick(g: TestGateway, ms = 1_000) {
  g.clock.advance(ms);
  await g.dispatcher.tick();
  g.clock.advance(1_000);
  await g.dispatcher.tick();
}

describe.each(DATABASE_KINDS)("the overview (%s)", (kind) => {
  test("tells what became of messages, by hour, carrier and country, and what needs somebody", async () => {
    const g = await testGateway({ kind });
    const empty = await overview(g);
    expect([nonZero(empty.outbound), empty.deliveries, empty.attention, empty.books, empty.delivery_percent])
      .toEqual([{}, [], [], null, null]);
    expect([empty.from, empty.to, empty.by, empty.as_of]).toEqual([
      "2026-11-24T00:00:00.000Z",
      "2026-11-24T10:00:00.000Z",
      "hour",
      "2026-11-24T09:00:00.000Z",
    ]);

    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.call("POST", "/v1/messages", { to: US, from: "+15005550006", text: INFO });
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
    const later = { to: FR, from: "36105", text: INFO, scheduled_at: "2026-11-24T11:00:00+01:00" };
    await g.call("POST", "/v1/messages", later);
    // Counted by the tick, and until then the answer says so.
    expect((await overview(g)).as_of).toBe("2026-11-24T09:00:00.000Z");
    g.clock.advance(500);
    const before = await overview(g);
    expect([before.as_of, nonZero(before.outbound), before.now.queued, before.now.held]).toEqual([
      "2026-11-24T09:00:00.000Z",
      {},
      2,
      1,
    ]);
    await tick(g);
    await consent(g, FR);
    await g.db.client.execute({
      sql:
        "insert into suppressions (id, recipient, scope, source, created_at) values ('sup_1', ?, 'commercial', 'link', ?)",
      args: [US, g.clock.now()],
    });
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    await g.mo(FR, "36105", "STOP");
    await tick(g);
    await tick(g, 3_600_000);

    const { data, ...all } = await overview(g, "?from=2026-11-24T08:30:00Z");
    expect(data.map((one: { at: string }) => one.at.slice(11, 13))).toEqual(["08", "09", "10"]);
    expect(data.map((one: { outbound: Record<string, number> }) => nonZero(one.outbound))).toEqual([
      {},
      { accepted: 5, delivered: 4, refused: 1 },
      {},
    ]);
    expect([all.inbound, all.handed_over, all.delivery_percent, all.opt_out_percent]).toEqual([
      { messages: 2, opt_outs: 1, left_by_link: 1 },
      4,
      100,
      50,
    ]);
    expect(all.deliveries).toEqual([
      { carrier_id: "sandbox", country: "FR", handed_over: 3, delivered: 3, delivery_percent: 100, reasons: [] },
      { carrier_id: "sandbox", country: "US", handed_over: 1, delivered: 1, delivery_percent: 100, reasons: [] },
    ]);
    expect([all.as_of, all.barrier.measured, all.barrier.max_ms]).toEqual([
      new Date(g.clock.now()).toISOString(),
      1,
      0,
    ]);
    expect(all.books).toMatchObject({ accepted: 5, unaccounted: 0, balanced: true });
    expect(all.attention).toEqual([{ kind: "reviews_open", subject: null, since: null, count: 1 }]);
    expect(all.now).toEqual({ queued: 0, held: 0, due: 0, oldest_due_at: null, campaigns_running: 0 });
  });

  test("names messages that are counted nowhere, until somebody has mended it", async () => {
    const g = await testGateway({ kind });
    const { body } = await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.db.client.execute({ sql: "update messages set status = 'sent' where id = ?", args: [body.id] });
    await tick(g);
    const { books, attention } = await overview(g);
    const missing = [{ message_id: body.id, problem: "status_not_recorded", detail: expect.any(String) }];
    expect(books).toMatchObject({ accepted: 1, unaccounted: 1, balanced: false, discrepancies: missing });
    expect(attention).toEqual([{ kind: "books_unbalanced", subject: null, since: null, count: 1 }]);
    // Somebody mended it; five minutes later that is seen.
    await g.db.client.execute({
      sql: "insert into message_events (message_id, at, status) values (?, ?, 'sent')",
      args: [body.id, g.clock.now()],
    });
    await tick(g, 200_000);
    expect((await overview(g)).books.balanced).toBe(false);
    await tick(g, 200_000);
    expect((await overview(g)).books.balanced).toBe(true);
  });

  test("names all that needs somebody, with what it is about", async () => {
    const g = await testGateway({ kind });
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    const at = g.clock.now();
    await g.db.client.batch([
      { sql: "update carriers set opened_at = ?, probe_at = ? where id = 'sandbox'", args: [at, at + 86_400_000] },
      "update messages set status = 'unknown' where id = (select min(id) from messages)",
      `insert into webhook_endpoints (id, url, events, ordered, secrets, state, failing_since, disabled_reason, created_at, updated_at)
        values ('whk_a', 'https://a.example', '[]', 0, '[]', 'enabled', ${at}, null, 1, 1),
          ('whk_b', 'https://b.example', '[]', 0, '[]', 'disabled', null, 'gone', 1, 1),
          ('whk_c', 'https://c.example', '[]', 0, '[]', 'disabled', null, 'by_hand', 1, 1)`,
    ]);
    g.clock.advance(400_000);
    const { attention, now } = await overview(g);
    const since = new Date(at).toISOString();
    expect(attention).toEqual([
      { kind: "queue_overdue", subject: null, since, count: 1 },
      { kind: "carrier_out_of_service", subject: "sandbox", since, count: 1 },
      { kind: "webhook_failing", subject: "whk_a", since, count: 1 },
      { kind: "webhook_disabled", subject: "whk_b", since: null, count: 1 },
      { kind: "outcome_unknown", subject: null, since: null, count: 1 },
    ]);
    expect([now.queued, now.due, now.oldest_due_at]).toEqual([1, 1, since]);
  });
});

test("the period: whole days of the reader's zone unless named, and never too long", async () => {
  const g = await testGateway();
  const refused = {
    "?from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z": "invalid_period",
    "?from=2026-10-01T00:00:00Z&by=hour": "invalid_period",
    "?from=2026-01-01T00:00:00Z": "invalid_period",
    "?from=yesterday": "invalid_request",
    "?time_zone=Europe/Atlantis": "invalid_request",
    "?by=week": "invalid_request",
    "?days=93": "invalid_request",
    "?days=2&from=2026-11-24T00:00:00Z": "invalid_period",
  };
  for (const [query, code] of Object.entries(refused)) {
    const { status, body } = await g.call("GET", `/v1/overview${query}`);
    expect([query, status, body.code]).toEqual([query, 422, code]);
  }
  const today = await overview(g, "?time_zone=America/New_York");
  expect([today.from, today.by]).toEqual(["2026-11-24T05:00:00.000Z", "hour"]);
  const month = await overview(g, "?time_zone=Europe/Paris&from=2026-10-24T22:00:00Z");
  expect([month.by, month.data.length, month.data[1].at]).toEqual(["day", 31, "2026-10-25T23:00:00.000Z"]);
  const week = await overview(g, "?time_zone=Europe/Paris&days=7");
  expect([week.by, week.from, week.data.length]).toEqual(["day", "2026-11-17T23:00:00.000Z", 7]);
  const ancient = await overview(g, "?from=1970-01-01T00:00:00Z&to=1970-01-02T00:00:00Z&time_zone=Pacific/Apia");
  expect(ancient.outbound.accepted).toBe(0);
});
