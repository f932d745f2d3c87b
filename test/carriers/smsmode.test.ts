import { describe, expect, test } from "vitest";
import { smsmode } from "../../src/carriers/smsmode.ts";
import { keepsTheSendingContract, namesTheWrongOne, understandsRefusal, wantsTheKey } from "./contract.ts";
import { outgoing, testIo, webhook, withServer } from "./support.ts";

const KEY = "test-webhook-key-0123456789";
const SETTINGS = { api_key: "test-api-key", webhook_secret: KEY };
const SECRETS = [KEY, SETTINGS.api_key];
const config = smsmode.config.parse(SETTINGS);
const ID = "5d7f0000-0000-4000-8000-000000000001";
const io = testIo();
const address = (name: string, key: string) => `https://sms.example.com/carriers/acc_1/${name}?key=${key}`;
const INBOUND = address("inbound", KEY);
const STATUS = `${address("status", KEY)}&message=msg_01`;

const MO = {
  messageId: ID,
  direction: "MO",
  from: "33612345678",
  recipient: { to: "36034" },
  body: { text: "Bonjour", stop: false },
  originMessageId: "5d7f0000-0000-4000-8000-000000000000",
  refClient: "msg_00",
  receivedAt: "2026-11-22T10:00:00Z",
};
const DLR = {
  messageId: ID,
  direction: "MT",
  refClient: "msg_01",
  recipient: { to: "33612345678" },
  from: "MAMARQUE",
  status: { value: "DELIVERED", deliveryDate: "2026-11-22T10:00:00Z" },
};

function inbound(body: unknown, settings: Partial<typeof config> = {}) {
  return smsmode.inbound(webhook({ url: INBOUND, body: JSON.stringify(body) }), { ...config, ...settings }, io);
}

function status(value: unknown, detail?: unknown, url = STATUS) {
  const body = { ...DLR, status: { value, ...(detail === undefined ? {} : { detail }) } };
  return smsmode.status(webhook({ url, body: JSON.stringify(body) }), config, io);
}

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, api_url: "https://rest.smsmode.com/sms/v1", stop_reply: "provider" });
  });

  test.each([
    ["api_key", { ...SETTINGS, api_key: "with\nbreak" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: "short" }],
    ["channel_id", { ...SETTINGS, channel_id: "../x" }],
    ["api_url", { ...SETTINGS, api_url: "ftp://rest.smsmode.com" }],
    ["stop_reply", { ...SETTINGS, stop_reply: "nobody" }],
  ])("a wrong %s is named", namesTheWrongOne(smsmode));
});

