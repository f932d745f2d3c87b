import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hmacSha1Base64 } from "../../src/carriers/signature.ts";
import { twilio } from "../../src/carriers/twilio.ts";
import { namesTheWrongOne, understandsRefusal } from "./contract.ts";
import { survivesAnything } from "./wild.ts";
import { NOW, outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

const TOKEN = "test-auth-token";
const SETTINGS = { account_sid: `AC${"0".repeat(31)}1`, auth_token: TOKEN };
const SECRETS = [TOKEN];
const config = twilio.config.parse(SETTINGS);
const SID = `SM${"0".repeat(31)}9`;
const INBOUND = "https://sms.example.com/carriers/acc_1/inbound";
const STATUS = "https://sms.example.com/carriers/acc_1/status?message=msg_01";
const io = testIo();

/** A form POST signed as Twilio signs it; names are unique and given in code-unit order by the sort. */
function signed(url: string, params: Record<string, string>): WebhookParts {
  const appended = Object.keys(params).sort().map((name) => name + params[name]).join("");
  return {
    url,
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Twilio-Signature": hmacSha1Base64(TOKEN, url + appended),
    },
    body: new URLSearchParams(params).toString(),
  };
}

const MESSAGE = {
  MessageSid: SID,
  AccountSid: SETTINGS.account_sid,
  From: "+15005550001",
  To: "+15005550006",
  Body: "Hello",
  NumMedia: "0",
  NumSegments: "1",
  FromCity: "",
  ApiVersion: "2010-04-01",
};

function inbound(params: Record<string, string>, settings: Partial<typeof config> = {}) {
  return twilio.inbound(webhook(signed(INBOUND, params)), { ...config, ...settings }, io);
}

function status(params: Record<string, string>, url = STATUS) {
  return twilio.status(webhook(signed(url, { MessageSid: SID, ...params })), config, io);
}

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({ ...SETTINGS, api_url: "https://api.twilio.com", stop_reply: "provider" });
  });

  test.each([
    ["account_sid", { ...SETTINGS, account_sid: "SK1" }],
    ["auth_token", { ...SETTINGS, auth_token: "with\nbreak" }],
    ["messaging_service_sid", { ...SETTINGS, messaging_service_sid: "MG1" }],
    ["api_url", { ...SETTINGS, api_url: "ftp://api.twilio.com" }],
    ["stop_reply", { ...SETTINGS, stop_reply: "nobody" }],
  ])("a wrong %s is named", namesTheWrongOne(twilio));
});

