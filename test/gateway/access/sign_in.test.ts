import { describe, expect, test } from "vitest";
import { passwords } from "../../../src/gateway/access/passwords.ts";
import { sessions } from "../../../src/gateway/access/sessions.ts";
import { signIn, type SignInDeps } from "../../../src/gateway/access/sign_in.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type TestGateway, testGateway } from "../../support/gateway.ts";
import { member, PASSWORD } from "../../support/staff.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const depsOf = ({ api }: TestGateway): SignInDeps => ({
  ...api.deps,
  passwords: api.passwords,
  realClock: api.realClock,
});
const attempt = (gateway: TestGateway, email: string, password: string, address = "192.0.2.1") =>
  signIn(depsOf(gateway), { email, password, address, userAgent: "Test" });

async function signedIn(gateway: TestGateway, email: string): Promise<string> {
  const result = await attempt(gateway, email, PASSWORD);
  if (!result.ok) throw new Error(result.code);
  return result.token;
}

describe("signing in", () => {
  test("needs the right password of somebody who is not disabled; the answer does not tell which was wrong", async () => {
    const gateway = await testGateway();
    const [ana] = [await member(gateway, "agent", "Ana"), await member(gateway, "admin", "Boss")];
    expect(await attempt(gateway, "  ANA@Example.com ", PASSWORD)).toMatchObject({ ok: true });
    for (const [email, password] of [[ana.email, "another password"], ["nobody@example.com", PASSWORD], ["", ""]]) {
      expect(await attempt(gateway, email!, password!)).toEqual({ ok: false, code: "wrong" });
    }
    await gateway.call("PATCH", `/v1/users/${ana.id}`, { disabled: true });
    expect(await attempt(gateway, ana.email, PASSWORD)).toEqual({ ok: false, code: "wrong" });
  });

  test("stores only a hash of the token, and is in the audit log without address or password", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "agent", "Ana");
    const token = await signedIn(gateway, ana.email);
    const { rows } = await gateway.db.client.execute("select * from sessions");
    expect(JSON.stringify(rows)).not.toContain(token);
    const audit = await gateway.call("GET", "/v1/audit?action=user.signed_in");
    expect(audit.body.data).toMatchObject([{ actor: ana.id, subject: ana.id, details: { way: "password" } }]);
    for (const secret of [token, PASSWORD, ana.email]) expect(audit.text).not.toContain(secret);
  });

  test("under better parameters than the password was stored with stores it anew", async () => {
    const gateway = await testGateway();
    const ana = await member(gateway, "agent", "Ana");
    const stored = async () => (await gateway.db.client.execute("select password_hash as h from users")).rows[0]!["h"];
    await gateway.db.client.execute({
      sql: "update users set password_hash = ?",
      args: [await passwords({ cost: 9, r: 8, p: 1 }).hash(PASSWORD)],
    });
    expect(await stored()).toMatch(/^scrypt\$9\$/);
    await signedIn(gateway, ana.email);
    expect(await stored()).toMatch(/^scrypt\$10\$/);
    await signedIn(gateway, ana.email);
  });
});

describe.each(DATABASE_KINDS)("guessing (%s)", (kind) => {
  test("five wrong passwords from one place wait; a guess that comes with them is not looked at; elsewhere one may", async () => {
    const gateway = await testGateway({ kind });
    const ana = await member(gateway, "agent", "Ana");
    const guesses = await Promise.all(
      Array.from({ length: 8 }, (_, index) => attempt(gateway, ana.email, `guess number ${index}`)),
    );
    expect(guesses.map((one) => one.ok ? "in" : one.code).sort()).toEqual([
      ...Array.from({ length: 3 }, () => "too_many"),
      ...Array.from({ length: 5 }, () => "wrong"),
    ]);
    expect(await attempt(gateway, ana.email, PASSWORD)).toEqual({
      ok: false,
      code: "too_many",
      retryAfterSeconds: 900,
    });
    expect(await attempt(gateway, ana.email, PASSWORD, "192.0.2.2")).toMatchObject({ ok: true });
    gateway.clock.advance(15 * MINUTE);
    expect(await attempt(gateway, ana.email, PASSWORD)).toMatchObject({ ok: true });
    expect(gateway.logged.filter(({ event }) => event === "sign_in.too_many").length).toBe(4);
  });

  test("fifty from many places wait as well, whoever asks, and nothing is left of it afterwards", async () => {
    const gateway = await testGateway({ kind });
    const ana = await member(gateway, "agent", "Ana");
    for (let place = 0; place < 50; place++) {
      expect(await attempt(gateway, ana.email, "guess", `192.0.2.${place}`)).toEqual({ ok: false, code: "wrong" });
    }
    expect(await attempt(gateway, ana.email, PASSWORD, "198.51.100.1")).toMatchObject({ ok: false, code: "too_many" });
    gateway.clock.advance(HOUR);
    expect(await attempt(gateway, ana.email, PASSWORD)).toMatchObject({ ok: true });
    gateway.clock.advance(HOUR);
    await attempt(gateway, "nobody@example.com", "x");
    const { rows } = await gateway.db.client.execute("select count(*) as n from sign_in_failures");
    expect(rows).toEqual([{ n: 2 }]);
  });
});

