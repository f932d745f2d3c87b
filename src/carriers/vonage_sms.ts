import { z } from "zod";
import { isPart } from "../core/reassembly.ts";
import type {
  Carrier,
  CarrierIo,
  DeliveryReport,
  InboundSms,
  Outgoing,
  SendResult,
  WebhookRequest,
} from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { callFailure, statusFailure } from "./http_failure.ts";
import { malformedAnswer } from "./json_call.ts";
import { statusUrl, withoutPlus } from "./outgoing_fields.ts";
import { refuseSms, SMS_SIGNATURES } from "./vonage_signature.ts";
import { StopReply, vonageHandling } from "./vonage_stop.ts";
import { jsonBody, malformedFields } from "./webhook.ts";

const Config = z.strictObject({
  api_key: Credential,
  api_secret: Credential,
  /** Of the account: webhooks are signed with it. */
  signature_secret: Credential,
  /** As set in Vonage's dashboard; no other is accepted. */
  signature_method: z.enum(SMS_SIGNATURES).default("sha256"),
  stop_reply: StopReply,
  api_url: apiUrl("https://rest.nexmo.com"),
});
type Config = z.infer<typeof Config>;

/** Bounds of `ttl` in ms. */
const MIN_TTL = 20_000;
const MAX_TTL = 604_800_000;

/** Values of `status` in an answer that mean more than "no" (developer.vonage.com, "API errors: SMS"). */
const REFUSALS: Record<string, Omit<Extract<SendResult, { ok: false }>, "ok" | "code">> = {
  "1": { kind: "throttled", detail: "Vonage asks to send more slowly" },
  "4": { kind: "retryable", detail: "Vonage does not know the credentials of the account", of: "account" },
  "5": { kind: "retryable", detail: "internal error of Vonage's" },
  // Barred by Vonage or by the person: it does not tell, and refuses every later message alike.
  "7": { kind: "opted_out", detail: "the number is barred or has opted out at Vonage" },
  "8": { kind: "retryable", detail: "Vonage has barred the account", of: "account" },
  "9": { kind: "retryable", detail: "the credit of the account is used up", of: "account" },
  "10": { kind: "throttled", detail: "too many connections at once" },
};

const STATUSES = {
  accepted: "sent",
  buffered: "queued",
  delivered: "delivered",
  expired: "expired",
  failed: "failed",
  rejected: "failed",
  unknown: "undelivered",
} as const satisfies Record<string, DeliveryReport["status"]>;

/** `err-code` of a report: barred, which is what Opt-Out Assist answers for people who wrote STOP. */
const OPTED_OUT = "9";

const Answer = z.object({
  messages: z.array(z.object({ status: z.coerce.string(), "message-id": z.string().max(100).optional() })).min(1),
});

const Inbound = z.object({
  messageId: z.string().min(1).max(100),
  msisdn: z.string().min(1).max(100),
  to: z.string().min(1).max(100),
  // Absent in binary messages, which have `data`.
  text: z.string().default(""),
});

const Part = z.object({
  "concat-ref": z.string(),
  "concat-part": z.coerce.number(),
  "concat-total": z.coerce.number(),
});

const Status = z.object({
  messageId: z.string().min(1).max(100),
  status: z.enum(["accepted", "buffered", "delivered", "expired", "failed", "rejected", "unknown"]),
  "client-ref": z.string().max(100).optional(),
  "err-code": z.string().max(20).optional(),
});

