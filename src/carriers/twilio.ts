import { z } from "zod";
import type { Intent } from "../core/message.ts";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { callFailure, statusFailure } from "./http_failure.ts";
import { NOT_HANDLED, providerHandling } from "./provider_keywords.ts";
import { formParams, twilioSigned } from "./twilio_signature.ts";
import { malformed, malformedFields, missingCredentials, wrongCredentials } from "./webhook.ts";

const Config = z.strictObject({
  account_sid: z.string().regex(/^AC[0-9a-fA-F]{32}$/, "must be AC and 32 hexadecimal digits"),
  /** The primary token: the only one that Twilio signs webhooks with. */
  auth_token: z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII"),
  messaging_service_sid: z.string().regex(/^MG[0-9a-fA-F]{32}$/, "must be MG and 32 hexadecimal digits").optional(),
  api_url: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
  /** `gateway` only after Twilio support has switched its own opt-out handling off. */
  stop_reply: z.enum(["provider", "gateway"]).default("provider"),
});
type Config = z.infer<typeof Config>;

/** Longest and default life of a message in Twilio's queue (Message resource, `ValidityPeriod`). */
const MAX_VALIDITY_SECONDS = 36_000;

/** Twilio's default words, alone in a message and in any case (Twilio Docs: "Twilio support for opt-out keywords"). */
const STOP_WORDS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const ANSWERED_WORDS = ["START", "YES", "UNSTOP", "HELP", "INFO"];

/** Codes of a refused request that mean more than "no" (Twilio Docs: error dictionary). */
const REFUSALS: Record<number, Omit<Extract<SendResult, { ok: false }>, "ok" | "code">> = {
  21610: { kind: "opted_out", detail: "the recipient has opted out at Twilio" },
  20429: { kind: "throttled", detail: "too many requests at once" },
  63017: { kind: "throttled", detail: "the account is over its rate" },
  // More than 30 replies between two numbers within 30 seconds; Twilio refuses for the next 30.
  14107: { kind: "throttled", detail: "too many replies to one number", retryAfterSeconds: 30, scope: "message" },
  // Ten hours of traffic are waiting already: an hour makes room without losing the day.
  21611: { kind: "throttled", detail: "the queue of the sender is full", retryAfterSeconds: 3600, scope: "message" },
  63038: { kind: "throttled", detail: "the account is over its daily cap", retryAfterSeconds: 3600 },
};

const STATUSES: Record<string, DeliveryReport["status"]> = {
  accepted: "queued",
  scheduled: "queued",
  queued: "queued",
  sending: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  partially_delivered: "delivered",
  undelivered: "undelivered",
  failed: "failed",
  canceled: "failed",
};

const OPT_OUT_TYPES: Record<string, Intent> = { STOP: "opt_out", START: "opt_in", HELP: "help" };

const Created = z.object({ sid: z.string().min(1) });
const Refused = z.object({ code: z.number().int() });

const Inbound = z.object({
  // No longer than theirs are: the signature does not tell where a value ends, and a copy in which this one took in the field behind it
  // would be another message.
  MessageSid: z.string().min(1).max(34),
  From: z.string().min(1).max(100),
  To: z.string().min(1).max(100),
  // Absent when a message holds nothing but media.
  Body: z.string().default(""),
  OptOutType: z.string().optional(),
});

const Status = z.object({
  MessageSid: z.string().min(1).max(64),
  MessageStatus: z.string(),
  ErrorCode: z.string().max(20).optional(),
});

/** Twilio Programmable Messaging. */
export const twilio: Carrier<Config> = {
  kind: "twilio",
  config: Config,
  secrets: ["auth_token"] satisfies (keyof Config)[],
  // A second POST is a second SMS: Twilio has no idempotency key.
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    let response: Response;
    try {
      response = await io.fetch(
        `${config.api_url.replace(/\/$/, "")}/2010-04-01/Accounts/${config.account_sid}/Messages.json`,
        {
          method: "POST",
          headers: {
            Authorization: `Basic ${btoa(`${config.account_sid}:${config.auth_token}`)}`,
            Accept: "application/json",
          },
          body: sendForm(message, config, io),
        },
      );
    } catch (error) {
      return callFailure(error);
    }
    return sendResult(response, io.now());
  },

  inbound(request, config) {
    const verified = verifiedParams(request, config);
    if (!verified.ok) return Promise.resolve(verified);
    const params = verified.value;
    const parsed = Inbound.safeParse({ ...params, MessageSid: params.MessageSid ?? params.SmsSid });
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { MessageSid, From, To, Body, OptOutType } = parsed.data;
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: MessageSid,
        from: From,
        to: To,
        text: Body,
        ...handling(Body, OptOutType, config),
        mediaUrls: mediaUrls(params),
      }],
    });
  },

  status(request, config) {
    const verified = verifiedParams(request, config);
    if (!verified.ok) return Promise.resolve(verified);
    const params = verified.value;
    const parsed = Status.safeParse({
      ...params,
      MessageSid: params.MessageSid ?? params.SmsSid,
      MessageStatus: params.MessageStatus ?? params.SmsStatus,
    });
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    return Promise.resolve(report(parsed.data, ourMessageId(request.url)));
  },

  answer() {
    return { status: 200, contentType: "text/xml", body: '<?xml version="1.0" encoding="UTF-8"?><Response/>' };
  },
};

