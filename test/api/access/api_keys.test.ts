import { expect, test } from "vitest";
import { apiKeys } from "../../../src/api/access/auth.ts";
import { saveApiKey, startKey } from "../../../src/store/access/api_keys.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { ADMIN_KEY, APP_KEY, testGateway } from "../../support/gateway.ts";

test("a key is shown once, works at once, and stops when it is revoked", async () => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("POST", "/v1/keys", { name: "shop", role: "app" });
  expect(status).toBe(201);
  expect(body.key).toMatch(/^pk_[A-Za-z0-9_-]{43}$/);
  const withKey = () => gateway.call("GET", "/v1/messages", undefined, { authorization: `Bearer ${body.key}` });
  expect((await withKey()).status).toBe(200);

  const list = await gateway.call("GET", "/v1/keys");
  expect(list.body.data[0]).toEqual({
    id: body.id,
    name: "shop",
    role: "app",
    created_at: "2026-11-24T09:00:00.000Z",
    revoked_at: null,
    user_id: null,
  });
  const { rows } = await gateway.db.client.execute("select hash from api_keys");
  for (const secret of [body.key, ...rows.map((row) => row["hash"] as string)]) expect(list.text).not.toContain(secret);

  expect((await gateway.call("DELETE", `/v1/keys/${body.id}`)).status).toBe(204);
  expect((await withKey()).status).toBe(401);
  expect((await gateway.call("DELETE", `/v1/keys/${body.id}`)).status).toBe(404);
  expect((await gateway.call("GET", "/v1/keys")).body.data[0].revoked_at).not.toBeNull();
});

test("the last admin key stays, until there is another one", async () => {
  const gateway = await testGateway();
  const { data } = (await gateway.call("GET", "/v1/keys")).body;
  const { id } = data.find(({ role }: { role: string }) => role === "admin");
  const refused = await gateway.call("DELETE", `/v1/keys/${id}`);
  expect([refused.status, refused.body.code]).toEqual([409, "last_admin_key"]);
  expect((await gateway.call("GET", "/v1/audit?action=key.revoked")).body.data).toEqual([]);

  const { body: other } = await gateway.call("POST", "/v1/keys", { name: "second", role: "admin" });
  expect((await gateway.call("DELETE", `/v1/keys/${id}`)).status).toBe(204);
  const asOther = { authorization: `Bearer ${other.key}` };
  expect((await gateway.call("DELETE", `/v1/keys/${other.id}`, undefined, asOther)).status).toBe(409);
});

test("keys are listed page by page, newest first", async () => {
  const gateway = await testGateway();
  for (const name of ["one", "two"]) await gateway.call("POST", "/v1/keys", { name, role: "app" });
  const first = (await gateway.call("GET", "/v1/keys?limit=3")).body;
  expect(first.data.slice(0, 2).map(({ name }: { name: string }) => name)).toEqual(["two", "one"]);
  const second = (await gateway.call("GET", `/v1/keys?limit=3&cursor=${first.next_cursor}`)).body;
  expect([first.data.length, second.data.length, second.next_cursor]).toEqual([3, 1, null]);
});

test("a key that the environment brings back is told of under the id that it has, and one that stands is not", async () => {
  const gateway = await testGateway();
  const { data } = (await gateway.call("GET", "/v1/keys")).body;
  const { id } = data.find(({ role }: { role: string }) => role === "app");
  await gateway.call("DELETE", `/v1/keys/${id}`);
  const start = (key: string, role: "admin" | "app") =>
    saveApiKey(gateway.db, ...startKey(key, role, gateway.api.deps.newId, gateway.clock.now(), role));
  await start(APP_KEY, "app");
  await start(ADMIN_KEY, "admin");
  const audit = (await gateway.call("GET", "/v1/audit")).body.data;
  expect(audit.slice(0, 2).map(({ action, subject }: { action: string; subject: string }) => [action, subject]))
    .toEqual([
      ["key.created", id],
      ["key.revoked", id],
    ]);
});

test.each([
  [{ role: "app" }, "name"],
  [{ name: "x", role: "root" }, "role"],
  [{ name: " ", role: "app" }, "name"],
])("%j is refused and %s named", async (body, field) => {
  const gateway = await testGateway();
  const reply = await gateway.call("POST", "/v1/keys", body);
  expect([reply.status, reply.body.errors[0].field]).toEqual([422, field]);
});

test("a key that was read before it was revoked, and answered after, is not remembered", async () => {
  const { db } = await testGateway();
  const [read, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow: DbClient = {
    ...db.client,
    execute: async (statement) => {
      const answer = await db.client.execute(statement);
      read.resolve();
      await answered.promise;
      return answer;
    },
  };
  const keys = apiKeys(slow, () => 0);
  const early = keys.authenticate(`Bearer ${APP_KEY}`);
  await read.promise;
  await db.client.execute("update api_keys set revoked_at = 1");
  keys.forget();
  answered.resolve();
  expect(await early).not.toBeNull();
  expect(await keys.authenticate(`Bearer ${APP_KEY}`)).toBeNull();
});
