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

const SINCH = {
  service_plan_id: "plan1",
  api_token: "token-of-the-tests",
  signature_secret: "signature-of-the-tests",
};
const WEBHOOK_SECRET = "webhook-secret-of-the-tests";

describe("a later PUT of an account", () => {
  const sinch = async () => {
    const gateway = await testGateway();
    const put = (config: Record<string, unknown>, remove_secrets?: unknown) =>
      gateway.call("PUT", "/v1/carriers/s", { kind: "sinch", config, ...remove_secrets ? { remove_secrets } : {} });
    expect((await put(SINCH)).status).toBe(201);
    return { gateway, put, read: async () => (await gateway.call("GET", "/v1/carriers/s")).body };
  };
  const { service_plan_id } = SINCH;

  test("may forget a secret that the kind can do without", async () => {
    const { gateway, put, read } = await sinch();
    const { status, body } = await put({ service_plan_id, webhook_secret: WEBHOOK_SECRET }, ["signature_secret"]);
    expect([status, body.secrets_set]).toEqual([200, ["api_token", "webhook_secret"]]);
    expect((await gateway.api.deps.settings.current()).carriers.get("s")?.config).not.toHaveProperty(
      "signature_secret",
    );
    // What is read may be sent back as it is.
    const { config, secrets_set } = await read();
    expect((await put(config)).body.secrets_set).toEqual(secrets_set);
  });

  test.each<[unknown, Record<string, unknown>, string, RegExp]>([
    [["api_token"], {}, "config.api_token", /./],
    [["password"], {}, "remove_secrets.0", /sinch has no secret "password": those are api_token, /],
    [["signature_secret"], { signature_secret: "x" }, "remove_secrets.0", /config\.signature_secret gives it anew/],
    ["signature_secret", {}, "remove_secrets", /./],
  ])("that removes %j beside %j is refused and changes nothing", async (removed, more, field, detail) => {
    const { put, read } = await sinch();
    const before = await read();
    const { status, body } = await put({ service_plan_id, ...more }, removed);
    expect([status, body.errors[0].field]).toEqual([422, field]);
    expect(body.errors[0].detail).toMatch(detail);
    expect(await read()).toEqual(before);
  });

  test.each<[string, string | undefined, string]>([
    ["another host", "https://collect.example.net", "https://collect.example.net"],
    ["another port", "https://us.sms.api.sinch.com:8443", "https://us.sms.api.sinch.com:8443"],
    ["no TLS", "http://us.sms.api.sinch.com", "http://us.sms.api.sinch.com"],
  ])("whose address leads to %s gives the secrets again", async (_, api_url, named) => {
    const { put, read } = await sinch();
    const before = await read();
    const refused = await put({ service_plan_id, api_url });
    expect([refused.status, refused.body.errors.map(({ field }: { field: string }) => field)])
      .toEqual([422, ["config.api_token", "config.signature_secret"]]);
    expect(refused.body.detail).toContain(`did not call ${named} so far`);
    expect(await read()).toEqual(before);
    expect((await put({ ...SINCH, api_url })).status).toBe(200);
    // And from there back to where the kind calls by itself.
    expect((await put({ service_plan_id })).status).toBe(422);
  });

  test("keeps the secrets where the host stays, whatever else its address says", async () => {
    const { put } = await sinch();
    for (const api_url of ["https://us.sms.api.sinch.com", "https://US.sms.api.sinch.com:443/", undefined]) {
      const { status, body } = await put({ service_plan_id, api_url });
      expect([status, body.secrets_set]).toEqual([200, ["api_token", "signature_secret"]]);
    }
  });
});

test("credentials of an http account do not go to another host", async () => {
  const gateway = await testGateway();
  const config = {
    webhook_secret: WEBHOOK_SECRET,
    verify: { scheme: "url_key" },
    send: { url: "https://api.example.com/send?key={credentials.key}" },
  };
  const put = (config: unknown) => gateway.call("PUT", "/v1/carriers/h", { kind: "http", config });
  expect((await put({ ...config, credentials: { key: "k1" } })).status).toBe(201);
  expect((await put({ ...config, send: { url: "https://api.example.com/v2?key={credentials.key}" } })).status).toBe(
    200,
  );
  const refused = await put({ ...config, send: { url: "https://api.example.net/send?key={credentials.key}" } });
  expect([refused.status, refused.body.errors[0].field]).toEqual([422, "config.credentials"]);
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
