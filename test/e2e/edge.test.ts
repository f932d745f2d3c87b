import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Db, openRemote } from "../../src/store/libsql/client.ts";
import { caller, type Child, startDeno, taskArguments } from "../support/child.ts";
import { consentOf } from "../support/instance.ts";
import { KANNEL } from "../support/kannel_settings.ts";
import { webhookReceiver } from "../support/receiver.ts";
import { type Sqld, startSqld } from "../support/sqld.ts";

const KEY = "pk_test_key_of_the_edge";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const CONFIRMATION = "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.";
const DAY = 86_400_000;
const CHILD = "test/support/edge_child.ts";

interface EdgeProcess {
  child: Child;
  call: ReturnType<typeof caller>;
  /** The cron tick: how many messages it handed over. */
  tick(): Promise<number>;
}

describe("two edge instances, with network and environment alone, on one libSQL server", { timeout: 60_000 }, () => {
  let server: Sqld;
  let db: Db;
  let folder: string;
  const instances: EdgeProcess[] = [];
  const one = () => instances[0]!;
  const both = <T>(ask: (edge: EdgeProcess) => Promise<T>) => Promise.all(instances.map(ask));

  const startEdge = async (file: string): Promise<EdgeProcess> => {
    const args = ["run", "--quiet", "--no-prompt", "--allow-net", "--allow-env", file];
    const child = startDeno(args, { PARLEY_DATABASE_URL: server.url, PARLEY_PRIVATE_WEBHOOKS: "true" });
    const [, port] = await child.printed(/^port (\d+)$/m);
    const call = caller(`http://127.0.0.1:${port}`, KEY);
    return { child, call, tick: async () => (await call("POST", "/tick")).body };
  };

  beforeAll(async () => {
    server = await startSqld();
    db = openRemote({ url: server.url });
    const migration = startDeno(await taskArguments("migrate"), {
      PARLEY_DATABASE_URL: server.url,
      PARLEY_ADMIN_KEY: KEY,
    });
    expect(await migration.ended, migration.output()).toBe(0);
    expect(migration.output()).toMatch(/^Rulebook rb_[0-9a-f]{20} is active\.$/m);
    // One from the sources, one from a single file, as `deno task bundle` makes it.
    instances.push(...await Promise.all([startEdge(CHILD), bundled().then(startEdge)]));
  }, 60_000);

  const bundled = async (): Promise<string> => {
    folder = await Deno.makeTempDir({ prefix: "parley-edge-" });
    const file = `${folder}/edge.js`;
    const args = await taskArguments("bundle");
    // With all of the environment: the first bundle on a machine fetches esbuild, through whatever proxy and certificates are set there.
    const bundling = startDeno(
      args.map((arg) => ({ "src/edge.ts": CHILD, "dist/edge.js": file })[arg] ?? arg),
      Deno.env.toObject(),
    );
    expect(await bundling.ended, bundling.output()).toBe(0);
    return file;
  };

  afterAll(async () => {
    for (const { child } of instances) child.kill("SIGKILL");
    await Promise.all(instances.map(({ child }) => child.ended));
    await db?.close();
    await server?.stop();
    await Deno.remove(folder, { recursive: true });
  });

  const handset = async (msisdn: string): Promise<{ from: string; to: string; text: string }[]> =>
    (await one().call("GET", `/v1/sandbox/handsets/${encodeURIComponent(msisdn)}`)).body.data;
  const textsTo = async (msisdn: string) =>
    (await handset(msisdn)).filter(({ to }) => to === msisdn).map(({ text }) => text);
  const rows = async (sql: string, ...args: string[]) => (await db.client.execute({ sql, args })).rows;

  test("is ready at once, and previews without storing anything", async () => {
    expect((await one().call("GET", "/readyz")).status).toBe(200);
    await one().call("POST", "/v1/consents", consentOf("+33612000001"));
    const at = "2026-11-24T10:00:00+01:00";
    const preview = await one().call("POST", "/v1/messages/preview", {
      to: "+33612000001",
      from: "36105",
      text: PROMO,
      at,
    });
    expect([preview.status, preview.body.text]).toEqual([200, `${PROMO} STOP au 36105`]);
    expect(await rows("select id from messages")).toEqual([]);
  });

  test("sends, hears STOP, confirms by tick, cancels what waited and refuses advertising", async () => {
    const person = "+33612000002";
    await one().call("POST", "/v1/consents", consentOf(person));
    const sent = await one().call("POST", "/v1/messages", { to: person, from: "36105", text: INFO });
    expect([sent.status, sent.body.status]).toEqual([202, "queued"]);
    // Held whatever the hour: this gateway runs on the real clock.
    const scheduled_at = new Date(Date.now() + 10 * DAY).toISOString();
    const promo = await one().call("POST", "/v1/messages", { to: person, from: "36105", text: PROMO, scheduled_at });
    expect([promo.status, promo.body.status]).toEqual([202, "held"]);
    expect(await one().tick()).toBe(1);
    expect(await textsTo(person)).toEqual([INFO]);

    const stop = await one().call("POST", "/carriers/sandbox/inbound", { from: person, to: "36105", text: "STOP" });
    expect([stop.status, stop.body.intent]).toEqual([200, "opt_out"]);
    expect((await one().call("GET", `/v1/messages/${promo.body.id}`)).body.status).toBe("canceled");
    expect(await one().tick()).toBe(1);
    expect(await textsTo(person)).toEqual([INFO, CONFIRMATION]);
    const refused = await one().call("POST", "/v1/messages", { to: person, from: "36105", text: PROMO });
    expect([refused.status, refused.body.code]).toEqual([422, "recipient_opted_out"]);
    expect(await one().tick()).toBe(0);
  });

  test("the same webhook to both at once is one message and one confirmation", async () => {
    const people = Array.from({ length: 10 }, (_, i) => `+3361200010${i}`);
    for (const person of people) {
      const body = { id: `mo-${person}`, from: person, to: "36105", text: "STOP" };
      const [a, b] = await both(({ call }) => call("POST", "/carriers/sandbox/inbound", body));
      expect([a!.status, b!.status, b!.body]).toEqual([200, 200, a!.body]);
    }
    await both(({ tick }) => tick());
    for (const person of people) {
      expect(await textsTo(person)).toEqual([CONFIRMATION]);
      expect(await rows("select id from messages where person = ? and direction = 'inbound'", person)).toHaveLength(1);
      expect(await rows("select id from suppressions where recipient = ?", person)).toHaveLength(1);
    }
  });

  test("the same Idempotency-Key to both at once is one message and one answer", async () => {
    for (let i = 0; i < 10; i++) {
      const body = { to: `+3361200020${i}`, from: "36105", text: INFO };
      const [a, b] = await both(({ call }) => call("POST", "/v1/messages", body, { "idempotency-key": `key-${i}` }));
      expect([a!.status, b!.status, b!.body]).toEqual([202, 202, a!.body]);
      expect(await rows("select id from messages where person = ?", body.to)).toHaveLength(1);
      const other = await one().call("POST", "/v1/messages", { ...body, text: "Autre chose." }, {
        "idempotency-key": `key-${i}`,
      });
      expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    }
    await both(({ tick }) => tick());
  });

  test("ticks on both at once hand every message over once", async () => {
    const messages = Array.from({ length: 200 }, (_, i) => ({
      to: `+336120${String(30_000 + i)}`,
      from: "36105",
      text: INFO,
    }));
    const batch = await one().call("POST", "/v1/messages/batch", { messages });
    expect(batch.body.data.filter((item: { status: string }) => item.status === "queued")).toHaveLength(200);
    const handed = await both(({ tick }) => tick());
    expect(handed[0]! + handed[1]!).toBe(200);
    expect(
      await rows(`select count(*) as n, sum(attempts) as attempts from messages
      where person like '+3361203%' and status = 'delivered'`),
    ).toMatchObject([{ n: 200, attempts: 200 }]);
  });

  test.each([
    { wrong: "ftp://nowhere", told: "PARLEY_DATABASE_URL: must start with file:, http://, https:// or libsql://" },
    { wrong: "file:data/parley.db", told: "must start with http://, https:// or libsql://" },
  ])("with the database $wrong it answers 503, and its log says why", async ({ wrong, told }) => {
    const script = `const { default: edge } = await import("./src/edge.ts");
      const response = await edge.fetch(new Request("http://edge/readyz"), { PARLEY_DATABASE_URL: "${wrong}" });
      console.log(response.status, (await response.json()).code);`;
    const child = startDeno(["eval", "--quiet", script], {});
    expect(await child.ended, child.output()).toBe(0);
    expect(child.output()).toContain("503 not_configured\n");
    expect(child.output()).toContain(told);
  });

  test("a campaign that cannot be read keeps no message from leaving", async () => {
    await rows(
      `insert into campaigns (id, name, state, sender, template, audience, fuse, created_by, created_at, updated_at)
      values ('cmp_broken', 'x', 'running', '36105', 'x', '{', '{}', 'x', 0, 0)`,
    );
    const { body } = await one().call("POST", "/v1/messages", { to: "+33612000098", from: "36105", text: INFO });
    // Whoever runs the cron sees that something is wrong.
    expect((await one().call("POST", "/tick")).status).toBe(500);
    expect((await one().call("GET", `/v1/messages/${body.id}`)).body.status).toBe("delivered");
    await rows("delete from campaigns where id = 'cmp_broken'");
  });

  test("a tick that fails for the webhooks ends after its hand-overs", async () => {
    const slow = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return new Response("0: Accepted for delivery", { status: 202 });
    });
    onTestFinished(() => slow.shutdown());
    const config = { ...KANNEL, url: `http://127.0.0.1:${slow.addr.port}/cgi-bin/sendsms` };
    await one().call("PUT", "/v1/carriers/slow", { kind: "kannel", config });
    await one().call("PUT", "/v1/senders/SLOW", { carrier_id: "slow" });
    const { body } = await one().call("POST", "/v1/messages", { to: "+33612000097", from: "SLOW", text: INFO });
    await rows("alter table webhook_endpoints rename to webhook_endpoints_away");
    onTestFinished(async () => void await rows("alter table webhook_endpoints_away rename to webhook_endpoints"));
    expect((await one().call("POST", "/tick")).status).toBe(500);
    expect(await rows("select status from messages where id = ?", body.id)).toEqual([{ status: "sent" }]);
  });

  test("the tick tells apps what happened, once", async () => {
    const app = webhookReceiver();
    const { body: webhook } = await one().call("POST", "/v1/webhooks", { url: app.url, events: ["message.received"] });
    await one().call("POST", "/carriers/sandbox/inbound", { from: "+33612000099", to: "36105", text: "Bonjour" });
    await both((edge) => edge.tick());
    expect(app.got.map(({ json }) => json.data.text)).toEqual(["Bonjour"]);
    await one().call("DELETE", `/v1/webhooks/${webhook.id}`);
  });
});