describe("send()", () => {
  test("posts what smsmode documents, with our id and the secret in the addresses for callbacks", () =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/sms/v1/messages"]);
      expect(request.headers.get("X-Api-Key")).toBe("test-api-key");
      expect(await request.json()).toEqual({
        recipient: { to: "33612345678" },
        body: { text: "Où êtes-vous ? 😀 STOP 36034", stop: false },
        from: "MAMARQUE",
        refClient: "msg_01",
        callbackUrlStatus: STATUS,
        callbackUrlMo: INBOUND,
      });
      return Response.json({ messageId: ID, status: { value: "ENROUTE" }, direction: "MT" }, { status: 201 });
    }, async (url) => {
      const message = outgoing({ from: "MAMARQUE", text: "Où êtes-vous ? 😀 STOP 36034" });
      expect(await smsmode.send(message, { ...config, api_url: `${url}/sms/v1/` }, io))
        .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
    }));

  test.each([
    ["a name", "Ma Marque", "Ma Marque"],
    ["a number, in bare digits", "+33756000000", "33756000000"],
    ["nothing for a short code, which smsmode chooses", "36105", undefined],
  ])("sends from %s", (_label, from, expected) =>
    withServer(async (request) => {
      expect((await request.json()).from).toBe(expected);
      return Response.json({ messageId: ID }, { status: 201 });
    }, async (url) => {
      expect((await smsmode.send(outgoing({ from }), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  test("a long text goes in one call, and a channel stands in the path", () =>
    withServer(async (request) => {
      expect(new URL(request.url).pathname).toBe("/channels/ch-1/messages");
      expect((await request.json()).body.text).toBe("a".repeat(700));
      return Response.json({ messageId: ID }, { status: 201 });
    }, async (url) => {
      const message = outgoing({ text: "a".repeat(700), segments: 5 });
      expect((await smsmode.send(message, { ...config, api_url: url, channel_id: "ch-1" }, io)).ok).toBe(true);
    }));

  const error = (errorCode: unknown, status: number) =>
    Response.json({ message: "bad 33612345678", detail: "Bonjour is refused", errorCode }, { status });
  test.each([
    ["blacklisted", error(3999, 400), { kind: "opted_out", code: "3999" }],
    ["blacklisted, as text", error("3999", 403), { kind: "opted_out", code: "3999" }],
    ["wrong key", error(401, 401), { kind: "retryable", code: "401", of: "account" }],
    ["channel of another product", error("CHANNEL_TYPE_MISMATCH", 403), {
      kind: "final",
      code: "CHANNEL_TYPE_MISMATCH",
    }],
    ["no such channel", error(404, 404), { kind: "final", code: "404" }],
    ["over the rate", error("RATE", 429), { kind: "throttled", code: "RATE" }],
    ["a code that is no code", error("33612345678 refused", 400), { kind: "final", code: "http_400" }],
    ["a server error with a code", error(3999, 500), { kind: "ambiguous", code: "http_500" }],
  ])("%s", understandsRefusal((url) => smsmode.send(outgoing(), { ...config, api_url: url }, io), SECRETS));
});

keepsTheSendingContract(smsmode, {
  at: (api_url) => ({ ...config, api_url }),
  secrets: SECRETS,
  accepts: 201,
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "33612345678",
    to: "36034",
    text: "Bonjour",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a plain message", MO, base],
    ["accents and an emoji, spaces kept", { ...MO, body: { text: " Où ? 😀 " } }, { ...base, text: " Où ? 😀 " }],
    ["no text", { ...MO, body: {} }, { ...base, text: "" }],
    ["no id", { ...MO, messageId: undefined }, { ...base, carrierMessageId: null }],
  ])("understands %s", async (_label, body, expected) => {
    expect(await inbound(body)).toEqual({ ok: true, value: [expected] });
  });

  test.each(
    [
      ["STOP", true, "provider", "opt_out", true],
      ["Arret svp", true, "provider", "opt_out", true],
      ["STOP", true, "gateway", "opt_out", false],
      // Not recognised by smsmode: the rules decide, and we answer.
      ["STOP", false, "provider", null, false],
      ["stop !", undefined, "provider", null, false],
    ] as const,
  )("%o with stop %s under %s: intent %s, answered %s", async (text, stop, stop_reply, intent, answered) => {
    expect(await inbound({ ...MO, body: { text, stop } }, { stop_reply })).toEqual({
      ok: true,
      value: [{ ...base, text, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  test("a report at the wrong address is no message", async () => {
    expect(await inbound({ ...DLR, body: { text: "x" } }))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringContaining("webhooks.status") });
  });

  test.each([
    ["from", { ...MO, from: undefined }],
    ["from", { ...MO, from: "" }],
    ["recipient", { ...MO, recipient: undefined }],
    ["body", { ...MO, body: "text" }],
  ])("without %s is not understood", async (field, body) => {
    expect(await inbound(body)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["SCHEDULED", "queued"],
    ["ENROUTE", "sent"],
    ["UNKNOWN", "sent"],
    ["DELIVERED", "delivered"],
    ["READ", "delivered"],
  ])("%s is %s", async (value, expected) => {
    expect(await status(value)).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    ["UNDELIVERED", undefined, "undelivered", "UNDELIVERED", false],
    ["UNDELIVERED", "37", "expired", "37", false],
    ["UNDELIVERED", "to 33612345678", "undelivered", "UNDELIVERED", false],
    ["UNDELIVERABLE", undefined, "failed", "UNDELIVERABLE", false],
    ["UNDELIVERABLE", 3521, "failed", "3521", false],
    ["UNDELIVERABLE", 3524, "failed", "3524", false],
    ["UNDELIVERABLE", "3560", "failed", "3560", false],
    ["UNDELIVERABLE", 3999, "failed", "3999", true],
    ["UNDELIVERED", "3999", "undelivered", "3999", true],
  ])("%s with detail %o is %s", async (value, detail, expected, code, optedOut) => {
    expect(await status(value, detail)).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: ID,
        status: expected,
        error: { code, detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test("our id comes from the address, else from refClient", async () => {
    expect(await status("ENROUTE", undefined, address("status", KEY)))
      .toMatchObject({ ok: true, value: [{ messageId: "msg_01" }] });
    expect(await status("ENROUTE", undefined, `${address("status", KEY)}&message=msg_02`))
      .toMatchObject({ ok: true, value: [{ messageId: "msg_02" }] });
  });

  test("a message at the wrong address is no report", async () => {
    const body = JSON.stringify({ ...DLR, direction: "MO" });
    expect(await smsmode.status(webhook({ url: STATUS, body }), config, io))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringContaining("webhooks.inbound") });
  });

  test.each(["LOST", "", "constructor", "__proto__"])("%o is not understood", async (value) => {
    expect(await status(value)).toMatchObject({ ok: false, status: 400 });
  });
});

wantsTheKey(smsmode, config, {
  key: KEY,
  inbound: (key) => ({ url: address("inbound", key), body: JSON.stringify(MO) }),
  status: (key) => ({ url: address("status", key), body: JSON.stringify(DLR) }),
});

test("the answer is short and says nothing", () => {
  expect(smsmode.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
