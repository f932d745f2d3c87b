import { describe, expect, test } from "vitest";
import { INFO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";

async function unknown(gateway: TestGateway): Promise<string> {
  const { body } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
  const { client } = gateway.db;
  await client.batch([
    {
      sql:
        "update messages set status = 'unknown', due_at = null, attempts = 1, error_code = 'call_timeout' where id = ?",
      args: [body.id],
    },
    {
      sql: "insert into message_events (message_id, at, status) values (?, ?, 'unknown')",
      args: [body.id, gateway.clock.now()],
    },
  ]);
  gateway.clock.advance(60_000);
  return body.id;
}
const settle = (gateway: TestGateway, id: string, body: unknown) =>
  gateway.call("POST", `/v1/messages/${id}/settle`, body);
const report = (gateway: TestGateway, messageId: string) =>
  gateway.api.reporter.submit({
    carrier_id: "sandbox",
    report: { messageId, carrierMessageId: null, status: "delivered", error: null },
  });

describe("messages of unknown outcome", () => {
  test("staff find them", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    const { body } = await gateway.call("GET", "/v1/messages?status=unknown");
    expect(body.data.map((one: { id: string }) => one.id)).toEqual([id]);
    expect((await gateway.call("GET", "/metrics")).body).toContain("parley_messages_unknown 1");
  });

  test.each([
    { outcome: "sent", status: "sent", error: null, left: true, arrived: false },
    { outcome: "delivered", status: "delivered", error: null, left: true, arrived: true },
    { outcome: "failed", status: "failed", error: "settled_failed", left: false, arrived: false },
    { outcome: "resend", status: "queued", error: null, left: false, arrived: false },
  ])("settled as $outcome", async ({ outcome, status, error, left, arrived }) => {
    const gateway = await testGateway();
    const handedOver = new Date(gateway.clock.now()).toISOString();
    const id = await unknown(gateway);
    const { status: code, body } = await settle(gateway, id, { outcome, note: "asked the carrier" });
    expect([code, body.status, body.error?.code ?? null]).toEqual([200, status, error]);
    expect(body.sent_at).toBe(left ? handedOver : null);
    expect(body.delivered_at).toBe(arrived ? new Date(gateway.clock.now()).toISOString() : null);
    expect(body.warning === null).toBe(outcome !== "resend");
    const { timeline } = (await gateway.call("GET", `/v1/messages/${id}`)).body;
    expect(timeline.at(-1)).toMatchObject({ status, detail: expect.stringMatching(/^Settled by hand: /) });
    const audit = await gateway.call("GET", `/v1/audit?subject=${id}`);
    expect(audit.body.data).toMatchObject([{
      action: "message.settled",
      subject: id,
      details: { outcome, note: "asked the carrier", carrier_id: "sandbox" },
    }]);
  });

  test("sent again it leaves, and may arrive twice", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    await settle(gateway, id, { outcome: "resend" });
    await gateway.dispatcher.tick();
    expect((await gateway.handset(FR)).map(({ text }) => text)).toEqual([INFO]);
    expect((await gateway.call("GET", `/v1/messages/${id}`)).body).toMatchObject({ status: "delivered", error: null });
  });

  test("a report that comes before it leaves again saves the second copy", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    await settle(gateway, id, { outcome: "resend" });
    await report(gateway, id);
    await gateway.dispatcher.tick();
    const { rows } = await gateway.db.client.execute("select attempts from messages");
    expect(rows[0]!["attempts"]).toBe(0);
    expect((await gateway.call("GET", `/v1/messages/${id}`)).body.status).toBe("delivered");
  });

  test("sent again after the person opted out of everything: canceled instead", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    await gateway.db.client.execute({
      sql:
        "insert into suppressions (id, recipient, scope, sender, source, created_at) values ('sup_1', ?, 'all', '', 'import', 0)",
      args: [FR],
    });
    await settle(gateway, id, { outcome: "resend" });
    await gateway.dispatcher.tick();
    expect((await gateway.call("GET", `/v1/messages/${id}`)).body.status).toBe("canceled");
  });

  test("a report that comes after `sent` still says that it arrived", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    await settle(gateway, id, { outcome: "sent" });
    await report(gateway, id);
    expect((await gateway.call("GET", `/v1/messages/${id}`)).body.status).toBe("delivered");
  });

  test("of two who settle at once one does; a report that came first stands", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    const both = await Promise.all([
      settle(gateway, id, { outcome: "failed" }),
      settle(gateway, id, { outcome: "resend" }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const reported = await unknown(gateway);
    await report(gateway, reported);
    const late = await settle(gateway, reported, { outcome: "resend" });
    expect([late.status, late.body.code, late.body.detail]).toEqual([
      409,
      "outcome_known",
      "The message is delivered.",
    ]);
    const entries = await gateway.db.client.execute(
      "select count(*) as n from audit_log where action = 'message.settled'",
    );
    expect(entries.rows[0]!["n"]).toBe(1);
  });

  test.each([
    { body: { outcome: "lost" }, status: 422, code: "invalid_request" },
    { body: {}, status: 422, code: "invalid_request" },
    { body: { outcome: "sent", more: 1 }, status: 422, code: "invalid_request" },
  ])("refuses $body", async ({ body, status, code }) => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    expect(await settle(gateway, id, body)).toMatchObject({ status, body: { code } });
  });

  test("cannot leave again from a sender that is gone, and can be settled otherwise", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    expect((await gateway.call("DELETE", "/v1/senders/36105")).status).toBe(204);
    expect(await settle(gateway, id, { outcome: "resend" })).toMatchObject({
      status: 409,
      body: { code: "sender_missing" },
    });
    expect((await settle(gateway, id, { outcome: "failed" })).status).toBe(200);
  });

  test("needs an administrator, and a message", async () => {
    const gateway = await testGateway();
    const id = await unknown(gateway);
    expect((await gateway.appCall("POST", `/v1/messages/${id}/settle`, { outcome: "sent" })).status).toBe(403);
    expect((await settle(gateway, "msg_none", { outcome: "sent" })).status).toBe(404);
  });
});
