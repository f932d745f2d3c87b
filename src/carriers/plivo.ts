import { z } from "zod";
import type { Intent } from "../core/message.ts";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { basicAuthorization, malformedAnswer, postJson } from "./json_call.ts";
import { secondsLeft, statusUrl, withoutPlus } from "./outgoing_fields.ts";
import { formParams, PLIVO_SIGNATURES, plivoCredentials, plivoSigned } from "./plivo_signature.ts";
import { networkHandling } from "./provider_keywords.ts";
import { malformedFields, missingCredentials, wrongCredentials } from "./webhook.ts";

const Config = z.strictObject({
  auth_id: z.string().regex(/^[A-Z0-9]{20}$/, "must be 20 capital letters and digits"),
  /** Webhooks are signed with it too. */
  auth_token: Credential,
  /** No other is accepted. V2 covers the address alone: who sees one webhook can then forge any. */
  signature_version: z.enum(PLIVO_SIGNATURES).default("v3"),
  api_url: apiUrl("https://api.plivo.com"),
});
type Config = z.infer<typeof Config>;

/** Bounds of `message_expiry` in seconds. */
const MIN_EXPIRY = 5;
const MAX_EXPIRY = 10_800;

const INTENTS: Record<string, Intent> = { optout: "opt_out", optin: "opt_in", help: "help" };

const STATUSES = {
  queued: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  undelivered: "undelivered",
  failed: "failed",
  rejected: "failed",
} as const satisfies Record<string, DeliveryReport["status"]>;

/** `ErrorCode` of a report: the person wrote STOP to this sender. */
const OPTED_OUT = "200";
/** The same: it waited for longer than `message_expiry`. */
const VALIDITY_RAN_OUT = "420";

const Accepted = z.object({ message_uuid: z.tuple([z.string().min(1).max(100)], z.unknown()) });

const Inbound = z.object({
  // No longer than theirs are: the signature does not tell where a value ends, and a copy in which this one took in the field behind it
  // would be another message.
  MessageUUID: z.string().min(1).max(36),
  From: z.string().min(1).max(100),
  To: z.string().min(1).max(100),
  Text: z.string().optional(),
  // Of an MMS.
  Body: z.string().optional(),
  MessageIntent: z.string().optional(),
});

const Report = z.object({
  MessageUUID: z.string().min(1).max(100),
  /** Of the whole, in the report of a part; the id that sending gave. */
  ParentMessageUUID: z.string().max(100).optional(),
  Status: z.enum(["queued", "sent", "delivered", "read", "undelivered", "failed", "rejected"]),
  ErrorCode: z.string().max(20).optional(),
});

/** Plivo Messaging. */
export const plivo: Carrier<Config> = {
  kind: "plivo",
  config: Config,
  secrets: ["auth_token"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const call = await postJson(
      io,
      `${config.api_url}/v1/Account/${config.auth_id}/Message/`,
      { Authorization: basicAuthorization(config.auth_id, config.auth_token) },
      sendBody(message, io),
    );
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  inbound(request, config) {
    const params = verifiedParams(request, config);
    if (!params.ok) return Promise.resolve(params);
    const parsed = Inbound.safeParse(params.value);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { MessageUUID, From, To, Text, Body, MessageIntent } = parsed.data;
    const text = Text || Body || "";
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: MessageUUID,
        from: From,
        to: To,
        text,
        // Plivo names a keyword only where it has acted upon it (United States and Canada).
        ...MessageIntent
          ? {
            carrierIntent: Object.hasOwn(INTENTS, MessageIntent) ? INTENTS[MessageIntent]! : null,
            alreadyAnswered: true,
          }
          : networkHandling(text, To),
        mediaUrls: mediaUrls(params.value),
      }],
    });
  },

  status(request, config) {
    const params = verifiedParams(request, config);
    if (!params.ok) return Promise.resolve(params);
    const parsed = Report.safeParse(params.value);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    return Promise.resolve({ ok: true, value: [report(parsed.data, queryOf(request).get("message"))] });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendBody(message: Outgoing, io: CarrierIo) {
  return {
    src: withoutPlus(message.from),
    dst: withoutPlus(message.to),
    text: message.text,
    type: "sms",
    // Plivo carries no reference of ours; its signature covers the query.
    url: `${statusUrl(io)}?message=${encodeURIComponent(message.id)}`,
    method: "POST",
    ...message.validUntil === null ? {} : {
      message_expiry: Math.min(Math.max(secondsLeft(message.validUntil, io), MIN_EXPIRY), MAX_EXPIRY),
    },
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  // Plivo's own words on a refusal may quote numbers, and it gives no code: the status has to do.
  if (response.status < 200 || response.status >= 300) return statusFailure("Plivo", response, nowMs);
  const accepted = Accepted.safeParse(body);
  return accepted.success
    ? { ok: true, carrierMessageId: accepted.data.message_uuid[0], status: "sent" }
    : malformedAnswer("message_uuid");
}

/** The parameters of a request that Plivo signed; of a repeated one, the first. */
function verifiedParams(request: WebhookRequest, config: Config): Verified<Record<string, string | undefined>> {
  const credentials = plivoCredentials(request, config.signature_version);
  const version = config.signature_version.toUpperCase();
  if (credentials === null) return missingCredentials(`the signature ${version} or its nonce is missing`);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("Content-Type") ?? "");
  // What Plivo signs of other bodies is not documented, so nothing would cover them.
  if (request.body.length > 0 && (request.method === "GET" || !isForm)) return wrongCredentials("the body is no form");
  if (!plivoSigned(request, config.signature_version, config.auth_token, credentials)) {
    return wrongCredentials(`the signature ${version} does not fit: check auth_token and PARLEY_PUBLIC_URL`);
  }
  const params = request.method === "GET" ? [...queryOf(request)] : formParams(request);
  return { ok: true, value: Object.fromEntries(params.toReversed()) };
}

function queryOf({ url }: WebhookRequest): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
}

function mediaUrls(params: Record<string, string | undefined>): string[] {
  const urls: string[] = [];
  for (let url = params["Media0"]; url; url = params[`Media${urls.length}`]) urls.push(url);
  return urls;
}

function report(
  { MessageUUID, ParentMessageUUID, Status, ErrorCode }: z.infer<typeof Report>,
  messageId: string | null,
): DeliveryReport {
  const known = STATUSES[Status];
  const bad = known === "failed" || known === "undelivered";
  const code = ErrorCode && /[1-9]/.test(ErrorCode) ? ErrorCode : Status;
  return {
    messageId: messageId || null,
    carrierMessageId: ParentMessageUUID || MessageUUID,
    status: bad && code === VALIDITY_RAN_OUT ? "expired" : known,
    error: bad ? { code, detail: `Plivo reported ${code}`, optedOut: code === OPTED_OUT } : null,
  };
}
