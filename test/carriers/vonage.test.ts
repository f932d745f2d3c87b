import { createHash, createHmac, createPublicKey, createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { vonage } from "../../src/carriers/vonage.ts";
import { refuseToken } from "../../src/carriers/vonage_signature.ts";
import { keepsTheSendingContract, namesTheWrongOne, refusesForgedWebhooks, understandsRefusal } from "./contract.ts";
import {
  NOW,
  outgoing,
  signatureVectors,
  testIo,
  vectorClock,
  webhook,
  type WebhookParts,
  withServer,
} from "./support.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const SETTINGS = {
  api_key: "a1b2c3d4",
  application_id: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  signature_secret: "signature-secret-of-tests",
};
const SECRETS = [SETTINGS.private_key, SETTINGS.signature_secret];
const config = vonage.config.parse(SETTINGS);
const UUID = "bbbbbbbb-bbbb-4ccc-8ddd-0123456789ab";
const io = testIo();

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(claims: Record<string, unknown>, secret = SETTINGS.signature_secret): string {
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

function claimsFor(body: string): Record<string, unknown> {
  return {
    iat: NOW / 1000,
    jti: "cccccccc-bbbb-4ccc-8ddd-0123456789ab",
    iss: "Vonage",
    payload_hash: createHash("sha256").update(body).digest("hex"),
    api_key: SETTINGS.api_key,
    application_id: SETTINGS.application_id,
  };
}

function signedText(body: string, claims: Record<string, unknown> = {}): WebhookParts {
  return {
    url: "https://sms.example.com/carriers/acc_1/inbound",
    headers: {
      Authorization: `Bearer ${token({ ...claimsFor(body), ...claims })}`,
      "Content-Type": "application/json",
    },
    body,
  };
}

const FLAT = {
  message_uuid: UUID,
  to: "447700900000",
  from: "447700900001",
  timestamp: "2026-11-22T10:00:00Z",
  channel: "sms",
  message_type: "text",
  text: "Hello",
  sms: { num_messages: "1", keyword: "HELLO" },
};

const REPORT = {
  message_uuid: UUID,
  to: "33612345678",
  from: "36105",
  timestamp: "2026-11-22T10:00:00Z",
  status: "delivered",
  client_ref: "msg_01",
  channel: "sms",
  usage: { currency: "EUR", price: "0.0333" },
};

const inbound = (payload: unknown, settings: Partial<typeof config> = {}) =>
  vonage.inbound(webhook(signedText(JSON.stringify(payload))), { ...config, ...settings }, io);
const status = (payload: unknown) => vonage.status(webhook(signedText(JSON.stringify(payload))), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, stop_reply: "gateway", api_url: "https://api.nexmo.com" });
  });

  test.each([
    ["application_id", { ...SETTINGS, application_id: "mine" }],
    ["private_key", { ...SETTINGS, private_key: "-----BEGIN RSA PRIVATE KEY-----" }],
    ["signature_secret", { ...SETTINGS, signature_secret: "" }],
    ["api_url", { ...SETTINGS, api_url: "file:///etc" }],
    ["stop_reply", { ...SETTINGS, stop_reply: "nobody" }],
  ])("a wrong %s is named", namesTheWrongOne(vonage));
});

