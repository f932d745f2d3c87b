import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { telnyx } from "../../src/carriers/telnyx.ts";
import { refuseTelnyx } from "../../src/carriers/telnyx_signature.ts";
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

/** A key pair of Ed25519 from 32 bytes (RFC 8410), so that every run signs alike. */
function keyPair(byte: number) {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, byte)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32).toString(
    "base64",
  );
  return { privateKey, publicKey };
}

const pair = keyPair(1);
const SETTINGS = { api_key: "KEY0123-of-tests", public_key: pair.publicKey };
const SECRETS = [SETTINGS.api_key];
const config = telnyx.config.parse(SETTINGS);
const ID = "84cca175-9755-4859-b67f-4730d7f58aa3";
const io = testIo();

function signed(body: string, timestamp = String(NOW / 1000)): WebhookParts {
  const signature = sign(null, Buffer.from(`${timestamp}|${body}`), pair.privateKey).toString("base64");
  return {
    url: "https://sms.example.com/carriers/acc_1/inbound",
    headers: {
      "Content-Type": "application/json",
      "telnyx-signature-ed25519": signature,
      "telnyx-timestamp": timestamp,
    },
    body,
  };
}

const event = (event_type: string, payload: unknown) => ({
  data: {
    event_type,
    id: "b301ed3f-1490-491f-995f-6e64e69674d4",
    occurred_at: "2026-11-22T10:00:00.000+00:00",
    payload,
    record_type: "event",
  },
  meta: { attempt: 1, delivered_to: "https://sms.example.com/carriers/acc_1/inbound" },
});

const MESSAGE = {
  id: ID,
  direction: "inbound",
  type: "SMS",
  from: { phone_number: "+12025550101", carrier: "A Carrier", line_type: "Wireless" },
  to: [{ phone_number: "+12025550100", status: "webhook_delivered" }],
  cc: [],
  text: "Hello é",
  media: [],
  encoding: "GSM-7",
  parts: 1,
  tags: [],
  received_at: "2026-11-22T10:00:00.000+00:00",
  errors: [],
};

const REPORT = {
  id: ID,
  direction: "outbound",
  type: "SMS",
  from: { phone_number: "+12025550100" },
  to: [{ phone_number: "+33612345678", status: "delivered" }],
  text: "Bonjour",
  tags: ["msg_01"],
  errors: [],
};

const inbound = (payload: unknown, settings: Partial<typeof config> = {}) =>
  telnyx.inbound(webhook(signed(JSON.stringify(event("message.received", payload)))), { ...config, ...settings }, io);
const status = (payload: unknown, type = "message.finalized") =>
  telnyx.status(webhook(signed(JSON.stringify(event(type, payload)))), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, stop_reply: "provider", api_url: "https://api.telnyx.com" });
  });

  test.each([
    ["api_key", { ...SETTINGS, api_key: "a b" }],
    ["public_key", { ...SETTINGS, public_key: "AAAA" }],
    ["messaging_profile_id", { ...SETTINGS, messaging_profile_id: "mine" }],
    ["stop_reply", { ...SETTINGS, stop_reply: "nobody" }],
  ])("a wrong %s is named", namesTheWrongOne(telnyx));
});

describe("send()", () => {
  test.each(["+12025550100", "36105", "ACME"])(
    "posts what Telnyx documents, from %s",
    (from) =>
      withServer(async (request) => {
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/v2/messages"]);
        expect(request.headers.get("Authorization")).toBe("Bearer KEY0123-of-tests");
        expect(await request.json()).toEqual({
          from,
          to: "+33612345678",
          text: "Où êtes-vous ? 😀".repeat(20),
          type: "SMS",
          messaging_profile_id: ID,
          webhook_url: "https://sms.example.com/carriers/acc_1/status",
          use_profile_webhooks: false,
          tags: ["msg_01"],
        });
        return Response.json({ data: { id: ID, record_type: "message", to: [{ status: "queued" }], parts: 5 } });
      }, async (url) => {
        const message = outgoing({ from, text: "Où êtes-vous ? 😀".repeat(20), encoding: "UCS-2", segments: 5 });
        expect(await telnyx.send(message, { ...config, messaging_profile_id: ID, api_url: url }, io))
          .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
      }),
  );

  const refusal = (code: unknown, status: number, headers: Record<string, string> = {}) =>
    Response.json({ errors: [{ code, title: "No", detail: "+33612345678 is not fine" }] }, { status, headers });
  test.each([
    ["opted out", refusal("40300", 400), { kind: "opted_out", code: "40300" }],
    ["a code as a number", refusal(40300, 403), { kind: "opted_out", code: "40300" }],
    ["too many requests", refusal("10011", 429, { "Retry-After": "3" }), {
      kind: "throttled",
      code: "10011",
      retryAfterSeconds: 3,
    }],
    ["over the rate of the sender", refusal("40011", 400), { kind: "throttled", code: "40011" }],
    ["refused for now", refusal("40004", 400), { kind: "retryable", code: "40004" }],
    ["network out of service", refusal("40006", 400), { kind: "retryable", code: "40006" }],
    ["not routable", refusal("40001", 400), { kind: "final", code: "40001" }],
    ["spam for the time being", refusal("40002", 400), { kind: "final", code: "40002" }],
    ["spam", refusal("40003", 400), { kind: "final", code: "40003" }],
    ["undeliverable", refusal("40008", 400), { kind: "final", code: "40008" }],
    ["body refused", refusal("40009", 422), { kind: "final", code: "40009" }],
    ["wrong key", refusal("10009", 401), { kind: "retryable", code: "10009", of: "account" }],
    ["a code that is none", refusal("constructor", 400), { kind: "final", code: "constructor" }],
    ["no codes", Response.json({ errors: [] }, { status: 400 }), { kind: "final", code: "http_400" }],
    ["a code in a server error", refusal("40300", 500), { kind: "ambiguous", code: "http_500" }],
  ])("%s", understandsRefusal((url) => telnyx.send(outgoing(), { ...config, api_url: url }, io), SECRETS));
});

