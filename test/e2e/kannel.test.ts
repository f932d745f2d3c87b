import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { kannelInstalled } from "../support/kannel.ts";
import { type KannelGateway, kannelGateway, SECRET, SENDER } from "../support/kannel_gateway.ts";

const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const CONFIRMATION = "Parley : votre désinscription est prise en compte. Vous ne recevrez plus de SMS publicitaires.";
const WITHIN_MS = 15_000;

const installed = kannelInstalled();
const title = installed
  ? "the gateway with a real Kannel as its carrier, $handsets as the handset network, MOs by $inboundMethod"
  : "NOT RUN: Kannel is not on this machine (Debian packages `kannel` and `kannel-extras`)";

describe.skipIf(!installed).each(
  [
    { handsets: "harness", inboundMethod: "exec", joining: "gateway" },
    { handsets: "fakesmsc", inboundMethod: "GET", joining: "kannel" },
  ] as const,
)(title, { timeout: 60_000 }, (options) => {
  let kit: KannelGateway;

  beforeAll(async () => {
    kit = await kannelGateway(options);
  });

  afterAll(() => kit?.close());

  const send: KannelGateway["send"] = (to, text) => kit.send(to, text);
  const textsOf = (to: string) => kit.textsOf(to);
  const inboundOf = (msisdn: string) => kit.inboundOf(msisdn);
  const suppressionsOf = (msisdn: string) => kit.suppressionsOf(msisdn);
  const delivered = (id: string) =>
    vi.waitFor(async () => {
      const message = await kit.message(id);
      expect(message.status).toBe("delivered");
      return message;
    }, WITHIN_MS);
  /** Whatever was under way towards this handset has arrived when a message sent after it has. */
  const settled = async (to: string, word: string) => {
    const { body } = await send(to, `Votre code de connexion est ${word}.`);
    await vi.waitFor(() => expect(textsOf(to)).toContain(body.text), WITHIN_MS);
  };

  test("advertising, STOP from the handset, one confirmation, refused advertising, a reminder that still arrives", async () => {
    const person = "+33612000001";
    await kit.consented(person);

    const promo = await send(person, PROMO);
    expect([promo.status, promo.body.status, promo.body.category]).toEqual([202, "queued", "commercial"]);
    expect(promo.body.text).toBe(`${PROMO} STOP au 36111`);
    await vi.waitFor(() => expect(textsOf(person)).toEqual([`${PROMO} STOP au 36111`]), WITHIN_MS);
    const done = await delivered(promo.body.id);
    expect(done.timeline.map((entry: { status: string }) => entry.status)).toContain("sent");
    expect(done.timeline.at(-1).status).toBe("delivered");
    expect(done.sent_at <= done.delivered_at).toBe(true);

    await kit.kannel.handsetSend(person, "36111", "STOP");
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

    await kit.kannel.handsetSend(person, "36111", "STOP");
    await vi.waitFor(async () => expect(await inboundOf(person)).toHaveLength(2), WITHIN_MS);
    await settled(person, "4711");
    expect(textsOf(person).filter((text) => text === CONFIRMATION)).toHaveLength(1);
  });

  test.each([
    { label: "GSM-7", encoding: "GSM-7", person: "+33612000002", more: "Venez voir la collection en magasin [50 €]. " },
    { label: "UCS-2", encoding: "UCS-2", person: "+33612000005", more: "Fêtes « à l'île » 🎁 – venez ! " },
  ])("an advertisement of several segments of $label arrives whole, its mention at the end", async (given) => {
    const { person, more, encoding } = given;
    await kit.consented(person);
    const promo = await send(person, `${PROMO} ${more.repeat(7).trim()}`);
    expect([promo.status, promo.body.encoding]).toEqual([202, encoding]);
    expect(promo.body.segments).toBeGreaterThan(2);
    await vi.waitFor(() => expect(textsOf(person)).toEqual([promo.body.text]), WITHIN_MS);
    expect(textsOf(person)[0]).toMatch(/ STOP au 36111$/);
    await delivered(promo.body.id);
  });

  test("a long message from a handset is one, whatever the order of its parts, and the STOP in it counts", async () => {
    const person = "+33612000006";
    const text = `${"Bonjour, je vous écris au sujet de ma commande. ".repeat(7)}STOP`;
    const pieces = [text.slice(0, 150), text.slice(150, 300), text.slice(300)];
    const parts = pieces.map((text, at) => ({ number: at + 1, total: pieces.length, text }));
    // The network repeats the last one, too.
    await kit.kannel.handsetSendParts(person, SENDER, 7, [parts[2]!, parts[0]!, parts[2]!, parts[1]!]);
    await vi.waitFor(async () => {
      expect((await inboundOf(person)).map((sms) => [sms.text, sms.intent])).toEqual([[text, "opt_out"]]);
    }, WITHIN_MS);
    expect(await suppressionsOf(person)).toMatchObject([{ scope: "commercial", source: "keyword" }]);
    await vi.waitFor(() => expect(textsOf(person)).toEqual([CONFIRMATION]), WITHIN_MS);
    await settled(person, "2468");
    expect(textsOf(person).filter((text) => text === CONFIRMATION)).toHaveLength(1);
    expect(await inboundOf(person)).toHaveLength(1);
  });

  test("a STOP that Kannel delivers twice, and four times at once, is one message with one confirmation", async () => {
    const person = "+33612000003";
    const query = new URLSearchParams({ key: SECRET, id: "kannel-id-1", from: person, to: "36111", text: "STOP" });
    const webhook = () => fetch(`${kit.url}/carriers/kannel-fr/inbound?${query}&charset=UTF-8&coding=0`);
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
    const stop = await fetch(`${kit.url}/carriers/kannel-fr/inbound?${query}`);
    expect([stop.status, await stop.text()]).toEqual([status, expect.stringContaining('"code"')]);
    const report = await fetch(`${kit.url}/carriers/kannel-fr/status?key=${key}&id=${body.id}&d=2&fid=x&r=`);
    expect([report.status, await report.text()]).toEqual([status, expect.stringContaining('"code"')]);
    expect(await inboundOf(person)).toEqual([]);
    expect(await suppressionsOf(person)).toEqual([]);
    expect((await kit.message(body.id)).status).toBe("delivered");
  });
});
