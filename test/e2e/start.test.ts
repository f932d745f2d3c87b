import { createClient } from "@libsql/client/sqlite3";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { caller, type Child, PROJECT, startDeno, taskArguments } from "../support/child.ts";
import { freshDatabase } from "../support/database.ts";
import { instance, prepare, TUESDAY } from "../support/instance.ts";

const KEY = "pk_test_key_of_the_start";
const INFO = { to: "+33612000001", from: "36105", text: "Votre rendez-vous est confirmé mardi 24 novembre à 15h00." };
const STACK = /\bat .*\.ts:\d+|Uncaught/;

describe("deno task start, with its own permissions, in a folder of its own", { timeout: 60_000 }, () => {
  let folder: string;
  const children: Child[] = [];

  beforeEach(async () => {
    folder = await Deno.makeTempDir({ prefix: "parley-start-" });
    await Deno.symlink(`${PROJECT}migrations`, `${folder}/migrations`);
    await copy(`${PROJECT}rules`, `${folder}/rules`);
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.splice(0).map(({ ended }) => ended));
    await Deno.remove(folder, { recursive: true });
  });

  const launch = async (env: Record<string, string> = {}): Promise<Child> => {
    const [run, ...flags] = (await taskArguments("start"))
      .map((arg) => arg === "src/main.ts" ? `${PROJECT}src/main.ts` : arg);
    const child = startDeno([run!, "--no-prompt", ...flags], { PORT: "0", ...env }, folder);
    children.push(child);
    return child;
  };
  const listening = async (env: Record<string, string> = {}, key = KEY) => {
    const child = await launch(env);
    const [, url] = await child.printed(/^Parley listens on (\S+)$/m);
    return { child, call: caller(url!, key) };
  };
  const stop = async (child: Child) => {
    child.kill("SIGTERM");
    expect(await child.ended, child.output()).toBe(0);
  };
  const edit = async (file: string, change: (text: string) => string) => {
    const path = `${folder}/rules/${file}`;
    const text = await Deno.readTextFile(path);
    expect(change(text)).not.toBe(text);
    await Deno.writeTextFile(path, change(text));
  };

  test("the first start makes an admin key and shows it once; a test clock is refused beside a real carrier", async () => {
    const first = await listening();
    const [, key] = await first.child.printed(/^ +Admin key +(pk_\S{20,})$/m);
    const call = caller((/on (\S+)$/m.exec(first.child.output()))![1]!, key!);
    expect((await call("GET", "/readyz")).status).toBe(200);
    const carrier = await call("PUT", "/v1/carriers/kannel-fr", {
      kind: "kannel",
      config: { url: "http://127.0.0.1:1/", username: "u", password: "p", webhook_secret: "0123456789abcdef" },
    });
    expect(carrier.status, carrier.text).toBe(201);
    await stop(first.child);

    const second = await listening({}, key);
    expect(second.child.output()).not.toContain("Admin key");
    expect((await second.call("GET", "/v1/senders")).body.data).toHaveLength(4);
    await stop(second.child);

    const third = await launch({ PARLEY_TEST_CLOCK: "2026-11-24T10:00:00+01:00" });
    expect(await third.ended).toBe(1);
    expect(third.output()).toBe(
      "PARLEY_TEST_CLOCK is only for the sandbox, and this database has real carriers: kannel-fr\n",
    );
  });

  test("on tables of a newer version it starts and says so", async () => {
    const first = await listening({ PARLEY_ADMIN_KEY: KEY });
    expect(first.child.output()).not.toContain("database.newer");
    await stop(first.child);
    const client = createClient({ url: `file:${folder}/data/parley.db` });
    await client.execute("insert into __drizzle_migrations (id, hash, created_at) values (1000, 'x', 9999999999999)");
    client.close();
    const second = await listening();
    expect(second.child.output()).toContain('"event":"database.newer"');
    expect((await second.call("POST", "/v1/messages", INFO)).status).toBe(202);
    await stop(second.child);
  });

  test("a start that cannot listen says why and makes no key: the next one shows it", async () => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(taken.addr.port);
    const failed = await launch({ PORT: port });
    expect(await failed.ended).toBe(1);
    expect(failed.output()).toBe(
      `PORT: another process listens on port ${port} of 127.0.0.1; end it, or set PORT to a free port\n`,
    );
    taken.close();

    const { child } = await listening({ PORT: port });
    const [, key] = await child.printed(/^ +Admin key +(pk_\S{20,})$/m);
    expect((await caller(`http://127.0.0.1:${port}`, key!)("GET", "/v1/keys")).body.data).toHaveLength(1);

    // A second one beside it fails, and leaves the link that the first one printed as it is.
    const [, link] = await child.printed(/^ +Console +(\S+welcome\/\S+) /m);
    const second = await launch({ PORT: port });
    expect(await second.ended).toBe(1);
    const page = await fetch(link!);
    await page.body?.cancel();
    expect(page.status).toBe(200);
    await stop(child);
  });

  test("as long as there is no user each start prints a link, the newest of which makes the first one", async () => {
    const env = { PARLEY_ADMIN_KEY: KEY };
    const linkOf = async ({ child }: { child: Child }) => (await child.printed(/^ +Console +(\S+welcome\/\S+) /m))[1]!;
    const first = await listening(env);
    const older = new URL(await linkOf(first)).pathname;
    await stop(first.child);

    const second = await listening(env);
    const link = await linkOf(second);
    const origin = new URL(link).origin;
    const account = new URLSearchParams({ name: "Ana", email: "ana@example.com", password: "correct horse battery" });
    const send = (address: string) =>
      fetch(address, { method: "POST", body: account, headers: { origin }, redirect: "manual" });
    const answers = [
      await fetch(`${origin}${older}`),
      await send(`${origin}${older}`),
      await send(link),
      await send(link),
    ];
    expect(answers.map(({ status }) => status)).toEqual([410, 410, 303, 410]);
    await Promise.all(answers.map(({ body }) => body?.cancel()));
    expect((await second.call("GET", "/v1/users")).body.data).toMatchObject([{ name: "Ana", role: "admin" }]);
    await stop(second.child);

    const third = await listening(env);
    await third.child.printed(/^ +Console +http:\/\/127\.0\.0\.1:\d+\/console$/m);
    await stop(third.child);
  });

  test.each([
    { env: { PORT: "eighty" }, told: /^PORT: / },
    {
      env: { HOST: "192.0.2.1" },
      told: /^HOST: cannot listen on "192\.0\.2\.1" \(.+\); set HOST to an address of this/,
    },
    { env: { HOST: "no/host" }, told: /^HOST: cannot listen on "no\/host" / },
    { env: { PARLEY_ADMIN_KEY: "short" }, told: /^PARLEY_ADMIN_KEY: must have at least 16 characters/ },
    { env: { PARLEY_DATABASE_URL: "mysql://x" }, told: /^PARLEY_DATABASE_URL: must start with/ },
    {
      env: { PARLEY_DATABASE_URL: "file:/proc/no/such.db" },
      told: /^Cannot open the database "file:\/proc\/no\/such\.db": /,
    },
    { env: { PARLEY_TEST_CLOCK: "yesterday" }, told: /^PARLEY_TEST_CLOCK: / },
    { env: { PARLEY_PUBLIC_URL: "sms.example.com" }, told: /^PARLEY_PUBLIC_URL: / },
    { env: { PARLEY_RULES_DIR: "nowhere" }, told: /nowhere/ },
  ])("wrong configuration is named, without a stack: $env", async ({ env, told }) => {
    const child = await launch(env);
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(told);
    expect(child.output()).not.toMatch(STACK);
  });

  test("with a database outside data, where no secret can be made, the log says what to do; then people can be erased", async () => {
    const elsewhere = await Deno.makeTempDir({ prefix: "parley-elsewhere-" });
    onTestFinished(() => Deno.remove(elsewhere, { recursive: true }));
    const env = { PARLEY_ADMIN_KEY: KEY, PARLEY_DATABASE_URL: `file:${elsewhere}/p.db` };
    const erasure = { reason: "asked for it", requested_by: "person" };
    const without = await listening(env);
    const [line] = await without.child.printed(/^.*"secret\.none".*$/m);
    expect(line).toContain("People cannot be erased: set PARLEY_SECRET");
    expect(line).toContain(`${elsewhere}/secret beside the database cannot be made`);
    expect(line).toContain("may write only the folder data");
    expect((await without.call("DELETE", `/v1/people/${INFO.to}`, erasure)).body.code).toBe("secret_missing");
    await stop(without.child);

    const given = await listening({ ...env, PARLEY_SECRET: "s".repeat(32) });
    expect(given.child.output()).not.toContain("secret.none");
    expect((await given.call("DELETE", `/v1/people/${INFO.to}`, erasure)).status).toBe(202);
    await stop(given.child);
  });

  describe("a client that sends half a request, and one that reads nothing of its stream", () => {
    const held = async () => {
      const { child } = await listening({ PARLEY_ADMIN_KEY: KEY });
      const { port } = new URL((/on (\S+)$/m.exec(child.output()))![1]!);
      for (const head of ["POST /v1/messages HTTP/1.1\r\ncontent-length: 900", "GET /v1/live HTTP/1.1"]) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
        onTestFinished(() => connection.close());
        const lines = `${head}\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\n\r\n{`;
        await connection.write(new TextEncoder().encode(lines));
      }
      // Both have arrived: a request that came after them was answered.
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
      child.kill("SIGTERM");
      await child.printed(/"stopping"/);
      return child;
    };

    test("hold the end of the gateway up for some seconds, which the log tells; so does a signal that comes twice", async () => {
      const child = await held();
      child.kill("SIGTERM");
      expect(await child.ended).toBe(0);
      expect(child.output()).toContain('"requests.cut_off"');
      expect(child.output()).not.toMatch(STACK);
    });

    test("do not hold up whoever asks again", async () => {
      const child = await held();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      child.kill("SIGTERM");
      expect(await child.ended).toBe(143);
      expect(child.output()).not.toContain("requests.cut_off");
    });
  });

  test("with a rule file that is wrong from the start it does not start, and says where", async () => {
    await edit("outbound/4_consent.yaml", (text) => text.replace("operator: equal", "operator: equals"));
    const child = await launch();
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(/rules\/outbound\/4_consent\.yaml:\d+/);
    expect(child.output()).not.toMatch(STACK);
  });

  test("rule files are followed: a broken one is told and changes nothing, a good one applies within two seconds", async () => {
    const { child, call } = await listening({ PARLEY_ADMIN_KEY: KEY });
    const rulebook = async () => (await call("POST", "/v1/messages/preview", INFO)).body.decision.rulebook;
    const before = await rulebook();

    await edit("outbound/4_consent.yaml", (text) => text.replace("operator: equal", "operator: equals"));
    const [line] = await child.printed(/^.*"rules\.refused".*$/m);
    expect(line).toMatch(/outbound\/4_consent\.yaml:\d+/);
    expect(line).toMatch(/consent\.[a-z_]+/);
    await child.printed(/"rules\.kept"/);
    expect(await rulebook()).toBe(before);

    // Mended, then edited again: the best of three, since other test files share the processors.
    const took: number[] = [];
    for (let time = 0, last = before; time < 3; time++) {
      const since = performance.now();
      await edit(
        "outbound/4_consent.yaml",
        (text) => `${text.replace("operator: equals", "operator: equal")}\n# edited ${time}\n`,
      );
      await expect.poll(rulebook, { timeout: 10_000, interval: 20 }).not.toBe(last);
      took.push(performance.now() - since);
      last = await rulebook();
    }
    expect(Math.min(...took)).toBeLessThan(2_000);
    await stop(child);

    // A gateway that has a good rulebook starts with a broken folder as well: STOPs still come in.
    await edit("outbound/4_consent.yaml", (text) => text.replace("operator: equal", "operator: equals"));
    const again = await listening({ PARLEY_ADMIN_KEY: KEY });
    expect(again.child.output()).toContain("rules.kept");
    expect((await again.call("POST", "/v1/messages", INFO)).status).toBe(202);
  });
});