describe("send()", () => {
  test.each([
    ["a number", "+447700900000", "447700900000"],
    ["a short code", "36105", "36105"],
    ["a name", "ACME", "ACME"],
  ])("posts what Vonage documents, from %s", (_kind, from, written) =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/v1/messages"]);
      const [head = "", claims = "", signature = ""] = request.headers.get("Authorization")!.slice(7).split(".");
      const verify = createVerify("RSA-SHA256").update(`${head}.${claims}`);
      expect(verify.verify(createPublicKey(privateKey), signature, "base64url")).toBe(true);
      expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toEqual({
        application_id: SETTINGS.application_id,
        iat: NOW / 1000,
        exp: NOW / 1000 + 300,
        jti: `msg_01-${NOW}`,
      });
      expect(await request.json()).toEqual({
        channel: "sms",
        message_type: "text",
        to: "33612345678",
        from: written,
        text: "Où êtes-vous ? 😀".repeat(20),
        client_ref: "msg_01",
        webhook_url: "https://sms.example.com/carriers/acc_1/status",
        webhook_version: "v1",
        sms: { encoding_type: "unicode" },
        ttl: 90,
      });
      return Response.json({ message_uuid: UUID }, { status: 202 });
    }, async (url) => {
      const text = "Où êtes-vous ? 😀".repeat(20);
      const message = outgoing({ from, text, encoding: "UCS-2", segments: 5, validUntil: NOW + 90_900 });
      expect(await vonage.send(message, { ...config, api_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: UUID, status: "sent" });
    }));

  test("says of a text in GSM-7 that it is one, and nothing of a life without end", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect(body.sms).toEqual({ encoding_type: "text" });
      expect(body).not.toHaveProperty("ttl");
      return Response.json({ message_uuid: UUID }, { status: 202 });
    }, async (url) => {
      expect((await vonage.send(outgoing(), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  test.each([
    [NOW + 1, 20],
    [NOW + 900_000_000, 604_800],
  ])("a life until %s is a ttl of %s", (validUntil, ttl) =>
    withServer(async (request) => {
      expect((await request.json()).ttl).toBe(ttl);
      return Response.json({ message_uuid: UUID }, { status: 202 });
    }, async (url) => {
      expect((await vonage.send(outgoing({ validUntil }), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  const problem = (code: number, status: number) =>
    Response.json({
      type: `https://developer.vonage.com/api-errors/messages#${code}`,
      title: "No",
      detail: "to 33612345678",
      instance: "x",
    }, { status });
  test.each([
    ["throttled", problem(1000, 429), { kind: "throttled", code: "1000" }],
    ["missing parameter", problem(1010, 400), { kind: "final", code: "1010" }],
    ["invalid parameter", problem(1020, 422), { kind: "final", code: "1020" }],
    ["internal error, refused", problem(1030, 400), { kind: "retryable", code: "1030" }],
    ["internal error, open", problem(1030, 500), { kind: "ambiguous", code: "http_500" }],
    ["barred", problem(1050, 400), { kind: "opted_out", code: "1050" }],
    ["opted out", problem(1240, 400), { kind: "opted_out", code: "1240" }],
    ["no credit", problem(1070, 402), { kind: "retryable", code: "1070", of: "account" }],
    ["sender refused", problem(1120, 422), { kind: "final", code: "1120" }],
    ["a code in the title", Response.json({ title: 1000 }, { status: 400 }), { kind: "throttled", code: "1000" }],
    ["no code", Response.json({ type: "about:blank", title: "Unauthorized" }, { status: 401 }), {
      kind: "retryable",
      code: "http_401",
      of: "account",
    }],
  ])("%s", understandsRefusal((url) => vonage.send(outgoing(), { ...config, api_url: url }, io), SECRETS));

  test("a key that is none is the operator's matter", async () => {
    const private_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    expect(await vonage.send(outgoing(), { ...config, private_key }, io))
      .toMatchObject({ ok: false, kind: "retryable", code: "private_key_unusable", of: "account" });
  });
});

keepsTheSendingContract(vonage, {
  accepts: 202,
  at: (url) => ({ ...config, api_url: url }),
  secrets: SECRETS,
});

refusesForgedWebhooks({
  carrier: vonage,
  config,
  good: { inbound: signedText(JSON.stringify(FLAT)), status: signedText(JSON.stringify(REPORT)) },
  unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, Authorization: "" } }),
  altered: (parts) => ({ ...parts, body: `${parts.body} ` }),
  timed: 86_400,
  other: { ...config, signature_secret: "another-secret" },
  signed: (body) => signedText(body),
  secrets: [...SECRETS, "another-secret"],
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: UUID,
    from: "447700900001",
    to: "447700900000",
    text: "Hello",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };
  const { channel: _c, text: _t, message_type: _m, ...bare } = FLAT;

  test.each([
    ["version 1", FLAT, base],
    ["the older form", {
      message_uuid: UUID,
      to: { type: "sms", number: "447700900000" },
      from: { type: "sms", number: "447700900001" },
      message: { content: { type: "text", text: "Hello" }, sms: { num_messages: "1" } },
    }, base],
    ["media with a caption", {
      ...bare,
      channel: "mms",
      message_type: "image",
      image: { url: "https://media.example/1.jpg", caption: "Look" },
    }, { ...base, text: "Look", mediaUrls: ["https://media.example/1.jpg"] }],
    ["media and no text", { ...bare, channel: "mms", vcard: { url: "https://media.example/1.vcf" } }, {
      ...base,
      text: "",
      mediaUrls: ["https://media.example/1.vcf"],
    }],
  ])("understands %s", async (_label, payload, expected) => {
    expect(await inbound(payload)).toEqual({ ok: true, value: [expected] });
  });

  test.each<[string, string, "provider" | "gateway", string | null, boolean]>([
    ["STOP", "447700900000", "gateway", null, false],
    ["STOP", "18445550100", "gateway", "opt_out", true],
    ["START", "18445550100", "provider", null, true],
    ["stopall", "12025550100", "provider", "opt_out", true],
    ["please stop", "12025550100", "provider", null, false],
  ])("%s to %s under %s: intent %s, answered %s", async (text, to, stop_reply, carrierIntent, alreadyAnswered) => {
    expect(await inbound({ ...FLAT, text, to }, { stop_reply }))
      .toMatchObject({ ok: true, value: [{ text, carrierIntent, alreadyAnswered }] });
  });

  test.each([
    ["message_uuid", { ...FLAT, message_uuid: "" }],
    ["from", { ...FLAT, from: {} }],
    ["to", { ...FLAT, to: undefined }],
    ["channel", { ...FLAT, channel: "whatsapp" }],
  ])("signed, but without a %s that fits", async (field, payload) => {
    expect(await inbound(payload)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("the token", () => {
  const body = JSON.stringify(FLAT);
  test.each([
    ["another issuer", { iss: "nobody" }, "credentials_wrong"],
    ["another account", { api_key: "other" }, "credentials_wrong"],
    ["another application", { application_id: UUID }, "credentials_wrong"],
    ["no hash of the body", { payload_hash: undefined }, "credentials_wrong"],
    ["another body", { payload_hash: "00" }, "credentials_wrong"],
    ["no time", { iat: undefined }, "credentials_stale"],
    ["a time in words", { iat: "now" }, "credentials_stale"],
    ["a time of the day before yesterday", { iat: NOW / 1000 - 172_800 }, "credentials_stale"],
    ["a time in six minutes", { iat: NOW / 1000 + 360 }, "credentials_stale"],
  ])("%s: 403", async (_label, claims, code) => {
    expect(await vonage.inbound(webhook(signedText(body, claims)), config, io)).toMatchObject({ status: 403, code });
  });

  const { fixtures, reference } = signatureVectors("vonage");
  const tokens = [...fixtures, ...reference].filter(({ scheme }) => scheme.includes("JWT"));
  test.each(tokens)("vector: $name: $valid", (vector) => {
    // Vonage published one token without its body, so there everything but the hash must fit.
    const request = webhook({ method: "POST", headers: vector.headers, body: vector.body ?? "" });
    const settings = {
      api_key: "a1b2c3d",
      application_id: "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
      signature_secret: vector.secret ?? "",
    };
    const refusal = refuseToken(request, settings, vectorClock(vector));
    if (vector.valid && !vector.body) expect(refusal?.detail).toBe("payload_hash does not fit the body");
    else expect(refusal === null).toBe(vector.valid);
  });
});

describe("status()", () => {
  test.each([
    ["submitted", "sent"],
    ["delivered", "delivered"],
    ["read", "delivered"],
  ])("%s is %s", async (given, expected) => {
    expect(await status({ ...REPORT, status: given })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: UUID, status: expected, error: null }],
    });
  });

  const type = "https://developer.vonage.com/api-errors/messages";
  test.each([
    ["rejected", { type: `${type}#1240`, title: 1240 }, "failed", "1240", true],
    ["rejected", { type: `${type}#1050`, title: "Barred" }, "failed", "1050", true],
    ["rejected", { title: "1120", detail: "to 33612345678" }, "failed", "1120", false],
    ["undeliverable", { type: `${type}#1180` }, "undelivered", "1180", false],
    ["undeliverable", null, "undelivered", "undeliverable", false],
    ["rejected", undefined, "failed", "rejected", false],
  ])("%s with error %j is %s", async (given, error, expected, code, optedOut) => {
    expect(await status({ ...REPORT, status: given, error })).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: UUID,
        status: expected,
        error: { code, detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test("without our reference, Vonage's id alone remains", async () => {
    const { client_ref: _, ...report } = REPORT;
    expect(await status(report)).toMatchObject({ ok: true, value: [{ messageId: null, carrierMessageId: UUID }] });
  });

  test.each(["lost", "constructor", undefined])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, status: given })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(vonage.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
