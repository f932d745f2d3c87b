import { expect, test } from "vitest";
import { APP_KEY, consent, type TestGateway, testGateway } from "../../support/gateway.ts";
import { KANNEL } from "../../support/kannel_settings.ts";

const PERSON = "+33612000001";

const asApp = (gateway: TestGateway, to: string, text: string) =>
  gateway.call("POST", "/carriers/sandbox/inbound", { from: PERSON, to, text }, { authorization: `Bearer ${APP_KEY}` });
const standing = async (gateway: TestGateway) =>
  (await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(PERSON)}`)).body.data.length;

async function withKannel(): Promise<TestGateway> {
  const gateway = await testGateway();
  const saved = await gateway.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
  expect(saved.status).toBe(201);
  expect((await gateway.call("PUT", "/v1/senders/36111", { carrier_id: "local", country: "FR" })).status).toBe(201);
  return gateway;
}

test("the key of an app plays handsets as long as the sandbox is the only carrier", async () => {
  const gateway = await testGateway();
  expect((await asApp(gateway, "36105", "STOP")).body.intent).toBe("opt_out");
  expect(await standing(gateway)).toBe(1);
});

test("beside a real carrier the key of an app cannot play a handset, and so lifts nothing", async () => {
  const gateway = await withKannel();
  expect((await gateway.mo(PERSON, "36105", "STOP")).status).toBe(200);
  const refused = await asApp(gateway, "36105", "START");
  expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  expect(await standing(gateway)).toBe(1);
});

test("the sandbox brings nothing for a sender of another carrier, whoever asks", async () => {
  const gateway = await withKannel();
  const refused = await gateway.mo(PERSON, "36111", "STOP");
  expect([refused.status, refused.body.code]).toEqual([409, "sender_of_another_carrier"]);
  expect(await standing(gateway)).toBe(0);
});

test("a carrier that brings a message for a sender of another stops advertising, but answers and lifts nothing", async () => {
  const gateway = await withKannel();
  const query = (text: string) =>
    new URLSearchParams({ key: KANNEL.webhook_secret, from: PERSON, to: "36105", text, charset: "UTF-8", coding: "0" });
  const bring = (text: string) => gateway.call("GET", `/carriers/local/inbound?${query(text)}`);
  expect((await bring("STOP")).status).toBe(200);
  expect(await standing(gateway)).toBe(1);
  expect((await bring("START")).status).toBe(200);
  expect(await standing(gateway)).toBe(1);
  const { body } = await gateway.call("GET", `/v1/messages?msisdn=${encodeURIComponent(PERSON)}`);
  expect(body.data.map((one: { direction: string; text: string }) => [one.direction, one.text])).toEqual([
    ["inbound", "START"],
    ["inbound", "STOP"],
  ]);
});

test("a consent that START restores is not restored through another carrier", async () => {
  const gateway = await withKannel();
  const person = "+14155550101";
  await consent(gateway, person);
  await gateway.mo(person, "+15005550006", "STOP");
  const state = async () =>
    (await gateway.call("GET", `/v1/conversations?msisdn=${encodeURIComponent(person)}`)).body.data[0].consent;
  const query = new URLSearchParams({
    key: KANNEL.webhook_secret,
    from: person,
    to: "+15005550006",
    text: "START",
    charset: "UTF-8",
    coding: "0",
  });
  expect((await gateway.call("GET", `/carriers/local/inbound?${query}`)).status).toBe(200);
  expect(await state()).toBe("withdrawn");
  await gateway.mo(person, "+15005550006", "START");
  expect(await state()).toBe("granted");
});
