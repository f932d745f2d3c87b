import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { STATUSES } from "../../../src/core/message.ts";
import { guardedFetch } from "../../../src/gateway/network/outgoing_http.ts";
import { RETRIES_MS } from "../../../src/gateway/webhooks/dispatch.ts";
import { EVENT_TYPES } from "../../../src/gateway/webhooks/events.ts";
import { RARE_STATUSES } from "../../../src/store/schema.ts";
import { DATABASE_KINDS, openAgain } from "../../support/database.ts";
import {
  ADMIN_KEY,
  consent,
  INFO,
  PROMO,
  type TestGateway,
  testGateway,
  type TestGatewayOptions,
} from "../../support/gateway.ts";
import { instance } from "../../support/instance.ts";
import { webhookReceiver } from "../../support/receiver.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const gateway = (options: TestGatewayOptions = {}) => testGateway({ privateWebhooks: true, ...options });
const register = async (g: TestGateway, url: string, more: Record<string, unknown> = {}) => {
  const { status, body } = await g.call("POST", "/v1/webhooks", { url, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
const send = async (g: TestGateway, text = INFO, to = FR) =>
  (await g.call("POST", "/v1/messages", { to, from: "36105", text })).body;
const deliveries = async (g: TestGateway, id: string, query = "") =>
  (await g.call("GET", `/v1/webhooks/${id}/deliveries${query}`)).body.data;
const count = async (g: TestGateway, table: string) =>
  Number((await g.db.client.execute(`select count(*) as n from ${table}`)).rows[0]!["n"]);
const answering = (status: number, headers: Record<string, string> = {}) => () =>
  new Response(status === 204 ? null : "no", { status, headers });

describe.each(DATABASE_KINDS)("webhooks, %s database", (kind) => {
  test("while nobody listens nothing is recorded", async () => {
    const g = await gateway({ kind });
    await send(g);
    await g.mo(FR, "36105", "STOP");
    await g.dispatcher.tick();
    await g.webhooks.tick();
    expect([await count(g, "webhook_events"), await g.webhooks.nextDue()]).toEqual([0, null]);
  });

  test("the life of messages, an opt-out and a return are told, with the message as the API shows it", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    await register(g, app.url);
    await consent(g, FR);
    const sent = await send(g);
    await g.dispatcher.tick();
    await g.webhooks.tick();
    await g.mo(FR, "36105", "STOP");
    await g.dispatcher.tick();
    await g.webhooks.tick();
    const refused = await send(g, PROMO);
    await g.mo(FR, "36105", "START");
    await g.webhooks.tick();
    expect(app.types().sort()).toEqual([
      "message.delivered",
      "message.delivered",
      "message.received",
      "message.received",
      "message.refused",
      "suppression.created",
      "suppression.lifted",
    ]);
    const told = (type: string) => app.got.find(({ json }) => json.type === type)!.json;
    const shown = (await g.call("GET", `/v1/messages/${sent.id}`)).body;
    delete shown.timeline;
    expect(told("message.delivered")).toEqual({
      type: "message.delivered",
      timestamp: shown.delivered_at,
      data: shown,
    });
    expect(told("message.refused").data).toMatchObject({
      id: refused.message_id,
      error: { code: "recipient_opted_out" },
    });
    expect(told("message.received").data).toMatchObject({ direction: "inbound", text: "STOP", intent: "opt_out" });
    expect(told("suppression.created").data).toMatchObject({ recipient: FR, scope: "commercial", lifted_at: null });
    expect(told("suppression.lifted").data).toMatchObject({ recipient: FR, lifted_by: expect.stringMatching(/^msg_/) });
    expect(g.logged.filter(({ level }) => level !== "info")).toEqual([]);
  });

  test("held, canceled and reviewed", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    await register(g, app.url);
    await g.mo(FR, "36105", "Il faut stopper le bazar");
    await consent(g, FR);
    const held = await send(g, PROMO);
    g.clock.advance(1_000);
    await g.call("DELETE", `/v1/messages/${held.id}`);
    await g.webhooks.tick();
    expect(app.types()).toEqual(["message.received", "review.opened", "message.held", "message.canceled"]);
    const [, review, stopped, canceled] = app.got.map(({ json }) => json);
    expect(review.data).toMatchObject({ kind: "doubtful_reply", state: "open", person: FR });
    // The one tells of what was, though the message is canceled by the time that anybody is told.
    expect([stopped.data.status, canceled.data.status]).toEqual(["held", "canceled"]);
    expect(Date.parse(canceled.timestamp)).toBe(g.clock.now());
  });

  test("what a receiver does not take is sent again on the schedule, with the same id, and given up at its end", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver(() => new Response("down for lunch", { status: 500 }));
    const { id } = await register(g, app.url);
    await g.mo(FR, "36105", "Bonjour");
    for (const [index, wait] of RETRIES_MS.entries()) {
      await g.webhooks.tick();
      expect(app.got).toHaveLength(index + 1);
      expect(await g.webhooks.nextDue()).toBe(g.clock.now() + wait);
      g.clock.advance(wait - 1);
      await g.webhooks.tick();
      expect(app.got).toHaveLength(index + 1);
      g.clock.advance(1);
    }
    expect((await deliveries(g, id))[0]).toMatchObject({ status: "pending", finished_at: null });
    await g.webhooks.tick();
    g.clock.advance(DAY);
    await g.webhooks.tick();
    expect(app.got).toHaveLength(RETRIES_MS.length + 1);
    expect(new Set(app.got.map((one) => one.id)).size).toBe(1);
    const [delivery] = await deliveries(g, id, "?status=failed");
    expect(delivery).toMatchObject({
      webhook_id: id,
      event: { id: app.got[0]!.id, type: "message.received" },
      next_attempt_at: null,
    });
    expect(delivery.attempts).toHaveLength(8);
    expect(delivery.attempts[0]).toMatchObject({ http_status: 500, answer: "down for lunch", error: null });
    expect((await g.call("GET", `/v1/webhooks/${id}`)).body.failing_since).toBe("2026-11-24T09:00:00.000Z");
    expect(g.logged.map(({ event }) => event)).toContain("webhook.given_up");
  });

  test("two instances at once send each event once", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    await register(g, app.url);
    for (let index = 0; index < 40; index++) await g.mo(FR, "36105", `Bonjour ${index}`);
    const db = await openAgain(g.db);
    onTestFinished(() => db.close());
    const other = instance(db, { now: g.clock.now, privateWebhooks: true, fetch: g.api.deps.fetch });
    await Promise.all([g.webhooks.tick(), other.webhooks.tick(), g.webhooks.tick()]);
    expect(app.got).toHaveLength(40);
    expect(new Set(app.got.map(({ id }) => id)).size).toBe(40);
  });

  test("the same webhook of a carrier at two instances is told once", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    await register(g, app.url);
    const db = await openAgain(g.db);
    onTestFinished(() => db.close());
    const other = instance(db, { now: g.clock.now });
    await Promise.all(
      [g, other, g, other].map((one) =>
        one.call("POST", "/carriers/sandbox/inbound", { from: FR, to: "36105", text: "STOP", id: "mo-1" }, {
          authorization: `Bearer ${ADMIN_KEY}`,
        })
      ),
    );
    await g.webhooks.tick();
    expect(app.types().sort()).toEqual(["message.received", "suppression.created"]);
  });

  test("an attempt whose instance ended is made again, once its lease has run out", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    const { id } = await register(g, app.url);
    await g.call("POST", `/v1/webhooks/${id}/test`);
    await g.db.client.execute({
      sql: "update webhook_deliveries set status = 'sending', lease = 'lea_gone', lease_until = ?",
      args: [g.clock.now() + 1_000],
    });
    await g.webhooks.tick();
    expect(app.got).toEqual([]);
    g.clock.advance(1_000);
    await g.webhooks.tick();
    expect((await deliveries(g, id))[0].status).toBe("delivered");
    expect(app.got).toHaveLength(1);
  });

  test("ordered: in each conversation the next event waits for the one before, and only there", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver(({ json }, got) =>
      new Response(null, { status: json.data.text === "1" && got.length < 4 ? 503 : 200 })
    );
    const { id } = await register(g, app.url, { ordered: true });
    for (const text of ["1", "2", "3"]) await g.mo(FR, "36105", text);
    for (const text of ["a", "b"]) await g.mo(OTHER, "36105", text);
    await g.webhooks.tick();
    const texts = () => app.got.map(({ json }) => json.data.text);
    expect(texts().filter((text) => /[ab]/.test(text))).toEqual(["a", "b"]);
    expect(texts().filter((text) => /\d/.test(text))).toEqual(["1"]);
    expect((await deliveries(g, id, "?status=waiting")).map(({ event }: { event: { type: string } }) => event.type))
      .toEqual(["message.received", "message.received"]);
    g.clock.advance(RETRIES_MS[0]);
    await g.webhooks.tick();
    expect(texts().filter((text) => /\d/.test(text))).toEqual(["1", "1", "2", "3"]);
  });

  test("ordered: what is given up holds up no more", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver(({ json }) => new Response(null, { status: json.data.text === "1" ? 400 : 200 }));
    await register(g, app.url, { ordered: true });
    for (const text of ["1", "2"]) await g.mo(FR, "36105", text);
    for (const wait of RETRIES_MS) {
      await g.webhooks.tick();
      expect(app.got.map(({ json }) => json.data.text)).not.toContain("2");
      g.clock.advance(wait);
    }
    await g.webhooks.tick();
    expect(app.got.at(-1)!.json.data.text).toBe("2");
  });

  test("replayed by id and by time, delivered or not, and by type", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    const { id } = await register(g, app.url);
    await g.mo(FR, "36105", "before");
    await g.webhooks.tick();
    g.clock.advance(MINUTE);
    const since = new Date(g.clock.now()).toISOString();
    await g.mo(FR, "36105", "one");
    await g.mo(FR, "36105", "STOP");
    await g.webhooks.tick();
    const before = app.got.length;

    const newest = (await deliveries(g, id))[0];
    const again = await g.call("POST", `/v1/webhooks/${id}/deliveries/${newest.id}/replay`);
    expect([again.status, again.body.status, again.body.attempts.length]).toEqual([202, "pending", 1]);
    await g.webhooks.tick();
    expect(app.got.at(-1)!.id).toBe(newest.event.id);
    expect((await g.call("GET", `/v1/webhooks/${id}/deliveries/${newest.id}`)).body.attempts).toHaveLength(2);

    const replay = async (body: unknown) => {
      app.got.length = 0;
      const answer = await g.call("POST", `/v1/webhooks/${id}/replay`, body);
      await g.webhooks.tick();
      return [answer.status, answer.body.replayed, answer.body.next_since, app.got.length];
    };
    expect(await replay({ since })).toEqual([202, before - 1, null, before - 1]);
    expect(await replay({ since, until: new Date(g.clock.now() + 1).toISOString() })).toEqual([
      202,
      before - 1,
      null,
      before - 1,
    ]);
    expect(await replay({ since, types: ["suppression.*"] })).toEqual([202, 1, null, 1]);
    expect(await replay({ since, undelivered_only: true })).toEqual([202, 0, null, 0]);
    expect(await replay({ since: "2026-01-01T00:00:00Z", until: since })).toEqual([202, 1, null, 1]);
  });

  test("what happened while it was disabled is not sent when it is enabled, and can be replayed", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    const { id } = await register(g, app.url, { ordered: true });
    for (const text of ["1", "2"]) await g.mo(FR, "36105", text);
    const off = await g.call("PATCH", `/v1/webhooks/${id}`, { state: "disabled" });
    expect(off.body).toMatchObject({ state: "disabled", disabled_reason: "by_hand", disabled_at: expect.any(String) });
    expect((await g.call("POST", `/v1/webhooks/${id}/test`)).body.code).toBe("webhook_disabled");
    await g.mo(FR, "36105", "3");
    await g.webhooks.tick();
    expect(await deliveries(g, id, "?status=pending")).toEqual([]);
    const on = await g.call("PATCH", `/v1/webhooks/${id}`, { state: "enabled" });
    expect(on.body).toMatchObject({ state: "enabled", disabled_reason: null, disabled_at: null });
    await g.webhooks.tick();
    expect(app.got).toEqual([]);
    await g.call("POST", `/v1/webhooks/${id}/replay`, { since: "2026-11-24T00:00:00Z" });
    await g.webhooks.tick();
    expect(app.got.map(({ json }) => json.data.text)).toEqual(["1", "2", "3"]);
  });

  test("410 disables at once; what waits is given up", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver(answering(410));
    const { id } = await register(g, app.url, { ordered: true });
    for (const text of ["1", "2", "3"]) await g.mo(FR, "36105", text);
    await g.webhooks.tick();
    await g.webhooks.tick();
    expect(app.got).toHaveLength(1);
    expect((await g.call("GET", `/v1/webhooks/${id}`)).body).toMatchObject({
      state: "disabled",
      disabled_reason: "gone",
    });
    expect(await deliveries(g, id, "?status=failed")).toHaveLength(3);
    expect(g.logged).toContainEqual({ level: "warn", event: "webhook.disabled", fields: { webhook: id } });
    expect((await g.call("GET", "/v1/audit?action=webhook.disabled")).body.data).toMatchObject([{
      actor: "system",
      subject: id,
    }]);
  });

  test("one that takes nothing for days is disabled only after notice, and taking anything clears the notice", async () => {
    const g = await gateway({ kind });
    let status = 500;
    const app = webhookReceiver(() => new Response(null, { status }));
    const { id } = await register(g, app.url);
    const endpoint = async () => (await g.call("GET", `/v1/webhooks/${id}`)).body;
    const fail = async () => {
      await g.call("POST", `/v1/webhooks/${id}/test`);
      await g.webhooks.tick();
    };
    await fail();
    g.clock.advance(3 * DAY);
    await fail();
    expect(await endpoint()).toMatchObject({ state: "enabled", warned_at: new Date(g.clock.now()).toISOString() });
    expect(g.logged).toContainEqual({ level: "warn", event: "webhook.failing", fields: { webhook: id } });
    status = 200;
    await fail();
    expect(await endpoint()).toMatchObject({ failing_since: null, warned_at: null });

    status = 500;
    await fail();
    // Long after, but no notice was given yet.
    g.clock.advance(9 * DAY);
    await fail();
    g.clock.advance(2 * DAY - 1);
    await fail();
    expect((await endpoint()).state).toBe("enabled");
    g.clock.advance(1);
    await fail();
    expect(await endpoint()).toMatchObject({ state: "disabled", disabled_reason: "failing" });
    const entries = (await g.call("GET", "/v1/audit")).body.data.map(({ action }: { action: string }) => action);
    expect(entries.filter((action: string) => /failing|disabled/.test(action))).toEqual([
      "webhook.disabled",
      "webhook.failing",
      "webhook.failing",
    ]);
  });

  test("events are cleared away after 30 days, and what belonged to a deleted webhook at once", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    const { id } = await register(g, app.url);
    await register(g, app.url);
    await g.mo(FR, "36105", "Bonjour");
    await g.webhooks.tick();
    expect(await count(g, "webhook_attempts")).toBe(2);
    expect((await g.call("DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
    expect((await g.call("GET", `/v1/webhooks/${id}`)).status).toBe(404);
    await g.webhooks.tick();
    expect([await count(g, "webhook_attempts"), await count(g, "webhook_endpoints")]).toEqual([1, 1]);
    g.clock.advance(30 * 86_400_000 + 1);
    const later = instance(g.db, { now: g.clock.now });
    await later.dispatcher.tick();
    for (const table of ["webhook_events", "webhook_deliveries", "webhook_attempts"]) {
      expect(await count(g, table)).toBe(0);
    }
  });

  test("a message that is erased before it is sent is given up without a call", async () => {
    const g = await gateway({ kind });
    const app = webhookReceiver();
    const { id } = await register(g, app.url);
    await g.mo(FR, "36105", "Bonjour");
    await g.db.client.execute("delete from messages");
    await g.webhooks.tick();
    expect(app.got).toEqual([]);
    expect((await deliveries(g, id))[0]).toMatchObject({
      status: "failed",
      attempts: [{ error: expect.stringMatching(/^erased: /) }],
    });
    expect((await g.call("GET", `/v1/webhooks/${id}`)).body.failing_since).toBe(null);
  });
});

