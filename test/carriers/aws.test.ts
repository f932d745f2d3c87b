import fc from "fast-check";
import { createHash, createHmac, createSign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { aws } from "../../src/carriers/aws.ts";
import type { CarrierIo } from "../../src/carriers/carrier.ts";
import { selfSigned } from "./certificate.ts";
import { keepsTheSendingContract, namesTheWrongOne, understandsRefusal } from "./contract.ts";
import { NOW, outgoing, testIo, webhook, withServer } from "./support.ts";
import { survivesAnything } from "./wild.ts";

const SECRET = "test-secret-access-key";
const TOPIC = "arn:aws:sns:eu-west-3:000000000001:parley";
const SETTINGS = {
  region: "eu-west-3",
  access_key_id: "AKIDTEST000000000001",
  secret_access_key: SECRET,
  topic_arns: [TOPIC],
};
const SECRETS = [SECRET, SETTINGS.access_key_id];
const config = aws.config.parse(SETTINGS);
const HOST = "https://sns.eu-west-3.amazonaws.com";
const ID = "cae173d2-0000-4000-8000-000000000001";
const keys = await selfSigned();
const strange = await selfSigned();
const expired = await selfSigned("250101000000Z", "260101000000Z");

const CERTIFICATES: Record<string, string> = {
  [`${HOST}/SimpleNotificationService-0001.pem`]: keys.certificate,
  [`${HOST}/SimpleNotificationService-expired.pem`]: expired.certificate,
  [`${HOST}/SimpleNotificationService-page.pem`]: "<html>",
};
const CERTIFICATE = `${HOST}/SimpleNotificationService-0001.pem`;

/** SNS as seen from here; what is asked of it is listed in `asked`. */
function snsIo(confirm: number | "down" = 200) {
  const asked: string[] = [];
  const fetch: CarrierIo["fetch"] = (url) => {
    asked.push(url);
    if (url.includes("Action=ConfirmSubscription")) {
      return confirm === "down" ? Promise.reject(new Error("down")) : Promise.resolve(
        new Response("<ConfirmSubscriptionResponse/>", { status: confirm }),
      );
    }
    const pem = CERTIFICATES[url];
    return Promise.resolve(pem === undefined ? new Response("", { status: 404 }) : new Response(pem));
  };
  return { io: testIo({ fetch }), asked };
}

type Envelope = Record<string, string>;

const ENVELOPE: Envelope = {
  Type: "Notification",
  MessageId: "22b80b92-0000-4000-8000-000000000001",
  TopicArn: TOPIC,
  Message: "{}",
  Timestamp: "2026-11-22T09:59:58.123Z",
  SignatureVersion: "2",
  SigningCertURL: CERTIFICATE,
  UnsubscribeURL: `${HOST}/?Action=Unsubscribe&SubscriptionArn=${TOPIC}:1`,
};

/** Signed as the SNS Developer Guide describes it: name and value of each field on lines of their own, sorted by name. */
function signed(parts: Envelope, privateKey = keys.privateKey): Envelope {
  const envelope: Envelope = { ...ENVELOPE, ...parts };
  const names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    .filter((name) => envelope[name] !== undefined);
  const text = names.map((name) => `${name}\n${envelope[name]}\n`).join("");
  const signer = createSign(envelope["SignatureVersion"] === "1" ? "RSA-SHA1" : "RSA-SHA256").update(text);
  return { ...envelope, Signature: signer.sign(privateKey, "base64") };
}

const asPosted = (envelope: unknown) => ({
  headers: { "Content-Type": "text/plain; charset=UTF-8" },
  body: JSON.stringify(envelope),
});
const posted = (envelope: unknown) => webhook(asPosted(envelope));
const notification = (Message: string) => asPosted(signed({ Message }));

const MO = {
  originationNumber: "+14255550182",
  destinationNumber: "+12125550101",
  messageKeyword: "KEYWORD_000000000001",
  messageBody: "EXAMPLE",
  inboundMessageId: ID,
  previousPublishedMessageId: "wJalrXUtnFEMI",
};
const EVENT = {
  eventType: "TEXT_DELIVERED",
  eventVersion: "1.0",
  eventTimestamp: NOW,
  isFinal: true,
  originationPhoneNumber: "+12125550101",
  destinationPhoneNumber: "+14255550182",
  messageId: ID,
  messageType: "TRANSACTIONAL",
  messageStatus: "DELIVERED",
  messageStatusDescription: "Message has been accepted by phone +14255550182",
  context: { parley_message_id: "msg_01" },
};

const inbound = (message: unknown, settings: Partial<typeof config> = {}) =>
  aws.inbound(posted(signed({ Message: JSON.stringify(message) })), { ...config, ...settings }, snsIo().io);
const status = (message: unknown) =>
  aws.status(posted(signed({ Message: JSON.stringify(message) })), config, snsIo().io);

describe("configuration", () => {
  test("defaults", () => {
    expect(config).toEqual({
      ...SETTINGS,
      opt_out_list: "Default",
      message_type: "TRANSACTIONAL",
      stop_reply: "provider",
    });
  });

  test.each([
    ["region", { ...SETTINGS, region: "eu-west-3.evil.example" }],
    ["access_key_id", { ...SETTINGS, access_key_id: "short" }],
    ["secret_access_key", { ...SETTINGS, secret_access_key: "with space" }],
    ["topic_arns", { ...SETTINGS, topic_arns: [] }],
    ["topic_arns.0", { ...SETTINGS, topic_arns: ["parley"] }],
    ["message_type", { ...SETTINGS, message_type: "SPAM" }],
    ["api_url", { ...SETTINGS, api_url: "ftp://x" }],
  ])("a wrong %s is named", namesTheWrongOne(aws));
});

describe("send()", () => {
  test("posts SendTextMessage, signed with SigV4, with our id in its context", () =>
    withServer(async (request) => {
      const body = await request.text();
      expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/"]);
      expect(request.headers.get("Content-Type")).toBe("application/x-amz-json-1.0");
      expect(request.headers.get("X-Amz-Target")).toBe("PinpointSMSVoiceV2.SendTextMessage");
      expect(request.headers.get("X-Amz-Date")).toBe("20261122T100000Z");
      expect(request.headers.get("Authorization")).toBe(sigV4(body, new URL(request.url).host));
      expect(JSON.parse(body)).toEqual({
        DestinationPhoneNumber: "+33612345678",
        OriginationIdentity: "+33700000000",
        MessageBody: "Où êtes-vous ? 😀",
        MessageType: "TRANSACTIONAL",
        Context: { parley_message_id: "msg_01" },
        ConfigurationSetName: "parley",
        TimeToLive: 90,
      });
      return Response.json({ MessageId: ID });
    }, async (url) => {
      const message = outgoing({ from: "+33700000000", text: "Où êtes-vous ? 😀", validUntil: NOW + 90_900 });
      expect(await aws.send(message, { ...config, api_url: url, configuration_set: "parley" }, io()))
        .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
    }));

  test.each([
    ["nothing when it never ends", null, undefined],
    ["at most three days", NOW + 900_000_000, 259_200],
    ["at least five seconds", NOW - 1, 5],
  ])(
    "asks for a life of %s, and sends a long text in one call",
    (_label, validUntil, seconds) =>
      withServer(async (request) => {
        const body = await request.json();
        expect([body.TimeToLive, body.MessageBody.length]).toEqual([seconds, 700]);
        return Response.json({ MessageId: ID });
      }, async (url) => {
        const message = outgoing({ text: "a".repeat(700), validUntil });
        expect((await aws.send(message, { ...config, api_url: url }, io())).ok).toBe(true);
      }),
  );

  const error = (type: string, Reason?: string, status = 400, headers: Record<string, string> = {}) =>
    Response.json({ __type: type, Message: "+33612345678 is refused", Reason }, { status, headers });
  test.each([
    ["opted out", error("com.amazonaws.pinpointsmsvoicev2#ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"), {
      kind: "opted_out",
      code: "DESTINATION_PHONE_NUMBER_OPTED_OUT",
    }],
    ["throttled", error("ThrottlingException"), { kind: "throttled", code: "ThrottlingException" }],
    ["throttled, with a time", error("ThrottlingException", undefined, 429, { "Retry-After": "7" }), {
      kind: "throttled",
      retryAfterSeconds: 7,
    }],
    ["over the budget", error("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"), {
      kind: "throttled",
      code: "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
      retryAfterSeconds: 3600,
    }],
    ["wrong kind of number", error("ConflictException", "MESSAGE_TYPE_MISMATCH"), {
      kind: "final",
      code: "MESSAGE_TYPE_MISMATCH",
    }],
    ["sandbox", error("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"), { kind: "final" }],
    ["invalid", error("ValidationException", "FIELD_VALIDATION_FAILED"), { kind: "final" }],
    ["not allowed", error("AccessDeniedException", "ACCOUNT_DISABLED"), {
      kind: "retryable",
      code: "ACCOUNT_DISABLED",
      of: "account",
    }],
    ["no such number", error("ResourceNotFoundException"), { kind: "final" }],
    ["wrong signature", error("InvalidSignatureException", undefined, 403), { kind: "retryable", of: "account" }],
    ["wrong key", error("UnrecognizedClientException"), { kind: "retryable", of: "account" }],
    ["a name that is none", error("constructor +33612345678"), { kind: "final", code: "http_400" }],
    ["a name of the language", error("constructor"), { kind: "final", code: "constructor" }],
    ["server error", error("InternalServerException", undefined, 500), { kind: "ambiguous", code: "http_500" }],
    ["throttled, says a server error", error("ThrottlingException", undefined, 503), { kind: "ambiguous" }],
  ])("%s", understandsRefusal((url) => aws.send(outgoing(), { ...config, api_url: url }, io()), SECRETS));
});

keepsTheSendingContract(aws, { at: (api_url) => ({ ...config, api_url }), secrets: SECRETS });

function io() {
  return testIo();
}

/** Signature Version 4 worked out by hand (AWS General Reference, "Create a signed request"). */
function sigV4(body: string, host: string): string {
  const hmac = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const target = "PinpointSMSVoiceV2.SendTextMessage";
  const names = "host;x-amz-date;x-amz-target";
  const canonical = `POST\n/\n\nhost:${host}\nx-amz-date:20261122T100000Z\nx-amz-target:${target}\n\n${names}\n${
    hash(body)
  }`;
  const scope = "20261122/eu-west-3/sms-voice/aws4_request";
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, "20261122"), "eu-west-3"), "sms-voice"), "aws4_request");
  const signature = hmac(key, `AWS4-HMAC-SHA256\n20261122T100000Z\n${scope}\n${hash(canonical)}`).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${SETTINGS.access_key_id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "+14255550182",
    to: "+12125550101",
    text: "EXAMPLE",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a plain message", MO, base],
    ["accents and an emoji, spaces kept", { ...MO, messageBody: " Où ? 😀 " }, { ...base, text: " Où ? 😀 " }],
    ["no text", { ...MO, messageBody: null }, { ...base, text: "" }],
    ["no id: that of SNS", { ...MO, inboundMessageId: undefined }, {
      ...base,
      carrierMessageId: "sns_22b80b92-0000-4000-8000-000000000001",
    }],
  ])("understands %s", async (_label, message, expected) => {
    expect(await inbound(message)).toEqual({ ok: true, value: [expected] });
  });

  test.each(
    [
      ["STOP", "STOP", "provider", "opt_out", true],
      ["arret", "ARRET", "provider", "opt_out", true],
      ["td", "TD", "provider", "opt_out", true],
      ["opt-out", undefined, "provider", "opt_out", true],
      // AWS took the word that the text begins with, and has blocked the person.
      ["Stop by tomorrow", "STOP", "provider", "opt_out", true],
      ["please stop", "KEYWORD_1", "provider", null, false],
      ["HELP", "HELP", "provider", null, true],
      ["START", "KEYWORD_1", "provider", null, false],
      ["STOP", "STOP", "gateway", null, false],
      ["HELP", "HELP", "gateway", null, false],
    ] as const,
  )("%o with keyword %s under %s: intent %s, answered %s", async (text, word, stop_reply, intent, answered) => {
    expect(await inbound({ ...MO, messageBody: text, messageKeyword: word }, { stop_reply })).toEqual({
      ok: true,
      value: [{ ...base, text, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  test("an event that the same topic brings is none", async () => {
    expect(await inbound(EVENT)).toEqual({ ok: true, value: [] });
  });

  test("the text with which AWS tries a topic is none", async () => {
    const request = posted(
      signed({ Message: "Successfully validated SNS topic for Amazon Pinpoint event publishing." }),
    );
    expect(await aws.inbound(request, config, snsIo().io)).toEqual({ ok: true, value: [] });
    expect(await aws.status(request, config, snsIo().io)).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["originationNumber", { ...MO, originationNumber: undefined }],
    ["destinationNumber", { ...MO, destinationNumber: "" }],
  ])("without %s is not understood", async (field, message) => {
    expect(await inbound(message)).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });
});

describe("status()", () => {
  test.each([
    ["TEXT_QUEUED", false, "queued"],
    ["TEXT_PENDING", false, "sent"],
    ["TEXT_SENT", false, "sent"],
    ["TEXT_SUCCESSFUL", false, "sent"],
    ["TEXT_SUCCESSFUL", true, "delivered"],
    ["TEXT_DELIVERED", false, "sent"],
    ["TEXT_DELIVERED", true, "delivered"],
    ["TEXT_CARRIER_UNREACHABLE", false, "sent"],
  ])("%s, final %s, is %s", async (eventType, isFinal, expected) => {
    expect(await status({ ...EVENT, eventType, isFinal })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    ["TEXT_UNREACHABLE", "undelivered"],
    ["TEXT_CARRIER_UNREACHABLE", "undelivered"],
    ["TEXT_UNKNOWN", "undelivered"],
    ["TEXT_TTL_EXPIRED", "expired"],
    ["TEXT_INVALID", "failed"],
    ["TEXT_INVALID_MESSAGE", "failed"],
    ["TEXT_BLOCKED", "failed"],
    ["TEXT_CARRIER_BLOCKED", "failed"],
    ["TEXT_SPAM", "failed"],
    ["TEXT_PROTECT_BLOCKED", "failed"],
  ])("%s is %s", async (eventType, expected) => {
    expect(await status({ ...EVENT, eventType })).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: ID,
        status: expected,
        error: { code: eventType, detail: expect.not.stringContaining("555"), optedOut: false },
      }],
    });
  });

  test("without our context, AWS's id alone remains", async () => {
    for (const context of [undefined, null, {}, { parley_message_id: 1 }]) {
      expect(await status({ ...EVENT, context })).toMatchObject({ ok: true, value: [{ messageId: null }] });
    }
  });

  test.each([["a voice event", { ...EVENT, eventType: "VOICE_ANSWERED" }], ["a message of a handset", MO]])(
    "%s is of no message of ours",
    async (_label, message) => expect(await status(message)).toEqual({ ok: true, value: [] }),
  );

  test.each(["TEXT_LOST", "TEXT_"])("%o is not understood", async (eventType) => {
    expect(await status({ ...EVENT, eventType })).toMatchObject({ ok: false, status: 400 });
  });

  test.each([[null], [[]], [1], [{ eventType: "TEXT_DELIVERED" }]])("%j is not understood", async (message) => {
    expect(await status(message)).toMatchObject({ ok: false, status: 400 });
  });
});

const GOOD = { Message: JSON.stringify(MO) };
const both = [aws.inbound, aws.status];

describe("the signature of SNS", () => {
  test.each([
    ["version 2", GOOD],
    ["version 1", { ...GOOD, SignatureVersion: "1" }],
    ["a subject", { ...GOOD, Subject: "Hello\nMessage" }],
    ["an hour of repeats", { ...GOOD, Timestamp: "2026-11-22T08:56:00.000Z" }],
    ["no milliseconds", { ...GOOD, Timestamp: "2026-11-22T10:04:59Z" }],
  ])("fits: %s", async (_label, parts) => {
    expect((await aws.inbound(posted(signed(parts)), config, snsIo().io)).ok).toBe(true);
  });

  const good = signed(GOOD);
  const { Signature = "", ...unsigned } = good;
  test.each<[string, unknown, number, string]>([
    ["no signature, as with raw delivery", unsigned, 401, "credentials_missing"],
    ["raw delivery of a message", MO, 401, "credentials_missing"],
    ["an empty signature", { ...good, Signature: "" }, 401, "credentials_missing"],
    ["nothing", null, 401, "credentials_missing"],
    ["another signature", { ...good, Signature: btoa("x".repeat(256)) }, 403, "credentials_wrong"],
    ["a signature cut short", { ...good, Signature: Signature.slice(0, -8) }, 403, "credentials_wrong"],
    ["a signature that is no base64", { ...good, Signature: "\u{1F600}" }, 403, "credentials_wrong"],
    ["another key", signed(GOOD, strange.privateKey), 403, "credentials_wrong"],
    ["another message", { ...good, Message: JSON.stringify({ ...MO, messageBody: "STOP" }) }, 403, "credentials_wrong"],
    ["an added subject", { ...good, Subject: "x" }, 403, "credentials_wrong"],
    ["a later timestamp", { ...good, Timestamp: "2026-11-22T09:59:59.123Z" }, 403, "credentials_wrong"],
    ["the hash of the other version", { ...good, SignatureVersion: "1" }, 403, "credentials_wrong"],
    ["a version that nobody knows", { ...good, SignatureVersion: "3" }, 400, "webhook_malformed"],
    ["a type that nobody knows", signed({ ...GOOD, Type: "Other" }), 400, "webhook_malformed"],
    ["another topic", signed({ ...GOOD, TopicArn: `${TOPIC}2` }), 403, "credentials_wrong"],
    [
      "a topic of another account",
      signed({ ...GOOD, TopicArn: TOPIC.replace("0001", "0002") }),
      403,
      "credentials_wrong",
    ],
    ["a copy of the day before", signed({ ...GOOD, Timestamp: "2026-11-21T10:00:00.000Z" }), 403, "credentials_stale"],
    [
      "a message of in six minutes",
      signed({ ...GOOD, Timestamp: "2026-11-22T10:06:00.000Z" }),
      403,
      "credentials_stale",
    ],
    ["a time that is none", signed({ ...GOOD, Timestamp: "now" }), 400, "webhook_malformed"],
  ])("is refused: %s", async (_label, envelope, expected, code) => {
    for (const receive of both) {
      expect(await receive(posted(envelope), config, snsIo().io)).toMatchObject({ ok: false, status: expected, code });
    }
  });

  test.each([
    "https://sns.eu-west-3.amazonaws.com.evil.example/SimpleNotificationService-0001.pem",
    "https://evil.example/SimpleNotificationService-0001.pem",
    "https://evil.example/?sns.eu-west-3.amazonaws.com/SimpleNotificationService-0001.pem",
    "https://evil@sns.eu-west-3.amazonaws.com/SimpleNotificationService-0001.pem",
    "https://sns.eu-west-3.amazonaws.com:8443/SimpleNotificationService-0001.pem",
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0001.pem",
    "http://sns.eu-west-3.amazonaws.com/SimpleNotificationService-0001.pem",
    "https://sns.eu-west-3.amazonaws.com/bucket/SimpleNotificationService-0001.pem",
    "https://sns.eu-west-3.amazonaws.com/SimpleNotificationService-0001.pem?x=1",
    "https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription",
    "https://bucket.s3.amazonaws.com/SimpleNotificationService-0001.pem",
    "file:///SimpleNotificationService-0001.pem",
    "",
  ])("a certificate at %o is never fetched", async (SigningCertURL) => {
    for (const receive of both) {
      const { io, asked } = snsIo();
      const refusal = await receive(posted(signed({ ...GOOD, SigningCertURL })), config, io);
      expect(refusal).toMatchObject({ ok: false, status: 403 });
      expect(asked).toEqual([]);
    }
  });

  test("nothing is fetched for a stranger's topic or an old copy", async () => {
    const { io, asked } = snsIo();
    const SigningCertURL = `${HOST}/SimpleNotificationService-fresh.pem`;
    await aws.inbound(posted(signed({ ...GOOD, SigningCertURL, TopicArn: `${TOPIC}2` })), config, io);
    await aws.inbound(posted(signed({ ...GOOD, SigningCertURL, Timestamp: "2026-11-21T10:00:00Z" })), config, io);
    expect(asked).toEqual([]);
  });

  test("a certificate that lapsed is refused", async () => {
    const SigningCertURL = `${HOST}/SimpleNotificationService-expired.pem`;
    const envelope = signed({ ...GOOD, SigningCertURL }, expired.privateKey);
    expect(await aws.inbound(posted(envelope), config, snsIo().io)).toMatchObject({ ok: false, status: 403 });
  });

  test.each(["missing", "page"])("a certificate that cannot be had (%s): SNS shall come again", async (name) => {
    const SigningCertURL = `${HOST}/SimpleNotificationService-${name}.pem`;
    expect(await aws.inbound(posted(signed({ ...GOOD, SigningCertURL })), config, snsIo().io))
      .toMatchObject({ ok: false, status: 503, code: "credentials_unverifiable" });
  });

  test("a certificate is fetched once", async () => {
    const SigningCertURL = `${HOST}/SimpleNotificationService-once.pem`;
    CERTIFICATES[SigningCertURL] = keys.certificate;
    const { io, asked } = snsIo();
    for (let i = 0; i < 3; i++) await aws.inbound(posted(signed({ ...GOOD, SigningCertURL })), config, io);
    expect(asked).toEqual([SigningCertURL]);
  });

  test("webhooks that come at once share one call for a certificate", async () => {
    const SigningCertURL = `${HOST}/SimpleNotificationService-shared.pem`;
    CERTIFICATES[SigningCertURL] = keys.certificate;
    const { io, asked } = snsIo();
    const envelope = posted(signed({ ...GOOD, SigningCertURL }));
    const answers = await Promise.all([1, 2, 3].map(() => aws.inbound(envelope, config, io)));
    expect([answers.every(({ ok }) => ok), asked]).toEqual([true, [SigningCertURL]]);
  });

  test("addresses that give no certificate are not called without end, and those of SNS are again a minute later", async () => {
    const { io, asked } = snsIo();
    const later = (ms: number) => ({ ...io, now: () => NOW + 600_000 + ms });
    const named = (name: string) =>
      posted(signed({ ...GOOD, SigningCertURL: `${HOST}/SimpleNotificationService-${name}.pem` }));
    for (let i = 0; i < 50; i++) {
      for (const name of ["forged", `forged${i}`]) {
        expect(await aws.inbound(named(name), config, later(0))).toMatchObject({ status: 503 });
      }
    }
    expect(asked.length).toBe(10);
    expect((await aws.inbound(posted(signed(GOOD)), config, later(0))).ok).toBe(true);
    CERTIFICATES[`${HOST}/SimpleNotificationService-new.pem`] = keys.certificate;
    expect((await aws.inbound(named("new"), config, later(60_000))).ok).toBe(true);
  });

  test("China has a domain of its own", async () => {
    const topic = "arn:aws-cn:sns:cn-north-1:000000000001:parley";
    const SigningCertURL = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0001.pem";
    CERTIFICATES[SigningCertURL] = keys.certificate;
    const envelope = signed({ ...GOOD, SigningCertURL, TopicArn: topic });
    expect((await aws.inbound(posted(envelope), { ...config, topic_arns: [topic] }, snsIo().io)).ok).toBe(true);
  });
});

describe("a subscription", () => {
  const SubscribeURL = `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=233641`;
  const request = { Type: "SubscriptionConfirmation", Message: "You have chosen …", Token: "233641", SubscribeURL };

  test("is confirmed once it is verified", async () => {
    for (const receive of both) {
      const { io, asked } = snsIo();
      expect(await receive(posted(signed(request)), config, io)).toEqual({ ok: true, value: [] });
      expect(asked.at(-1)).toBe(SubscribeURL);
    }
  });

  test.each([["forged", { ...signed(request), Token: "1" }], [
    "to another topic",
    signed({
      ...request,
      TopicArn: `${TOPIC}2`,
    }),
  ]])("that is %s is not", async (_label, envelope) => {
    const { io, asked } = snsIo();
    expect(await aws.inbound(posted(envelope), config, io)).toMatchObject({ ok: false, status: 403 });
    expect(asked).not.toContain(SubscribeURL);
  });

  test.each(["https://evil.example/?Action=ConfirmSubscription", `${HOST}/?Action=Unsubscribe`, ""])(
    "is not confirmed at %o",
    async (SubscribeURL) => {
      const { io, asked } = snsIo();
      expect(await aws.inbound(posted(signed({ ...request, SubscribeURL })), config, io))
        .toMatchObject({ ok: false, status: 403 });
      expect(asked.filter((url) => url !== CERTIFICATE)).toEqual([]);
    },
  );

  test.each([500, "down"] as const)("that SNS does not take (%s) is asked for again", async (answer) => {
    expect(await aws.inbound(posted(signed(request)), config, snsIo(answer).io))
      .toMatchObject({ ok: false, status: 503 });
  });

  test("that ended changes nothing", async () => {
    const { io, asked } = snsIo();
    const envelope = signed({ ...request, Type: "UnsubscribeConfirmation" });
    expect(await aws.inbound(posted(envelope), config, io)).toEqual({ ok: true, value: [] });
    expect(asked.filter((url) => url !== CERTIFICATE)).toEqual([]);
  });
});

describe("wild requests", () => {
  test("unsigned ones are refused and never throw", () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.uint8Array()), async (body) => {
        for (const receive of both) {
          expect(await receive(webhook({ body }), config, snsIo().io)).toMatchObject({ ok: false, status: 401 });
        }
      }),
    ));
});