describe("a database that takes no writes", { timeout: 60_000 }, () => {
  const gatewayOn = async () => {
    const db = await freshDatabase();
    await prepare(db, TUESDAY);
    return { db, gateway: instance(db, { now: () => TUESDAY }) };
  };

  test("locked by somebody else: 503 with a problem, nothing half-done; the same request works afterwards", async () => {
    const { db, gateway } = await gatewayOn();
    const rival = createClient({ url: db.url });
    const lock = await rival.transaction("write");
    const [message, stop] = await Promise.all([
      gateway.call("POST", "/v1/messages", INFO, { "idempotency-key": "k" }),
      gateway.mo(INFO.to, "36105", "STOP", "mo-1"),
    ]);
    for (const answer of [message, stop]) {
      expect([answer.status, answer.body.code]).toEqual([503, "database_busy"]);
      expect(JSON.stringify(answer.body)).not.toMatch(STACK);
    }
    await lock.rollback();
    rival.close();
    expect((await db.client.execute("select count(*) as n from messages")).rows).toEqual([{ n: 0 }]);
    expect((await gateway.call("POST", "/v1/messages", INFO, { "idempotency-key": "k" })).status).toBe(202);
    expect((await gateway.mo(INFO.to, "36105", "STOP", "mo-1")).status).toBe(200);
  });

  test("read-only: what reads is answered, what writes is 503, and nothing is lost once it is writable again", async () => {
    const { db, gateway } = await gatewayOn();
    const sent = await gateway.call("POST", "/v1/messages", INFO);
    await db.client.execute("pragma query_only = 1");
    for (
      const answer of [await gateway.call("POST", "/v1/messages", INFO), await gateway.mo(INFO.to, "36105", "STOP")]
    ) {
      expect([answer.status, answer.body.code]).toEqual([503, "database_readonly"]);
      expect(JSON.stringify(answer.body)).not.toMatch(STACK);
    }
    expect((await gateway.call("GET", `/v1/messages/${sent.body.id}`)).status).toBe(200);
    expect((await gateway.call("POST", "/v1/messages/preview", INFO)).status).toBe(200);
    await expect(gateway.dispatcher.tick()).rejects.toMatchObject({ kind: "readonly" });
    await db.client.execute("pragma query_only = 0");
    expect(await gateway.dispatcher.tick()).toBe(1);
    expect((await gateway.call("GET", `/v1/messages/${sent.body.id}`)).body.status).toBe("delivered");
  });

  test("full: 503 says so, nothing is half-done, and all goes on once there is room", async () => {
    const { db, gateway } = await gatewayOn();
    await db.client.execute("pragma max_page_count = 1");
    const answers = [];
    // What is left of the last pages may take a few.
    for (let n = 10; n < 60; n++) {
      answers.push(await gateway.call("POST", "/v1/messages", { ...INFO, to: `+336120000${n}` }));
    }
    const last = answers.at(-1)!;
    expect([last.status, last.body.code]).toEqual([503, "database_full"]);
    expect(JSON.stringify(last.body)).not.toMatch(STACK);
    const taken = answers.filter(({ status }) => status === 202).length;
    expect((await db.client.execute("select count(*) as n from messages")).rows).toEqual([{ n: taken }]);
    await db.client.execute("pragma max_page_count = 1073741823");
    expect((await gateway.call("POST", "/v1/messages", INFO)).status).toBe(202);
    expect(await gateway.dispatcher.tick()).toBe(taken + 1);
  });
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
