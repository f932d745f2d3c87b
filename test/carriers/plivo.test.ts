import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { plivo } from "../../src/carriers/plivo.ts";
import { plivoCredentials, type PlivoSignature, plivoSigned } from "../../src/carriers/plivo_signature.ts";
import { keepsTheSendingContract, namesTheWrongOne, refusesForgedWebhooks } from "./contract.ts";
import { NOW, outgoing, signatureVectors, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

const SETTINGS = { auth_id: "MA000000000000000001", auth_token: "auth-token-of-tests" };
const config = plivo.config.parse(SETTINGS);
const UUID = "aaaaaaaa-bbbb-11e1-86da-0123456789ab";
const INBOUND = "https://sms.example.com/carriers/acc_1/inbound";
const STATUS = "https://sms.example.com/carriers/acc_1/status?message=msg_01";
const io = testIo();

const sorted = (params: Record<string, string>) =>
  Object.keys(params).sort().map((name) => name + params[name]).join("");

/** A form signed under V3 as Plivo describes it, by node:crypto. `query` is what stands behind the `?`, in order already. */
function signed(url: string, params: Record<string, string>, token = SETTINGS.auth_token): WebhookParts {
  const [base = "", query = ""] = url.split("?");
  const text = `${base}?${query}${query && "."}${sorted(params)}`;
  return {
    url,
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Plivo-Signature-V3": createHmac("sha256", token).update(`${text}.31627761595286130198`).digest("base64"),
      "X-Plivo-Signature-V3-Nonce": "31627761595286130198",
    },
    body: new URLSearchParams(params).toString(),
  };
}

const MESSAGE = {
  MessageUUID: UUID,
  From: "12025550101",
  To: "12025550100",
  Text: "Hello",
  Type: "sms",
  Units: "1",
  TotalRate: "0",
  TotalAmount: "0",
  MessageIntent: "",
};
const REPORT = {
  MessageUUID: UUID,
  ParentMessageUUID: UUID,
  PartInfo: "1 of 1",
  Sequence: "2",
  From: "12025550100",
  To: "33612345678",
  Status: "delivered",
  Units: "1",
  ErrorCode: "000",
};

const inbound = (params: Record<string, string>) => plivo.inbound(webhook(signed(INBOUND, params)), config, io);
const status = (params: Record<string, string>, url = STATUS) => plivo.status(webhook(signed(url, params)), config, io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, signature_version: "v3", api_url: "https://api.plivo.com" });
  });

  test.each([
    ["auth_id", { ...SETTINGS, auth_id: "../x" }],
    ["auth_token", { ...SETTINGS, auth_token: "" }],
    ["signature_version", { ...SETTINGS, signature_version: "none" }],
  ])("a wrong %s is named", namesTheWrongOne(plivo));
});

describe("send()", () => {
  const accepted = () =>
    Response.json({ message: "message(s) queued", message_uuid: [UUID], api_id: "x" }, { status: 202 });

  test.each([
    ["a number", "+12025550100", "12025550100"],
    ["a short code", "36105", "36105"],
    ["a name", "ACME", "ACME"],
  ])("posts what Plivo documents, from %s", (_kind, from, written) =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).pathname]).toEqual([
        "POST",
        "/v1/Account/MA000000000000000001/Message/",
      ]);
      expect(request.headers.get("Authorization")).toBe(`Basic ${btoa("MA000000000000000001:auth-token-of-tests")}`);
      expect(await request.json()).toEqual({
        src: written,
        dst: "33612345678",
        text: "Où êtes-vous ? 😀".repeat(20),
        type: "sms",
        url: STATUS,
        method: "POST",
        message_expiry: 90,
      });
      return accepted();
    }, async (url) => {
      const text = "Où êtes-vous ? 😀".repeat(20);
      const message = outgoing({ from, text, encoding: "UCS-2", segments: 5, validUntil: NOW + 90_900 });
      expect(await plivo.send(message, { ...config, api_url: url }, io))
        .toEqual({ ok: true, carrierMessageId: UUID, status: "sent" });
    }));

  test.each([[null, undefined], [NOW - 1, 5], [NOW + 90_000_000, 10_800]])(
    "a life until %s expires in %s s",
    (validUntil, seconds) =>
      withServer(async (request) => {
        expect((await request.json()).message_expiry).toBe(seconds);
        return accepted();
      }, async (url) => {
        expect((await plivo.send(outgoing({ validUntil }), { ...config, api_url: url }, io)).ok).toBe(true);
      }),
  );

  test.each([
    [400, "final"],
    [401, "retryable"],
    [404, "final"],
    [405, "final"],
    [429, "throttled"],
    [500, "ambiguous"],
    [503, "ambiguous"],
  ])(
    "%d is %s",
    (status, kind) =>
      withServer(
        () => Response.json({ api_id: "x", error: "33612345678 is not a valid dst" }, { status }),
        async (url) => {
          const result = await plivo.send(outgoing(), { ...config, api_url: url }, io);
          expect(result).toMatchObject({ ok: false, kind, code: `http_${status}` });
          expect(JSON.stringify(result)).not.toContain("33612345678");
        },
      ),
  );
});

