import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { testClock } from "../../src/gateway/clock.ts";
import { pinnedTransport, systemResolve } from "../../src/gateway/deno_network.ts";
import { guardedFetch } from "../../src/gateway/outgoing_http.ts";
import { runDispatcher, type Runner } from "../../src/gateway/runner.ts";
import { migrate } from "../../src/store/migrate.ts";
import { MIGRATIONS, temporaryDatabase, type TestDatabase } from "../support/database.ts";
import { type Answer, consentOf, type Instance, instance, prepare, TUESDAY } from "../support/instance.ts";
import { type Kannel, kannelInstalled, startKannel } from "../support/kannel.ts";

const SECRET = "e2e-webhook-secret_1";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const CONFIRMATION = "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.";
const WITHIN_MS = 5_000;

const installed = kannelInstalled();
const title = installed
  ? "the gateway with a real Kannel as its carrier and %s as the handset network"
  : "NOT RUN: Kannel is not on this machine (Debian packages `kannel` and `kannel-extras`)";

describe.skipIf(!installed).each(["harness", "fakesmsc"] as const)(title, {
  timeout: 20_000,
}, (handsets) => {
  let db: TestDatabase;
  let gateway: Instance;
  let server: Deno.HttpServer<Deno.NetAddr>;
  let runner: Runner;
  let kannel: Kannel;
  let url = "";

  beforeAll(async () => {
    db = await temporaryDatabase("embedded");
    await migrate(db, MIGRATIONS);
    await prepare(db, TUESDAY);
    server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => gateway.app.fetch(request));
    url = `http://127.0.0.1:${server.addr.port}`;
    const now = testClock(TUESDAY);
    const transport = pinnedTransport();
    gateway = instance(db, {
      now,
      publicUrl: url,
      fetch: ({ allowPrivate }) => guardedFetch({ allowPrivate, resolve: systemResolve, transport }),
      stored: () => runner.wake(),
    });
    runner = runDispatcher(gateway.dispatcher, now, () => {});
    kannel = await startKannel({ inboundUrl: `${url}/carriers/kannel-fr/inbound?key=${SECRET}`, handsets });

    const carrier = await gateway.call("PUT", "/v1/carriers/kannel-fr", {
      kind: "kannel",
      config: {
        url: kannel.sendsmsUrl,
        username: kannel.username,
        password: kannel.password,
        webhook_secret: SECRET,
      },
    });
    expect(carrier.status).toBe(201);
    expect(carrier.body.webhooks.inbound).toBe(`${url}/carriers/kannel-fr/inbound`);
    const sender = await gateway.call("PUT", "/v1/senders/36111", { carrier_id: "kannel-fr", country: "FR" });
    expect(sender.status).toBe(201);
  });

  afterAll(async () => {
    await runner?.stop();
    await kannel?.stop();
    await server?.shutdown();
    await db?.close();
  });

  const send = (to: string, text: string) => gateway.call("POST", "/v1/messages", { to, from: "36111", text });
  const consented = async (to: string) =>
    expect((await gateway.call("POST", "/v1/consents", consentOf(to))).status).toBe(201);
  const textsOf = (to: string) => kannel.handsetReceived().filter((sms) => sms.to === to).map((sms) => sms.text);
  const inboundOf = async (msisdn: string): Promise<Answer["body"][]> =>
    (await gateway.call("GET", `/v1/messages?direction=inbound&msisdn=${encodeURIComponent(msisdn)}`)).body.data;
  const suppressionsOf = async (msisdn: string): Promise<Answer["body"][]> =>
    (await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(msisdn)}`)).body.data;
  const delivered = (id: string) =>
    vi.waitFor(async () => {
      const { body } = await gateway.call("GET", `/v1/messages/${id}`);
      expect(body.status).toBe("delivered");
      return body;
    }, WITHIN_MS);
  /** Whatever was under way towards this handset has arrived when a message sent after it has. */
  const settled = async (to: string, word: string) => {
    const { body } = await send(to, `Votre code de connexion est ${word}.`);
    await vi.waitFor(() => expect(textsOf(to)).toContain(body.text), WITHIN_MS);
  };

  test("advertising, STOP from the handset, one confirmation, refused advertising, a reminder that still arrives", async () => {
    const person = "+33612000001";
    await consented(person);

    const promo = await send(person, PROMO);
    expect([promo.status, promo.body.status, promo.body.category]).toEqual([202, "queued", "commercial"]);
    expect(promo.body.text).toBe(`${PROMO} STOP au 36111`);
    await vi.waitFor(() => expect(textsOf(person)).toEqual([`${PROMO} STOP au 36111`]), WITHIN_MS);
    const done = await delivered(promo.body.id);
    expect(done.timeline.map((entry: { status: string }) => entry.status)).toContain("sent");
    expect(done.timeline.at(-1).status).toBe("delivered");
    expect(done.sent_at <= done.delivered_at).toBe(true);

    await kannel.handsetSend(person, "36111", "STOP");
    await vi.waitFor(() => expect(textsOf(person)).toEqual([promo.body.text, CONFIRMATION]), WITHIN_MS);
    const [stop] = await inboundOf(person);
    expect([stop.text, stop.intent, stop.carrier_id]).toEqual(["STOP", "opt_out", "kannel-fr"]);
    expect(await suppressionsOf(person)).toMatchObject([{
      scope: "commercial",
      source: "keyword",
      message_id: stop.id,
    }]);

    const refused = await send(person, PROMO);
    expect([refused.status, refused.body.code]).toEqual([422, "recipient_opted_out"]);
    const rule = refused.body.decision.rules.find((one: { effect: string }) =>
      one.effect === "refuse recipient_opted_out"
    );
    expect(rule).toMatchObject({
      id: "suppression.no_advertising_after_stop",
      source: expect.stringContaining("CPCE art. L34-5"),
    });

    const reminder = await send(
      person,
      "Rappel : rendez-vous le mardi 24 novembre à 15h00, « Hôtel de l'Île » – 3ᵉ étage",
    );
    expect([reminder.status, reminder.body.category, reminder.body.encoding]).toEqual([202, "informative", "UCS-2"]);
    await vi.waitFor(() => expect(textsOf(person).at(-1)).toBe(reminder.body.text), WITHIN_MS);
    await delivered(reminder.body.id);

    await kannel.handsetSend(person, "36111", "STOP");
    await vi.waitFor(async () => expect(await inboundOf(person)).toHaveLength(2), WITHIN_MS);
    await settled(person, "4711");
    expect(textsOf(person).filter((text) => text === CONFIRMATION)).toHaveLength(1);
  });

  test("an advertisement of three segments arrives whole, its mention at the end", async () => {
    const person = "+33612000002";
    await consented(person);
    const promo = await send(person, `${PROMO} ${"Venez voir la nouvelle collection en magasin. ".repeat(7).trim()}`);
    expect([promo.status, promo.body.segments]).toEqual([202, 3]);
    await vi.waitFor(() => expect(textsOf(person)).toEqual([promo.body.text]), WITHIN_MS);
    expect(textsOf(person)[0]).toMatch(/ STOP au 36111$/);
    await delivered(promo.body.id);
  });

  test("a STOP that Kannel delivers twice, and four times at once, is one message with one confirmation", async () => {
    const person = "+33612000003";
    const query = new URLSearchParams({ key: SECRET, id: "kannel-id-1", from: person, to: "36111", text: "STOP" });
    const webhook = () => fetch(`${url}/carriers/kannel-fr/inbound?${query}&charset=UTF-8&coding=0`);
    for (const response of await Promise.all([webhook(), webhook(), webhook(), webhook()])) {
      expect([response.status, await response.text()]).toEqual([200, ""]);
    }
    expect(await (await webhook()).text()).toBe("");
    await vi.waitFor(() => expect(textsOf(person)).toEqual([CONFIRMATION]), WITHIN_MS);
    await settled(person, "1234");
    expect(textsOf(person).filter((text) => text === CONFIRMATION)).toHaveLength(1);
    expect(await inboundOf(person)).toHaveLength(1);
    expect(await suppressionsOf(person)).toHaveLength(1);
  });

  test.each([
    { label: "with a wrong key", key: "not-the-webhook-secret", status: 403 },
    { label: "without a key", key: "", status: 401 },
  ])("a forged webhook $label changes nothing", async ({ key, status }) => {
    const person = "+33612000004";
    const { body } = await send(person, "Votre colis arrive demain.");
    await delivered(body.id);
    const query = new URLSearchParams({ key, id: "forged", from: person, to: "36111", text: "STOP" });
    const stop = await fetch(`${url}/carriers/kannel-fr/inbound?${query}`);
    expect([stop.status, await stop.text()]).toEqual([status, expect.stringContaining('"code"')]);
    const report = await fetch(`${url}/carriers/kannel-fr/status?key=${key}&id=${body.id}&d=2&fid=x&r=`);
    expect([report.status, await report.text()]).toEqual([status, expect.stringContaining('"code"')]);
    expect(await inboundOf(person)).toEqual([]);
    expect(await suppressionsOf(person)).toEqual([]);
    expect((await gateway.call("GET", `/v1/messages/${body.id}`)).body.status).toBe("delivered");
  });
});
