import { describe, expect, test } from "vitest";
import { bandwidth } from "../../src/carriers/bandwidth.ts";
import { keepsTheSendingContract, namesTheWrongOne, understandsRefusal, wantsTheKey } from "./contract.ts";
import { NOW, outgoing, testIo, webhook, withServer } from "./support.ts";

const KEY = "test-webhook-key-0123456789";
const SETTINGS = {
  account_id: "5500000",
  application_id: "93de2206-0000-4000-8000-000000000001",
  username: "api-user",
  password: "test-password",
  webhook_secret: KEY,
};
const SECRETS = [KEY, SETTINGS.password];
const config = bandwidth.config.parse(SETTINGS);
const { webhook_secret: _, ...open } = config;
const withBasic = { ...open, callback_username: "hook", callback_password: "test-hook-password: é" };
const ID = "14762070468292kw2fuqty55yp2b2";
const io = testIo();
const address = (name: string, key: string) => `https://sms.example.com/carriers/acc_1/${name}?key=${key}`;

const MO = {
  type: "message-received",
  time: "2026-11-22T09:59:58Z",
  description: "Incoming message received",
  to: "+15005550006",
  message: {
    id: ID,
    time: "2026-11-22T09:59:58Z",
    to: ["+15005550006"],
    from: "+15005550001",
    text: "Hey, check this out!",
    applicationId: SETTINGS.application_id,
    media: ["https://messaging.bandwidth.com/api/v2/users/5500000/media/1/0/bw.png"],
    owner: "+15005550006",
    direction: "in",
    segmentCount: 1,
  },
};
const EVENT = {
  type: "message-delivered",
  time: "2026-11-22T10:00:00Z",
  description: "Message delivered to carrier for +15005550001.",
  to: "+15005550001",
  message: {
    id: ID,
    owner: "+15005550006",
    applicationId: SETTINGS.application_id,
    time: "2026-11-22T09:59:59Z",
    segmentCount: 1,
    direction: "out",
    to: ["+15005550001"],
    from: "+15005550006",
    text: "",
    tag: "msg_01",
  },
};

const inbound = (body: unknown) =>
  bandwidth.inbound(webhook({ url: address("inbound", KEY), body: JSON.stringify(body) }), config, io);
const status = (body: unknown) =>
  bandwidth.status(webhook({ url: address("status", KEY), body: JSON.stringify(body) }), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, api_url: "https://messaging.bandwidth.com/api/v2" });
  });

  test.each([
    ["account_id", { ...SETTINGS, account_id: "../x" }],
    ["application_id", { ...SETTINGS, application_id: "" }],
    ["username", { ...SETTINGS, username: "a:b" }],
    ["password", { ...SETTINGS, password: "with\nbreak" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: "short" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: undefined }],
    ["callback_password", { ...SETTINGS, callback_username: "hook" }],
    ["callback_username", { ...SETTINGS, callback_password: "hook" }],
    ["api_url", { ...SETTINGS, api_url: "ftp://x" }],
  ])("a wrong %s is named", namesTheWrongOne(bandwidth));

  test("Basic credentials instead of the secret will do", () => {
    expect(bandwidth.config.safeParse(withBasic).success).toBe(true);
  });
});