keepsTheSendingContract(telnyx, { at: (url) => ({ ...config, api_url: url }), secrets: SECRETS });

refusesForgedWebhooks({
  carrier: telnyx,
  config,
  good: {
    inbound: signed(JSON.stringify(event("message.received", MESSAGE))),
    status: signed(JSON.stringify(event("message.finalized", REPORT))),
  },
  unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "telnyx-signature-ed25519": "" } }),
  altered: (parts) => ({ ...parts, body: `${parts.body} ` }),
  timed: 0,
  other: { ...config, public_key: keyPair(2).publicKey },
  signed: (body) => signed(body),
  secrets: SECRETS,
});

describe("the signature", () => {
  const body = JSON.stringify(event("message.received", MESSAGE));
  const good = signed(body);
  test.each<[string, Record<string, string>, string]>([
    ["no timestamp", { "telnyx-timestamp": "" }, "credentials_missing"],
    ["another timestamp", { "telnyx-timestamp": String(NOW / 1000 + 1) }, "credentials_wrong"],
    ["no base64", { "telnyx-signature-ed25519": "e*" }, "credentials_wrong"],
    ["too short", { "telnyx-signature-ed25519": "AAAA" }, "credentials_wrong"],
  ])("%s", async (_label, headers, code) => {
    const request = webhook({ ...good, headers: { ...good.headers, ...headers } });
    expect(await telnyx.inbound(request, config, io)).toMatchObject({ ok: false, code });
  });

  test("a signed time that is no number is no time", async () => {
    expect(await telnyx.inbound(webhook(signed(body, "soon")), config, io)).toMatchObject({
      code: "credentials_stale",
    });
  });

  test.each([[299, true], [301, false]])("%d seconds away: %s", async (seconds, expected) => {
    for (const away of [seconds, -seconds]) {
      expect((await telnyx.inbound(webhook(signed(body, String(NOW / 1000 + away))), config, io)).ok).toBe(expected);
    }
  });

  const { fixtures, reference } = signatureVectors("telnyx");
  test.each([...fixtures, ...reference])("vector: $name: $valid", async (vector) => {
    const request = webhook({ headers: vector.headers, body: vector.body ?? "" });
    const refusal = await refuseTelnyx(request, vector.publicKey ?? "", vectorClock(vector));
    expect(refusal === null).toBe(vector.valid);
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "+12025550101",
    to: "+12025550100",
    text: "Hello é",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a message", MESSAGE, base],
    ["media and no text", {
      ...MESSAGE,
      type: "MMS",
      text: null,
      media: [
        { url: "https://media.example/1.jpg", content_type: "image/jpeg", sha256: null, size: 1 },
        { url: "https://media.example/2.jpg" },
      ],
    }, { ...base, text: "", mediaUrls: ["https://media.example/1.jpg", "https://media.example/2.jpg"] }],
    ["a message to several", { ...MESSAGE, to: [...MESSAGE.to, { phone_number: "+12025550102" }] }, base],
  ])("understands %s", async (_label, payload, expected) => {
    expect(await inbound(payload)).toEqual({ ok: true, value: [expected] });
  });

  test.each<[string, string, "provider" | "gateway", string | null, boolean]>([
    ["STOP", "+12025550100", "provider", "opt_out", true],
    ["stop all", "+12025550100", "provider", "opt_out", true],
    ["Unsubscribe", "+12025550100", "provider", "opt_out", true],
    ["START", "+12025550100", "provider", null, true],
    ["help", "+12025550100", "provider", null, true],
    ["yes", "+12025550100", "provider", null, false],
    ["please stop", "+12025550100", "provider", null, false],
    ["STOP", "+12025550100", "gateway", null, false],
    ["STOP", "+18445550100", "gateway", "opt_out", true],
  ])("%o to %s under %s: intent %s, answered %s", async (text, to, stop_reply, carrierIntent, alreadyAnswered) => {
    expect(await inbound({ ...MESSAGE, text, to: [{ phone_number: to }] }, { stop_reply }))
      .toMatchObject({ ok: true, value: [{ text, carrierIntent, alreadyAnswered }] });
  });

  test.each<[string, string | null, string | null, boolean]>([
    ["ARRET", "STOP", "opt_out", true],
    ["NO MAS", "stop", "opt_out", true],
    ["ALTA", "START", "opt_in", true],
    ["AIDE", "Help", "help", true],
    ["ARRET", null, null, false],
    ["Hello", "constructor", null, false],
    ["STOP", "", "opt_out", true],
  ])("%o that Telnyx answered as %s: intent %s, answered %s", async (text, type, carrierIntent, alreadyAnswered) => {
    expect(await inbound({ ...MESSAGE, text, autoresponse_type: type }))
      .toMatchObject({ ok: true, value: [{ text, carrierIntent, alreadyAnswered }] });
  });

  test.each([
    ["id", { ...MESSAGE, id: "" }],
    ["from", { ...MESSAGE, from: null }],
    ["to", { ...MESSAGE, to: [] }],
  ])("signed, but without %s", async (field, payload) => {
    expect(await inbound(payload)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });

  test("a report is not taken for a message, nor the other way round", async () => {
    const report = webhook(signed(JSON.stringify(event("message.finalized", REPORT))));
    expect(await telnyx.inbound(report, config, io)).toMatchObject({ ok: false, status: 400 });
    expect(await status(MESSAGE, "message.received")).toMatchObject({ ok: false, status: 400 });
  });
});

describe("status()", () => {
  const to = (status: string) => [{ phone_number: "+33612345678", status }];

  test.each([
    ["queued", "queued"],
    ["sending", "queued"],
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["delivery_unconfirmed", "sent"],
  ])("%s is %s", async (given, expected) => {
    for (const type of ["message.sent", "message.finalized"]) {
      expect(await status({ ...REPORT, to: to(given) }, type)).toEqual({
        ok: true,
        value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
      });
    }
  });

  test.each([
    ["sending_failed", "40300", "failed", "40300", true],
    ["delivery_failed", "40300", "undelivered", "40300", true],
    ["delivery_failed", "40005", "expired", "40005", false],
    ["delivery_failed", 40008, "undelivered", "40008", false],
    ["sending_failed", null, "failed", "sending_failed", false],
  ])("%s with error %o is %s", async (given, code, expected, named, optedOut) => {
    const errors = code === null ? [] : [{ code, title: "No", detail: "to +33612345678" }];
    expect(await status({ ...REPORT, to: to(given), errors })).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: ID,
        status: expected,
        error: { code: named, detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test.each([[["other"]], [[]], [null], [undefined]])("with the tags %o Telnyx's id alone remains", async (tags) => {
    expect(await status({ ...REPORT, tags })).toMatchObject({
      ok: true,
      value: [{ messageId: null, carrierMessageId: ID }],
    });
  });

  test.each(["lost", "constructor", "webhook_delivered"])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, to: to(given) })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(telnyx.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});

describe("the opt-out list of Telnyx", () => {
  const block = (to: string, created_at?: string) => ({
    from: "+15005550006",
    to,
    messaging_profile_id: null,
    keyword: "STOP",
    ...(created_at === undefined ? {} : { created_at }),
  });
  const page = (total_pages: number, ...data: unknown[]) => Response.json({ data, meta: { total_pages } });
  const read = async (answers: Response[]) => {
    const asked: string[] = [];
    return await withServer((request) => {
      const { pathname, searchParams } = new URL(request.url);
      asked.push(`${request.headers.get("authorization")} ${pathname} ${searchParams.get("page[number]")}`);
      return answers.shift()!;
    }, async (url) => ({ pages: await Array.fromAsync(telnyx.optOuts!({ ...config, api_url: url }, io)), asked }));
  };

  test("is read page by page", async () => {
    const { pages, asked } = await read([
      page(2, block("+13125550111", "2025-04-28 12:00:38.631252+00:00"), block("+13125550112")),
      page(2, block("+13125550113", "soon")),
    ]);
    expect(pages).toEqual([
      [
        { person: "+13125550111", sender: "+15005550006", at: Date.parse("2025-04-28T12:00:38.631Z") },
        { person: "+13125550112", sender: "+15005550006", at: null },
      ],
      [{ person: "+13125550113", sender: "+15005550006", at: null }],
    ]);
    expect(asked).toEqual([1, 2].map((number) => `Bearer ${SETTINGS.api_key} /v2/messaging_optouts ${number}`));
  });

  test.each([
    ["is refused", Response.json({ errors: [{ code: "10009" }] }, { status: 401 }), "Telnyx answered HTTP 401"],
    ["is no list", Response.json({ data: {} }), "data"],
  ])("says why it cannot be read when the answer %s", async (_, answer, words) => {
    await expect(read([answer])).rejects.toThrow(words);
  });
});