keepsTheSendingContract(plivo, {
  at: (url) => ({ ...config, api_url: url }),
  secrets: [SETTINGS.auth_token],
  accepts: 202,
});

refusesForgedWebhooks({
  carrier: plivo,
  config,
  good: { inbound: signed(INBOUND, MESSAGE), status: signed(STATUS, REPORT) },
  unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "X-Plivo-Signature-V3": "" } }),
  altered: (parts) => ({ ...parts, body: `${parts.body}&Extra=1` }),
  // Plivo signs no time: a copy changes nothing, since nothing is stored twice under one MessageUUID.
  timed: null,
  other: { ...config, auth_token: "another-token" },
  signed: (body, kind) =>
    signed(kind === "inbound" ? INBOUND : STATUS, { Extra: "1", ...Object.fromEntries(new URLSearchParams(body)) }),
  secrets: [SETTINGS.auth_token, "another-token"],
});

describe("the signature", () => {
  const good = signed(INBOUND, MESSAGE);
  const { "X-Plivo-Signature-V3": signature = "", ...unsigned } = good.headers ?? {};

  test.each<[string, WebhookParts, number | true]>([
    ["one of several", { ...good, headers: { ...unsigned, "X-Plivo-Signature-V3": `AAAA, ${signature}` } }, true],
    ["of the main account", { ...good, headers: { ...unsigned, "X-Plivo-Signature-Ma-V3": signature } }, true],
    ["no nonce", { ...good, headers: { ...good.headers, "X-Plivo-Signature-V3-Nonce": "" } }, 401],
    ["another nonce", { ...good, headers: { ...good.headers, "X-Plivo-Signature-V3-Nonce": "1" } }, 403],
    ["another address", { ...good, url: `${INBOUND}?x=1` }, 403],
    ["another account's address", { ...good, url: INBOUND.replace("acc_1", "acc_2") }, 403],
    ["a body that is no form", { ...good, headers: { ...good.headers, "Content-Type": "application/json" } }, 403],
    ["an older version", {
      ...good,
      headers: { ...unsigned, "X-Plivo-Signature-V2": signature, "X-Plivo-Signature": signature },
    }, 401],
  ])("%s", async (_label, parts, expected) => {
    const result = await plivo.inbound(webhook(parts), config, io);
    expect(result.ok || result.status).toBe(expected);
  });

  test("the id of our message, in the query, is covered", async () => {
    const parts = { ...signed(STATUS, REPORT), url: STATUS.replace("msg_01", "msg_02") };
    expect(await plivo.status(webhook(parts), config, io)).toMatchObject({ ok: false, status: 403 });
  });

  test.each<[PlivoSignature, string, string, string]>([
    ["v2", "sha256", `${INBOUND}12345`, "X-Plivo-Signature-V2"],
    ["v1", "sha1", INBOUND + sorted(MESSAGE), "X-Plivo-Signature"],
  ])("%s counts where it was chosen", async (signature_version, hash, text, header) => {
    const signature = createHmac(hash, SETTINGS.auth_token).update(text).digest("base64");
    const request = webhook({
      ...good,
      headers: { ...unsigned, [header]: signature, "X-Plivo-Signature-V2-Nonce": "12345" },
    });
    expect(await plivo.inbound(request, { ...config, signature_version }, io)).toMatchObject({ ok: true });
    expect(await plivo.inbound(request, config, io)).toMatchObject({ ok: false });
  });

  const { fixtures, reference } = signatureVectors("plivo");
  test.each([...fixtures, ...reference])(
    "vector: $name: $valid",
    ({ scheme, url, method, headers, params = {}, secret, valid }) => {
      const version = /V[123]/.exec(scheme)![0].toLowerCase() as PlivoSignature;
      const form = new URLSearchParams(params).toString();
      // In a GET, what the libraries call parameters stands in the query.
      const address = method === "GET" ? `${url}${url?.includes("?") ? "&" : "?"}${form}` : url ?? "";
      const request = webhook({ method, url: address, headers, body: method === "GET" ? "" : form });
      const credentials = plivoCredentials(request, version);
      expect(credentials !== null && plivoSigned(request, version, secret ?? "", credentials)).toBe(valid);
    },
  );
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: UUID,
    from: "12025550101",
    to: "12025550100",
    text: "Hello",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };
  const { Text: _, ...textless } = MESSAGE;

  test.each([
    ["a message", MESSAGE, base],
    ["accents and an emoji, spaces kept", { ...MESSAGE, Text: " Où ? 😀 " }, { ...base, text: " Où ? 😀 " }],
    [
      "media",
      { ...textless, Type: "mms", Body: "Look", MediaCount: "2", Media0: "https://m/0", Media1: "https://m/1" },
      {
        ...base,
        text: "Look",
        mediaUrls: ["https://m/0", "https://m/1"],
      },
    ],
    ["nothing", textless, { ...base, text: "" }],
    ["parameters that nobody knows", { ...MESSAGE, Brand: "new" }, base],
    ["a stop that Plivo confirmed", { ...MESSAGE, Text: "STOP", MessageIntent: "optout" }, {
      ...base,
      text: "STOP",
      carrierIntent: "opt_out",
      alreadyAnswered: true,
    }],
    ["a return", { ...MESSAGE, MessageIntent: "optin" }, { ...base, carrierIntent: "opt_in", alreadyAnswered: true }],
    ["a call for help", { ...MESSAGE, MessageIntent: "help" }, {
      ...base,
      carrierIntent: "help",
      alreadyAnswered: true,
    }],
    ["an intent to come", { ...MESSAGE, MessageIntent: "constructor" }, { ...base, alreadyAnswered: true }],
    ["a stop that Plivo leaves to us", { ...MESSAGE, Text: "STOP" }, { ...base, text: "STOP" }],
    ["a stop to a toll-free number", { ...MESSAGE, Text: "STOP", To: "18445550100" }, {
      ...base,
      to: "18445550100",
      text: "STOP",
      carrierIntent: "opt_out",
      alreadyAnswered: true,
    }],
  ])("understands %s", async (_label, params, expected) => {
    expect(await inbound(params)).toEqual({ ok: true, value: [expected] });
  });

  test("understands GET, with everything in the query", async () => {
    const query = new URLSearchParams(Object.entries(MESSAGE).sort());
    const text = `${INBOUND}?${decodeURIComponent(query.toString())}.7`;
    const signature = createHmac("sha256", SETTINGS.auth_token).update(text).digest("base64");
    const headers = { "X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": "7" };
    const request = webhook({ method: "GET", url: `${INBOUND}?${query}`, headers });
    expect(await plivo.inbound(request, config, io)).toEqual({ ok: true, value: [base] });
  });

  test.each(["MessageUUID", "From", "To"])("signed, but without %s", async (field) => {
    expect(await inbound({ ...MESSAGE, [field]: "" }))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringMatching(`^${field}: `) });
  });
});