describe("webhooks", () => {
  test("there is a type for each status that tells an app anything", () => {
    const told = STATUSES.filter((status) => !["queued", "sending"].includes(status));
    expect(EVENT_TYPES.filter((type) => type.startsWith("message.")).sort()).toEqual(
      told.map((status) => `message.${status}`).sort(),
    );
    expect(told).toEqual(expect.arrayContaining([...RARE_STATUSES]));
  });

  test("signatures verify with the library of Standard Webhooks; both secrets sign for a day after a rotation", async () => {
    const g = await gateway();
    vi.useFakeTimers({ toFake: ["Date"], now: g.clock.now() });
    onTestFinished(() => void vi.useRealTimers());
    const app = webhookReceiver();
    const { id, secret } = await register(g, app.url);
    const verifies = async (key: string, alter = (body: string) => body) => {
      vi.setSystemTime(g.clock.now());
      await g.call("POST", `/v1/webhooks/${id}/test`);
      await g.webhooks.tick();
      const { body, headers } = app.got.at(-1)!;
      try {
        new Webhook(key).verify(alter(body), headers);
        return true;
      } catch {
        return false;
      }
    };
    expect(await verifies(secret)).toBe(true);
    expect(await verifies(secret, (body) => `${body} `)).toBe(false);
    const rotated = (await g.call("POST", `/v1/webhooks/${id}/rotate`)).body;
    expect(rotated.previous_secret_until).toBe("2026-11-25T09:00:00.000Z");
    expect([await verifies(secret), await verifies(rotated.secret)]).toEqual([true, true]);
    g.clock.advance(DAY);
    expect([await verifies(secret), await verifies(rotated.secret)]).toEqual([false, true]);
    expect(app.got.at(-1)!.json).toEqual({
      type: "webhook.test",
      timestamp: "2026-11-25T09:00:00.000Z",
      data: { webhook_id: id },
    });
  });

  test("an endpoint hears what it listens to", async () => {
    const g = await gateway();
    const apps = await Promise.all(
      [["message.received"], ["suppression.*"], ["message.delivered", "message.failed"]].map(
        async (events) => {
          const app = webhookReceiver();
          await register(g, app.url, { events });
          return app;
        },
      ),
    );
    await g.mo(FR, "36105", "STOP");
    await g.dispatcher.tick();
    await g.webhooks.tick();
    expect(apps.map((app) => app.types())).toEqual([["message.received"], ["suppression.created"], [
      "message.delivered",
    ]]);
  });

  test("a slow endpoint holds up no other", async () => {
    const g = await gateway();
    const { promise: over, resolve: free } = Promise.withResolvers<void>();
    const slow = webhookReceiver(async () => {
      await over;
      return new Response();
    });
    const fast = webhookReceiver();
    await register(g, slow.url);
    await register(g, fast.url);
    for (let index = 0; index < 60; index++) await g.mo(FR, "36105", `Bonjour ${index}`);
    const ticking = g.webhooks.tick();
    await vi.waitFor(() => expect(fast.got).toHaveLength(60), 15_000);
    await g.mo(FR, "36105", "Encore");
    await vi.waitFor(() => expect(fast.got).toHaveLength(61), 15_000);
    expect(slow.got).toHaveLength(32);
    free();
    await ticking;
    expect(slow.got).toHaveLength(61);
  });

  test("a row that cannot be read holds up nothing but its own event", async () => {
    const g = await gateway();
    const app = webhookReceiver();
    const { id } = await register(g, app.url);
    for (const text of ["1", "2"]) await g.mo(FR, "36105", text);
    await g.db.client.execute("update messages set decision = '{' where text = '1'");
    await g.webhooks.tick();
    expect(app.got.map(({ json }) => json.data.text)).toEqual(["2"]);
    expect(await deliveries(g, id, "?status=failed")).toHaveLength(1);
  });

  test("however much is old or left over, one tick clears it away", async () => {
    const g = await gateway();
    const { id } = await register(g, "http://127.0.0.1:9/");
    const { id: other } = await register(g, "http://127.0.0.1:9/", { ordered: true });
    await g.db.client.batch([
      {
        sql: `with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
          insert into webhook_events (type, subject, thread, at)
          select 'message.sent', 'msg_' || i, 'cnv_' || i % 7, case when i > 2500 then ? else 1 end from n`,
        args: [g.clock.now()],
      },
      {
        sql: `insert into webhook_deliveries (endpoint_id, event_seq, status, thread, due_at, created_at)
          select value, seq, case value when ? then 'waiting' else 'pending' end, case value when ? then thread end, ?, 1
          from webhook_events, json_each(?)`,
        args: [other, other, g.clock.now() + 1, JSON.stringify([id, other])],
      },
    ]);
    await g.call("DELETE", `/v1/webhooks/${id}`);
    await g.call("PATCH", `/v1/webhooks/${other}`, { state: "disabled" });
    await g.webhooks.tick();
    for (let tick = 0; tick < 10; tick++) {
      g.clock.advance(10_000);
      await g.dispatcher.tick();
    }
    expect([await count(g, "webhook_endpoints"), await count(g, "webhook_events")]).toEqual([1, 2_500]);
    expect(await count(g, "webhook_deliveries where status = 'failed' and finished_at > 1")).toBe(2_500);
    expect(await count(g, "webhook_deliveries")).toBe(2_500);
  });

  test("a process that is about to end finishes what is under way and begins nothing", async () => {
    const g = await gateway();
    const app = webhookReceiver();
    await register(g, app.url);
    for (let index = 0; index < 40; index++) await g.mo(FR, "36105", `Bonjour ${index}`);
    await g.webhooks.tick(undefined, () => app.got.length > 0);
    expect([app.got.length, await count(g, "webhook_deliveries where status = 'sending'")]).toEqual([32, 0]);
  });

  test("metrics tell what waits and what fails; another address begins anew", async () => {
    const g = await gateway();
    const app = webhookReceiver(answering(503, { "retry-after": "3600" }));
    const { id } = await register(g, app.url, { ordered: true });
    for (const text of ["1", "2", "3"]) await g.mo(FR, "36105", text);
    await g.webhooks.tick();
    g.clock.advance(60_000);
    const metrics = (await g.call("GET", "/metrics")).text.split("\n");
    expect(metrics).toContain(`parley_webhook_waiting{webhook="${id}"} 3`);
    expect(metrics).toContain(`parley_webhook_failing_seconds{webhook="${id}"} 60`);
    const well = webhookReceiver();
    const moved = await g.call("PATCH", `/v1/webhooks/${id}`, { url: `${well.url}?token=hunter2` });
    expect(moved.body).toMatchObject({ failing_since: null, quiet_until: null });
    await g.call("POST", `/v1/webhooks/${id}/replay`, { since: "2026-11-24T00:00:00Z" });
    await g.webhooks.tick();
    expect(well.got.map(({ json }) => json.data.text)).toEqual(["1", "2", "3"]);
    const { rows } = await g.db.client.execute("select details from audit_details where details like '%hunter2%'");
    expect(rows).toEqual([]);
  });

  test("Retry-After is honoured, of 429 and 503 for all that the endpoint is sent", async () => {
    const g = await gateway();
    const answers = [
      answering(429, { "retry-after": "600" }),
      answering(500, { "retry-after": "7200" }),
      answering(204),
    ];
    const app = webhookReceiver((_webhook, got) => answers[Math.min(got.length, 3) - 1]!());
    const { id } = await register(g, app.url);
    await g.call("POST", `/v1/webhooks/${id}/test`);
    await g.webhooks.tick();
    await g.call("POST", `/v1/webhooks/${id}/test`);
    g.clock.advance(599_999);
    await g.webhooks.tick();
    expect(app.got).toHaveLength(1);
    expect(await g.webhooks.nextDue()).toBe(g.clock.now() + 1);
    g.clock.advance(1);
    await g.webhooks.tick();
    expect(app.got).toHaveLength(3);
    expect(await g.webhooks.nextDue()).toBe(g.clock.now() + 2 * HOUR);
  });

  test.each([
    ["a private address", "https://app.example/", ["10.0.0.1"], "blocked"],
    ["one of several private", "https://app.example/", ["8.8.8.8", "::ffff:127.0.0.1"], "blocked"],
    ["cloud metadata", "https://app.example/", ["169.254.169.254"], "blocked"],
    ["no address", "https://app.example/", [], "refused"],
  ])("a name that means %s is not called", async (_label, url, addresses, kind) => {
    const g = await testGateway();
    const { body: { id } } = await g.call("POST", "/v1/webhooks", { url });
    await g.mo(FR, "36105", "Bonjour");
    const guarded = instance(g.db, {
      now: g.clock.now,
      fetch: (call) =>
        guardedFetch({
          ...call,
          resolve: () => Promise.resolve(addresses),
          transport: () => Promise.reject(new Error("nothing may be sent")),
        }),
    });
    await guarded.webhooks.tick();
    expect((await deliveries(g, id))[0]).toMatchObject({
      status: "pending",
      attempts: [{ http_status: null, error: expect.stringMatching(`^${kind}: `) }],
    });
  });

  test("ordered, whatever fails and how often: of a conversation nothing is tried before what came first is done", async () => {
    const g = await gateway();
    let failures = new Map<string, number>();
    const app = webhookReceiver(({ json }) => {
      const left = failures.get(json.data.text) ?? 0;
      failures.set(json.data.text, left - 1);
      return new Response(null, { status: left > 0 ? 500 : 200 });
    });
    await register(g, app.url, { ordered: true, events: ["message.received"] });
    const event = fc.record({ person: fc.integer({ min: 1, max: 3 }), fails: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (events) => {
        app.got.length = 0;
        failures = new Map();
        for (const [index, { person, fails }] of events.entries()) {
          failures.set(`${person} ${index}`, fails);
          // One at a time or several: some are handed out while others are under way.
          await g.mo(`+3361200000${person}`, "36105", `${person} ${index}`);
          if (index % 3 === 0) await g.webhooks.tick();
        }
        for (let due = await g.webhooks.nextDue(); due !== null; due = await g.webhooks.nextDue()) {
          g.clock.advance(Math.max(0, due - g.clock.now()));
          await g.webhooks.tick();
        }
        const tried = app.got.map(({ json }) => json.data.text as string);
        for (const person of [1, 2, 3]) {
          expect(tried.filter((text) => text.startsWith(`${person} `))).toEqual(
            events.flatMap((one, index) =>
              one.person === person ? Array(one.fails + 1).fill(`${person} ${index}`) : []
            ),
          );
        }
      }),
      { numRuns: 15, seed: 20261124 },
    );
  });

  test("a redirect is not followed and a long answer is cut", async () => {
    const g = await gateway();
    const long = webhookReceiver(() => new Response("y".repeat(1_000_000)));
    const redirecting = webhookReceiver(() => Response.redirect(long.url, 307));
    const { id } = await register(g, redirecting.url);
    const { id: other } = await register(g, long.url);
    await g.mo(FR, "36105", "Bonjour");
    await g.webhooks.tick();
    expect(long.got).toHaveLength(1);
    expect((await deliveries(g, id))[0]).toMatchObject({
      status: "pending",
      attempts: [{ http_status: null, error: expect.stringContaining("redirected") }],
    });
    expect((await deliveries(g, other))[0]).toMatchObject({
      status: "delivered",
      attempts: [{ http_status: 200, answer: "y".repeat(500) }],
    });
  });

  test("an event that fails to commit with its message is not told", async () => {
    const g = await gateway();
    await register(g, "http://127.0.0.1:9/");
    const { client } = g.db;
    const failing = client.batch([
      "insert into reviews (id, kind, person, message_id, created_at) values ('rev_1', 'complaint', 'p', 'm', 1)",
      "insert into nothing values (1)",
    ]);
    await expect(failing).rejects.toThrow();
    expect(await count(g, "webhook_events")).toBe(0);
  });

  test("neither text nor numbers reach the log", async () => {
    const g = await gateway();
    const app = webhookReceiver(({ body }) => new Response(body, { status: 410 }));
    await register(g, app.url);
    await g.mo(FR, "36105", "Bonjour toi");
    await g.webhooks.tick();
    expect(g.logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(g.logged)).not.toMatch(/Bonjour|612000001/);
  });
});