describe("a session", () => {
  const open = async () => {
    const gateway = await testGateway();
    const boss = await member(gateway, "admin", "Boss");
    const ana = await member(gateway, "agent", "Ana");
    const token = await signedIn(gateway, ana.email);
    /** Another instance: it has a cache of its own, which `later` lets lapse. */
    let elapsed = 0;
    const other = sessions(gateway.db.client, gateway.clock.now, () => elapsed);
    return { gateway, boss, ana, token, other, later: () => void (elapsed += 5_000) };
  };

  test("is live until nobody was seen for twelve hours", async () => {
    const { gateway, token, ana } = await open();
    for (let hours = 0; hours < 44; hours += 11) {
      gateway.clock.advance(11 * HOUR);
      gateway.api.sessions.forget();
      expect((await gateway.api.sessions.of(token))?.user.id).toBe(ana.id);
    }
    gateway.clock.advance(12 * HOUR);
    gateway.api.sessions.forget();
    expect(await gateway.api.sessions.of(token)).toBeNull();
  });

  test("is over after seven days, however busy, though it was cached a moment before", async () => {
    const { gateway, token } = await open();
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      gateway.clock.advance(8 * HOUR);
      gateway.api.sessions.forget();
      expect(await gateway.api.sessions.of(token)).not.toBeNull();
    }
    gateway.clock.advance(8 * HOUR - 1);
    expect(await gateway.api.sessions.of(token)).not.toBeNull();
    gateway.clock.advance(1);
    expect(await gateway.api.sessions.of(token)).toBeNull();
  });

  test.each<[string, (opened: Awaited<ReturnType<typeof open>>) => Promise<{ status: number }>]>([
    ["they are disabled", ({ gateway, ana }) => gateway.call("PATCH", `/v1/users/${ana.id}`, { disabled: true })],
    ["their role changes", ({ gateway, ana }) => gateway.call("PATCH", `/v1/users/${ana.id}`, { role: "viewer" })],
    ["an administrator signs them out", ({ gateway, ana }) => gateway.call("POST", `/v1/users/${ana.id}/sign-out`)],
    [
      "their password changes",
      ({ ana }) =>
        ana.call("POST", "/v1/users/me/password", { current_password: PASSWORD, new_password: "another long one" }),
    ],
  ])("ends when %s: at once here, within five seconds elsewhere", async (_what, act) => {
    const opened = await open();
    const { gateway, token, other, later } = opened;
    expect(await gateway.api.sessions.of(token)).not.toBeNull();
    expect(await other.of(token)).not.toBeNull();
    expect((await act(opened)).status).toBeLessThan(300);
    expect(await gateway.api.sessions.of(token)).toBeNull();
    later();
    expect(await other.of(token)).toBeNull();
  });

  test("goes on when they are only renamed, under the new name", async () => {
    const { gateway, ana, token } = await open();
    await gateway.call("PATCH", `/v1/users/${ana.id}`, { name: "Ana B", role: "agent", disabled: false });
    expect((await gateway.api.sessions.of(token))?.user).toMatchObject({ name: "Ana B", role: "agent" });
  });

  test("of nobody: no token opens anything, whatever it looks like", async () => {
    const { gateway, token } = await open();
    const { rows } = await gateway.db.client.execute("select hash, id from sessions");
    for (const wrong of ["", "x", `${token} `, token.toUpperCase(), rows[0]!["hash"], rows[0]!["id"], "a".repeat(43)]) {
      expect(await gateway.api.sessions.of(String(wrong))).toBeNull();
    }
  });

  test("a person keeps the twenty newest", async () => {
    const { gateway, ana, token } = await open();
    for (let more = 0; more < 20; more++) {
      gateway.clock.advance(1);
      await signedIn(gateway, ana.email);
    }
    gateway.api.sessions.forget();
    expect(await gateway.api.sessions.of(token)).toBeNull();
    const { body } = await ana.call("GET", "/v1/users/me/sessions");
    expect(body.data.length).toBe(20);
  });
});
