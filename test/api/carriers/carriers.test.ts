import { describe, expect, test } from "vitest";
import { INFO, testGateway } from "../../support/gateway.ts";
import { PUBLIC_URL } from "../../support/instance.ts";
import { KANNEL } from "../../support/kannel_settings.ts";

test("secrets are taken and never shown again, kept when left out, replaced when given", async () => {
  const gateway = await testGateway();
  const made = await gateway.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    id: "local",
    kind: "kannel",
    config: { url: KANNEL.url, username: "parley", password: null, webhook_secret: null },
    secrets_set: ["password", "webhook_secret"],
    webhooks: { inbound: `${PUBLIC_URL}/carriers/local/inbound`, status: `${PUBLIC_URL}/carriers/local/status` },
  });

  const { password: _, webhook_secret: __, ...open } = KANNEL;
  const replaced = await gateway.call("PUT", "/v1/carriers/local", {
    kind: "kannel",
    config: { ...open, username: "other", password: null, webhook_secret: "another-secret-webhook-key" },
  });
  expect(replaced.status).toBe(200);
  const account = (await gateway.api.deps.settings.current()).carriers.get("local");
  expect(account?.config).toMatchObject({
    username: "other",
    password: KANNEL.password,
    webhook_secret: "another-secret-webhook-key",
  });
  for (const path of ["/v1/carriers", "/v1/carriers/local", "/openapi.json", "/metrics"]) {
    const { text } = await gateway.call("GET", path);
    for (const secret of [KANNEL.password, KANNEL.webhook_secret, "another-secret"]) expect(text).not.toContain(secret);
  }
});

test("the secrets of one kind are not handed to another", async () => {
  const gateway = await testGateway();
  await gateway.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
  const reply = await gateway.call("PUT", "/v1/carriers/local", {
    kind: "twilio",
    config: { account_sid: `AC${"0".repeat(32)}` },
  });
  expect([reply.status, reply.body.errors[0].field]).toEqual([422, "config.auth_token"]);
});

describe("wrong settings name their field and are not echoed", () => {
  test.each([
    [{ kind: "pigeon" }, "kind"],
    [{ kind: "kannel", config: { ...KANNEL, url: "ftp://x" } }, "config.url"],
    [{ kind: "kannel", config: { ...KANNEL, webhook_secret: "short" } }, "config.webhook_secret"],
    [{ kind: "kannel", config: { ...KANNEL, colour: "red" } }, "config.colour"],
    [{ kind: "kannel", config: {} }, "config.password"],
    [{ kind: "kannel", config: [] }, "config"],
    [{ kind: "sandbox", config: { a: 1 } }, "config.a"],
  ])("%j", async (body, field) => {
    const gateway = await testGateway();
    const reply = await gateway.call("PUT", "/v1/carriers/local", body);
    expect(reply.status).toBe(422);
    expect(reply.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(reply.text).not.toContain(KANNEL.password);
  });
});

test("a test clock lets no real carrier in", async () => {
  const gateway = await testGateway({ testClock: true });
  const refused = await gateway.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
  expect([refused.status, refused.body.code]).toEqual([409, "test_clock"]);
  expect((await gateway.call("PUT", "/v1/carriers/sandbox2", { kind: "sandbox" })).status).toBe(201);
});

test("an account goes when no sender uses it", async () => {
  const gateway = await testGateway();
  expect((await gateway.call("DELETE", "/v1/carriers/sandbox")).status).toBe(409);
  await gateway.call("PUT", "/v1/carriers/spare", { kind: "sandbox" });
  expect((await gateway.call("DELETE", "/v1/carriers/spare")).status).toBe(204);
  expect((await gateway.call("DELETE", "/v1/carriers/spare")).status).toBe(404);
  expect((await gateway.call("GET", "/v1/carriers/spare")).status).toBe(404);
});

test.each(["Upper", "a%20b", "-a", "a".repeat(41)])("%s cannot be an id", async (id) => {
  const gateway = await testGateway();
  const reply = await gateway.call("PUT", `/v1/carriers/${id}`, { kind: "sandbox" });
  expect([reply.status, reply.body.errors[0].field]).toEqual([422, "id"]);
});

test.each([[{}, null], [{ rate_per_second: 12.5 }, 12.5], [{ rate_per_second: null }, null]])(
  "an account with %j, and its health",
  async (more, rate_per_second) => {
    const gateway = await testGateway();
    const { body } = await gateway.call("PUT", "/v1/carriers/one", { kind: "sandbox", ...more });
    expect(body).toMatchObject({
      rate_per_second,
      health: { state: "in_service", failures: 0, out_of_service_since: null, next_try_at: null, paused_until: null },
    });
  },
);

test.each([0, -1, 20_000, "5"])("a rate of %j is refused", async (rate_per_second) => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("PUT", "/v1/carriers/one", { kind: "sandbox", rate_per_second });
  expect([status, body.errors[0].field]).toEqual([422, "rate_per_second"]);
});

test("an account whose settings this release no longer takes stops its own senders and nothing else", async () => {
  const gateway = await testGateway();
  await gateway.db.client.batch([
    "insert into carriers (id, kind, config, created_at, updated_at) values ('old', 'kannel', '{\"url\": 1}', 0, 0)",
    "insert into carriers (id, kind, config, created_at, updated_at) values ('gone', 'pigeon', '{}', 0, 0)",
  ]);
  await gateway.api.deps.settings.refresh();
  const { body } = await gateway.call("POST", "/v1/messages", { to: "+33612345678", from: "36105", text: INFO });
  await gateway.dispatcher.tick();
  expect((await gateway.call("GET", `/v1/messages/${body.id}`)).body.status).toBe("delivered");
  expect((await gateway.call("GET", "/v1/carriers/old")).body.warnings[0]).toMatch(/settings are mended: .*url/);
  expect((await gateway.call("GET", "/v1/carriers/gone")).body.warnings[0]).toContain("pigeon");
});