describe("status()", () => {
  test.each([
    ["queued", "queued"],
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["read", "delivered"],
  ])("%s is %s", async (Status, expected) => {
    expect(await status({ ...REPORT, Status })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: UUID, status: expected, error: null }],
    });
  });

  test.each([
    ["undelivered", "80", "undelivered", "80", false],
    ["failed", "200", "failed", "200", true],
    ["undelivered", "200", "undelivered", "200", true],
    ["failed", "420", "expired", "420", false],
    ["rejected", "", "failed", "rejected", false],
    ["failed", "000", "failed", "failed", false],
  ])("%s with error %o is %s", async (Status, ErrorCode, expected, code, optedOut) => {
    expect(await status({ ...REPORT, Status, ErrorCode })).toMatchObject({
      ok: true,
      value: [{ status: expected, error: { code, detail: expect.not.stringContaining("336"), optedOut } }],
    });
  });

  test("a part is of the message that was sent", async () => {
    const part = { ...REPORT, MessageUUID: "bbbbbbbb-bbbb-11e1-86da-0123456789ab", PartInfo: "2 of 3" };
    expect(await status(part)).toMatchObject({ ok: true, value: [{ carrierMessageId: UUID }] });
  });

  test("without our id in the address, Plivo's alone remains", async () => {
    expect(await status(REPORT, STATUS.replace(/\?.*/, ""))).toMatchObject({ ok: true, value: [{ messageId: null }] });
  });

  test.each(["lost", "constructor", ""])("%o is not understood", async (Status) => {
    expect(await status({ ...REPORT, Status })).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(plivo.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});

test("a copy of a signed message in which its id takes in the field behind it is no other message", async () => {
  const { Text, ...rest } = MESSAGE;
  const copy = { ...rest, MessageIntent: "", MessageUUID: `${UUID}Text${Text}` };
  expect(signed(INBOUND, copy).headers).toEqual(signed(INBOUND, MESSAGE).headers);
  expect(await plivo.inbound(webhook(signed(INBOUND, MESSAGE)), config, io)).toMatchObject({ ok: true });
  expect(await plivo.inbound(webhook(signed(INBOUND, copy)), config, io)).toMatchObject({ ok: false });
});
