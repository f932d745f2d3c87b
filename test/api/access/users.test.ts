import { describe, expect, test } from "vitest";
import type { SignInDeps } from "../../../src/gateway/access/sign_in.ts";
import { signIn } from "../../../src/gateway/access/sign_in.ts";
import { firstStartToken, linkOf, useWelcome } from "../../../src/gateway/access/welcome.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";
import { PUBLIC_URL } from "../../support/instance.ts";
import { member, PASSWORD } from "../../support/staff.ts";

const HOUR = 3_600_000;
const INVITED = { name: "Front desk", email: "Front.Desk@Example.com", role: "agent" };

const depsOf = ({ api }: TestGateway): SignInDeps => ({
  ...api.deps,
  passwords: api.passwords,
  realClock: api.realClock,
});
const enter = (gateway: TestGateway, email: string, password: string) =>
  signIn(depsOf(gateway), { email, password, address: "192.0.2.1", userAgent: null });
const tokenIn = (url: string) => url.slice(`${PUBLIC_URL}/console/welcome/`.length);
const use = (gateway: TestGateway, token: string, password = PASSWORD, email = "first@example.com") =>
  useWelcome(depsOf(gateway), token, { name: null, email, password, language: "fr", userAgent: null });

async function invite(gateway: TestGateway, more: object = {}) {
  const { status, body } = await gateway.call("POST", "/v1/users", { ...INVITED, ...more });
  expect(status).toBe(201);
  return { id: body.user.id as string, token: tokenIn(body.link.url), body };
}

describe("inviting", () => {
  test("gives a link that sets a password once; what is stored and audited holds neither", async () => {
    const gateway = await testGateway();
    const { id, token, body } = await invite(gateway);
    expect(body.user).toMatchObject({
      name: "Front desk",
      email: "front.desk@example.com",
      role: "agent",
      joined: false,
    });
    expect(body.link).toEqual({
      url: `${PUBLIC_URL}/console/welcome/${token}`,
      expires_at: "2026-11-27T09:00:00.000Z",
    });
    expect(await enter(gateway, INVITED.email, "")).toMatchObject({ ok: false });
    expect((await linkOf(depsOf(gateway), token))?.kind).toBe("invitation");

    const session = await use(gateway, token);
    expect((await gateway.api.sessions.of(session!))?.user).toMatchObject({ id, role: "agent", name: "Front desk" });
    expect(await enter(gateway, INVITED.email, PASSWORD)).toMatchObject({ ok: true });
    expect([await linkOf(depsOf(gateway), token), await use(gateway, token, "another long one")]).toEqual([null, null]);
    expect((await gateway.call("GET", `/v1/users/${id}`)).body.joined).toBe(true);

    const audit = await gateway.call("GET", `/v1/audit?subject=${id}`);
    expect(audit.body.data.map(({ action }: { action: string }) => action)).toEqual([
      "user.signed_in",
      "user.signed_in",
      "user.joined",
      "user.invited",
    ]);
    const tables = ["users", "sessions", "user_links", "audit_log", "audit_details", "sign_in_failures"];
    const everything = await Promise.all(tables.map((table) => gateway.db.client.execute(`select * from ${table}`)));
    const stored = JSON.stringify(everything.map(({ rows }) => rows));
    for (const secret of [token, session!, PASSWORD]) expect(stored).not.toContain(secret);
    for (const personal of ["Front desk", "front.desk", token, PASSWORD]) expect(audit.text).not.toContain(personal);
  });

  test.each([
    [{ email: "ana" }, "email"],
    [{ email: `${"a".repeat(250)}@example.com` }, "email"],
    [{ name: "" }, "name"],
    [{ name: "a\nb" }, "name"],
    [{ role: "app" }, "role"],
    [{ language: "xx" }, "language"],
    [{ password: PASSWORD }, "password"],
  ])("refuses %j", async (more, field) => {
    const gateway = await testGateway();
    const { status, text } = await gateway.call("POST", "/v1/users", { ...INVITED, ...more });
    expect([status, text.includes(field)]).toEqual([422, true]);
  });

  test("refuses an address that somebody has, however it is written, also of two at once", async () => {
    const gateway = await testGateway();
    const answers = await Promise.all(
      ["a@example.com", "A@EXAMPLE.com"].map((email) => gateway.call("POST", "/v1/users", { ...INVITED, email })),
    );
    expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([[201, undefined], [
      409,
      "email_taken",
    ]]);
    expect(await walkPages(gateway, "/v1/users", 1)).toHaveLength(1);
    expect((await gateway.db.client.execute("select count(*) as n from user_links")).rows).toEqual([{ n: 1 }]);
  });

  test("a link is over after three days, when there is a newer one, and while its user is disabled", async () => {
    const gateway = await testGateway();
    const { id, token } = await invite(gateway);
    const again = await gateway.call("POST", `/v1/users/${id}/link`);
    const newer = tokenIn(again.body.url);
    expect([again.status, await use(gateway, token)]).toEqual([201, null]);
    gateway.clock.advance(72 * HOUR);
    expect(await use(gateway, newer)).toBeNull();

    const third = tokenIn((await gateway.call("POST", `/v1/users/${id}/link`)).body.url);
    await gateway.call("PATCH", `/v1/users/${id}`, { disabled: true });
    expect(await use(gateway, third)).toBeNull();
    const refused = await gateway.call("POST", `/v1/users/${id}/link`);
    expect([refused.status, refused.body.code]).toEqual([409, "user_disabled"]);
    await gateway.call("PATCH", `/v1/users/${id}`, { disabled: false });
    expect(await use(gateway, third)).toBeNull();
    expect((await gateway.call("POST", "/v1/users/usr_x/link")).status).toBe(404);
  });

  test("a new link for a forgotten password leaves the old one good until it is used, and then ends its sessions", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "agent", "Ana");
    const session = await enter(gateway, ana.email, PASSWORD);
    const token = tokenIn((await gateway.call("POST", `/v1/users/${ana.id}/link`)).body.url);
    expect((await linkOf(depsOf(gateway), token))?.kind).toBe("reset");
    expect(await enter(gateway, ana.email, PASSWORD)).toMatchObject({ ok: true });
    expect(await use(gateway, token, "a new long password")).not.toBeNull();
    expect(await enter(gateway, ana.email, PASSWORD)).toMatchObject({ ok: false });
    expect(await enter(gateway, ana.email, "a new long password")).toMatchObject({ ok: true });
    gateway.api.sessions.forget();
    expect(await gateway.api.sessions.of(session.ok ? session.token : "")).toBeNull();
  });
});