/** Vonage SMS API (Nexmo). */
export const vonageSms: Carrier<Config> = {
  kind: "vonage_sms",
  config: Config,
  secrets: ["api_secret", "signature_secret"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    let response: Response;
    try {
      const init = { method: "POST", headers: { Accept: "application/json" }, body: sendForm(message, config, io) };
      response = await io.fetch(`${config.api_url}/sms/json`, init);
    } catch (error) {
      return callFailure(error);
    }
    return sendResult(response, await response.json().catch(() => null), io.now());
  },

  inbound(request, config, io) {
    const params = webhookParams(request);
    const refusal = refuseSms(params, config.signature_secret, config.signature_method, io.now());
    if (refusal) return Promise.resolve(refusal);
    const parsed = Inbound.safeParse(params);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { messageId, msisdn, to, text } = parsed.data;
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: messageId,
        from: msisdn,
        to,
        text,
        ...vonageHandling(text, to, config.stop_reply),
        mediaUrls: [],
        ...partOf(params),
      }],
    });
  },

  status(request, config, io) {
    const params = webhookParams(request);
    const refusal = refuseSms(params, config.signature_secret, config.signature_method, io.now());
    if (refusal) return Promise.resolve(refusal);
    const parsed = Status.safeParse(params);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { messageId, status, "client-ref": reference, "err-code": error } = parsed.data;
    const known = STATUSES[status];
    const bad = known === "failed" || known === "undelivered" || known === "expired";
    const code = error && error !== "0" ? error : status;
    return Promise.resolve({
      ok: true,
      value: [{
        messageId: reference || null,
        carrierMessageId: messageId,
        status: known,
        error: bad ? { code, detail: `Vonage reported ${code}`, optedOut: code === OPTED_OUT } : null,
        // Of a long message each part has an id, and a report, of its own.
        part: messageId,
      }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendForm(message: Outgoing, config: Config, io: CarrierIo): URLSearchParams {
  const form = new URLSearchParams({
    api_key: config.api_key,
    api_secret: config.api_secret,
    to: withoutPlus(message.to),
    from: withoutPlus(message.from),
    text: message.text,
    type: message.encoding === "UCS-2" ? "unicode" : "text",
    "status-report-req": "1",
    callback: statusUrl(io),
    // Comes back in reports, where the signature covers it, unlike the address.
    "client-ref": message.id,
  });
  if (message.validUntil !== null) {
    form.set("ttl", String(Math.min(Math.max(message.validUntil - io.now(), MIN_TTL), MAX_TTL)));
  }
  return form;
}

/** Vonage answers 200 whatever happened, and tells of each part of a long message. */
function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status !== 200) return statusFailure("Vonage", response, nowMs);
  const answer = Answer.safeParse(body);
  const parts = answer.success ? answer.data.messages : [];
  const [first] = parts;
  if (first === undefined) return malformedAnswer("status of a message");
  const refused = parts.find(({ status }) => status !== "0");
  if (refused === undefined) return { ok: true, carrierMessageId: first["message-id"] ?? null, status: "sent" };
  const code = /^\d{1,4}$/.test(refused.status) ? refused.status : "refused";
  if (parts.some(({ status }) => status === "0")) {
    const detail = `Vonage took some parts and refused others with status ${code}`;
    return { ok: false, kind: "ambiguous", code, detail };
  }
  return { ok: false, kind: "final", detail: `Vonage refused with status ${code}`, ...REFUSALS[code], code };
}

/** By the account's setting: a query, a form, or JSON whose values the signature covers as texts. */
function webhookParams(request: WebhookRequest): Record<string, string> {
  if (request.method === "GET") return firstValues(new URLSearchParams(/\?([^#]*)/.exec(request.url)?.[1] ?? ""));
  if (/^application\/json\b/i.test(request.headers.get("Content-Type") ?? "")) {
    // Not with `z.record`, which leaves out a field called __proto__ that the signature covers.
    const body = jsonBody(request);
    const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? Object.entries(body) : [];
    return fields.every(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      ? Object.fromEntries(fields.map(([name, value]) => [name, String(value)]))
      : {};
  }
  return firstValues(new URLSearchParams(new TextDecoder().decode(request.body)));
}

function firstValues(params: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...params].toReversed());
}

/** Where the text stands in a long message. Nothing when it is whole, or when what is said of it cannot be: it still counts. */
function partOf(params: Record<string, string>): Pick<InboundSms, "part"> {
  if (params["concat"] !== "true") return {};
  const parsed = Part.safeParse(params);
  if (!parsed.success) return {};
  const { "concat-ref": reference, "concat-part": number, "concat-total": total } = parsed.data;
  return isPart({ reference, number, total }) ? { part: { reference, number, total } } : {};
}