survivesAnything({
  carrier: aws,
  config,
  good: {
    inbound: notification(JSON.stringify(MO)),
    status: notification(JSON.stringify(EVENT)),
  },
  content: { inbound: JSON.stringify(MO), status: JSON.stringify(EVENT) },
  proven: notification,
  io: snsIo().io,
});

test("the answer is short and says nothing", () => {
  expect(aws.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});

describe("the opt-out list of AWS", () => {
  const read = async (answers: Response[], settings: Partial<typeof config> = {}) => {
    const asked: { target: string | null; signed: boolean; body: unknown }[] = [];
    return await withServer(async (request) => {
      asked.push({
        target: request.headers.get("x-amz-target"),
        signed: request.headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 ") ?? false,
        body: await request.json(),
      });
      return answers.shift()!;
    }, async (url) => {
      const pages = await Array.fromAsync(aws.optOuts!({ ...config, api_url: url, ...settings }, testIo()));
      return { pages, asked };
    });
  };

  test("is read page by page, signed", async () => {
    const { pages, asked } = await read([
      Response.json({
        OptOutListArn: "arn:aws:sms-voice:eu-west-3:000000000001:opt-out-list/Shop",
        OptOutListName: "Shop",
        OptedOutNumbers: [
          { OptedOutNumber: "+33612345678", OptedOutTimestamp: 1.795e9, EndUserOptedOut: true },
          { OptedOutNumber: "+33612345679", EndUserOptedOut: false },
        ],
        NextToken: "two",
      }),
      Response.json({ OptedOutNumbers: [] }),
    ], { opt_out_list: "Shop" });
    expect(pages).toEqual([
      [
        { person: "+33612345678", sender: null, at: 1.795e12 },
        { person: "+33612345679", sender: null, at: null },
      ],
      [],
    ]);
    const target = "PinpointSMSVoiceV2.DescribeOptedOutNumbers";
    expect(asked).toEqual([
      { target, signed: true, body: { OptOutListName: "Shop", MaxResults: 100 } },
      { target, signed: true, body: { OptOutListName: "Shop", MaxResults: 100, NextToken: "two" } },
    ]);
  });

  test.each([
    ["is refused", [Response.json({ __type: "AccessDeniedException" }, { status: 400 })], "AWS answered HTTP 400"],
    ["is no list", [Response.json({ OptedOutNumbers: [{}] })], "OptedOutNumbers.0.OptedOutNumber"],
    ["is no JSON", [new Response("<html>")], "something else than a list"],
    [
      "does not end",
      [1, 2].map(() => Response.json({ OptedOutNumbers: [], NextToken: "again" })),
      "the same page twice",
    ],
  ])("says why it cannot be read when the answer %s", async (_, answers, words) => {
    await expect(read(answers)).rejects.toThrow(words);
  });
});