describe.each(DATABASE_KINDS)("at once (%s)", (kind) => {
  test("of four who use one link, one does", async () => {
    const gateway = await testGateway({ kind });
    const { token } = await invite(gateway);
    const words = ["first long password", "second long password", "third long password", "fourth long password"];
    const sessions = await Promise.all(words.map((password) => use(gateway, token, password)));
    expect(sessions.filter((one) => one !== null)).toHaveLength(1);
    const winner = words[sessions.findIndex((one) => one !== null)]!;
    expect(await enter(gateway, INVITED.email, winner)).toMatchObject({ ok: true });
  });

  test("the link of the first start makes one administrator, and a newer start voids the older", async () => {
    const gateway = await testGateway({ kind });
    const { deps: { db }, realClock } = gateway.api;
    const old = await firstStartToken(db, realClock);
    const token = await firstStartToken(db, realClock);
    expect(await use(gateway, old!)).toBeNull();
    const made = await Promise.all(
      ["a@example.com", "b@example.com"].map((email) => use(gateway, token!, PASSWORD, email)),
    );
    expect(made.filter((one) => one !== null)).toHaveLength(1);
    const { data } = (await gateway.call("GET", "/v1/users")).body;
    expect(data).toMatchObject([{ role: "admin", joined: true, created_by: "system", language: "fr" }]);
    expect(await firstStartToken(db, realClock)).toBeNull();
  });

  test("two administrators who disable or demote each other leave one", async () => {
    const gateway = await testGateway({ kind });
    const [one, other] = [await member(gateway, "admin", "One"), await member(gateway, "admin", "Other")];
    // Somebody who has no password yet could not help.
    await invite(gateway, { role: "admin" });
    const answers = await Promise.all([
      one.call("PATCH", `/v1/users/${other.id}`, { disabled: true }),
      other.call("PATCH", `/v1/users/${one.id}`, { role: "viewer" }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([[200, undefined], [
      409,
      "last_admin",
    ]]);
  });
});

describe("changing", () => {
  test("the last administrator stays, and stays an administrator, until there is another", async () => {
    const gateway = await testGateway();
    const boss = await member(gateway, "admin", "Boss");
    for (const change of [{ disabled: true }, { role: "compliance" }, { role: "viewer", name: "Ex" }]) {
      const { status, body } = await gateway.call("PATCH", `/v1/users/${boss.id}`, change);
      expect([status, body.code]).toEqual([409, "last_admin"]);
    }
    expect((await gateway.call("GET", `/v1/users/${boss.id}`)).body).toMatchObject({ role: "admin", name: "Boss" });
    await member(gateway, "admin", "Second");
    expect((await gateway.call("PATCH", `/v1/users/${boss.id}`, { role: "agent" })).body.role).toBe("agent");
    expect((await gateway.call("PATCH", `/v1/users/${boss.id}`, { disabled: true })).body.disabled_at).not.toBeNull();
    const enabled = await gateway.call("PATCH", `/v1/users/${boss.id}`, { disabled: false });
    expect(enabled.body.disabled_at).toBeNull();
  });

  test("an address is unique however it is written, and signs in from then on", async () => {
    const gateway = await testGateway();
    const [ana, bea] = [await member(gateway, "agent", "Ana"), await member(gateway, "admin", "Bea")];
    const change = (email: string, more = {}) => gateway.call("PATCH", `/v1/users/${ana.id}`, { email, ...more });
    const refused = await change(bea.email.toUpperCase(), { name: "Not this" });
    expect([refused.status, refused.body.code]).toEqual([409, "email_taken"]);
    expect((await change("ANA@example.com")).status).toBe(200);
    expect((await change(" ")).status).toBe(422);
    expect((await change("Ana.New@Example.com")).body).toMatchObject({ name: "Ana", email: "ana.new@example.com" });
    expect(await enter(gateway, ana.email, PASSWORD)).toMatchObject({ ok: false });
    expect(await enter(gateway, "ana.new@example.com", PASSWORD)).toMatchObject({ ok: true });
    const audit = await gateway.call("GET", "/v1/audit?action=user.changed");
    expect([audit.body.data.length, audit.body.data[0].details.email, audit.text.includes("ana.new")]).toEqual([
      1,
      true,
      false,
    ]);
  });

  test("is audited with what changed and without names; what changes nothing is not", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "agent", "Ana");
    await gateway.call("PATCH", `/v1/users/${ana.id}`, { name: "Ana", role: "agent", disabled: false });
    await gateway.call("PATCH", `/v1/users/${ana.id}`, { name: "Bea", role: "viewer" });
    const { body, text } = await gateway.call("GET", "/v1/audit?action=user.changed");
    expect(body.data.map(({ details: { salt: _salt, ...rest } }: { details: object & { salt: string } }) => rest))
      .toEqual([{ name: true, role: "viewer" }]);
    expect(text).not.toContain("Bea");
    expect((await gateway.call("PATCH", "/v1/users/usr_x", { name: "x" })).status).toBe(404);
  });
});

describe("one's own account", () => {
  test("is read and changed by users; an API key has none", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "viewer", "Ana");
    expect((await ana.call("GET", "/v1/users/me")).body).toMatchObject({ id: ana.id, name: "Ana", language: null });
    expect((await ana.call("PATCH", "/v1/users/me", { name: "Ana B", language: "fr" })).body)
      .toMatchObject({ name: "Ana B", language: "fr" });
    expect((await ana.call("PATCH", "/v1/users/me", { language: null })).body).toMatchObject({
      name: "Ana B",
      language: null,
    });
    expect((await ana.call("PATCH", "/v1/users/me", { role: "admin" })).status).toBe(422);
    expect((await ana.call("PATCH", `/v1/users/${ana.id}`, { role: "admin" })).status).toBe(403);
    for (
      const [method, path, body] of [["GET", "/me"], ["PATCH", "/me", { name: "x" }], ["GET", "/me/sessions"]] as const
    ) {
      const refused = await gateway.call(method, `/v1/users${path}`, body);
      expect([refused.status, refused.body.code]).toEqual([403, "users_only"]);
    }
  });

  test("a password changes with the current one, whose guesses are counted", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "agent", "Ana");
    const change = (current_password: string, new_password: string) =>
      ana.call("POST", "/v1/users/me/password", { current_password, new_password });
    expect((await change(PASSWORD, "a new long password")).status).toBe(204);
    expect(await enter(gateway, ana.email, "a new long password")).toMatchObject({ ok: true });
    for (let guess = 0; guess < 5; guess++) {
      expect((await change(PASSWORD, "yet another password")).body.code).toBe("password_wrong");
    }
    const refused = await change("a new long password", "yet another password");
    expect([refused.status, refused.body.code]).toEqual([429, "too_many_attempts"]);
    const audit = await gateway.call("GET", "/v1/audit?action=user.password_changed");
    expect(audit.body.data).toHaveLength(1);
  });

  test.each(["short", "elevenchars", "aaaaaaaaaaaaaaa", "121212121212", "x".repeat(201)])(
    "a password like %s is refused",
    async (new_password) => {
      const gateway = await testGateway();
      const ana = await member(gateway, "agent", "Ana");
      const { status, body } = await ana.call("POST", "/v1/users/me/password", {
        current_password: PASSWORD,
        new_password,
      });
      expect([status, body.errors[0].field]).toEqual([422, "new_password"]);
      expect(JSON.stringify(body)).not.toContain(new_password);
    },
  );

  test("a session is ended by its own user only", async () => {
    const gateway = await testGateway();
    const [ana, bea] = [await member(gateway, "agent", "Ana"), await member(gateway, "admin", "Bea")];
    await enter(gateway, ana.email, PASSWORD);
    const [session] = (await ana.call("GET", "/v1/users/me/sessions")).body.data;
    expect((await bea.call("DELETE", `/v1/users/me/sessions/${session.id}`)).status).toBe(404);
    expect((await ana.call("DELETE", `/v1/users/me/sessions/${session.id}`)).status).toBe(204);
    expect((await ana.call("GET", "/v1/users/me/sessions")).body.data).toEqual([]);
  });
});
