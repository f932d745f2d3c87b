import { describe, expect, test } from "vitest";
import { infobip } from "../../src/carriers/infobip.ts";
import { keepsTheSendingContract, namesTheWrongOne, understandsRefusal, wantsTheKey } from "./contract.ts";
import { NOW, outgoing, testIo, webhook, withServer } from "./support.ts";

const KEY = "test-webhook-key-0123456789";
const SETTINGS = { base_url: "https://xxxxx.api.infobip.com", api_key: "test-api-key", webhook_secret: KEY };
const SECRETS = [KEY, SETTINGS.api_key];
const config = infobip.config.parse(SETTINGS);
const io = testIo();
const address = (name: string, key: string) => `https://sms.example.com/carriers/acc_1/${name}?key=${key}`;
const INBOUND = address("inbound", KEY);
const STATUS = `${address("status", KEY)}&message=msg_01`;

const MO = {
  messageId: "817790313235066447",
  from: "385916242493",
  to: "385921004026",
  text: "QUIZ Correct answer is Paris",
  cleanText: "Correct answer is Paris",
  keyword: "QUIZ",
  receivedAt: "2026-11-22T09:59:58.123+0000",
  smsCount: 1,
  price: { pricePerMessage: 0, currency: "EUR" },
  callbackData: "callbackData",
};
const PENDING = { groupId: 1, groupName: "PENDING", id: 26, name: "PENDING_ACCEPTED", description: "to 33612345678" };
const NO_ERROR = { groupId: 0, groupName: "OK", id: 0, name: "NO_ERROR", description: "No Error", permanent: false };

function inbound(results: unknown[], settings: Partial<typeof config> = {}) {
  const body = JSON.stringify({ results, messageCount: results.length, pendingMessageCount: 0 });
  return infobip.inbound(webhook({ url: INBOUND, body }), { ...config, ...settings }, io);
}

function result(status: unknown, error: unknown = NO_ERROR, messageId = "msg_01") {
  return { bulkId: "b-1", messageId, to: "33612345678", smsCount: 1, status, error };
}

function status(results: unknown[], url = STATUS) {
  return infobip.status(webhook({ url, body: JSON.stringify({ results }) }), config, io);
}

describe("configuration", () => {
  test("defaults", () => expect(config).toEqual({ ...SETTINGS, stop_reply: "gateway" }));

  test.each([
    ["base_url", { ...SETTINGS, base_url: "ftp://x" }],
    ["api_key", { ...SETTINGS, api_key: "with\nbreak" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: "short" }],
    ["stop_reply", { ...SETTINGS, stop_reply: "nobody" }],
  ])("a wrong %s is named", namesTheWrongOne(infobip));
});

