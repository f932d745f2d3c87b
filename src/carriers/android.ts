import { z } from "zod";
import type { Carrier, DeliveryReport, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { statusFailure } from "./http_failure.ts";
import { basicAuthorization, malformedAnswer, postJson, withoutSlash } from "./json_call.ts";
import { constantTimeEqual, hmacBytes } from "./signature.ts";
import {
  idOfCopy,
  isRecent,
  jsonBody,
  malformedFields,
  missingCredentials,
  type Refusal,
  staleCredentials,
  unreadable,
  wrongCredentials,
} from "./webhook.ts";

const Config = z.strictObject({
  /** Of the API: `http://192.168.1.10:8080` (the phone), `https://api.sms-gate.app/3rdparty/v1` (its cloud), or a server of one's own. */
  url: z.url({ protocol: /^https?$/ }),
  username: z.string().regex(/^[^\p{Cc}:]+$/u, "must not hold colons or control characters"),
  password: z.string().regex(/^\P{Cc}+$/u, "must not hold control characters"),
  /** Settings → Webhooks → Signing Key. */
  signing_key: z.string().min(1),
  /** Of SIM 1, SIM 2 …: Android often does not know the numbers of its own cards. */
  numbers: z.array(z.string().regex(/^\+[1-9]\d{6,14}$/, "must be a number in E.164")).min(1).max(3),
});
type Config = z.infer<typeof Config>;

const EVENTS: Record<string, DeliveryReport["status"]> = {
  "sms:sent": "sent",
  "sms:delivered": "delivered",
  "sms:failed": "failed",
  "sms:cancelled": "failed",
};

const Created = z.object({ id: z.string().min(1).max(100) });

const Event = z.object({ id: z.string().max(100).nullish(), event: z.string() });

const Inbound = z.object({
  payload: z.object({
    sender: z.string().max(100).nullish(),
    // Of older versions: the other side, in either direction.
    phoneNumber: z.string().max(100).nullish(),
    recipient: z.string().max(100).nullish(),
    simNumber: z.int().nullish(),
    message: z.string().nullish(),
    body: z.string().nullish(),
    subject: z.string().nullish(),
  }).refine(({ sender, phoneNumber }) => sender || phoneNumber, { path: ["sender"], error: "must not be empty" }),
});

const Report = z.object({
  payload: z.object({ messageId: z.string().min(1).max(100), reason: z.string().nullish() }),
});

/**
 * An Android phone with the app "SMS Gateway for Android" (capcom6/android-sms-gateway), by itself or through a server. Its
 * end-to-end encryption of payloads is not understood.
 */
export const android: Carrier<Config> = {
  kind: "android",
  config: Config,
  secrets: ["password", "signing_key"] satisfies (keyof Config)[],
  // The id is ours and the key of the message on the phone and on the server: a second one is refused.
  idempotent: true,
  privateNetwork: true,

  async send(message, config, io) {
    const sim = config.numbers.indexOf(message.from);
    if (sim === -1) {
      return { ok: false, kind: "final", code: "sender_unknown", detail: "the sender is none of the phone's numbers" };
    }
    const call = await postJson(
      io,
      `${withoutSlash(config.url)}/messages`,
      { Authorization: basicAuthorization(config.username, config.password) },
      sendBody(message, config.numbers.length > 1 ? sim + 1 : null),
    );
    if (!call.ok) return call.failure;
    return sendResult(call.response, call.body, message.id, io.now());
  },

  inbound(request, config, io) {
    const event = signedEvent(request, config, io.now());
    if (!event.ok) return Promise.resolve(event);
    const { id, type, json } = event.value;
    // `mms:received` comes before its text does; the rest brings no text at all.
    if (type !== "sms:received" && type !== "mms:downloaded") return Promise.resolve({ ok: true, value: [] });
    const parsed = Inbound.safeParse(json);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { sender, phoneNumber, recipient, simNumber, message, body, subject } = parsed.data.payload;
    return Promise.resolve({
      ok: true,
      value: [{
        // `messageId` is a hash of the content: the same words twice would be one message.
        carrierMessageId: id,
        from: sender || phoneNumber || "",
        to: config.numbers[(simNumber ?? 0) - 1] ?? (recipient || config.numbers[0] || ""),
        text: message || body || subject || "",
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
      }],
    });
  },

  status(request, config, io) {
    const event = signedEvent(request, config, io.now());
    if (!event.ok) return Promise.resolve(event);
    const { type, json } = event.value;
    const status = Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
    if (status === undefined) return Promise.resolve({ ok: true, value: [] });
    const parsed = Report.safeParse(json);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { messageId, reason } = parsed.data.payload;
    return Promise.resolve({
      ok: true,
      value: [{ messageId, carrierMessageId: messageId, ...outcome(type, status, reason ?? "") }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendBody(message: Outgoing, simNumber: number | null) {
  return {
    id: message.id,
    textMessage: { text: message.text },
    phoneNumbers: [message.to],
    withDeliveryReport: true,
    ...(simNumber === null ? {} : { simNumber }),
    ...(message.validUntil === null ? {} : { validUntil: new Date(message.validUntil).toISOString() }),
  };
}

function sendResult(response: Response, body: unknown, messageId: string, nowMs: number): SendResult {
  // Our id is there already: it took the message the first time.
  if (response.status === 409) return { ok: true, carrierMessageId: messageId, status: "sent" };
  if (response.status === 202 || response.status === 201 || response.status === 200) {
    const created = Created.safeParse(body);
    return created.success && created.data.id === messageId
      ? { ok: true, carrierMessageId: messageId, status: "sent" }
      : malformedAnswer("id of ours");
  }
  return statusFailure("the phone", response, nowMs);
}

/**
 * The event of a request that the phone signed: `X-Signature` is the hex HMAC-SHA256 of the body followed by `X-Timestamp`. A
 * repetition is signed anew, so five minutes are enough.
 */
function signedEvent(
  request: WebhookRequest,
  config: Config,
  nowMs: number,
): Verified<{ id: string; type: string; json: unknown }> {
  const refusal = signatureRefusal(request, config, nowMs);
  if (refusal) return refusal;
  const json = jsonBody(request);
  if (json === undefined) return unreadable(request);
  const parsed = Event.safeParse(json);
  if (!parsed.success) return malformedFields(parsed.error);
  const id = parsed.data.id || idOfCopy((request.headers.get("X-Signature") ?? "").toLowerCase());
  return { ok: true, value: { id, type: parsed.data.event, json } };
}

function signatureRefusal({ headers, body }: WebhookRequest, config: Config, nowMs: number): Refusal | null {
  const signature = headers.get("X-Signature");
  const timestamp = headers.get("X-Timestamp");
  if (!signature || !timestamp) return missingCredentials("X-Signature or X-Timestamp is missing");
  const tail = new TextEncoder().encode(timestamp);
  const signed = new Uint8Array(body.length + tail.length);
  signed.set(body);
  signed.set(tail, body.length);
  const expected = hmacBytes("sha256", config.signing_key, signed).toHex();
  if (!constantTimeEqual(signature.toLowerCase(), expected)) {
    return wrongCredentials("X-Signature does not fit: check the signing key of the app");
  }
  return isRecent(timestamp, nowMs)
    ? null
    : staleCredentials("X-Timestamp is more than five minutes away from now: an old copy, or a clock that is wrong");
}

/** `reason` is made for people: an Android result code at best (`RESULT_ERROR_NO_SERVICE`), and it may quote the number. */
function outcome(
  type: string,
  status: DeliveryReport["status"],
  reason: string,
): Pick<DeliveryReport, "status" | "error"> {
  if (status !== "failed") return { status, error: null };
  if (/\b(ttl|expired)\b/i.test(reason)) {
    return {
      status: "expired",
      error: { code: "expired", detail: "it waited on the phone for too long", optedOut: false },
    };
  }
  const code = /\bRESULT_[A-Z_]{1,60}\b/.exec(reason)?.[0] ?? type.replace("sms:", "");
  return { status, error: { code, detail: `the phone reported ${code}`, optedOut: false } };
}