describe("send()", () => {
  test("posts what Bandwidth documents, with our id as tag", () =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/api/v2/users/5500000/messages"]);
      expect(request.headers.get("Authorization")).toBe(`Basic ${btoa("api-user:test-password")}`);
      expect(request.headers.get("Content-Type")).toBe("application/json");
      expect(await request.json()).toEqual({
        applicationId: SETTINGS.application_id,
        to: ["+33612345678"],
        from: "+15005550006",
        text: "Où êtes-vous ? 😀",
        tag: "msg_01",
        expiration: "2026-11-22T10:01:30.000Z",
      });
      return Response.json({ id: ID, owner: "+15005550006", direction: "out", segmentCount: 1 }, { status: 202 });
    }, async (url) => {
      const message = outgoing({ from: "+15005550006", text: "Où êtes-vous ? 😀", validUntil: NOW + 90_000 });
      expect(await bandwidth.send(message, { ...config, api_url: `${url}/api/v2` }, io))
        .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
    }));

  test("a long text goes in one call, without an end unless it has one", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect([body.text.length, body.expiration]).toEqual([700, undefined]);
      return Response.json({ id: ID }, { status: 202 });
    }, async (url) => {
      expect((await bandwidth.send(outgoing({ text: "a".repeat(700) }), { ...config, api_url: url }, io)).ok).toBe(
        true,
      );
    }));

  const error = (type: string, status: number, headers: Record<string, string> = {}) =>
    Response.json({ type, description: "'+33612345678' must be replaced with a valid number" }, { status, headers });
  test.each([
    ["malformed", error("request-validation", 400), { kind: "final", code: "request-validation" }],
    ["wrong credentials", error("unauthorized", 401), {
      kind: "retryable",
      code: "unauthorized",
      of: "account",
    }],
    ["no access", error("forbidden", 403), { kind: "final", code: "forbidden" }],
    ["no such path", Response.json({ status: 404, error: "Not Found" }, { status: 404 }), {
      kind: "final",
      code: "http_404",
    }],
    ["wrong type", error("unsupported-content-type", 415), { kind: "final" }],
    ["over the rate", error("message-rate-limit", 429, { "Retry-After": "7" }), {
      kind: "throttled",
      code: "message-rate-limit",
      retryAfterSeconds: 7,
    }],
    ["full queue", error("max-message-queue-size-exceeded", 429), { kind: "throttled" }],
    // Documented as not sent; what a proxy says is not.
    ["its own error", error("internal-server-error", 500), { kind: "retryable", code: "internal-server-error" }],
    ["a proxy's error", Response.json({ message: "Internal server error" }, { status: 500 }), { kind: "ambiguous" }],
  ])("%s", understandsRefusal((url) => bandwidth.send(outgoing(), { ...config, api_url: url }, io), SECRETS));
});