describe("send()", () => {
  test("posts what Infobip documents, with an id of ours and the secret in the address for reports", () =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/sms/3/messages"]);
      expect(request.headers.get("Authorization")).toBe("App test-api-key");
      expect(await request.json()).toEqual({
        messages: [{
          sender: "33700000000",
          destinations: [{ to: "33612345678", messageId: "msg_01" }],
          content: { text: "Où êtes-vous ? 😀" },
          options: { validityPeriod: { amount: 90, timeUnit: "MINUTES" } },
          webhooks: { delivery: { url: STATUS } },
        }],
      });
      return Response.json({
        bulkId: "b-1",
        messages: [{ messageId: "msg_01", destination: "33612345678", status: PENDING }],
      });
    }, async (url) => {
      const message = outgoing({ from: "+33700000000", text: "Où êtes-vous ? 😀", validUntil: NOW + 90 * 60_000 + 1 });
      expect(await infobip.send(message, { ...config, base_url: `${url}/` }, io))
        .toEqual({ ok: true, carrierMessageId: "msg_01", status: "sent" });
    }));

  test.each([
    ["nothing when it never ends", null, undefined],
    ["at most two days", NOW + 900_000_000, 2880],
    ["at least a minute", NOW - 1, 1],
  ])(
    "asks for a validity of %s, and sends a long text from a name in one call",
    (_label, validUntil, amount) =>
      withServer(async (request) => {
        const [sent] = (await request.json()).messages;
        expect([sent.options?.validityPeriod.amount, sent.sender]).toEqual([amount, "Ma Marque"]);
        expect(sent.content.text).toBe("a".repeat(700));
        return Response.json({ messages: [{ messageId: "msg_01", status: PENDING }] });
      }, async (url) => {
        const message = outgoing({ from: "Ma Marque", text: "a".repeat(700), validUntil });
        expect((await infobip.send(message, { ...config, base_url: url }, io)).ok).toBe(true);
      }),
  );

  const rejected = (id: number, name: string) => {
    const status = { groupId: 5, groupName: "REJECTED", id, name, description: "33612345678 …" };
    return Response.json({ messages: [{ messageId: "msg_01", status }] });
  };
  test("an id that it has seen was taken the first time", () =>
    withServer(() => rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID"), async (url) => {
      expect(await infobip.send(outgoing(), { ...config, base_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: "msg_01", status: "sent" });
    }));

  test.each([
    ["blocklisted", rejected(14, "REJECTED_DESTINATION_BLOCKLISTED"), {
      kind: "opted_out",
      code: "REJECTED_DESTINATION_BLOCKLISTED",
    }],
    ["flooding", rejected(20, "REJECTED_FLOODING_FILTER"), { kind: "throttled", retryAfterSeconds: 3600 }],
    ["system error", rejected(21, "REJECTED_SYSTEM_ERROR"), { kind: "retryable", code: "REJECTED_SYSTEM_ERROR" }],
    ["no network", rejected(6, "REJECTED_NETWORK"), { kind: "final", code: "REJECTED_NETWORK" }],
    ["do not disturb", rejected(10, "REJECTED_DND"), { kind: "final", code: "REJECTED_DND" }],
    ["sender not registered", rejected(11, "REJECTED_SOURCE"), { kind: "final" }],
    ["no credits", rejected(12, "REJECTED_NOT_ENOUGH_CREDITS"), { kind: "retryable", of: "account" }],
    ["no route", rejected(19, "REJECTED_ROUTE_NOT_AVAILABLE"), { kind: "final" }],
    ["a name that is none", rejected(52, "to 33612345678"), { kind: "final", code: "5/52" }],
    [
      "unauthorized, older shape",
      Response.json({ requestError: { serviceException: { messageId: "UNAUTHORIZED", text: "33612345678" } } }, {
        status: 401,
      }),
      { kind: "retryable", code: "UNAUTHORIZED", of: "account" },
    ],
    ["bad request, newer shape", Response.json({ errorCode: "E400", description: "33612345678" }, { status: 400 }), {
      kind: "final",
      code: "E400",
    }],
    ["too many requests", Response.json({ errorCode: "E429" }, { status: 429, headers: { "Retry-After": "7" } }), {
      kind: "throttled",
      code: "E429",
      retryAfterSeconds: 7,
    }],
    ["server error with a code", Response.json({ errorCode: "E500" }, { status: 500 }), {
      kind: "ambiguous",
      code: "http_500",
    }],
  ])("%s", understandsRefusal((url) => infobip.send(outgoing(), { ...config, base_url: url }, io), SECRETS));
});

