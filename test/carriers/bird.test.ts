import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bird } from "../../src/carriers/bird.ts";
import { refuseBird } from "../../src/carriers/messagebird_signature.ts";
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

const SETTINGS = {
  access_key: "access-key-of-tests",
  workspace_id: "aaaaaaaa-bbbb-4ccc-8ddd-000000000001",
  channel_id: "aaaaaaaa-bbbb-4ccc-8ddd-000000000002",
  sender: "+447700900000",
  signing_key: "signing-key-of-tests",
};
const SECRETS = [SETTINGS.access_key, SETTINGS.signing_key];
const config = bird.config.parse(SETTINGS);
const ID = "aaaaaaaa-bbbb-4ccc-8ddd-000000000003";
const INBOUND = "https://sms.example.com/carriers/acc_1/inbound";
const STATUS = "https://sms.example.com/carriers/acc_1/status";
const io = testIo();

/** Signed as Bird describes it, by node:crypto. */
function signed(body: string, url: string, timestamp = String(NOW / 1000)): WebhookParts {
  const hash = createHash("sha256").update(body).digest();
  const signature = createHmac("sha256", SETTINGS.signing_key).update(`${timestamp}\n${url}\n`).update(hash);
  return {
    url,
    headers: {
      "Content-Type": "application/json",
      "messagebird-signature": signature.digest("base64"),
      "messagebird-request-timestamp": timestamp,
    },
    body,
  };
}

const MESSAGE = {
  id: ID,
  channelId: SETTINGS.channel_id,
  sender: { contact: { id: "x", identifierKey: "phonenumber", identifierValue: "+447700900001" } },
  receiver: { connector: { id: "y" } },
  body: { type: "text", text: { text: "Hello é" } },
  direction: "incoming",
  status: "delivered",
  lastStatusAt: "2026-11-22T10:00:00Z",
};
const REPORT = {
  id: ID,
  channelId: SETTINGS.channel_id,
  receiver: { contacts: [{ identifierKey: "phonenumber", identifierValue: "+33612345678" }] },
  body: { type: "text", text: { text: "Bonjour" } },
  reference: "msg_01",
  direction: "outgoing",
  status: "delivered",
};

const event = (name: string, payload: unknown) => JSON.stringify({ service: "channels", event: name, payload });
const inbound = (payload: unknown, name = "sms.inbound", settings = {}) =>
  bird.inbound(webhook(signed(event(name, payload), INBOUND)), { ...config, ...settings }, io);
const status = (payload: unknown, name = "sms.outbound") =>
  bird.status(webhook(signed(event(name, payload), STATUS)), config, io);

describe("configuration", () => {
  test("defaults", () => expect(config).toEqual({ ...SETTINGS, api_url: "https://api.bird.com" }));

  test.each([
    ["access_key", { ...SETTINGS, access_key: "" }],
    ["workspace_id", { ...SETTINGS, workspace_id: "../x" }],
    ["channel_id", { ...SETTINGS, channel_id: "ch_1" }],
    ["sender", { ...SETTINGS, sender: "0612345678901" }],
    ["signing_key", { ...SETTINGS, signing_key: undefined }],
  ])("a wrong %s is named", namesTheWrongOne(bird));
});

