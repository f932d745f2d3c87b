import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";
import { member } from "../../support/staff.ts";

const URL = "https://app.example.com/parley";
const FR = "+33612000001";
const register = async (g: TestGateway, body: Record<string, unknown> = {}) =>
  (await g.call("POST", "/v1/webhooks", { url: URL, ...body })).body;

describe.each(DATABASE_KINDS)("/v1/webhooks, %s database", (kind) => {
  test("created, read, changed, deleted; the secret is shown once", async () => {
    const g = await testGateway({ kind });
    const { secret, ...created } = await register(g, { description: "CRM", events: ["message.*"] });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created).toEqual({
      id: expect.stringMatching(/^we_/),
      url: URL,
      description: "CRM",
      events: ["message.*"],
      ordered: false,
      state: "enabled",
      disabled_at: null,
      disabled_reason: null,
      failing_since: null,
      warned_at: null,
      quiet_until: null,
      previous_secret_until: null,
      created_at: "2026-11-24T09:00:00.000Z",
      updated_at: "2026-11-24T09:00:00.000Z",
    });
    const path = `/v1/webhooks/${created.id}`;
    expect((await g.call("GET", path)).body).toEqual(created);
    expect((await g.call("GET", "/v1/webhooks")).body).toEqual({ data: [created], next_cursor: null });

    g.clock.advance(1_000);
    const changed = await g.call("PATCH", path, { events: ["*"], ordered: true, description: null });
    expect(changed.body).toEqual({
      ...created,
      events: ["*"],
      ordered: true,
      description: null,
      updated_at: "2026-11-24T09:00:01.000Z",
    });
    const rotated = await g.call("POST", `${path}/rotate`);
    expect(rotated.body.secret).not.toBe(secret);
    expect((await g.call("DELETE", path)).status).toBe(204);
    for (
      const [method, at, body] of [
        ["GET", path],
        ["DELETE", path],
        ["PATCH", path, {}],
        ["POST", `${path}/rotate`],
        ["POST", `${path}/test`],
        ["GET", `${path}/deliveries`],
        ["GET", `${path}/deliveries/whd_00000000001`],
        ["POST", `${path}/deliveries/whd_00000000001/replay`],
        ["POST", `${path}/replay`, { since: "2026-11-24T00:00:00Z" }],
      ] as const
    ) expect([at, (await g.call(method, at, body)).status]).toEqual([at, 404]);

    const entries = (await g.call("GET", "/v1/audit")).body.data;
    const ours = entries.filter(({ action }: { action: string }) => action.startsWith("webhook."));
    expect(ours.map(({ action, subject }: Record<string, string>) => [action, subject === created.id])).toEqual([
      ["webhook.deleted", true],
      ["webhook.secret_rotated", true],
      ["webhook.saved", true],
      ["webhook.saved", true],
    ]);
    expect(JSON.stringify(entries)).not.toContain("whsec_");
  });

  test("deliveries are listed newest first, page by page and by status", async () => {
    const g = await testGateway({ kind });
    const { id } = await register(g);
    for (let index = 0; index < 5; index++) await g.mo(FR, "36105", `Bonjour ${index}`);
    // Nobody is called: every attempt fails.
    await g.webhooks.tick();
    await g.call("POST", `/v1/webhooks/${id}/test`);
    const all = await walkPages(g, `/v1/webhooks/${id}/deliveries`, 2);
    expect(all.map(({ event }) => event.type)).toEqual(["webhook.test", ...Array(5).fill("message.received")]);
    expect(all.map((one) => one.id).toSorted().toReversed()).toEqual(all.map((one) => one.id));
    const pending = await walkPages(g, `/v1/webhooks/${id}/deliveries?status=pending`, 4);
    expect(pending).toHaveLength(6);
    expect(await walkPages(g, `/v1/webhooks/${id}/deliveries?status=delivered`, 4)).toEqual([]);
    expect((await g.call("GET", `/v1/webhooks/${id}/deliveries/${all[0].id}`)).body).toEqual(all[0]);
    // Receivers know an event by its own id.
    const { event } = all[1];
    expect((await g.call("GET", `/v1/webhooks/${id}/deliveries/${event.id}`)).body).toEqual(all[1]);
    expect((await g.call("POST", `/v1/webhooks/${id}/deliveries/${event.id}/replay`)).body.id).toBe(all[1].id);
    const unlike = event.id.slice(0, -16) + "0123456789abcdef";
    for (const unknown of [unlike, "evt_", event.id.slice(4)]) {
      expect((await g.call("GET", `/v1/webhooks/${id}/deliveries/${unknown}`)).status).toBe(404);
    }
    const { body: other } = await g.call("POST", "/v1/webhooks", { url: URL });
    expect((await g.call("GET", `/v1/webhooks/${other.id}/deliveries/${event.id}`)).status).toBe(404);
    expect((await g.call("GET", `/v1/webhooks/${other.id}/deliveries/${all[0].id}`)).status).toBe(404);
  });

  test("a page by a status that is everywhere looks at 5,000 deliveries, and the next one goes on", async () => {
    const g = await testGateway({ kind });
    const { id } = await register(g);
    await g.db.client.batch([
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000)
        insert into webhook_events (type, subject, at) select 'message.sent', 'msg_' || i, 1 from n`,
      {
        sql: `insert into webhook_deliveries (endpoint_id, event_seq, status, due_at, created_at)
          select ?, seq, case when seq = 3 then 'pending' else 'delivered' end, 1, 1 from webhook_events`,
        args: [id],
      },
    ]);
    const first = await g.call("GET", `/v1/webhooks/${id}/deliveries?status=pending`);
    expect([first.body.data, first.body.next_cursor]).toEqual([[], "1001"]);
    expect(await walkPages(g, `/v1/webhooks/${id}/deliveries?status=pending`, 10)).toHaveLength(1);
  });

  test("there may be 16", async () => {
    const g = await testGateway({ kind });
    const answers = [];
    for (let index = 0; index < 17; index++) answers.push(await g.call("POST", "/v1/webhooks", { url: URL }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(16).fill(201), 409]);
    expect(answers.at(-1)!.body.code).toBe("too_many_webhooks");
  });
});

describe("/v1/webhooks refuses", () => {
  test.each([
    [{ url: "http://app.example.com/" }, "url"],
    [{ url: "ftp://app.example.com/" }, "url"],
    [{ url: "app.example.com" }, "url"],
    [{ url: "https://user:pass@app.example.com/" }, "url"],
    [{ url: "https://app.example.com/#part" }, "url"],
    [{ url: "https://127.0.0.1/" }, "url"],
    [{ url: "https://2130706433/" }, "url"],
    [{ url: "https://[::1]/" }, "url"],
    [{ url: "https://[::ffff:10.0.0.1]/" }, "url"],
    [{ url: "https://169.254.169.254/" }, "url"],
    [{ url: `https://app.example.com/${"x".repeat(2_000)}` }, "url"],
    [{ url: URL, events: [] }, "events"],
    [{ url: URL, events: ["message.eaten"] }, "events.0"],
    [{ url: URL, ordered: "yes" }, "ordered"],
    [{ url: URL, description: "two\nlines" }, "description"],
    [{ url: URL, secret: "whsec_mine" }, "secret"],
    [{}, "url"],
  ])("%j", async (body, field) => {
    const g = await testGateway();
    const answer = await g.call("POST", "/v1/webhooks", body);
    expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
  });

  test.each([
    ["the time backwards", { since: "2026-11-24T00:00:00Z", until: "2026-11-23T00:00:00Z" }, "since"],
    ["the future", { since: "2026-12-24T00:00:00Z" }, "since"],
    ["no time", { since: "yesterday" }, "since"],
  ])("to replay %s", async (_label, body, field) => {
    const g = await testGateway();
    const { id } = await register(g);
    const answer = await g.call("POST", `/v1/webhooks/${id}/replay`, body);
    expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
  });

  test("cursors that are none of its own", async () => {
    const g = await testGateway();
    const { id } = await register(g);
    expect((await g.call("GET", `/v1/webhooks/${id}/deliveries?cursor=msg_1`)).status).toBe(422);
  });

  test("private addresses and http: unless development allows them; cloud metadata even then", async () => {
    const g = await testGateway({ privateWebhooks: true });
    const status = async (url: string) => (await g.call("POST", "/v1/webhooks", { url })).status;
    expect(await status("http://127.0.0.1:3000/hook")).toBe(201);
    expect(await status("http://169.254.169.254/")).toBe(422);
  });

  test("keys of apps", async () => {
    const g = await testGateway();
    const { id } = await register(g);
    for (
      const [method, path] of [
        ["GET", "/v1/webhooks"],
        ["GET", `/v1/webhooks/${id}`],
        ["GET", `/v1/webhooks/${id}/deliveries`],
        ["POST", `/v1/webhooks/${id}/test`],
        ["POST", `/v1/webhooks/${id}/rotate`],
        ["DELETE", `/v1/webhooks/${id}`],
      ] as const
    ) expect([path, (await g.appCall(method, path)).status]).toEqual([path, 403]);
  });
});

test("a viewer reads in the audit log which host a webhook went to, and not the secret in its path", async () => {
  const g = await testGateway();
  const url = "https://hooks.shop.example/services/T0/TOPSECRET?token=HIDDEN";
  expect((await g.call("POST", "/v1/webhooks", { url })).status).toBe(201);
  const viewer = await member(g, "viewer");
  expect((await viewer.call("GET", "/v1/webhooks")).status).toBe(403);
  const { text } = await viewer.call("GET", "/v1/audit");
  expect(text).toContain("https://hooks.shop.example/…");
  expect(text).not.toMatch(/TOPSECRET|HIDDEN/);
});
