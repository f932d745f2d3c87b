import { describe, expect, test } from "vitest";
import { idMaker } from "../../../src/gateway/ids.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { INFO, type TestGateway, testGateway } from "../../support/gateway.ts";

const ZERO = {
  accepted: 0,
  sent: 0,
  failed: 0,
  held: 0,
  refused: 0,
  canceled: 0,
  expired: 0,
  in_flight: 0,
  unknown: 0,
  unaccounted: 0,
};

let people = 0;
async function send(gateway: TestGateway, more: Record<string, unknown> = {}): Promise<string> {
  const to = `+336120001${String(people++).padStart(2, "0")}`;
  const { body } = await gateway.call("POST", "/v1/messages", { to, from: "36105", text: INFO, ...more });
  return body.id ?? body.message_id;
}

async function books(gateway: TestGateway, query = "") {
  const { status, body } = await gateway.call("GET", `/v1/books${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

describe.each(DATABASE_KINDS)("the books, %s database", (kind) => {
  test("of a gateway that has accepted nothing are empty, and balance", async () => {
    const { data, totals, balanced, discrepancies } = await books(await testGateway({ kind }));
    expect({ data, totals, balanced, discrepancies }).toEqual({
      data: [],
      totals: ZERO,
      balanced: true,
      discrepancies: [],
    });
  });

  test("count each message once, wherever it is, per carrier and hour", async () => {
    const gateway = await testGateway({ kind });
    await send(gateway);
    await send(gateway);
    await gateway.dispatcher.tick();
    await send(gateway, { scheduled_at: "2026-11-25T10:00:00+01:00" });
    await send(gateway, { text: "Soldes : -50% sur tout le magasin !" });
    const canceled = await send(gateway);
    await gateway.call("DELETE", `/v1/messages/${canceled}`);
    gateway.clock.advance(3_600_000);
    await send(gateway, { valid_until: "2026-11-24T11:00:01+01:00" });
    gateway.clock.advance(2_000);
    await gateway.dispatcher.tick();
    await send(gateway);
    // What people write is not accounted for here.
    await gateway.mo("+33612000199", "36105", "Bonjour");

    const { data, totals, balanced } = await books(gateway);

    expect(balanced).toBe(true);
    expect(data).toEqual([
      {
        carrier_id: "sandbox",
        hour: "2026-11-24T09:00:00.000Z",
        ...ZERO,
        accepted: 5,
        sent: 2,
        held: 1,
        refused: 1,
        canceled: 1,
      },
      {
        carrier_id: "sandbox",
        hour: "2026-11-24T10:00:00.000Z",
        ...ZERO,
        accepted: 2,
        expired: 1,
        in_flight: 1,
      },
    ]);
    expect(totals).toEqual({
      ...ZERO,
      accepted: 7,
      sent: 2,
      held: 1,
      refused: 1,
      canceled: 1,
      expired: 1,
      in_flight: 1,
    });
    expect((await books(gateway, "?from=2026-11-24T11:00:00%2B01:00")).totals.accepted).toBe(2);
    expect((await books(gateway, "?to=2026-11-24T11:00:00%2B01:00")).totals.accepted).toBe(5);
  });

  test.each([
    ["status_not_recorded", "update messages set status = 'delivered' where id = ?"],
    ["status_not_recorded", "update messages set status = 'failed' where id = ?"],
    [
      "ended_but_waits",
      "insert into message_events (message_id, at, status) values (?, 0, 'canceled')",
    ],
    ["never_due", "update messages set due_at = null where id = ?"],
    ["never_due", "update messages set status = 'held', hold_reason = 'quiet_hours', due_at = null where id = ?"],
    ["claim_lost", "update messages set status = 'sending', lease = null where id = ?"],
    ["claim_lost", "update messages set status = 'sending', lease = 'lea_1', lease_until = 1 where id = ?"],
    ["sender_missing", "update messages set sender = '36999' where id = ?"],
    ["answered_but_missing", "delete from messages where id = ?"],
  ])("do not balance, and name the message: %s after %s", async (problem, damage) => {
    const gateway = await testGateway({ kind });
    await send(gateway);
    const { body } = await gateway.call(
      "POST",
      "/v1/messages",
      { to: "+33612000299", from: "36105", text: INFO },
      { "idempotency-key": "one" },
    );
    await gateway.db.client.execute({ sql: damage, args: [body.id] });

    const { balanced, totals, discrepancies } = await books(gateway);

    expect(balanced).toBe(false);
    expect(totals).toEqual({ ...ZERO, accepted: 2, in_flight: 1, unaccounted: 1 });
    expect(discrepancies).toEqual([{ message_id: body.id, problem, detail: expect.stringMatching(/\.$/) }]);
  });

  test("count every message of a large period once, whatever lies between", async () => {
    const gateway = await testGateway({ kind });
    const newId = idMaker(() => gateway.clock.now());
    const rows = Array.from({ length: 12_000 }, (_, index) => {
      const inbound = index % 3 === 0;
      return [newId("msg"), inbound ? "inbound" : "outbound", inbound ? "received" : "queued"];
    });
    await gateway.db.client.execute({
      sql:
        `insert into messages (id, direction, status, person, sender, text, encoding, segments, priority, due_at, attempts,
          carrier_id, conversation_id, created_at, decision)
        select value->>0, value->>1, value->>2, '+33612000000', '36105', 'x', 'GSM-7', 1, 1, 1, 0, 'sandbox', 'cnv_1', ?, '{}'
        from json_each(?)`,
      args: [gateway.clock.now(), JSON.stringify(rows)],
    });
    expect((await books(gateway)).totals).toEqual({ ...ZERO, accepted: 8_000, in_flight: 8_000 });
  });
});

test.each([
  ["?from=2026-11-24T10:00:00Z&to=2026-11-24T10:00:00Z", "before"],
  ["?from=2026-01-01T10:00:00Z&to=2026-03-01T10:00:00Z", "31 days"],
  ["?from=yesterday", "from"],
])("a period that makes no sense is refused: %s", async (query, words) => {
  const gateway = await testGateway();
  const { status, text } = await gateway.call("GET", `/v1/books${query}`);
  expect(status).toBe(422);
  expect(text).toContain(words);
});

test("metrics tell of messages that are counted nowhere, from books that are at most five minutes old", async () => {
  const gateway = await testGateway();
  const id = await send(gateway);
  const lines = async () => (await gateway.call("GET", "/metrics")).text.split("\n");
  expect(await lines()).toEqual(expect.arrayContaining([
    'parley_books_messages{carrier="sandbox",account="in_flight"} 1',
    "parley_books_unaccounted 0",
  ]));
  await gateway.db.client.execute({ sql: "update messages set due_at = null where id = ?", args: [id] });
  expect(await lines()).toContain("parley_books_unaccounted 0");
  gateway.clock.advance(300_000);
  expect(await lines()).toContain("parley_books_unaccounted 1");
});

test.each([
  ["books?from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:00Z", "from"],
  ["books?from=2026-01-01T00:00:00Z&to=2026-11-24T00:00:00Z", "from"],
  ["overview?from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z", "from"],
  ["overview?from=2026-01-01T00:00:00Z", "from"],
  ["overview?days=60&by=hour", "days"],
  ["overview?days=2&from=2026-11-24T00:00:00Z", "days"],
])("GET /v1/%s names %s", async (path, field) => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("GET", `/v1/${path}`);
  expect([status, body.code, body.errors]).toEqual([422, "invalid_period", [{ field, detail: expect.any(String) }]]);
});
