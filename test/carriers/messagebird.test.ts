import { createHash, createHmac } from "node:crypto";
import { stringify } from "node:querystring";
import { describe, expect, test } from "vitest";
import { messagebird } from "../../src/carriers/messagebird.ts";
import { refuseMessagebirdHmac, refuseMessagebirdJwt } from "../../src/carriers/messagebird_signature.ts";
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

const SETTINGS = { access_key: "access-key-of-tests", signing_key: "signing-key-of-tests" };
const SECRETS = [SETTINGS.access_key, SETTINGS.signing_key];
const config = messagebird.config.parse(SETTINGS);
const older = messagebird.config.parse({ ...SETTINGS, signature: "hmac" });
const ID = "eef0ab57a9e049be946f3821568c2b2e";
const INBOUND = "https://sms.example.com/carriers/acc_1/inbound";
const STATUS = "https://sms.example.com/carriers/acc_1/status";
const io = testIo();

const sha256 = (bytes: string) => createHash("sha256").update(bytes);
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The header that MessageBird sends with a request, by node:crypto. */
function token(url: string, body: string, claims: Record<string, unknown> = {}, key = SETTINGS.signing_key): string {
  const payload = {
    iss: "MessageBird",
    nbf: NOW / 1000,
    exp: NOW / 1000 + 60,
    jti: "59a244dc-e9ad-4e23-9778-371faa238f72",
    url_hash: sha256(url).digest("hex"),
    ...body === "" ? {} : { payload_hash: sha256(body).digest("hex") },
    ...claims,
  };
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(payload)}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

function asQuery(params: Record<string, string>, base: string, claims: Record<string, unknown> = {}): WebhookParts {
  const url = `${base}?${new URLSearchParams(params)}`;
  return { method: "GET", url, headers: { "messagebird-signature-jwt": token(url, "", claims) } };
}

function asForm(params: Record<string, string>, url = INBOUND): WebhookParts {
  const body = new URLSearchParams(params).toString();
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    "messagebird-signature-jwt": token(url, body),
  };
  return { url, headers, body };
}

function asJson(body: string, url = INBOUND): WebhookParts {
  return { url, headers: { "Content-Type": "application/json", "messagebird-signature-jwt": token(url, body) }, body };
}

/** Under the older scheme. */
function asOlder(params: Record<string, string>, base: string, body = ""): WebhookParts {
  const timestamp = String(NOW / 1000);
  const sorted = stringify(Object.fromEntries(Object.entries(params).sort()));
  const signed = createHmac("sha256", SETTINGS.signing_key).update(`${timestamp}\n${sorted}\n`).update(
    sha256(body).digest(),
  );
  return {
    method: body === "" ? "GET" : "POST",
    url: `${base}?${new URLSearchParams(params)}`,
    headers: {
      "Content-Type": "application/json",
      "messagebird-signature": signed.digest("base64"),
      "messagebird-request-timestamp": timestamp,
    },
    body,
  };
}

const MESSAGE = {
  id: ID,
  originator: "31612345678",
  recipient: "3197000000000",
  body: "Hello é & co",
  createdDatetime: "2026-11-22T10:00:00+00:00",
};
const REPORT = {
  id: ID,
  reference: "msg_01",
  recipient: "33612345678",
  status: "delivered",
  statusDatetime: "2026-11-22T10:00:00+00:00",
  mccmnc: "20801",
  ported: "0",
};

const inbound = (params: Record<string, string>) => messagebird.inbound(webhook(asForm(params)), config, io);
const status = (params: Record<string, string>) => messagebird.status(webhook(asQuery(params, STATUS)), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, signature: "jwt", api_url: "https://rest.messagebird.com" });
  });

  test.each([
    ["access_key", { ...SETTINGS, access_key: "" }],
    ["signing_key", { ...SETTINGS, signing_key: "a b" }],
    ["signature", { ...SETTINGS, signature: "none" }],
  ])("a wrong %s is named", namesTheWrongOne(messagebird));
});

