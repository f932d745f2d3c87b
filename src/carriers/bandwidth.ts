import { z } from "zod";
import type { Carrier, DeliveryReport, InboundSms, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { statusFailure } from "./http_failure.ts";
import { basicAuthorization, malformedAnswer, postJson, withoutSlash } from "./json_call.ts";
import { networkHandling } from "./provider_keywords.ts";
import { checkBasic, checkUrlKey, malformed, malformedFields, readJson, type Refusal, understood } from "./webhook.ts";
import { WebhookSecret } from "./webhook_secret.ts";

// Of Basic credentials: a name ends at the first colon.
const Username = z.string().regex(/^[^\p{Cc}:]+$/u, "must not hold colons or control characters");
const Password = z.string().regex(/^\P{Cc}+$/u, "must not hold control characters");

const Config = z.strictObject({
  account_id: z.string().regex(/^\d{1,20}$/, "must be digits"),
  application_id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be letters, digits and -"),
  username: Username,
  password: Password,
  /** Credentials that the application at Bandwidth is told to call with. */
  callback_username: Username.optional(),
  callback_password: Password.optional(),
  /** Instead of them, or besides: `key` in the addresses that it calls. */
  webhook_secret: WebhookSecret.optional(),
  api_url: z.url({ protocol: /^https?$/ }).default("https://messaging.bandwidth.com/api/v2"),
}).superRefine((config, context) => {
  const { callback_username, callback_password, webhook_secret } = config;
  if ((callback_username === undefined) !== (callback_password === undefined)) {
    const path = [callback_username === undefined ? "callback_username" : "callback_password"];
    context.addIssue({ code: "custom", path, message: "callback_username and callback_password go together" });
  } else if (callback_username === undefined && webhook_secret === undefined) {
    const message = "Bandwidth signs nothing: give webhook_secret, or callback_username and callback_password";
    context.addIssue({ code: "custom", path: ["webhook_secret"], message });
  }
});
type Config = z.infer<typeof Config>;

/** `type` of an event of an outbound message; what happens to messages of handsets and to media is told elsewhere. */
const EVENTS: Record<string, DeliveryReport["status"] | "failed_by_code"> = {
  "message-sending": "sent",
  "message-delivered": "delivered",
  "message-read": "delivered",
  "message-failed": "failed_by_code",
};

/** Codes of the handset or its network, not of the message (Bandwidth Docs, "Carrier Reported Client Errors"). */
const UNREACHED = new Set([4700, 4701, 4702, 4720, 4721, 4730]);
const EXPIRED = 4360;
const USER_OPTED_OUT = 4775;

const Created = z.object({ id: z.string().min(1).max(200) });
const Refused = z.object({ type: z.string().regex(/^[a-z][a-z0-9-]{1,60}$/), description: z.string() });

const Batch = z.array(z.unknown());

const Inbound = z.object({
  type: z.literal("message-received"),
  to: z.string().max(100).nullish(),
  message: z.object({
    id: z.string().min(1).max(200),
    owner: z.string().max(100).nullish(),
    to: z.array(z.string().max(100)).default([]),
    from: z.string().min(1).max(100),
    text: z.string().nullish(),
    media: z.array(z.string()).nullish(),
  }),
});

const Event = z.object({
  errorCode: z.union([z.int(), z.string().regex(/^\d{1,6}$/).transform(Number)]).nullish(),
  message: z.object({ id: z.string().min(1).max(200), tag: z.string().max(1024).nullish() }),
});

/** Bandwidth, Messaging API v2. */
export const bandwidth: Carrier<Config> = {
  kind: "bandwidth",
  config: Config,
  secrets: ["password", "callback_password", "webhook_secret"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const call = await postJson(
      io,
      `${withoutSlash(config.api_url)}/users/${config.account_id}/messages`,
      { Authorization: basicAuthorization(config.username, config.password) },
      sendBody(message, config),
    );
    if (!call.ok) return call.failure;
    return sendResult(call.response, call.body, io.now());
  },

  inbound(request, config) {
    return Promise.resolve(items(request, config, inboundSms));
  },

  status(request, config) {
    return Promise.resolve(items(request, config, report));
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendBody(message: Outgoing, config: Config) {
  return {
    applicationId: config.application_id,
    to: [message.to],
    from: message.from,
    text: message.text,
    // Comes back in every event.
    tag: message.id,
    ...(message.validUntil === null ? {} : { expiration: new Date(message.validUntil).toISOString() }),
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 202 || response.status === 200) {
    const created = Created.safeParse(body);
    if (created.success) return { ok: true, carrierMessageId: created.data.id, status: "sent" };
    return malformedAnswer("id");
  }
  const failure = statusFailure("Bandwidth", response, nowMs);
  const refused = Refused.safeParse(body);
  if (!refused.success) return failure;
  const { type } = refused.data;
  // "Any 4xx or 5xx HTTP response code will not be billed nor will the message be sent": when Bandwidth itself says it, and not a
  // proxy on the way, a later try may succeed.
  const kind = response.status >= 500 ? "retryable" : failure.kind;
  return { ...failure, kind, code: type, detail: `Bandwidth refused with ${type}` };
}

function items<T>(
  request: WebhookRequest,
  config: Config,
  parse: (item: unknown, type: string) => Verified<T[]>,
): Verified<T[]> {
  const refusal = credentialsRefusal(request, config);
  if (refusal) return refusal;
  const batch = readJson(request, Batch);
  if (!batch.ok) return batch;
  return understood(batch.value, (item) => {
    const typed = z.object({ type: z.string() }).safeParse(item);
    return typed.success ? parse(item, typed.data.type) : malformedFields(typed.error);
  });
}

function credentialsRefusal(request: WebhookRequest, config: Config): Refusal | null {
  const { callback_username, callback_password, webhook_secret } = config;
  const byKey = webhook_secret === undefined ? null : checkUrlKey(request.url, webhook_secret);
  if (byKey || callback_username === undefined || callback_password === undefined) return byKey;
  return checkBasic(request, callback_username, callback_password);
}

function inboundSms(item: unknown, type: string): Verified<InboundSms[]> {
  // Seen at the provider, a wrong address is set right; a quiet 200 would lose what it brings.
  if (Object.hasOwn(EVENTS, type)) return malformed("type: reports come to webhooks.status");
  if (type !== "message-received") return { ok: true, value: [] };
  const parsed = Inbound.safeParse(item);
  if (!parsed.success) return malformedFields(parsed.error);
  const { to: addressed, message } = parsed.data;
  const text = message.text ?? "";
  // Of several recipients, the one whose copy this is.
  const to = message.owner || addressed || message.to[0];
  if (!to) return malformed("message.to: empty");
  return {
    ok: true,
    value: [{
      carrierMessageId: message.id,
      from: message.from,
      to,
      text,
      // Bandwidth itself answers nothing.
      ...networkHandling(text, to),
      mediaUrls: message.media ?? [],
    }],
  };
}

function report(item: unknown, type: string): Verified<DeliveryReport[]> {
  if (type === "message-received") return malformed("type: messages of handsets come to webhooks.inbound");
  const known = Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
  if (known === undefined) return { ok: true, value: [] };
  const parsed = Event.safeParse(item);
  if (!parsed.success) return malformedFields(parsed.error);
  const { errorCode, message } = parsed.data;
  const bad = known === "failed_by_code";
  const code = errorCode ?? null;
  return {
    ok: true,
    value: [{
      messageId: message.tag || null,
      carrierMessageId: message.id,
      status: bad ? failure(code) : known,
      error: bad
        ? {
          code: code === null ? type : String(code),
          detail: code === null ? `Bandwidth reported ${type}` : `Bandwidth reported error ${code}`,
          optedOut: code === USER_OPTED_OUT,
        }
        : null,
    }],
  };
}

/** 9xxx: the network said nothing, or nothing that Bandwidth understands. All else was refused on the way. */
function failure(code: number | null): DeliveryReport["status"] {
  if (code === EXPIRED) return "expired";
  return code !== null && (UNREACHED.has(code) || code >= 9000) ? "undelivered" : "failed";
}
