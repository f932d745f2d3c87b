import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import type { ConsoleEnv } from "../../src/console/console.ts";
import { withConsole } from "../../src/console/serve.ts";
import { sessionCookie, signedIn } from "../../src/console/session.ts";
import { firstStartToken } from "../../src/gateway/access/welcome.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { member, PASSWORD } from "../support/staff.ts";

/** Signing in without a browser: what a page cannot try. */

const ORIGIN = "https://sms.example.com";

interface Asked {
  form?: Record<string, string>;
  headers?: Record<string, string>;
  cookie?: string | undefined;
  address?: string;
}

/** Asks the console as a browser does: a form comes from a page of the same origin unless the headers say otherwise. */
function browserOf(gateway: TestGateway) {
  const fetch = withConsole(gateway.app as never, gateway.api);
  return async (method: string, path: string, { form, headers = {}, cookie, address = "192.0.2.1" }: Asked = {}) => {
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: {
        ...(method === "GET" || method === "HEAD" ? {} : { origin: ORIGIN, "sec-fetch-site": "same-origin" }),
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    const connection = { remoteAddr: { transport: "tcp", hostname: address, port: 1 }, completed: Promise.resolve() };
    const answer = await fetch(request, connection as Deno.ServeHandlerInfo);
    const [set] = answer.headers.getSetCookie().filter((one) => one.includes("session"));
    return {
      status: answer.status,
      location: answer.headers.get("location"),
      headers: answer.headers,
      set,
      cookie: set?.split(";")[0],
      body: answer.body,
      text: () => answer.text(),
    };
  };
}

async function opened() {
  const gateway = await testGateway();
  const boss = await member(gateway, "admin", "Boss");
  const ask = browserOf(gateway);
  const signIn = (form: Record<string, string> = {}, more: Asked = {}) =>
    ask("POST", "/console/sign-in", { form: { email: boss.email, password: PASSWORD, ...form }, ...more });
  return { gateway, boss, ask, signIn };
}

describe("the session's cookie", () => {
  test("can be read by no script, goes to the console over https alone, and is another after each sign-in", async () => {
    const { signIn, ask } = await opened();
    const first = await signIn();
    expect([first.status, first.location]).toEqual([303, "/console"]);
    expect(first.set).toMatch(
      /^__Secure-parley_session=[\w-]{43}; Max-Age=604800; Path=\/console; HttpOnly; Secure; SameSite=Lax$/,
    );
    const second = await signIn({}, { cookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    expect((await ask("GET", "/console/users", { cookie: first.cookie })).location).toMatch(/sign-in/);
    expect((await ask("GET", "/console/sign-in", { cookie: second.cookie })).location).toBe("/console");
  });

  test("ends when somebody signs out; a copy of it opens nothing any more", async () => {
    const { signIn, ask } = await opened();
    const { cookie } = await signIn();
    const out = await ask("POST", "/console/sign-out", { cookie });
    expect([out.location, out.set]).toEqual([
      "/console/sign-in?told=signed_out",
      "__Secure-parley_session=; Max-Age=0; Path=/console; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect((await ask("GET", "/console/account", { cookie })).status).toBe(303);
  });

  test("is no key of the API, and a key is no session", async () => {
    const { signIn, ask } = await opened();
    const { cookie } = await signIn();
    expect((await ask("GET", "/v1/users", { cookie })).status).toBe(401);
    expect((await ask("GET", "/console/account", { headers: { authorization: "Bearer pk_test_admin_key" } })).status)
      .toBe(303);
  });
});

describe("a stream", () => {
  test("goes on while its session does, keeps nobody signed in by itself, and ends with the session", async () => {
    const { gateway, boss, signIn } = await opened();
    const { cookie } = await signIn();
    const { sessions } = gateway.api;
    const canceled = Promise.withResolvers<void>();
    const app = new Hono<ConsoleEnv>();
    app.use(signedIn(sessions, sessionCookie(gateway.api.deps.publicUrl), 10));
    app.get("/console/live", (c) => {
      const news = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: one\n\n")),
        cancel: () => canceled.resolve(),
      });
      return c.body(news, 200, { "content-type": "text/event-stream" });
    });
    const answer = await app.request(`${ORIGIN}/console/live`, { headers: { cookie: cookie! } });
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: one\n\n");

    const seen = async () =>
      (await gateway.db.client.execute("select last_seen_at as at from sessions")).rows[0]!["at"];
    const before = await seen();
    gateway.clock.advance(3_600_000);
    const token = cookie!.split("=")[1]!;
    for (let check = 0; check < 3; check++) expect(await sessions.of(token, false)).not.toBeNull();
    expect(await seen()).toBe(before);

    await gateway.call("POST", `/v1/users/${boss.id}/sign-out`);
    expect((await reader.read()).done).toBe(true);
    await canceled.promise;
  });
});

test("what pages ask for by themselves keeps nobody signed in, what somebody opens does", async () => {
  const { gateway, ask, signIn } = await opened();
  const { cookie } = await signIn();
  const seen = async (path: string) => {
    gateway.clock.advance(600_000);
    gateway.api.sessions.forget();
    const answer = await ask("GET", path, { cookie });
    await answer.body?.cancel();
    expect([path, answer.location]).toEqual([path, null]);
    return (await gateway.db.client.execute("select last_seen_at as at from sessions")).rows[0]!["at"];
  };
  const before = await seen("/console/account");
  for (
    const path of [
      "/console/live",
      "/console/inbox/parts",
      "/console/handsets/parts",
      "/console/overview/now",
      "/console/registers/reviews/count",
      "/console/contacts/imports/running",
      "/console/campaigns/cmp_1/live",
    ]
  ) expect([path, await seen(path)]).toEqual([path, before]);
  expect(await seen("/console/account")).not.toBe(before);
  gateway.api.live.stop();
});

test("a page that fails is logged by its route: addresses hold numbers of people, and one-time links", async () => {
  const { gateway, ask, signIn } = await opened();
  const { cookie } = await signIn();
  await gateway.db.client.execute("alter table user_links rename to gone");
  await gateway.db.client.execute("alter table users rename to nobody");
  gateway.api.sessions.forget();
  expect((await ask("GET", "/console/welcome/secret-token-of-a-link", { cookie })).status).toBe(500);
  const lines = gateway.logged.filter(({ event }) => event === "console.failed");
  expect(lines.length).toBe(1);
  expect(JSON.stringify(lines)).not.toContain("secret-token");
});

describe("whoever is not signed in", () => {
  test("is led to the sign-in page, which knows the way back; leaves the page that htmx filled, gets no stream, and no form is taken", async () => {
    const ask = browserOf(await testGateway());
    const ways = {
      "/console": "/console/sign-in",
      "/console/users?a=b&c=d": "/console/sign-in?next=%2Fconsole%2Fusers%3Fa%3Db%26c%3Dd",
      "/console/nothing": "/console/sign-in?next=%2Fconsole%2Fnothing",
    };
    for (const [path, location] of Object.entries(ways)) {
      const answer = await ask("GET", path);
      expect([answer.status, answer.location]).toEqual([303, location]);
    }
    const part = await ask("GET", "/console/users", {
      headers: { "hx-request": "true", "hx-current-url": `${ORIGIN}/console/inbox?q=a` },
    });
    expect([part.status, part.headers.get("hx-redirect")]).toEqual([
      401,
      "/console/sign-in?next=%2Fconsole%2Finbox%3Fq%3Da",
    ]);
    expect((await ask("GET", "/console/live", { headers: { accept: "text/event-stream" } })).status).toBe(401);
    expect((await ask("POST", "/console/users", { form: {} })).location).toBe("/console/sign-in");
  });

  test("comes to where they wanted to after signing in, and nowhere outside the console", async () => {
    const { signIn, ask } = await opened();
    expect((await signIn({ next: "/console/users?a=b" })).location).toBe("/console/users?a=b");
    for (
      const next of ["https://evil.example", "//evil.example", "/\\evil.example", "/v1/keys", "/console/../v1", "x"]
    ) {
      expect((await signIn({ next })).location).toBe("/console");
      expect(await (await ask("GET", `/console/sign-in?${new URLSearchParams({ next })}`)).text()).not.toContain(
        "evil",
      );
    }
  });
});

describe("a form from elsewhere is refused", () => {
  test("whatever its content type, and whoever the browser signed in", async () => {
    const { signIn, ask, gateway, boss } = await opened();
    const { cookie } = await signIn();
    const elsewhere = [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "https://other.example.com", "sec-fetch-site": "same-site" },
      { origin: ORIGIN, "sec-fetch-site": "none" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      { origin: "null", "sec-fetch-site": "" },
    ];
    const paths = ["sign-in", "sign-out", "choices", "users", "account"].map((page) => `/console/${page}`);
    for (const headers of elsewhere) {
      for (const path of paths) {
        for (const type of ["application/x-www-form-urlencoded", "application/json", "text/plain"]) {
          const answer = await ask("POST", path, { cookie, form: {}, headers: { ...headers, "content-type": type } });
          expect([headers, path, type, answer.status]).toEqual([headers, path, type, 403]);
        }
      }
    }
    expect((await gateway.call("GET", `/v1/audit?subject=${boss.id}&action=user.signed_out`)).body.data).toEqual([]);
  });

  test("and so is one that says nothing; over plain http, where browsers leave the site out, the origin tells", async () => {
    const gateway = await testGateway();
    const fetch = withConsole(gateway.app as never, gateway.api);
    const send = async (headers: Record<string, string>) =>
      (await fetch(
        new Request("http://192.0.2.9:8787/console/choices", { method: "POST", body: new URLSearchParams(), headers }),
      )).status;
    expect(await send({})).toBe(403);
    for (const origin of ["null", "http://192.0.2.9:9999", `${ORIGIN}.evil.example`]) {
      expect([origin, await send({ origin })]).toEqual([origin, 403]);
    }
    expect(await send({ origin: "http://192.0.2.9:8787" })).toBe(303);
    expect(await send({ origin: ORIGIN })).toBe(303);
  });
});

describe("guesses", () => {
  test("are answered alike for everybody, then 429 with how long; another address still gets in", async () => {
    const { ask, signIn } = await opened();
    const wrong = async (email: string) => {
      const answer = await signIn({ email, password: "wrong wrong wrong" });
      return [answer.status, (await answer.text()).replaceAll(email, "")];
    };
    const answers = [await wrong("boss@example.com"), await wrong("nobody@example.com")];
    expect(answers[0]).toEqual(answers[1]);
    for (let more = 0; more < 4; more++) await wrong("boss@example.com");
    const refused = await signIn();
    expect([refused.status, refused.headers.get("retry-after"), refused.set]).toEqual([429, "900", undefined]);
    expect(await refused.text()).toContain("Try again in 15 minutes");
    expect((await signIn({}, { headers: { "x-forwarded-for": "198.51.100.7" } })).status).toBe(429);
    expect((await signIn({}, { address: "198.51.100.7" })).status).toBe(303);
    expect((await ask("GET", "/console/sign-in")).status).toBe(200);
  });

  test("of any length and shape are only wrong", async () => {
    const { signIn } = await opened();
    for (const odd of ["", "x".repeat(100_000), "\u0000", "\ud800", "<script>"]) {
      expect((await signIn({ password: odd }, { address: String(odd.length) })).status).toBe(401);
      const answer = await signIn({ email: odd }, { address: String(odd.length) });
      expect([answer.status, (await answer.text()).includes("<script>")]).toEqual([401, false]);
    }
    expect((await signIn({ password: "x".repeat(300_000) })).status).toBe(413);
  });
});

describe("a one-time link", () => {
  const first = async () => {
    const gateway = await testGateway();
    const ask = browserOf(gateway);
    const path = `/console/welcome/${await firstStartToken(gateway.db, gateway.api.realClock)}`;
    return { gateway, ask, path };
  };

  test("is not used up by being opened, nor by a form with something wrong in it", async () => {
    const { gateway, ask, path } = await first();
    for (let preview = 0; preview < 3; preview++) expect((await ask("GET", path)).status).toBe(200);
    expect((await ask("HEAD", path)).status).toBe(200);
    const form = { name: "Ana", email: "ana@example.com", password: PASSWORD };
    for (
      const [field, value] of [["name", ""], ["name", "a\nb"], ["email", "ana"], ["password", "short"], [
        "password",
        "a".repeat(50),
      ]]
    ) {
      const answer = await ask("POST", path, { form: { ...form, [field!]: value! } });
      expect([field, value, answer.status]).toEqual([field, value, 422]);
      expect(await answer.text()).toContain(`id="${field}-error"`);
    }
    const used = await ask("POST", path, { form });
    expect([used.status, used.location]).toEqual([303, "/console"]);
    expect((await ask("GET", "/console/sign-in", { cookie: used.cookie })).location).toBe("/console");
    expect((await ask("GET", path)).status).toBe(410);
    expect((await gateway.call("GET", "/v1/users")).body.data).toMatchObject([{
      email: "ana@example.com",
      role: "admin",
    }]);
  });

  test("that nobody made shows that it does not hold, and what to do", async () => {
    const { ask } = await first();
    for (const token of ["x", "a".repeat(43), "..%2F..%2Fusers"]) {
      const { status } = await ask("GET", `/console/welcome/${token}`);
      expect([410, 303]).toContain(status);
    }
    const answer = await ask("GET", `/console/welcome/${"a".repeat(43)}`);
    expect(await answer.text()).toContain("printed a newer one");
  });

  test("of somebody invited keeps the address that was invited, whatever the form says", async () => {
    const { gateway, ask } = await opened();
    const { body } = await gateway.call("POST", "/v1/users", { name: "Ana", email: "ana@example.com", role: "agent" });
    const path = new URL(body.link.url).pathname;
    const form = { name: "Ana B", email: "boss@example.com", role: "admin", password: PASSWORD };
    expect((await ask("POST", path, { form })).status).toBe(303);
    expect((await gateway.call("GET", `/v1/users/${body.user.id}`)).body)
      .toMatchObject({ name: "Ana B", email: "ana@example.com", role: "agent", joined: true });
  });
});