describe("send()", () => {
  test.each([
    ["a number", "+447700900000", "447700900000"],
    ["a short code", "36105", "36105"],
    ["a name", "ACME", "ACME"],
  ])("posts what MessageBird documents, from %s", (_kind, from, written) =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/messages"]);
      expect(request.headers.get("Authorization")).toBe("AccessKey access-key-of-tests");
      expect(await request.json()).toEqual({
        originator: written,
        recipients: ["33612345678"],
        body: "Où êtes-vous ? 😀".repeat(20),
        type: "sms",
        datacoding: "unicode",
        reference: "msg_01",
        reportUrl: STATUS,
        validity: 90,
      });
      return Response.json({ id: ID, reference: "msg_01" }, { status: 201 });
    }, async (url) => {
      const text = "Où êtes-vous ? 😀".repeat(20);
      const message = outgoing({ from, text, encoding: "UCS-2", segments: 5, validUntil: NOW + 90_900 });
      expect(await messagebird.send(message, { ...config, api_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
    }));

  test("says of a text in GSM-7 that it is one, and nothing of a life without end", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect([body.datacoding, "validity" in body]).toEqual(["plain", false]);
      return Response.json({ id: ID }, { status: 201 });
    }, async (url) => {
      expect((await messagebird.send(outgoing(), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  const refusal = (code: unknown, status: number) =>
    Response.json({ errors: [{ code, description: "33612345678 is not fine", parameter: "recipients" }] }, { status });
  test.each([
    ["wrong key", refusal(2, 401), { kind: "retryable", code: "2", of: "account" }],
    ["missing parameter", refusal(9, 422), { kind: "final", code: "9" }],
    ["invalid parameter", refusal(10, 422), { kind: "final", code: "10" }],
    ["no credit", refusal(25, 422), { kind: "retryable", code: "25", of: "account" }],
    ["too fast", refusal(99, 429), { kind: "throttled", code: "99" }],
    ["a code that is none", refusal("x", 400), { kind: "final", code: "http_400" }],
    ["a code in a server error", refusal(99, 500), { kind: "ambiguous", code: "http_500" }],
  ])("%s", understandsRefusal((url) => messagebird.send(outgoing(), { ...config, api_url: url }, io), SECRETS));
});

keepsTheSendingContract(messagebird, {
  at: (url) => ({ ...config, api_url: url }),
  secrets: SECRETS,
  accepts: 201,
});

describe("under the token", () => {
  refusesForgedWebhooks({
    carrier: messagebird,
    config,
    good: { inbound: asForm(MESSAGE), status: asQuery(REPORT, STATUS) },
    unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "messagebird-signature-jwt": "" } }),
    altered: ({ url = "", body, ...parts }) =>
      body ? { ...parts, url, body: `${body}&x=1` } : { ...parts, url: `${url}&x=1` },
    timed: 0,
    other: { ...config, signing_key: "another-key" },
    signed: (body, kind) => asJson(body, kind === "inbound" ? INBOUND : STATUS),
    content: { inbound: JSON.stringify(MESSAGE), status: JSON.stringify(REPORT) },
    secrets: [...SECRETS, "another-key"],
  });
});

describe("under the older scheme", () => {
  refusesForgedWebhooks({
    carrier: messagebird,
    config: older,
    good: { inbound: asOlder(MESSAGE, INBOUND), status: asOlder(REPORT, STATUS) },
    unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "messagebird-signature": "" } }),
    altered: ({ url = "", ...parts }) => ({ ...parts, url: `${url}&x=1` }),
    timed: 0,
    other: { ...older, signing_key: "another-key" },
    signed: (body, kind) => asOlder({}, kind === "inbound" ? INBOUND : STATUS, body || " "),
    content: { inbound: JSON.stringify(MESSAGE), status: JSON.stringify(REPORT) },
    secrets: [...SECRETS, "another-key"],
  });

  test.each([[100, true], [101, false]])("%d seconds away: %s", async (seconds, expected) => {
    for (const away of [seconds, -seconds]) {
      const then = testIo({ now: () => NOW + away * 1000 });
      expect((await messagebird.inbound(webhook(asOlder(MESSAGE, INBOUND)), older, then)).ok).toBe(expected);
    }
  });

  test("a STOP behind more parameters than Node reads is not signed", async () => {
    const { url = "", ...parts } = asOlder(REPORT, STATUS);
    const forged = new URLSearchParams({ originator: "33699999999", body: "STOP" });
    const request = webhook({ ...parts, url: `${url.replace(STATUS, INBOUND)}${"&".repeat(1000)}${forged}` });
    expect(await messagebird.inbound(request, older, io)).toMatchObject({ status: 403, code: "credentials_wrong" });
  });

  test("it counts only where it was chosen, and the token only where that was", async () => {
    expect(await messagebird.inbound(webhook(asOlder(MESSAGE, INBOUND)), config, io)).toMatchObject({ status: 401 });
    expect(await messagebird.inbound(webhook(asForm(MESSAGE)), older, io)).toMatchObject({ status: 401 });
  });
});

