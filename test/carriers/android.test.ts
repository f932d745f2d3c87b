import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { android } from "../../src/carriers/android.ts";
import { keepsTheSendingContract, namesTheWrongOne } from "./contract.ts";
import { survivesAnything } from "./wild.ts";
import { NOW, outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

const KEY = "test-signing-key";
const SIM = "+33700000001";
const SETTINGS = {
  url: "http://192.168.1.10:8080",
  username: "sms",
  password: "test-password",
  signing_key: KEY,
  numbers: [SIM, "+33700000002"],
};
const config = android.config.parse(SETTINGS);
const io = testIo();
const SECONDS = NOW / 1000;

/** Signed as the app does it: hex HMAC-SHA256 of the raw body and, right behind it, the timestamp. */
function signed(body: string | Uint8Array, timestamp: number | string = SECONDS, key = KEY): WebhookParts {
  return {
    headers: {
      "Content-Type": "application/json; charset=UTF-8",
      "X-Timestamp": String(timestamp),
      "X-Signature": createHmac("sha256", key).update(body).update(String(timestamp)).digest("hex"),
    },
    body,
  };
}

const MO = {
  deviceId: "ffffffffceb0b1db0000018e937c815b",
  event: "sms:received",
  id: "Ey6ECgOkVVFjz3CL48B8C",
  payload: {
    messageId: "abc123",
    message: "Android is always a sweet treat!",
    sender: "+33612345678",
    recipient: SIM,
    phoneNumber: "+33612345678",
    simNumber: 1,
    receivedAt: "2026-11-22T15:46:11.000+07:00",
  },
  webhookId: "w-1",
};
const event = (type: string, payload: Record<string, unknown> = {}) => ({
  ...MO,
  event: type,
  payload: { messageId: "msg_01", phoneNumber: "+33612345678", simNumber: null, ...payload },
});

const inbound = (body: unknown, settings = config) =>
  android.inbound(webhook(signed(JSON.stringify(body))), settings, io);
const status = (body: unknown) => android.status(webhook(signed(JSON.stringify(body))), config, io);

describe("configuration", () => {
  test("is kept as it is", () => expect(config).toEqual(SETTINGS));

  test.each([
    ["url", { ...SETTINGS, url: "ftp://x" }],
    ["username", { ...SETTINGS, username: "a:b" }],
    ["password", { ...SETTINGS, password: "" }],
    ["signing_key", { ...SETTINGS, signing_key: "" }],
    ["numbers", { ...SETTINGS, numbers: [] }],
    ["numbers.0", { ...SETTINGS, numbers: ["36105"] }],
  ])("a wrong %s is named", namesTheWrongOne(android));
});

describe("send()", () => {
  test("posts what the app documents, under our id and on the SIM of the sender", () =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/3rdparty/v1/messages"]);
      expect(request.headers.get("Authorization")).toBe(`Basic ${btoa("sms:test-password")}`);
      expect(await request.json()).toEqual({
        id: "msg_01",
        textMessage: { text: "Où êtes-vous ? 😀" },
        phoneNumbers: ["+33612345678"],
        simNumber: 2,
        withDeliveryReport: true,
        validUntil: "2026-11-22T10:01:30.000Z",
      });
      return Response.json({ id: "msg_01", state: "Pending", recipients: [] }, { status: 202 });
    }, async (url) => {
      const message = outgoing({ from: "+33700000002", text: "Où êtes-vous ? 😀", validUntil: NOW + 90_000 });
      expect(await android.send(message, { ...config, url: `${url}/3rdparty/v1/` }, io))
        .toEqual({ ok: true, carrierMessageId: "msg_01", status: "sent" });
    }));

  test("a long text goes in one call; a phone with one number chooses its SIM", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect([body.textMessage.text.length, body.simNumber, body.validUntil]).toEqual([700, undefined, undefined]);
      return Response.json({ id: "msg_01" }, { status: 201 });
    }, async (url) => {
      const message = outgoing({ from: SIM, text: "a".repeat(700) });
      expect((await android.send(message, { ...config, url, numbers: [SIM] }, io)).ok).toBe(true);
    }));

  test.each(["36105", "PARLEY", "+33700000003"])("%s is no sender of the phone: nothing is called", async (from) => {
    const fetch = () => Promise.reject(new Error("called"));
    expect(await android.send(outgoing({ from }), config, { ...io, fetch }))
      .toMatchObject({ ok: false, kind: "final", code: "sender_unknown" });
  });

  test("an id that is there already was taken the first time", () =>
    withServer(() => Response.json({ message: "duplicate id" }, { status: 409 }), async (url) => {
      expect(await android.send(outgoing({ from: SIM }), { ...config, url }, io))
        .toEqual({ ok: true, carrierMessageId: "msg_01", status: "sent" });
    }));

  test("another id than ours was given: nobody knows which message that is", () =>
    withServer(() => Response.json({ id: "other" }, { status: 202 }), async (url) => {
      expect(await android.send(outgoing({ from: SIM }), { ...config, url }, io))
        .toMatchObject({ ok: false, kind: "ambiguous", code: "answer_malformed" });
    }));
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: MO.id,
    from: "+33612345678",
    to: SIM,
    text: "Android is always a sweet treat!",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };
  const mo = (payload: Record<string, unknown>) => ({ ...MO, payload: { ...MO.payload, ...payload } });

  test.each([
    ["a message", MO, base],
    ["accents and an emoji, spaces kept", mo({ message: " Où ? 😀 " }), { ...base, text: " Où ? 😀 " }],
    ["STOP, which is for us to answer", mo({ message: "STOP" }), { ...base, text: "STOP" }],
    ["an older version", mo({ sender: undefined, recipient: undefined }), base],
    ["the second SIM, whatever Android takes its number for", mo({ simNumber: 2 }), { ...base, to: "+33700000002" }],
    ["an unknown SIM", mo({ simNumber: null, recipient: "+33700000002" }), { ...base, to: "+33700000002" }],
    ["neither SIM nor number", mo({ simNumber: null, recipient: null }), base],
    ["a SIM of which no number is set", mo({ simNumber: 3, recipient: null }), base],
    ["the text of an MMS", { ...mo({ message: undefined, body: "Photo" }), event: "mms:downloaded" }, {
      ...base,
      text: "Photo",
    }],
    ["the subject of an MMS without text", {
      ...mo({ message: undefined, body: "", subject: "STOP" }),
      event: "mms:downloaded",
    }, { ...base, text: "STOP" }],
  ])("understands %s", async (_label, body, expected) => {
    expect(await inbound(body)).toEqual({ ok: true, value: [expected] });
  });

  test("an event without an id is known again by its signature, and by nothing else", async () => {
    const body = JSON.stringify({ ...MO, id: undefined });
    const idOf = async (parts: WebhookParts) => {
      const result = await android.inbound(webhook(parts), config, io);
      return result.ok ? result.value[0]!.carrierMessageId : null;
    };
    const first = signed(body);
    const capitals = { ...first.headers, "X-Signature": first.headers!["X-Signature"]!.toUpperCase() };
    const id = await idOf(first);
    expect(id).toMatch(/^signed_[0-9a-f]{32}$/);
    expect(await idOf({ ...first, headers: capitals })).toBe(id);
    expect(await idOf(signed(body, SECONDS + 1))).not.toBe(id);
  });

  test("the same words twice are two messages", async () => {
    const [first, second] = await Promise.all([inbound(MO), inbound({ ...MO, id: "another" })]);
    expect(first).not.toEqual(second);
  });

  test.each(["sms:sent", "sms:data-received", "mms:received", "system:ping", "app:started", "constructor"])(
    "%s is no message",
    async (type) => expect(await inbound({ ...MO, event: type })).toEqual({ ok: true, value: [] }),
  );

  test.each([
    ["payload.sender", mo({ sender: "", phoneNumber: null })],
    ["payload", { ...MO, payload: null }],
    ["event", { ...MO, event: undefined }],
  ])("a wrong %s is named", async (field, body) => {
    expect(await inbound(body)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["sms:sent", "sent"],
    ["sms:delivered", "delivered"],
  ])("%s is %s", async (type, expected) => {
    expect(await status(event(type))).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: "msg_01", status: expected, error: null }],
    });
  });

  test.each([
    ["sms:failed", "RESULT_ERROR_NO_SERVICE", "failed", "RESULT_ERROR_NO_SERVICE"],
    [
      "sms:failed",
      "Send result: RESULT_ERROR_LIMIT_EXCEEDED for +33612345678",
      "failed",
      "RESULT_ERROR_LIMIT_EXCEEDED",
    ],
    ["sms:failed", "Invalid number +33612345678", "failed", "failed"],
    ["sms:failed", undefined, "failed", "failed"],
    ["sms:failed", "TTL expired", "expired", "expired"],
    ["sms:cancelled", undefined, "failed", "cancelled"],
  ])("%s for %o is %s", async (type, reason, expected, code) => {
    expect(await status(event(type, { reason }))).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: "msg_01",
        status: expected,
        error: { code, detail: expect.not.stringContaining("336"), optedOut: false },
      }],
    });
  });

  test.each(["sms:received", "system:ping", "constructor"])("%s is no report", async (type) => {
    expect(await status({ ...MO, event: type })).toEqual({ ok: true, value: [] });
  });

  test("without an id is not understood", async () => {
    expect(await status(event("sms:sent", { messageId: "" }))).toMatchObject({ ok: false, status: 400 });
  });
});

