import { expect, test } from "vitest";
import { INFO, testGateway } from "../../support/gateway.ts";

const NOBODY = { authorization: "" };

test("health needs nothing, readiness names the active rulebook", async () => {
  const gateway = await testGateway();
  expect((await gateway.call("GET", "/healthz", undefined, NOBODY)).body).toEqual({ status: "ok" });
  const ready = await gateway.call("GET", "/readyz", undefined, NOBODY);
  expect(ready.body).toEqual({ status: "ok", rulebook: (await gateway.api.deps.settings.current()).rulebook.hash });
});

test("without a rulebook it is alive but not ready, and says what to do", async () => {
  const gateway = await testGateway();
  await gateway.db.client.execute("delete from settings");
  expect((await gateway.call("GET", "/healthz", undefined, NOBODY)).status).toBe(200);
  const ready = await gateway.call("GET", "/readyz", undefined, NOBODY);
  expect([ready.status, ready.body.code]).toEqual([503, "no_rulebook"]);
  expect(ready.body.detail).toContain("deno task migrate");
});

test("without tables it is not ready, and says what to do", async () => {
  const gateway = await testGateway();
  await gateway.db.client.execute("drop table settings");
  const ready = await gateway.call("GET", "/readyz", undefined, NOBODY);
  expect(ready.status).toBe(503);
  expect(ready.body.detail).toContain("deno task migrate");
});

test("without its database it is alive but not ready", async () => {
  const gateway = await testGateway();
  await gateway.db.close();
  expect((await gateway.call("GET", "/healthz", undefined, NOBODY)).status).toBe(200);
  const ready = await gateway.call("GET", "/readyz", undefined, NOBODY);
  expect([ready.status, ready.body.code]).toEqual([503, "database_unavailable"]);
});

test("a database that takes no writes is not ready, and is a second after it does again", async () => {
  const gateway = await testGateway();
  await gateway.db.client.execute("pragma query_only = 1");
  const ready = await gateway.call("GET", "/readyz", undefined, NOBODY);
  expect([ready.status, ready.body.code]).toEqual([503, "database_readonly"]);
  await gateway.db.client.execute("pragma query_only = 0");
  await expect.poll(async () => (await gateway.call("GET", "/readyz", undefined, NOBODY)).status, { timeout: 10_000 })
    .toBe(200);
});

test("who asks for readiness again and again makes the database write once", async () => {
  const gateway = await testGateway();
  let writes = 0;
  const { execute } = gateway.db.client;
  gateway.db.client.execute = (statement) => {
    if (String(statement).startsWith("insert into settings")) writes++;
    return execute(statement);
  };
  for (let time = 0; time < 20; time++) await gateway.call("GET", "/readyz", undefined, NOBODY);
  await Promise.all(Array.from({ length: 20 }, () => gateway.call("GET", "/readyz", undefined, NOBODY)));
  expect(writes).toBe(1);
});

test("metrics tell what is in flight and how long it waits, to those with a key", async () => {
  const gateway = await testGateway();
  expect((await gateway.call("GET", "/metrics", undefined, NOBODY)).status).toBe(401);
  const send = (to: string, scheduled_at?: string) =>
    gateway.call("POST", "/v1/messages", { to, from: "36105", text: INFO, ...(scheduled_at ? { scheduled_at } : {}) });
  await send("+33612000001");
  await send("+33612000002");
  await send("+33612000003", "2026-11-25T10:00:00+01:00");
  gateway.clock.advance(90_000);
  const { text, headers } = await gateway.call("GET", "/metrics");
  expect(headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const lines = text.split("\n");
  expect(lines).toContain(`parley_messages_waiting{status="queued"} 2`);
  expect(lines).toContain(`parley_messages_waiting{status="held"} 1`);
  expect(lines).toContain(`parley_messages_waiting{status="sending"} 0`);
  expect(lines).toContain("parley_oldest_due_seconds 90");
  expect(lines).toContain(`parley_queue_depth{queue="accept"} 0`);
  expect(text).toMatch(/^parley_rulebook_info\{hash="\S+"\} 1$/m);
  for (const line of lines.filter((one) => one !== "")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.]+)$/);
  }
});