describe("send()", () => {
  test("posts what Twilio documents, with our id in the address for reports", () =>
    withServer(async (request) => {
      expect(request.method).toBe("POST");
      expect(new URL(request.url).pathname).toBe(`/2010-04-01/Accounts/${config.account_sid}/Messages.json`);
      expect(request.headers.get("Authorization")).toBe(`Basic ${btoa(`${config.account_sid}:${TOKEN}`)}`);
      expect(Object.fromEntries(new URLSearchParams(await request.text()))).toEqual({
        To: "+33612345678",
        From: "36105",
        Body: "Où êtes-vous ? 😀 & 100%+",
        StatusCallback: STATUS,
        MessagingServiceSid: `MG${"a".repeat(32)}`,
        ValidityPeriod: "90",
      });
      return Response.json({ sid: SID, status: "queued", body: "x" }, { status: 201 });
    }, async (url) => {
      const settings = { ...config, api_url: `${url}/`, messaging_service_sid: `MG${"a".repeat(32)}` };
      const message = outgoing({ text: "Où êtes-vous ? 😀 & 100%+", validUntil: NOW + 90_900 });
      expect(await twilio.send(message, settings, io)).toEqual({ ok: true, carrierMessageId: SID, status: "sent" });
    }));

  test.each([
    ["nothing when it never ends", null, null],
    ["at most Twilio's ten hours", NOW + 90_000_000, "36000"],
    ["at least a second", NOW - 1, "1"],
  ])("asks for a validity of %s", (_label, validUntil, seconds) =>
    withServer(async (request) => {
      const form = new URLSearchParams(await request.text());
      expect(form.get("ValidityPeriod")).toBe(seconds);
      expect(form.has("MessagingServiceSid")).toBe(false);
      return Response.json({ sid: SID }, { status: 201 });
    }, async (url) => {
      expect((await twilio.send(outgoing({ validUntil }), { ...config, api_url: url }, io)).ok).toBe(true);
    }));

  const error = (code: number, status: number, headers: Record<string, string> = {}) =>
    Response.json(
      { code, message: "The 'To' number +33612345678 is not fine", more_info: "https://…", status },
      { status, headers },
    );
  test.each([
    ["opted out", error(21610, 400), { kind: "opted_out", code: "21610" }],
    ["too many requests", error(20429, 429, { "Retry-After": "7" }), {
      kind: "throttled",
      code: "20429",
      retryAfterSeconds: 7,
    }],
    ["too many requests, no word from Twilio", new Response("slow", { status: 429 }), {
      kind: "throttled",
      code: "http_429",
    }],
    ["reply loop", error(14107, 400), { kind: "throttled", code: "14107", retryAfterSeconds: 30 }],
    ["full queue", error(21611, 400), { kind: "throttled", code: "21611", retryAfterSeconds: 3600 }],
    ["over the rate", error(63017, 400), { kind: "throttled", code: "63017" }],
    ["wrong credentials", error(20003, 401), { kind: "retryable", code: "20003", of: "account" }],
    ["no such account", error(20404, 404), { kind: "final", code: "20404" }],
    ["invalid To", error(21211, 400), { kind: "final", code: "21211" }],
    ["invalid From", error(21212, 400), { kind: "final", code: "21212" }],
    ["region not enabled", error(21408, 400), { kind: "final", code: "21408" }],
    ["landline", error(21635, 400), { kind: "final", code: "21635" }],
    ["too long", error(21617, 400), { kind: "final", code: "21617" }],
    ["a page instead of an error", new Response("<html>", { status: 403 }), { kind: "final", code: "http_403" }],
    ["server error, after which it may have been queued", error(20500, 500), { kind: "ambiguous", code: "http_500" }],
    ["a code that means more, in a server error", error(21610, 502), { kind: "ambiguous", code: "http_502" }],
    ["overloaded", new Response("", { status: 503 }), { kind: "ambiguous", code: "http_503" }],
    ["201 without a SID", Response.json({ ok: true }, { status: 201 }), {
      kind: "ambiguous",
      code: "answer_malformed",
    }],
    ["200 from something else", new Response("<html>"), { kind: "ambiguous", code: "answer_malformed" }],
    ["a redirect", new Response(null, { status: 302, headers: { Location: "/" } }), {
      kind: "retryable",
      code: "call_redirected",
      of: "account",
    }],
    ["an answer without end", new Response("x".repeat(100_000)), { kind: "ambiguous", code: "call_too_large" }],
  ])("%s", understandsRefusal((url) => twilio.send(outgoing(), { ...config, api_url: url }, io), SECRETS));

  test("nobody listening: it was not taken", async () => {
    const url = await withServer(() => new Response(), (url) => Promise.resolve(url));
    expect(await twilio.send(outgoing(), { ...config, api_url: url }, io))
      .toMatchObject({ ok: false, kind: "retryable", code: "call_refused" });
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: SID,
    from: "+15005550001",
    to: "+15005550006",
    text: "Hello",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a plain message", MESSAGE, base],
    ["accents and an emoji, spaces kept", { ...MESSAGE, Body: " Où ? 😀 " }, { ...base, text: " Où ? 😀 " }],
    ["parameters that nobody knows", { ...MESSAGE, Brand: "new" }, base],
    ["the legacy name of the id", { SmsSid: SID, From: MESSAGE.From, To: MESSAGE.To, Body: "Hello" }, base],
    ["media and no text", {
      MessageSid: SID,
      From: MESSAGE.From,
      To: MESSAGE.To,
      NumMedia: "2",
      MediaUrl0: "https://media/0",
      MediaUrl1: "https://media/1",
    }, { ...base, text: "", mediaUrls: ["https://media/0", "https://media/1"] }],
  ])("understands %s", async (_label, params, expected) => {
    expect(await inbound(params)).toEqual({ ok: true, value: [expected] });
  });

  test("understands GET, with everything in the query", async () => {
    const url = `${INBOUND}?MessageSid=${SID}&From=%2B15005550001&To=%2B15005550006&Body=Hello`;
    const request = webhook({ method: "GET", url, headers: { "X-Twilio-Signature": hmacSha1Base64(TOKEN, url) } });
    expect(await twilio.inbound(request, config, io)).toEqual({ ok: true, value: [base] });
  });

  // [text, OptOutType, stop_reply, carrierIntent, alreadyAnswered]
  test.each<[string, string | null, "provider" | "gateway", string | null, boolean]>([
    ["STOP", null, "provider", "opt_out", true],
    [" stop\n", null, "provider", "opt_out", true],
    ["Unsubscribe", null, "provider", "opt_out", true],
    ["end", null, "provider", "opt_out", true],
    ["REVOKE", null, "provider", "opt_out", true],
    ["OptOut", null, "provider", "opt_out", true],
    ["START", null, "provider", null, true],
    ["yes", null, "provider", null, true],
    ["HELP", null, "provider", null, true],
    ["info", null, "provider", null, true],
    ["STOP please", null, "provider", null, false],
    ["please stop", null, "provider", null, false],
    ["ARRET", null, "provider", null, false],
    ["STOP", null, "gateway", null, false],
    ["HELP", null, "gateway", null, false],
    ["ARRET", "STOP", "provider", "opt_out", true],
    ["ARRET", "STOP", "gateway", "opt_out", true],
    ["OUI", "START", "provider", "opt_in", true],
    ["AIDE", "help", "provider", "help", true],
    ["X", "LATER", "provider", null, true],
    ["X", "__proto__", "provider", null, true],
  ])("%o with OptOutType %s under %s: intent %s, answered %s", async (Body, type, stop_reply, intent, answered) => {
    const params = { ...MESSAGE, Body, ...type === null ? {} : { OptOutType: type } };
    expect(await inbound(params, { stop_reply })).toEqual({
      ok: true,
      value: [{ ...base, text: Body, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  test.each([
    ["MessageSid", { From: "1", To: "1" }],
    ["From", { MessageSid: SID, To: "1" }],
    ["From", { MessageSid: SID, From: "", To: "1" }],
    ["To", { MessageSid: SID, From: "1" }],
  ])("signed, but without %s", async (field, params) => {
    expect(await inbound(params)).toMatchObject({
      ok: false,
      status: 400,
      detail: expect.stringMatching(`^${field}: `),
    });
  });

  test("of a repeated parameter the first counts, whatever the signature covers", async () => {
    const request = webhook({
      ...signed(INBOUND, MESSAGE),
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": hmacSha1Base64(TOKEN, `${INBOUND}BodyHelloBodySTOPFrom1MessageSid${SID}To2`),
      },
      body: `MessageSid=${SID}&From=1&To=2&Body=Hello&Body=STOP`,
    });
    expect(await twilio.inbound(request, config, io)).toMatchObject({ ok: true, value: [{ text: "Hello" }] });
  });
});

describe("an unverified webhook is refused", () => {
  const good = signed(INBOUND, MESSAGE);
  const { "X-Twilio-Signature": signature = "", ...unsigned } = good.headers ?? {};
  test.each<[string, WebhookParts, number]>([
    ["no signature", { ...good, headers: unsigned }, 401],
    ["an empty signature", { ...good, headers: { ...unsigned, "X-Twilio-Signature": "" } }, 401],
    ["another signature", { ...good, headers: { ...unsigned, "X-Twilio-Signature": btoa("x".repeat(20)) } }, 403],
    ["a signature cut short", { ...good, headers: { ...unsigned, "X-Twilio-Signature": signature.slice(0, -1) } }, 403],
    ["another body", { ...good, body: `${good.body}&Extra=1` }, 403],
    ["no body", { ...good, body: "" }, 403],
    ["another address", { ...good, url: `${INBOUND}?x=1` }, 403],
    ["another account's address", { ...good, url: INBOUND.replace("acc_1", "acc_2") }, 403],
    ["another content type", { ...good, headers: { ...good.headers, "Content-Type": "application/json" } }, 403],
  ])("%s", async (_label, parts, expected) => {
    for (const receive of [twilio.inbound, twilio.status]) {
      expect(await receive(webhook(parts), config, io)).toMatchObject({ ok: false, status: expected });
    }
  });

  test.each([
    ["a message", { MessageSid: SID, From: "+15005550009", To: "+15005550006", Body: "STOP" }],
    ["a hash of the body", { bodySHA256: createHash("sha256").update("Body=STOP").digest("hex") }],
  ])("%s behind more parameters than Node reads is not signed", async (_label, added) => {
    const { headers = {} } = signed(INBOUND, {});
    const url = `${INBOUND}?${"&".repeat(1000)}${new URLSearchParams(added)}`;
    for (const address of [INBOUND, `${INBOUND}?`]) {
      const forged = { ...headers, "X-Twilio-Signature": hmacSha1Base64(TOKEN, address) };
      for (const parts of [{ method: "GET" }, { method: "POST", body: "Body=STOP" }]) {
        expect(await twilio.inbound(webhook({ ...parts, url, headers: forged }), config, io))
          .toMatchObject({ ok: false, status: 403, code: "credentials_wrong" });
      }
    }
  });

  test("and the token is never repeated", async () => {
    const refusal = await twilio.inbound(webhook({ ...good, body: "" }), config, io);
    expect(JSON.stringify(refusal)).not.toContain(TOKEN);
  });
});

describe("status()", () => {
  test.each([
    ["accepted", "queued"],
    ["scheduled", "queued"],
    ["queued", "queued"],
    ["sending", "queued"],
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["read", "delivered"],
    ["partially_delivered", "delivered"],
  ])("%s is %s", async (MessageStatus, expected) => {
    expect(await status({ MessageStatus })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: SID, status: expected, error: null }],
    });
  });

  test.each([
    ["undelivered", "30003", "undelivered", "30003", false],
    ["undelivered", "30005", "undelivered", "30005", false],
    ["undelivered", "21610", "undelivered", "21610", true],
    ["undelivered", "", "undelivered", "undelivered", false],
    ["failed", "21610", "failed", "21610", true],
    // Blocked by the carrier or the phone: no statement of the person's to us.
    ["failed", "30004", "failed", "30004", false],
    ["failed", "30007", "failed", "30007", false],
    ["failed", "30036", "expired", "30036", false],
    ["canceled", "", "failed", "canceled", false],
  ])("%s with error %o is %s", async (MessageStatus, ErrorCode, expected, code, optedOut) => {
    expect(await status({ MessageStatus, ...ErrorCode ? { ErrorCode } : {}, ErrorMessage: "to +33612345678" })).toEqual(
      {
        ok: true,
        value: [{
          messageId: "msg_01",
          carrierMessageId: SID,
          status: expected,
          error: { code, detail: expect.not.stringContaining("336"), optedOut },
        }],
      },
    );
  });

  test("an error code beside a good status is no error", async () => {
    expect(await status({ MessageStatus: "sent", ErrorCode: "30003" }))
      .toMatchObject({ ok: true, value: [{ status: "sent", error: null }] });
  });

  test("legacy names will do", async () => {
    const parts = signed(STATUS, { SmsSid: SID, SmsStatus: "delivered" });
    expect(await twilio.status(webhook(parts), config, io))
      .toMatchObject({ ok: true, value: [{ carrierMessageId: SID, status: "delivered" }] });
  });

  test("without our id in the address, Twilio's alone remains", async () => {
    expect(await status({ MessageStatus: "sent" }, STATUS.replace(/\?.*/, "")))
      .toMatchObject({ ok: true, value: [{ messageId: null, carrierMessageId: SID }] });
  });

  test.each(["received", "receiving"])("%s is of no message of ours", async (MessageStatus) => {
    expect(await status({ MessageStatus })).toEqual({ ok: true, value: [] });
  });

  test.each(["lost", "", "constructor", "__proto__"])("%o is not understood", async (MessageStatus) => {
    expect(await status({ MessageStatus })).toMatchObject({ ok: false, status: 400 });
  });

  test("without a status is not understood", async () => {
    expect(await status({})).toMatchObject({
      ok: false,
      status: 400,
      detail: expect.stringContaining("MessageStatus"),
    });
  });
});

test("the answer makes Twilio say nothing", () => {
  expect(twilio.answer([{ messageId: "msg_1", intent: "none" }], config)).toEqual({
    status: 200,
    contentType: "text/xml",
    body: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
  });
});

describe("wild requests", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });

  test("unsigned ones are refused and never throw", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PUT"),
        fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string().map((query) => `${INBOUND}?${query}`)),
        fc.constantFrom("application/x-www-form-urlencoded", "application/json", ""),
        fc.base64String(),
        bytes,
        async (method, url, type, signature, body) => {
          const headers = { "X-Twilio-Signature": signature, "Content-Type": type };
          const request = webhook({ method, url, headers, body });
          for (const receive of [twilio.inbound, twilio.status]) {
            const result = await receive(request, config, io);
            expect(!result.ok && [401, 403].includes(result.status)).toBe(true);
          }
        },
      ),
    ));
});

survivesAnything({
  carrier: twilio,
  config,
  good: { inbound: signed(INBOUND, MESSAGE), status: signed(STATUS, { MessageSid: SID, MessageStatus: "delivered" }) },
  proven: (body, kind) => signed(kind === "inbound" ? INBOUND : STATUS, Object.fromEntries(new URLSearchParams(body))),
});

test("a copy of a signed message in which its id takes in the field behind it is no other message", async () => {
  const { NumMedia, ...rest } = MESSAGE;
  const copy = { ...rest, MessageSid: `${SID}NumMedia${NumMedia}` };
  expect(signed(INBOUND, copy).headers).toEqual(signed(INBOUND, MESSAGE).headers);
  expect(await inbound(MESSAGE)).toMatchObject({ ok: true });
  expect(await inbound(copy)).toMatchObject({ ok: false });
});
