import { expect, test } from "vitest";
import { HANDSET_NUMBERS, numberAt, QUICK_TEXTS } from "../../../src/api/sandbox/handset_numbers.ts";
import { decideInbound } from "../../../src/core/decide.ts";
import { parseMsisdn } from "../../../src/core/msisdn.ts";
import { loadFacts } from "../../../src/store/messages/facts.ts";
import { replyOf } from "../../support/call.ts";
import { ADMIN_KEY, INFO, type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";
import { KANNEL } from "../../support/kannel_settings.ts";

const FR = "+33639980100";
const path = (msisdn: string) => `/v1/sandbox/handsets/${encodeURIComponent(msisdn)}/messages`;
const typed = (g: TestGateway, msisdn: string, text: string, to = "36105") =>
  g.call("POST", path(msisdn), { to, text });

test("what is typed on a handset is received as from a carrier, and answered on it", async () => {
  const g = await testGateway();
  const stop = await typed(g, FR, "STOP");
  expect([stop.status, stop.body.intent]).toEqual([200, "opt_out"]);
  await g.dispatcher.tick();
  const { data } = (await g.call("GET", `/v1/sandbox/handsets/${encodeURIComponent(FR)}`)).body;
  expect(data).toMatchObject([{ id: stop.body.message_id, text: "STOP" }, { direction: "outbound", from: "36105" }]);
  expect((await g.call("GET", `/v1/messages/${data[1].id}/explain`)).status).toBe(200);
  const hostile = "<script>\u202e\0😀".repeat(1_000);
  expect((await typed(g, FR, hostile)).status).toBe(200);
  for (
    const [number, body, word] of [["12", { to: "36105", text: "a" }, "msisdn"], [FR, { text: "a" }, "to"]] as const
  ) {
    const refused = await g.call("POST", path(number), body);
    expect([refused.status, refused.text]).toEqual([422, expect.stringContaining(word)]);
  }
});

test("handsets are listed once each, the last one used first, and people of real senders are none", async () => {
  const g = await testGateway();
  const numbers = Array.from({ length: 5 }, (_, n) => `+3363998010${n}`);
  for (const number of [...numbers, numbers[1]!]) {
    g.clock.advance(1_000);
    await typed(g, number, "Bonjour");
    await typed(g, number, "Hello", "+447700900000");
  }
  const listed = async () => (await walkPages(g, "/v1/sandbox/handsets", 2)).map(({ msisdn }) => msisdn);
  const [a, b, c, d, e] = numbers;
  expect(await listed()).toEqual([b, e, d, c, a]);
  expect((await g.call("GET", "/v1/sandbox/handsets?limit=1")).body.data).toMatchObject([{ country: "FR" }]);
  expect((await g.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL })).status).toBe(201);
  await g.call("PUT", "/v1/senders/36111", { carrier_id: "local", country: "FR" });
  await g.call("POST", "/v1/messages", { to: "+33612000001", from: "36111", text: INFO });
  expect(await listed()).toEqual([b, e, d, c, a]);
  // Nor does a handset speak to a sender of a real carrier, or an app for a handset beside one.
  expect((await typed(g, FR, "STOP", "36111")).body.code).toBe("sender_of_another_carrier");
  expect((await g.appCall("POST", path(FR), { to: "36105", text: "START" })).status).toBe(403);
});

test("numbers for new handsets can exist, and what people write first stops and last returns", async () => {
  const g = await testGateway();
  const { rulebook } = await g.api.deps.settings.current();
  const { data } = (await g.call("GET", "/v1/sandbox/numbers")).body;
  expect(data.map(({ country }: { country: string }) => country)).toEqual(
    HANDSET_NUMBERS.map(({ country }) => country),
  );
  for (const numbers of HANDSET_NUMBERS) {
    for (const place of [0, 7, 999, 10_000]) {
      const number = numberAt(numbers, place);
      expect([number, parseMsisdn(number)]).toMatchObject([number, { ok: true, e164: number }]);
      expect([number, rulebook.locate(number).country]).toEqual([number, numbers.country]);
    }
    const from = numberAt(numbers, 1);
    const [facts] = await loadFacts(g.api.deps, [{ person: from, sender: "36105" }], g.clock.now());
    const intentOf = (text: string) =>
      decideInbound({
        message: { direction: "inbound", from, text, carrier_intent: null, stop_reply: "gateway", answered: [] },
        sender: null,
        person: facts!.person,
        now: g.clock.now(),
      }, rulebook).decision.intent;
    const texts = QUICK_TEXTS[numbers.language]!;
    expect([numbers.country, texts.map(intentOf)]).toEqual([
      numbers.country,
      ["opt_out", "opt_out", "none", "opt_out", "help", "opt_in"],
    ]);
  }
});

test.each([
  ['{"from": ', "body: is not JSON"],
  ["", "body: is not JSON"],
  [Uint8Array.of(0x22, 0xe9, 0x22), "body: is not UTF-8"],
  ["[]", "body: Invalid input: expected object, received array"],
])("the inbound webhook says of %j: %s", async (body, detail) => {
  const g = await testGateway();
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
  const reply = await replyOf(await g.app.request("/carriers/sandbox/inbound", { method: "POST", headers, body }));
  expect([reply.status, reply.body.code, reply.body.detail]).toEqual([400, "webhook_malformed", detail]);
});

test("a handset is what can have a number, or has written under its name", async () => {
  const g = await testGateway();
  await g.mo("BANK", "36105", "Bonjour");
  for (
    const [msisdn, status] of [["nope", 422], ["12", 422], ["33639980100", 422], [FR, 200], ["BANK", 200]] as const
  ) {
    const reply = await g.call("GET", `/v1/sandbox/handsets/${encodeURIComponent(msisdn)}`);
    expect([msisdn, reply.status, reply.body.errors?.[0].field]).toEqual([
      msisdn,
      status,
      status === 422 ? "msisdn" : undefined,
    ]);
  }
});