describe("the signature of the phone", () => {
  const body = JSON.stringify(MO);
  const good = signed(body);
  const { "X-Signature": signature = "", ...unsigned } = good.headers ?? {};

  test.each([
    ["as it is", good],
    ["in capitals", { ...good, headers: { ...unsigned, "X-Signature": signature.toUpperCase() } }],
    ["five minutes old", signed(body, SECONDS - 300)],
    ["of a clock that is ahead", signed(body, SECONDS + 300)],
  ])("fits: %s", async (_label, parts) => {
    expect((await android.inbound(webhook(parts), config, io)).ok).toBe(true);
  });

  test.each<[string, WebhookParts, number, string]>([
    ["none", { ...good, headers: unsigned }, 401, "credentials_missing"],
    ["no timestamp", { ...good, headers: { "X-Signature": signature } }, 401, "credentials_missing"],
    ["another", { ...good, headers: { ...unsigned, "X-Signature": "0".repeat(64) } }, 403, "credentials_wrong"],
    [
      "cut short",
      { ...good, headers: { ...unsigned, "X-Signature": signature.slice(0, -1) } },
      403,
      "credentials_wrong",
    ],
    ["of another key", signed(body, SECONDS, "another"), 403, "credentials_wrong"],
    ["of another body", { ...good, body: `${body} ` }, 403, "credentials_wrong"],
    [
      "of another time",
      { ...good, headers: { ...good.headers, "X-Timestamp": String(SECONDS + 1) } },
      403,
      "credentials_wrong",
    ],
    ["six minutes old", signed(body, SECONDS - 301), 403, "credentials_stale"],
    ["of the future", signed(body, SECONDS + 301), 403, "credentials_stale"],
    ["of no time", signed(body, "now"), 403, "credentials_stale"],
    ["in milliseconds", signed(body, NOW), 403, "credentials_stale"],
  ])("is refused: %s", async (_label, parts, expected, code) => {
    for (const receive of [android.inbound, android.status]) {
      const refusal = await receive(webhook(parts), config, io);
      expect(refusal).toMatchObject({ ok: false, status: expected, code });
      expect(JSON.stringify(refusal)).not.toContain(KEY);
    }
  });
});

keepsTheSendingContract(android, {
  at: (url) => ({ ...config, url }),
  secrets: [KEY, SETTINGS.password],
  from: SIM,
  accepts: 202,
  duplicates: 409,
});

survivesAnything({
  carrier: android,
  config,
  good: { inbound: signed(JSON.stringify(MO)), status: signed(JSON.stringify(event("sms:delivered"))) },
  proven: (body) => signed(body),
});

test("the answer is short and says nothing", () => {
  expect(android.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
