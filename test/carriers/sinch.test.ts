import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sinch } from "../../src/carriers/sinch.ts";
import { refuseSinch } from "../../src/carriers/sinch_signature.ts";
import { keepsTheSendingContract, refusesForgedWebhooks, understandsRefusal, wantsTheKey } from "./contract.ts";
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

const SETTINGS = {
  service_plan_id: "plan0of0tests",
  api_token: "api-token-of-tests",
  signature_secret: "signature-secret",
};
const SECRETS = [SETTINGS.api_token, SETTINGS.signature_secret];
const config = sinch.config.parse(SETTINGS);
const KEY = "webhook-secret-of-tests";
const keyed = sinch.config.parse({
  service_plan_id: "plan0of0tests",
  api_token: "api-token-of-tests",
  webhook_secret: KEY,
});
const ID = "01KAP000000000000000000001";
const io = testIo();

function signed(body: string, timestamp = String(NOW / 1000), nonce = "01KAP0N0NCE"): WebhookParts {
  const signature = createHmac("sha256", SETTINGS.signature_secret).update(`${body}.${nonce}.${timestamp}`);
  return {
    url: "https://sms.example.com/carriers/acc_1/inbound",
    headers: {
      "Content-Type": "application/json",
      "x-sinch-webhook-signature": signature.digest("base64"),
      "x-sinch-webhook-signature-algorithm": "HmacSHA256",
      "x-sinch-webhook-signature-nonce": nonce,
      "x-sinch-webhook-signature-timestamp": timestamp,
    },
    body,
  };
}

const MESSAGE = {
  type: "mo_text",
  id: ID,
  from: "447700900001",
  to: "447700900000",
  body: "Hello é",
  operator_id: "23410",
  sent_at: "2026-11-22T09:59:59.000Z",
  received_at: "2026-11-22T10:00:00.000Z",
};
const REPORT = {
  type: "recipient_delivery_report_sms",
  batch_id: ID,
  recipient: "33612345678",
  code: 0,
  status: "Delivered",
  at: "2026-11-22T10:00:00.000Z",
  operator_status_at: "2026-11-22T10:00:00.000Z",
  client_reference: "msg_01",
};

const inbound = (payload: unknown) => sinch.inbound(webhook(signed(JSON.stringify(payload))), config, io);
const status = (payload: unknown) => sinch.status(webhook(signed(JSON.stringify(payload))), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, api_url: "https://us.sms.api.sinch.com" });
  });

  const { signature_secret: _, ...open } = SETTINGS;
  test.each([
    ["service_plan_id", { ...SETTINGS, service_plan_id: "../x" }],
    ["api_token", { ...SETTINGS, api_token: "" }],
    ["signature_secret", open],
    ["signature_secret", { ...SETTINGS, webhook_secret: KEY }],
    ["webhook_secret", { ...open, webhook_secret: "short" }],
  ])("a wrong %s is named", (field, settings) => {
    expect(sinch.config.safeParse(settings).error?.issues.map((issue) => issue.path.join("."))).toContain(field);
  });
});