describe("send()", () => {
  test.each(["+447700900000", "36105", "ACME"])(
    "posts what Bird documents, through the channel of %s",
    (sender) =>
      withServer(async (request) => {
        const path = `/workspaces/${SETTINGS.workspace_id}/channels/${SETTINGS.channel_id}/messages`;
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", path]);
        expect(request.headers.get("Authorization")).toBe("AccessKey access-key-of-tests");
        expect(await request.json()).toEqual({
          receiver: { contacts: [{ identifierKey: "phonenumber", identifierValue: "+33612345678" }] },
          reference: "msg_01",
          body: { type: "text", text: { text: "Où êtes-vous ? 😀".repeat(20) } },
        });
        return Response.json({ id: ID, status: "accepted" }, { status: 202 });
      }, async (url) => {
        const message = outgoing({
          from: sender,
          text: "Où êtes-vous ? 😀".repeat(20),
          encoding: "UCS-2",
          segments: 5,
        });
        expect(await bird.send(message, { ...config, sender, api_url: url }, io))
          .toEqual({ ok: true, carrierMessageId: ID, status: "sent" });
      }),
  );

  test("from another sender than the channel's nothing leaves", async () => {
    const fetch = () => Promise.reject(new Error("called"));
    expect(await bird.send(outgoing({ from: "+447700900009" }), config, { ...io, fetch }))
      .toMatchObject({ ok: false, kind: "final", code: "sender_of_another_channel" });
  });

  test.each([
    ["invalid", Response.json({ code: "InvalidPayload", message: "+33612345678" }, { status: 422 }), {
      kind: "final",
      code: "InvalidPayload",
    }],
    ["too fast", Response.json({ code: "RateLimited" }, { status: 429 }), { kind: "throttled", code: "RateLimited" }],
    ["words instead of a code", Response.json({ code: "No, +33612345678" }, { status: 400 }), {
      kind: "final",
      code: "http_400",
    }],
    ["a code in a server error", Response.json({ code: "Internal" }, { status: 500 }), {
      kind: "ambiguous",
      code: "http_500",
    }],
  ])(
    "%s",
    understandsRefusal(
      (url) => bird.send(outgoing({ from: SETTINGS.sender }), { ...config, api_url: url }, io),
      SECRETS,
    ),
  );
});

keepsTheSendingContract(bird, {
  at: (url) => ({ ...config, api_url: url }),
  secrets: SECRETS,
  from: SETTINGS.sender,
  accepts: 202,
});

refusesForgedWebhooks({
  carrier: bird,
  config,
  good: {
    inbound: signed(event("sms.inbound", MESSAGE), INBOUND),
    status: signed(event("sms.outbound", REPORT), STATUS),
  },
  unproven: ({ headers, ...parts }) => ({ ...parts, headers: { ...headers, "messagebird-signature": "" } }),
  altered: (parts) => ({ ...parts, body: `${parts.body} ` }),
  timed: 0,
  other: { ...config, signing_key: "another-key" },
  signed: (body, kind) => signed(body, kind === "inbound" ? INBOUND : STATUS),
  secrets: [...SECRETS, "another-key"],
});

describe("the signature", () => {
  const good = signed(event("sms.inbound", MESSAGE), INBOUND);

  test.each<[string, WebhookParts]>([
    ["another address", { ...good, url: STATUS }],
    ["a query more", { ...good, url: `${INBOUND}?x=1` }],
    ["another time", {
      ...good,
      headers: { ...good.headers, "messagebird-request-timestamp": String(NOW / 1000 + 1) },
    }],
  ])("%s: 403", async (_label, parts) => {
    expect(await bird.inbound(webhook(parts), config, io)).toMatchObject({ status: 403, code: "credentials_wrong" });
  });

  test.each([[300, true], [301, false]])("%d seconds away: %s", async (seconds, expected) => {
    for (const away of [seconds, -seconds]) {
      expect((await bird.inbound(webhook(good), config, testIo({ now: () => NOW + away * 1000 }))).ok).toBe(expected);
    }
  });

  const { fixtures, reference } = signatureVectors("bird");
  test.each([...fixtures, ...reference])("vector: $name: $valid", (vector) => {
    const request = webhook({ url: vector.url ?? "", headers: vector.headers, body: vector.body ?? "" });
    expect(refuseBird(request, vector.secret ?? "", vectorClock(vector)) === null).toBe(vector.valid);
  });
});

