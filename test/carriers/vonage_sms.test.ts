import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type SmsSignature, smsSigned } from "../../src/carriers/vonage_signature.ts";
import { vonageSms } from "../../src/carriers/vonage_sms.ts";
import { keepsTheSendingContract, namesTheWrongOne, refusesForgedWebhooks } from "./contract.ts";
import { NOW, outgoing, signatureVectors, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

const SETTINGS = {
  api_key: "a1b2c3d4",
  api_secret: "api-secret-of-tests",
  signature_secret: "signature-secret-of-tests",
};
const config = vonageSms.config.parse(SETTINGS);
const INBOUND = "https://sms.example.com/carriers/acc_1/inbound";
const io = testIo();

/** Signed as Vonage's guide says, by node:crypto. */
function sign(params: Record<string, string>, method: SmsSignature = "sha256", secret = SETTINGS.signature_secret) {
  const text = Object.keys(params).sort().map((name) => `&${name}=${params[name]!.replaceAll(/[&=]/g, "_")}`).join("");
  return method === "md5hash"
    ? createHash("md5").update(text + secret).digest("hex")
    : createHmac(method, secret).update(text).digest("hex");
}

function signed(params: Record<string, string>): Record<string, string> {
  const all = { ...params, timestamp: String(NOW / 1000), nonce: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab" };
  return { ...all, sig: sign(all) };
}

const asForm = (params: Record<string, string>): WebhookParts => ({
  url: INBOUND,
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(params).toString(),
});
const asJson = (params: Record<string, string>): WebhookParts => ({
  url: INBOUND,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(params),
});
const asQuery = (params: Record<string, string>): WebhookParts => ({
  method: "GET",
  url: `${INBOUND}?${new URLSearchParams(params)}`,
});

const MESSAGE = {
  "api-key": "a1b2c3d4",
  msisdn: "447700900001",
  to: "447700900000",
  messageId: "0A0000000123ABCD1",
  text: "Hello & = good bye",
  type: "text",
  keyword: "HELLO",
  "message-timestamp": "2026-11-22 10:00:00",
};
const REPORT = {
  msisdn: "33612345678",
  to: "36105",
  "network-code": "20801",
  messageId: "0A0000001234567B",
  price: "0.03330000",
  status: "delivered",
  scts: "2611221000",
  "err-code": "0",
  "api-key": "a1b2c3d4",
  "client-ref": "msg_01",
  "message-timestamp": "2026-11-22 10:00:00",
};

const inbound = (params: Record<string, string>, settings: Partial<typeof config> = {}) =>
  vonageSms.inbound(webhook(asForm(signed(params))), { ...config, ...settings }, io);
const status = (params: Record<string, string>) => vonageSms.status(webhook(asForm(signed(params))), config, io);

describe("configuration", () => {
  test("defaults", () => {
    const defaults = { signature_method: "sha256", stop_reply: "gateway", api_url: "https://rest.nexmo.com" };
    expect(config).toEqual({ ...SETTINGS, ...defaults });
  });

  test.each([
    ["api_key", { ...SETTINGS, api_key: "" }],
    ["api_secret", { ...SETTINGS, api_secret: "with space" }],
    ["signature_method", { ...SETTINGS, signature_method: "none" }],
  ])("a wrong %s is named", namesTheWrongOne(vonageSms));
});

describe("send()", () => {
  const taken = { "message-count": "1", messages: [{ to: "336", "message-id": "0A01", status: "0" }] };

  test.each([
    ["a number", "+447700900000", "447700900000"],
    ["a short code", "36105", "36105"],
    ["a name", "ACME", "ACME"],
  ])("posts what Vonage documents, from %s", (_kind, from, written) =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/sms/json"]);
      expect(Object.fromEntries(new URLSearchParams(await request.text()))).toEqual({
        api_key: "a1b2c3d4",
        api_secret: "api-secret-of-tests",
        to: "33612345678",
        from: written,
        text: "Où ? 😀",
        type: "unicode",
        "status-report-req": "1",
        callback: "https://sms.example.com/carriers/acc_1/status",
        "client-ref": "msg_01",
        ttl: "90900",
      });
      return Response.json(taken);
    }, async (url) => {
      const message = outgoing({ from, text: "Où ? 😀", encoding: "UCS-2", validUntil: NOW + 90_900 });
      expect(await vonageSms.send(message, { ...config, api_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: "0A01", status: "sent" });
    }));

  test.each([
    [null, null],
    [NOW + 1, "20000"],
    [NOW + 900_000_000, "604800000"],
  ])("a life until %s is a ttl of %s", (validUntil, ttl) =>
    withServer(async (request) => {
      const form = new URLSearchParams(await request.text());
      expect([form.get("ttl"), form.get("type")]).toEqual([ttl, "text"]);
      return Response.json(taken);
    }, async (url) => {
      expect((await vonageSms.send(outgoing({ validUntil }), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  const answer = (...statuses: (string | number)[]) => ({
    "message-count": String(statuses.length),
    messages: statuses.map((status, i) => ({ status, "message-id": `0A0${i}`, "error-text": "to 33612345678" })),
  });
  test.each<[string, unknown, Record<string, unknown>]>([
    ["all parts of a long text", answer("0", "0", "0"), { ok: true, carrierMessageId: "0A00" }],
    ["throttled", answer("1"), { kind: "throttled", code: "1" }],
    ["too many connections", answer("10"), { kind: "throttled", code: "10" }],
    ["wrong credentials", answer("4"), { kind: "retryable", code: "4", of: "account" }],
    ["account barred", answer("8"), { kind: "retryable", code: "8", of: "account" }],
    ["no credit", answer("9"), { kind: "retryable", code: "9", of: "account" }],
    ["internal error", answer("5"), { kind: "retryable", code: "5" }],
    ["barred or opted out", answer("7"), { kind: "opted_out", code: "7" }],
    ...["2", "3", "6", "11", "12", "14", "15", "22", "23", "29", "32", "33"].map((code) =>
      [`status ${code}`, answer(code), { kind: "final", code }] as [string, unknown, Record<string, unknown>]
    ),
    ["a status as a number", answer(1), { kind: "throttled", code: "1" }],
    ["some parts and not others", answer("0", "1"), { kind: "ambiguous", code: "1" }],
    ["a status nobody knows", answer("constructor"), { kind: "final", code: "refused" }],
    ["no message", { messages: [] }, { kind: "ambiguous", code: "answer_malformed" }],
  ])("%s", (_label, body, expected) =>
    withServer(() => Response.json(body), async (url) => {
      const result = await vonageSms.send(outgoing(), { ...config, api_url: url }, io);
      expect(result).toMatchObject(expected);
      expect(JSON.stringify(result)).not.toContain("33612345678");
    }));
});

keepsTheSendingContract(vonageSms, {
  at: (url) => ({ ...config, api_url: url }),
  secrets: [SETTINGS.api_secret, SETTINGS.signature_secret],
});

describe.each([["a form", asForm], ["JSON", asJson], ["a query", asQuery]])("as %s", (_label, write) => {
  refusesForgedWebhooks({
    carrier: vonageSms,
    config,
    good: { inbound: write(signed(MESSAGE)), status: write(signed(REPORT)) },
    unproven: ({ url = "", body, ...parts }) => ({
      ...parts,
      url: url.replace(/([?&])sig=/, "$1gis="),
      body: typeof body === "string" ? body.replace(/\bsig\b/, "gis") : "",
    }),
    altered: ({ url = "", body, ...parts }) => ({
      ...parts,
      url: url.replace("msisdn=", "msisdm="),
      ...typeof body === "string" ? { body: body.replace("msisdn", "msisdm") } : {},
    }),
    timed: 86_400,
    other: { ...config, signature_secret: "another-secret" },
    signed: (body) => write(signed(Object.fromEntries(new URLSearchParams(body)))),
    content: { inbound: new URLSearchParams(MESSAGE).toString(), status: new URLSearchParams(REPORT).toString() },
    secrets: [SETTINGS.signature_secret, "another-secret"],
  });
});

describe("sig", () => {
  test.each(["md5hash", "md5", "sha1", "sha256", "sha512"] as const)(
    "%s counts when it is the account's",
    async (method) => {
      const params = { ...MESSAGE, timestamp: String(NOW / 1000) };
      const request = webhook(asForm({ ...params, sig: sign(params, method).toUpperCase() }));
      expect(await vonageSms.inbound(request, { ...config, signature_method: method }, io)).toMatchObject({ ok: true });
      const stricter = { ...config, signature_method: method === "sha512" ? "sha1" as const : "sha512" as const };
      expect(await vonageSms.inbound(request, stricter, io)).toMatchObject({ ok: false, status: 403 });
    },
  );

  test("without a time it is of no time", async () => {
    const request = webhook(asForm({ ...MESSAGE, sig: sign(MESSAGE) }));
    expect(await vonageSms.inbound(request, config, io)).toMatchObject({ status: 403, code: "credentials_stale" });
  });

  const { fixtures, reference } = signatureVectors("vonage");
  const vectors = [...fixtures, ...reference].filter(({ scheme }) => scheme.startsWith("SMS API"));
  test("there are vectors", () => expect(vectors.length).toBeGreaterThanOrEqual(6));
  test.each(vectors)("vector: $name: $valid", ({ params, secret, scheme, valid }) => {
    const method = scheme.split(" ")[3] as SmsSignature;
    expect(smsSigned(params ?? {}, secret ?? "", method)).toBe(valid);
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: MESSAGE.messageId,
    from: MESSAGE.msisdn,
    to: MESSAGE.to,
    text: MESSAGE.text,
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };
  const concat = { ...MESSAGE, concat: "true", "concat-ref": "7", "concat-total": "3", "concat-part": "2" };

  test.each([
    ["a message", MESSAGE, base],
    ["accents and an emoji, spaces kept", { ...MESSAGE, text: " Où ? 😀 ", type: "unicode" }, {
      ...base,
      text: " Où ? 😀 ",
    }],
    ["a part of a long one", concat, { ...base, part: { reference: "7", number: 2, total: 3 } }],
    ["a part that cannot be", { ...concat, "concat-part": "4" }, base],
    ["a part without a number", { ...concat, "concat-part": "" }, base],
    ["bytes", {
      msisdn: "447700900001",
      to: "447700900000",
      messageId: MESSAGE.messageId,
      type: "binary",
      data: "00FF",
      udh: "06",
    }, { ...base, text: "" }],
  ])("understands %s", async (_label, params, expected) => {
    expect(await inbound(params)).toEqual({ ok: true, value: [expected] });
  });

  test.each<[string, string, "provider" | "gateway", string | null, boolean]>([
    ["STOP", "447700900000", "gateway", null, false],
    ["STOP", "18445550100", "gateway", "opt_out", true],
    ["Quit", "12025550100", "provider", "opt_out", true],
  ])("%s to %s under %s: intent %s, answered %s", async (text, to, stop_reply, carrierIntent, alreadyAnswered) => {
    expect(await inbound({ ...MESSAGE, text, to }, { stop_reply }))
      .toMatchObject({ ok: true, value: [{ text, carrierIntent, alreadyAnswered }] });
  });

  test.each(["messageId", "msisdn", "to"])("signed, but without %s", async (field) => {
    expect(await inbound({ ...MESSAGE, [field]: "" }))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["accepted", "sent"],
    ["buffered", "queued"],
    ["delivered", "delivered"],
  ])("%s is %s", async (given, expected) => {
    expect(await status({ ...REPORT, status: given })).toEqual({
      ok: true,
      value: [{
        ...{ messageId: "msg_01", carrierMessageId: REPORT.messageId, status: expected, error: null },
        part: REPORT.messageId,
      }],
    });
  });

  test.each([
    ["expired", "0", "expired", "expired", false],
    ["failed", "6", "failed", "6", false],
    ["failed", "9", "failed", "9", true],
    ["rejected", "9", "failed", "9", true],
    ["rejected", "", "failed", "rejected", false],
    ["unknown", "99", "undelivered", "99", false],
  ])("%s with err-code %o is %s", async (given, err, expected, code, optedOut) => {
    expect(await status({ ...REPORT, status: given, "err-code": err })).toMatchObject({
      ok: true,
      value: [{ status: expected, error: { code, detail: expect.not.stringContaining("336"), optedOut } }],
    });
  });

  test("without our reference, Vonage's id alone remains", async () => {
    const { "client-ref": _, ...report } = REPORT;
    expect(await status(report)).toMatchObject({ ok: true, value: [{ messageId: null }] });
  });

  test.each(["lost", "constructor"])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, status: given })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(vonageSms.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});

test("a field called __proto__ is signed like any other", async () => {
  const sent = asJson(signed(JSON.parse(`{"__proto__": "x", ${JSON.stringify(MESSAGE).slice(1)}`)));
  expect(sent.body).toContain("__proto__");
  expect(await vonageSms.inbound(webhook(sent), config, io)).toMatchObject({ ok: true });
});