describe("send()", () => {
  const created = () =>
    Response.json({ id: ID, to: ["33612345678"], canceled: false, type: "mt_text" }, { status: 201 });

  test.each([
    ["a number", "+447700900000", "447700900000"],
    ["a short code", "36105", "36105"],
    ["a name", "ACME", "ACME"],
  ])("posts what Sinch documents, from %s", (_kind, from, written) =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/xms/v1/plan0of0tests/batches"]);
      expect(request.headers.get("Authorization")).toBe("Bearer api-token-of-tests");
      expect(await request.json()).toEqual({
        type: "mt_text",
        from: written,
        to: ["33612345678"],
        body: "Où êtes-vous ? 😀".repeat(20),
        delivery_report: "per_recipient",
        callback_url: "https://sms.example.com/carriers/acc_1/status",
        client_reference: "msg_01",
        expire_at: "2026-11-22T10:01:30.000Z",
      });
      return created();
    }, async (url) => {
      const text = "Où êtes-vous ? 😀".repeat(20);
      const message = outgoing({ from, text, encoding: "UCS-2", segments: 5, validUntil: NOW + 90_900 });
      expect(await sinch.send(message, { ...config, api_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
    }));

  test.each([
    ["that is over", NOW - 1, "2026-11-22T10:00:01.000Z"],
    ["of five days", NOW + 432_000_000, "2026-11-25T10:00:00.000Z"],
  ])("a life %s ends within what Sinch takes", (_label, validUntil, expireAt) =>
    withServer(async (request) => {
      expect((await request.json()).expire_at).toBe(expireAt);
      return created();
    }, async (url) => {
      expect((await sinch.send(outgoing({ validUntil }), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  test("where Sinch signs nothing, the address for reports holds the key", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect(body.callback_url).toBe(`https://sms.example.com/carriers/acc_1/status?key=${KEY}`);
      expect(body).not.toHaveProperty("expire_at");
      return created();
    }, async (url) => {
      expect((await sinch.send(outgoing(), { ...keyed, api_url: url }, io)).ok).toBe(true);
    }));

  const refusal = (code: string, status: number) =>
    Response.json({ code, text: "33612345678 is not fine" }, { status });
  test.each([
    ["bad parameter", refusal("syntax_invalid_parameter_format", 400), {
      kind: "final",
      code: "syntax_invalid_parameter_format",
    }],
    ["forbidden", refusal("unauthorized", 401), {
      kind: "retryable",
      code: "unauthorized",
      of: "account",
    }],
    ["too fast", refusal("too_many_requests", 429), { kind: "throttled", code: "too_many_requests" }],
    ["words instead of a code", refusal("No, +33612345678", 403), { kind: "final", code: "http_403" }],
    ["a code in a server error", refusal("internal", 500), { kind: "ambiguous", code: "http_500" }],
  ])("%s", understandsRefusal((url) => sinch.send(outgoing(), { ...config, api_url: url }, io), SECRETS));
});

keepsTheSendingContract(sinch, {
  at: (url) => ({ ...config, api_url: url }),
  secrets: SECRETS,
  accepts: 201,
});

refusesForgedWebhooks({
  carrier: sinch,
  config,
  good: { inbound: signed(JSON.stringify(MESSAGE)), status: signed(JSON.stringify(REPORT)) },
  unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "x-sinch-webhook-signature": "" } }),
  altered: (parts) => ({ ...parts, body: `${parts.body} ` }),
  timed: 163_835,
  other: { ...config, signature_secret: "another-secret" },
  signed: (body) => signed(body),
  secrets: [...SECRETS, "another-secret"],
});

wantsTheKey(sinch, keyed, {
  key: KEY,
  inbound: (key) => ({
    url: `https://sms.example.com/carriers/acc_1/inbound?key=${key}`,
    body: JSON.stringify(MESSAGE),
  }),
  status: (key) => ({ url: `https://sms.example.com/carriers/acc_1/status?key=${key}`, body: JSON.stringify(REPORT) }),
});

describe("the signature", () => {
  const good = signed(JSON.stringify(MESSAGE));
  test.each([
    ["-algorithm", "HmacSHA1", "credentials_wrong"],
    ["-algorithm", "", "credentials_wrong"],
    ["-nonce", "", "credentials_missing"],
    ["-nonce", "other", "credentials_wrong"],
    ["-timestamp", "", "credentials_missing"],
    ["-timestamp", String(NOW / 1000 + 1), "credentials_wrong"],
    ["", "invalid-signature", "credentials_wrong"],
  ])("x-sinch-webhook-signature%s of %o", async (name, value, code) => {
    const headers = { ...good.headers, [`x-sinch-webhook-signature${name}`]: value };
    expect(await sinch.inbound(webhook({ ...good, headers }), config, io)).toMatchObject({ ok: false, code });
  });

  test("a key in the address does not stand in for it", async () => {
    const parts = { ...good, headers: {}, url: `https://sms.example.com/carriers/acc_1/inbound?key=${KEY}` };
    expect(await sinch.inbound(webhook(parts), config, io)).toMatchObject({ ok: false, status: 401 });
  });

  const { fixtures, reference } = signatureVectors("sinch");
  test.each([...fixtures, ...reference])("vector: $name: $valid", (vector) => {
    const request = webhook({ headers: vector.headers, body: vector.body ?? "" });
    expect(refuseSinch(request, vector.secret ?? "", vectorClock(vector)) === null).toBe(vector.valid);
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "447700900001",
    to: "447700900000",
    text: "Hello é",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a message", MESSAGE, base],
    ["bytes", { ...MESSAGE, type: "mo_binary", body: "AP8=", udh: "0605040B8423F0" }, { ...base, text: "" }],
    ["media", {
      ...MESSAGE,
      type: "mo_media",
      body: {
        message: "Look",
        media: [{ url: "https://m/0", content_type: "image/png", status: "Uploaded" }, { url: null }],
      },
    }, { ...base, text: "Look", mediaUrls: ["https://m/0"] }],
    ["media and no text", { ...MESSAGE, type: "mo_media", body: { message: null } }, { ...base, text: "" }],
    ["a stop, which is ours to answer", { ...MESSAGE, body: "STOP" }, { ...base, text: "STOP" }],
    ["a stop to a toll-free number", { ...MESSAGE, body: "STOP", to: "18445550100" }, {
      ...base,
      to: "18445550100",
      text: "STOP",
      carrierIntent: "opt_out",
      alreadyAnswered: true,
    }],
  ])("understands %s", async (_label, payload, expected) => {
    expect(await inbound(payload)).toEqual({ ok: true, value: [expected] });
  });

  test.each([
    ["type", { ...MESSAGE, type: "mo_smell" }],
    ["id", { ...MESSAGE, id: "" }],
    ["from", { ...MESSAGE, from: undefined }],
    ["to", { ...MESSAGE, to: 1 }],
    ["body", { ...MESSAGE, body: undefined }],
  ])("signed, but without a %s that fits", async (field, payload) => {
    expect(await inbound(payload)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["Queued", 400, "queued"],
    ["Dispatched", 401, "sent"],
    ["Delivered", 0, "delivered"],
  ])("%s is %s", async (given, code, expected) => {
    expect(await status({ ...REPORT, status: given, code })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    ["Failed", 404, "undelivered", false],
    ["Unknown", 408, "undelivered", false],
    ["Aborted", 402, "failed", false],
    ["Cancelled", 407, "failed", false],
    ["Rejected", 403, "failed", false],
    ["Rejected", 257, "failed", true],
    ["Deleted", 257, "failed", true],
    ["Expired", 406, "expired", false],
  ])("%s with code %d is %s", async (given, code, expected, optedOut) => {
    expect(await status({ ...REPORT, status: given, code })).toMatchObject({
      ok: true,
      value: [{
        status: expected,
        error: { code: String(code), detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test("a report of the whole batch is that of its one message", async () => {
    const report = {
      type: "delivery_report_sms",
      batch_id: ID,
      total_message_count: 1,
      client_reference: "msg_01",
      statuses: [{ code: 0, status: "Delivered", count: 1, recipients: ["33612345678"] }],
    };
    expect(await status(report)).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: "delivered", error: null }],
    });
    expect(await status({ ...report, statuses: [] })).toEqual({ ok: true, value: [] });
    const several = [...report.statuses, { code: 1, status: "Failed", count: 1 }];
    expect(await status({ ...report, statuses: several })).toMatchObject({ ok: false, status: 400 });
  });

  test.each([null, undefined, ""])("with the reference %o Sinch's id alone remains", async (client_reference) => {
    expect(await status({ ...REPORT, client_reference }))
      .toMatchObject({ ok: true, value: [{ messageId: null, carrierMessageId: ID }] });
  });

  test.each(["Lost", "constructor"])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, status: given })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(sinch.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