keepsTheSendingContract(bandwidth, {
  at: (api_url) => ({ ...config, api_url }),
  secrets: SECRETS,
  accepts: 202,
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "+15005550001",
    to: "+15005550006",
    text: "Hey, check this out!",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: MO.message.media,
  };
  const mo = (message: Record<string, unknown>) => ({ ...MO, message: { ...MO.message, ...message } });

  test.each([
    ["a message with media", [MO], [base]],
    ["several", [MO, mo({ id: "2", media: undefined })], [base, { ...base, carrierMessageId: "2", mediaUrls: [] }]],
    ["accents and an emoji, spaces kept", [mo({ text: " Où ? 😀 " })], [{ ...base, text: " Où ? 😀 " }]],
    ["media and no text", [mo({ text: undefined })], [{ ...base, text: "" }]],
    ["our copy of a group's message", [mo({ to: ["+15005550003", "+15005550006"] })], [base]],
    ["no owner", [mo({ owner: undefined })], [base]],
    ["no owner and no recipient of the event", [{ ...mo({ owner: undefined }), to: undefined }], [base]],
    ["events of outbound messages as none", [EVENT, MO], [base]],
    ["types that nobody knows as none", [{ type: "new" }], []],
    ["one beside another that is not understood", [mo({ from: 1 }), MO, null], [base]],
  ])("understands %s", async (_label, body, expected) => {
    expect({ ...await inbound(body), lost: undefined }).toEqual({ ok: true, value: expected });
  });

  test.each([
    // Bandwidth answers nothing: on a long code that is for us, on a toll-free number the network does.
    ["STOP", "+15005550006", null, false],
    ["STOP", "+18885550100", "opt_out", true],
    ["START", "+18885550100", null, true],
    ["HELP", "+18885550100", null, false],
  ])("%o to %s: intent %s, answered %s", async (text, owner, intent, answered) => {
    expect(await inbound([mo({ text, owner })])).toEqual({
      ok: true,
      value: [{ ...base, text, to: owner, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  test.each([
    ["message.from", [mo({ from: undefined })]],
    ["message.id", [mo({ id: "" })]],
    ["message.to", [{ ...mo({ owner: undefined, to: [] }), to: null }]],
    ["message", [{ ...MO, message: null }]],
    ["type", [{}]],
    ["body", MO],
  ])("a wrong %s is named", async (field, body) => {
    expect(await inbound(body)).toMatchObject({ ok: false, status: 400, detail: expect.stringMatching(`^${field}: `) });
  });
});

describe("status()", () => {
  test.each([
    ["message-sending", "sent"],
    ["message-delivered", "delivered"],
    ["message-read", "delivered"],
  ])("%s is %s", async (type, expected) => {
    expect(await status([{ ...EVENT, type }])).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    [4001, "failed", false],
    [4302, "failed", false],
    [4303, "failed", false],
    [4360, "expired", false],
    [4403, "failed", false],
    [4406, "failed", false],
    [4432, "failed", false],
    [4470, "failed", false],
    [4482, "failed", false],
    [4701, "undelivered", false],
    [4702, "undelivered", false],
    [4720, "undelivered", false],
    [4721, "undelivered", false],
    [4730, "undelivered", false],
    [4740, "failed", false],
    [4750, "failed", false],
    [4770, "failed", false],
    [4775, "failed", true],
    [4780, "failed", false],
    [4781, "failed", false],
    [4785, "failed", false],
    [4790, "failed", false],
    [4791, "failed", false],
    [4795, "failed", false],
    [5100, "failed", false],
    [5600, "failed", false],
    [5650, "failed", false],
    [9902, "undelivered", false],
    [9999, "undelivered", false],
  ])("message-failed with %i is %s", async (errorCode, expected, optedOut) => {
    expect(await status([{ ...EVENT, type: "message-failed", errorCode }])).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: ID,
        status: expected,
        error: { code: String(errorCode), detail: expect.not.stringContaining("555"), optedOut },
      }],
    });
  });

  test("message-failed without a code, or with one as text", async () => {
    expect(await status([{ ...EVENT, type: "message-failed" }]))
      .toMatchObject({ value: [{ status: "failed", error: { code: "message-failed", optedOut: false } }] });
    expect(await status([{ ...EVENT, type: "message-failed", errorCode: "4775" }]))
      .toMatchObject({ value: [{ status: "failed", error: { code: "4775", optedOut: true } }] });
  });

  test("without our tag, Bandwidth's id alone remains", async () => {
    for (const tag of [undefined, null, ""]) {
      expect(await status([{ ...EVENT, message: { ...EVENT.message, tag } }]))
        .toMatchObject({ ok: true, value: [{ messageId: null, carrierMessageId: ID }] });
    }
  });

  test("a message of a handset is refused and told where it belongs, and a report likewise", async () => {
    expect(await status([MO])).toMatchObject({ status: 400, detail: expect.stringContaining("webhooks.inbound") });
    expect(await inbound([EVENT])).toMatchObject({ status: 400, detail: expect.stringContaining("webhooks.status") });
  });

  test("several at once; messages of handsets are lost, and unknown types are none", async () => {
    expect(await status([MO, { type: "constructor" }, EVENT, { ...EVENT, type: "message-sending" }])).toMatchObject({
      ok: true,
      value: [{ status: "delivered" }, { status: "sent" }],
      lost: { items: 1 },
    });
  });

  test.each([[EVENT], [[{ type: "message-delivered" }]], [[{ ...EVENT, message: { id: "" } }]]])(
    "%j is not understood",
    async (body) => expect(await status(body)).toMatchObject({ ok: false, status: 400 }),
  );
});

wantsTheKey(bandwidth, config, {
  key: KEY,
  inbound: (key) => ({ url: address("inbound", key), body: JSON.stringify([MO]) }),
  status: (key) => ({ url: address("status", key), body: JSON.stringify([EVENT]) }),
});

describe("Basic credentials", () => {
  const encoded = (text: string) => new TextEncoder().encode(text).toBase64();
  const right = `Basic ${encoded("hook:test-hook-password: é")}`;
  const call = (Authorization: string | null, key = "", settings: typeof config = withBasic) => {
    const headers = Authorization === null ? {} : { Authorization };
    const request = webhook({ url: address("x", key), headers, body: JSON.stringify([MO, EVENT]) });
    return Promise.all([bandwidth.inbound(request, settings, io), bandwidth.status(request, settings, io)]);
  };

  test.each([right, right.replace("Basic", "basic")])("%o is let in", async (header) => {
    for (const result of await call(header)) expect(result.ok).toBe(true);
  });

  test.each([
    ["none", null, 401],
    ["an empty header", "", 401],
    ["another scheme", "Bearer hook", 401],
    ["another password", `Basic ${encoded("hook:other")}`, 403],
    ["another name", `Basic ${encoded("hooks:test-hook-password: é")}`, 403],
    ["a password cut short", `Basic ${encoded("hook:test-hook-password: ")}`, 403],
    ["no base64", "Basic §", 401],
  ])("%s", async (_label, header, status) => {
    for (const result of await call(header)) {
      expect(result).toMatchObject({ ok: false, status });
      expect(JSON.stringify(result)).not.toContain("test-hook-password");
    }
  });

  test("beside a secret, both are wanted", async () => {
    const settings = { ...withBasic, webhook_secret: KEY };
    for (const result of await call(right, KEY, settings)) expect(result.ok).toBe(true);
    for (const result of await call(right, "", settings)) expect(result).toMatchObject({ ok: false, status: 401 });
    for (const result of await call(null, KEY, settings)) expect(result).toMatchObject({ ok: false, status: 401 });
  });
});

test("the answer is short and says nothing", () => {
  expect(bandwidth.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