describe("inbound()", () => {
  const base = {
    carrierMessageId: ID,
    from: "+447700900001",
    to: "+447700900000",
    text: "Hello é",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
  };

  test.each([
    ["a message", MESSAGE, base],
    ["pictures with a text", {
      ...MESSAGE,
      body: {
        type: "image",
        image: { text: "Look", images: [{ mediaUrl: "https://m/0" }, { mediaUrl: "https://m/1" }] },
      },
    }, { ...base, text: "Look", mediaUrls: ["https://m/0", "https://m/1"] }],
    ["a file", { ...MESSAGE, body: { type: "file", file: { files: [{ mediaUrl: "https://m/0" }] } } }, {
      ...base,
      text: "",
      mediaUrls: ["https://m/0"],
    }],
    ["a stop, which is ours to answer", { ...MESSAGE, body: { text: { text: "STOP" } } }, { ...base, text: "STOP" }],
  ])("understands %s", async (_label, payload, expected) => {
    expect(await inbound(payload)).toEqual({ ok: true, value: [expected] });
  });

  test("a stop to a toll-free number is the network's", async () => {
    const stop = { ...MESSAGE, body: { text: { text: "STOP" } } };
    expect(await inbound(stop, "sms.inbound", { sender: "+18445550100" }))
      .toMatchObject({ ok: true, value: [{ carrierIntent: "opt_out", alreadyAnswered: true }] });
  });

  test.each([
    ["event", "sms.outbound", MESSAGE],
    ["event", "whatsapp.inbound", MESSAGE],
    ["payload.channelId", "sms.inbound", { ...MESSAGE, channelId: ID }],
    ["payload.channelId", "sms.inbound", { ...MESSAGE, channelId: undefined }],
    ["id", "sms.inbound", { ...MESSAGE, id: "" }],
    ["sender", "sms.inbound", { ...MESSAGE, sender: {} }],
    ["body", "sms.inbound", { ...MESSAGE, body: null }],
  ])("signed, but without a fitting %s (%s)", async (field, name, payload) => {
    expect(await inbound(payload, name)).toMatchObject({
      ok: false,
      status: 400,
      detail: expect.stringContaining(field),
    });
  });
});

describe("status()", () => {
  test.each([
    ["accepted", "queued"],
    ["scheduled", "queued"],
    ["processing", "queued"],
    ["sent", "sent"],
    ["delivered", "delivered"],
    ["read", "delivered"],
  ])("%s is %s", async (given, expected) => {
    expect(await status({ ...REPORT, status: given })).toEqual({
      ok: true,
      value: [{ messageId: "msg_01", carrierMessageId: ID, status: expected, error: null }],
    });
  });

  test.each([
    [
      "delivery_failed",
      "unknown_subscriber",
      { code: 15005, source: { name: "sms-messagebird", code: "1" } },
      "undelivered",
      "15005",
      false,
    ],
    ["delivery_failed", "opted_out", null, "undelivered", "delivery_failed", true],
    ["sending_failed", null, { code: 15001 }, "failed", "15001", false],
    ["rejected", undefined, undefined, "failed", "rejected", false],
    ["skipped", undefined, undefined, "failed", "skipped", false],
  ])("%s (%s) with %j is %s", async (given, details, failure, expected, code, optedOut) => {
    expect(await status({ ...REPORT, status: given, details, failure, reason: "to +33612345678" })).toMatchObject({
      ok: true,
      value: [{ status: expected, error: { code, detail: expect.not.stringContaining("336"), optedOut } }],
    });
  });

  test.each([null, undefined, ""])("with the reference %o Bird's id alone remains", async (reference) => {
    expect(await status({ ...REPORT, reference })).toMatchObject({
      ok: true,
      value: [{ messageId: null, carrierMessageId: ID }],
    });
  });

  test.each(["lost", "constructor"])("%o is not understood", async (given) => {
    expect(await status({ ...REPORT, status: given })).toMatchObject({ ok: false, status: 400 });
  });

  test("an inbound message is not taken for a report", async () => {
    expect(await status(MESSAGE, "sms.inbound")).toMatchObject({ ok: false, status: 400 });
  });
});

test("the answer is empty", () => {
  expect(bird.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
});