function sendForm(message: Outgoing, config: Config, io: CarrierIo): URLSearchParams {
  const form = new URLSearchParams({
    To: message.to,
    // Beside a service too: it must not pick another sender than the one the message was decided for.
    From: message.from,
    Body: message.text,
    StatusCallback: `${io.publicUrl}/carriers/${encodeURIComponent(io.carrierId)}/status?message=${
      encodeURIComponent(message.id)
    }`,
  });
  if (config.messaging_service_sid) form.set("MessagingServiceSid", config.messaging_service_sid);
  if (message.validUntil !== null) {
    const seconds = Math.floor((message.validUntil - io.now()) / 1000);
    form.set("ValidityPeriod", String(Math.min(Math.max(seconds, 1), MAX_VALIDITY_SECONDS)));
  }
  return form;
}

async function sendResult(response: Response, nowMs: number): Promise<SendResult> {
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 201 || response.status === 200) {
    const created = Created.safeParse(body);
    if (created.success) return { ok: true, carrierMessageId: created.data.sid, status: "sent" };
    return { ok: false, kind: "ambiguous", code: "answer_malformed", detail: "the answer holds no message SID" };
  }
  const failure = statusFailure("Twilio", response, nowMs);
  const refused = Refused.safeParse(body);
  // Twilio's own message quotes numbers, hence only its code. A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const { code } = refused.data;
  return { ...failure, detail: `Twilio refused with error ${code}`, ...REFUSALS[code], code: String(code) };
}

/** The parameters of a request that Twilio signed; of a repeated one, the first. */
function verifiedParams(request: WebhookRequest, config: Config): Verified<Record<string, string | undefined>> {
  const signature = request.headers.get("X-Twilio-Signature");
  if (!signature) return missingCredentials("X-Twilio-Signature is missing");
  const form = formParams(request);
  if (!twilioSigned(request, signature, config.auth_token, form)) {
    return wrongCredentials("X-Twilio-Signature does not fit: check the auth token and PARLEY_PUBLIC_URL");
  }
  const params = request.method === "GET" ? [...query(request.url)] : form;
  return { ok: true, value: Object.fromEntries(params.toReversed()) };
}

/** What Twilio did by itself. `OptOutType` says so for Advanced Opt-Out; without it, the default words are handled silently. */
function handling(text: string, optOutType: string | undefined, config: Config) {
  if (optOutType) return { carrierIntent: OPT_OUT_TYPES[optOutType.toUpperCase()] ?? null, alreadyAnswered: true };
  return config.stop_reply === "provider" ? providerHandling(text, STOP_WORDS, ANSWERED_WORDS) : NOT_HANDLED;
}

function mediaUrls(params: Record<string, string | undefined>): string[] {
  const urls: string[] = [];
  for (let url = params.MediaUrl0; url; url = params[`MediaUrl${urls.length}`]) urls.push(url);
  return urls;
}

function report(status: z.infer<typeof Status>, messageId: string | null): Verified<DeliveryReport[]> {
  const { MessageSid, MessageStatus, ErrorCode } = status;
  if (MessageStatus === "receiving" || MessageStatus === "received") return { ok: true, value: [] };
  const known = Object.hasOwn(STATUSES, MessageStatus) ? STATUSES[MessageStatus] : undefined;
  if (known === undefined) return malformed("MessageStatus: not a status of an outbound message");
  const bad = known === "undelivered" || known === "failed";
  return {
    ok: true,
    value: [{
      messageId,
      carrierMessageId: MessageSid,
      // 30036: it waited in Twilio's queue for longer than `ValidityPeriod`.
      status: bad && ErrorCode === "30036" ? "expired" : known,
      error: bad
        ? {
          code: ErrorCode || MessageStatus,
          detail: ErrorCode ? `Twilio reported error ${ErrorCode}` : `Twilio reported ${MessageStatus}`,
          optedOut: ErrorCode === "21610",
        }
        : null,
    }],
  };
}

function ourMessageId(url: string): string | null {
  return query(url).get("message");
}

function query(url: string): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
}