describe("the token", () => {
  test.each([
    ["another issuer", { iss: "nobody" }, "credentials_wrong"],
    ["another address", { url_hash: sha256(INBOUND).digest("hex") }, "credentials_wrong"],
    ["no address", { url_hash: undefined }, "credentials_wrong"],
    ["a body that is not there", { payload_hash: sha256("").digest("hex") }, "credentials_wrong"],
    ["no beginning", { nbf: undefined }, "credentials_stale"],
    ["no end", { exp: undefined }, "credentials_stale"],
    ["a beginning six seconds from now", { nbf: NOW / 1000 + 6 }, "credentials_stale"],
    ["an end six seconds ago", { exp: NOW / 1000 - 6 }, "credentials_stale"],
  ])("%s: 403", async (_label, claims, code) => {
    expect(await messagebird.status(webhook(asQuery(REPORT, STATUS, claims)), config, io)).toMatchObject({
      status: 403,
      code,
    });
  });

  test.each([{ nbf: NOW / 1000 + 5 }, { exp: NOW / 1000 - 5 }])("%j: clocks differ", async (claims) => {
    expect(await messagebird.status(webhook(asQuery(REPORT, STATUS, claims)), config, io)).toMatchObject({ ok: true });
  });
});

describe("vectors", () => {
  const { fixtures, reference } = signatureVectors("messagebird");
  const vectors = [...fixtures, ...reference];

  test.each(vectors.filter(({ scheme }) => scheme.includes("JWT")))("$name: $valid", (vector) => {
    const request = webhook({
      method: vector.method,
      url: vector.url ?? "",
      headers: vector.headers,
      body: vector.body ?? "",
    });
    expect(refuseMessagebirdJwt(request, vector.secret ?? "", vectorClock(vector)) === null).toBe(vector.valid);
  });

  test.each(vectors.filter(({ scheme }) => scheme.includes("HMAC")))("$name: $valid", (vector) => {
    const url = `${STATUS}?${new URLSearchParams(vector.params)}`;
    const request = webhook({ method: "GET", url, headers: vector.headers });
    expect(refuseMessagebirdHmac(request, vector.secret ?? "", vectorClock(vector)) === null).toBe(vector.valid);
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "31612345678",
    to: "3197000000000",
    text: "Hello é & co",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };
  const { id: _, ...nameless } = MESSAGE;

  test.each([
    ["a form", asForm(MESSAGE), base],
    ["a query", asQuery(MESSAGE, INBOUND), base],
    ["JSON, numbers as numbers", asJson(JSON.stringify({ ...MESSAGE, originator: 31612345678 })), base],
    ["no id: known again by its token", asForm(nameless), {
      ...base,
      carrierMessageId: expect.stringMatching(/^signed_[0-9a-f]{32}$/),
    }],
    ["a stop, which is ours to answer", asForm({ ...MESSAGE, body: "STOP" }), { ...base, text: "STOP" }],
    ["a stop to a toll-free number", asForm({ ...MESSAGE, body: "STOP", recipient: "18445550100" }), {
      ...base,
      to: "18445550100",
      text: "STOP",
      carrierIntent: "opt_out",
      alreadyAnswered: true,
    }],
  ])("understands %s", async (_label, parts, expected) => {
    expect(await messagebird.inbound(webhook(parts), config, io)).toEqual({ ok: true, value: [expected] });
  });

  test.each(["originator", "recipient"])("signed, but without %s", async (field) => {
    expect(await inbound({ ...MESSAGE, [field]: "" }))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["scheduled", "queued"],
    ["buffered", "queued"],
    ["sent", "sent"],
    ["delivered", "delivered"],
  ])("%s is %s", async (given, expected) => {
    expect(await status({ ...REPORT, status: given })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    ["expired", "expired", "", "expired", "expired", false],
    ["delivery_failed", "unknown subscriber", "1", "failed", "1", false],
    ["delivery_failed", "opted out", "103", "failed", "103", true],
    ["delivery_failed", "opted_out", "", "failed", "delivery_failed", true],
  ])("%s for %o with error %o is %s", async (given, statusReason, statusErrorCode, expected, code, optedOut) => {
    expect(await status({ ...REPORT, status: given, statusReason, statusErrorCode })).toMatchObject({
      ok: true,
      value: [{ status: expected, error: { code, detail: expect.not.stringContaining("336"), optedOut } }],
    });
  });

  test("without our reference, MessageBird's id alone remains", async () => {
    const { reference: _, ...report } = REPORT;
    expect(await status(report)).toMatchObject({ ok: true, value: [{ messageId: null, carrierMessageId: ID }] });
  });

  test.each(["lost", "constructor"])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, status: given })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is what MessageBird expects", () => {
  expect(messagebird.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "OK" });
});