keepsTheSendingContract(infobip, {
  at: (base_url) => ({ ...config, base_url }),
  secrets: SECRETS,
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: MO.messageId,
    from: "385916242493",
    to: "385921004026",
    text: "QUIZ Correct answer is Paris",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a message, keyword included", [MO], [base]],
    ["several", [MO, { ...MO, messageId: "2", text: "STOP" }], [
      base,
      { ...base, carrierMessageId: "2", text: "STOP" },
    ]],
    ["accents and an emoji, spaces kept", [{ ...MO, text: " Où ? 😀 " }], [{ ...base, text: " Où ? 😀 " }]],
    ["no text and no id", [{ from: MO.from, to: MO.to, text: null }], [{ ...base, carrierMessageId: null, text: "" }]],
    ["none", [], []],
    ["one beside another that is not understood", [{ ...MO, from: 1 }, MO, null], [base]],
  ])("understands %s", async (_label, results, expected) => {
    expect({ ...await inbound(results), lost: undefined }).toEqual({ ok: true, value: expected });
  });

  test.each(
    [
      ["STOP", "385921004026", "gateway", null, false],
      // To a North American toll-free number the network confirms.
      ["STOP", "18885550100", "gateway", "opt_out", true],
      ["stop", "385921004026", "provider", "opt_out", true],
      ["HELP", "385921004026", "provider", null, true],
      ["please stop", "385921004026", "provider", null, false],
    ] as const,
  )("%o to %s under %s: intent %s, answered %s", async (text, to, stop_reply, intent, answered) => {
    expect(await inbound([{ ...MO, text, to }], { stop_reply })).toEqual({
      ok: true,
      value: [{ ...base, text, to, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  test.each([
    ["from", [{ ...MO, from: undefined }]],
    ["to", [{ ...MO, to: "" }]],
  ])("without %s is not understood", async (field, results) => {
    expect(await inbound(results)).toMatchObject({
      ok: false,
      status: 400,
      detail: expect.stringMatching(`^${field}: `),
    });
  });
});

describe("status()", () => {
  test.each([
    [PENDING, "sent"],
    [{ groupId: 1, groupName: "PENDING", id: 3, name: "PENDING_WAITING_DELIVERY" }, "sent"],
    [{ groupId: 1, groupName: "PENDING", id: 7, name: "PENDING_ENROUTE" }, "sent"],
    [{ groupId: 3, groupName: "DELIVERED", id: 2, name: "DELIVERED_TO_OPERATOR" }, "sent"],
    [{ groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET" }, "delivered"],
  ])("$name is %s", async (given, expected) => {
    expect(await status([result(given)])).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: "msg_01", status: expected, error: null }],
    });
  });

  test.each([
    [2, 4, "UNDELIVERABLE_REJECTED_OPERATOR", null, "undelivered", "UNDELIVERABLE_REJECTED_OPERATOR", false],
    [2, 9, "UNDELIVERABLE_NOT_DELIVERED", "EC_ABSENT_SUBSCRIBER", "undelivered", "EC_ABSENT_SUBSCRIBER", false],
    [2, 31, "UNDELIVERABLE_NOT_SENT", null, "undelivered", "UNDELIVERABLE_NOT_SENT", false],
    [4, 15, "EXPIRED_EXPIRED", null, "expired", "EXPIRED_EXPIRED", false],
    [4, 29, "EXPIRED_DLR_UNKNOWN", null, "expired", "EXPIRED_DLR_UNKNOWN", false],
    [5, 6, "REJECTED_NETWORK", null, "failed", "REJECTED_NETWORK", false],
    [5, 12, "REJECTED_NOT_ENOUGH_CREDITS", null, "failed", "REJECTED_NOT_ENOUGH_CREDITS", false],
    [5, 14, "REJECTED_DESTINATION_BLOCKLISTED", null, "failed", "REJECTED_DESTINATION_BLOCKLISTED", true],
    [5, 99, "to 33612345678", "to 33612345678", "failed", "5/99", false],
  ])("group %i, id %i, %s with error %s is %s", async (groupId, id, name, error, expected, code, optedOut) => {
    const described = error === null ? NO_ERROR : { groupId: 1, id: 27, name: error, permanent: true };
    expect(await status([result({ groupId, id, name }, described)])).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: "msg_01",
        status: expected,
        error: { code, detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test("says whether a later try may succeed", async () => {
    const error = { id: 27, name: "EC_ABSENT_SUBSCRIBER", permanent: false };
    expect(await status([result({ groupId: 2, id: 9, name: "UNDELIVERABLE_NOT_DELIVERED" }, error)])).toMatchObject({
      value: [{ error: { detail: expect.stringMatching(/UNDELIVERABLE_NOT_DELIVERED with EC_ABSENT.*later try/) } }],
    });
  });

  test("several at once each speak for their own message, whatever the address says", async () => {
    const delivered = { groupId: 3, id: 5, name: "DELIVERED_TO_HANDSET" };
    expect(await status([result(delivered, null, "msg_02"), { nonsense: 1 }, result(PENDING, undefined, "msg_03")]))
      .toMatchObject({
        ok: true,
        value: [{ messageId: "msg_02", status: "delivered" }, { messageId: "msg_03", status: "sent" }],
      });
  });

  test.each([
    ["no status", {}],
    ["a group that nobody knows", { status: { groupId: 9, id: 1 }, messageId: "x" }],
  ])("%s is not understood", async (_label, one) => {
    expect(await status([one])).toMatchObject({ ok: false, status: 400 });
  });
});

wantsTheKey(infobip, config, {
  key: KEY,
  inbound: (key) => ({ url: address("inbound", key), body: JSON.stringify({ results: [MO] }) }),
  status: (key) => ({ url: address("status", key), body: JSON.stringify({ results: [result(PENDING)] }) }),
});

test("the answer is short and says nothing", () => {
  expect(infobip.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
