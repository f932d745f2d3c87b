import { z } from "zod";
import type { Carrier, CarrierIo, DeliveryReport, InboundSms, Outgoing, SendResult, Verified } from "./carrier.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson, withoutSlash } from "./json_call.ts";
import { CTIA_STOP_WORDS, networkHandling, providerHandling } from "./provider_keywords.ts";
import { checkUrlKey, malformed, malformedFields, readJson, understood } from "./webhook.ts";
import { addressedMessage, keyedAddress, WebhookSecret } from "./webhook_secret.ts";

const Config = z.strictObject({
  /** Every account has an address of its own, for example `https://xxxxx.api.infobip.com`. */
  base_url: z.url({ protocol: /^https?$/ }),
  api_key: z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII"),
  webhook_secret: WebhookSecret,
  /** `provider` when keywords of the number are answered by Infobip (its Keywords or a Flow that confirms STOP). */
  stop_reply: z.enum(["provider", "gateway"]).default("gateway"),
});
type Config = z.infer<typeof Config>;

/** Longest life of a message, in minutes ("Message status codes": expired after 48 hours). */
const MAX_VALIDITY_MINUTES = 2_880;

/** `status.groupId` (Infobip Docs, "Message status codes"). */
const REJECTED = 5;
const GROUPS: Record<number, DeliveryReport["status"]> = {
  1: "sent",
  2: "undelivered",
  3: "sent",
  4: "expired",
  [REJECTED]: "failed",
};

/** `status.id`: of the group "delivered" this one alone is the handset, the other is the operator. */
const DELIVERED_TO_HANDSET = 5;
const BLOCKLISTED = 14;
const DUPLICATE_MESSAGE_ID = 23;

type Refusal = Omit<Extract<SendResult, { ok: false }>, "ok" | "code">;

/** By `status.id` of the group "rejected", where it means more than "no". */
const REFUSALS: Record<number, Refusal> = {
  [BLOCKLISTED]: { kind: "opted_out", detail: "the recipient is on the blocklist at Infobip" },
  12: { kind: "retryable", detail: "the credit of the account is used up", of: "account" },
  // Twenty texts, or six alike, to one number within an hour.
  20: { kind: "throttled", detail: "too many texts to one number", retryAfterSeconds: 3600, scope: "message" },
  21: { kind: "retryable", detail: "Infobip had an error of its own" },
};

const StatusObject = z.object({
  groupId: z.int(),
  id: z.int().nullish(),
  name: z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/).nullish().catch(null),
});

const Created = z.object({
  messages: z.tuple([z.object({ messageId: z.string().min(1).max(200), status: StatusObject })]),
});

const ErrorName = z.string().regex(/^[\w.-]{1,60}$/);
/** The older and the newer shape. */
const Refused = z.union([
  z.object({ requestError: z.object({ serviceException: z.object({ messageId: ErrorName }) }) })
    .transform(({ requestError }) => requestError.serviceException.messageId),
  z.object({ errorCode: ErrorName }).transform(({ errorCode }) => errorCode),
]);

const Batch = z.object({ results: z.array(z.unknown()) });

const Inbound = z.object({
  messageId: z.string().min(1).max(200).nullish(),
  from: z.string().min(1).max(100),
  to: z.string().min(1).max(100),
  // `cleanText` lacks the keyword, and a keyword may be STOP.
  text: z.string().nullish(),
});

const Report = z.object({
  messageId: z.string().min(1).max(200),
  status: StatusObject,
  error: z.object({
    id: z.int().nullish(),
    name: z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/).nullish().catch(null),
    permanent: z.boolean().nullish().catch(null),
  }).nullish().catch(null),
});

/** Infobip, SMS API v3. */
export const infobip: Carrier<Config> = {
  kind: "infobip",
  config: Config,
  secrets: ["api_key", "webhook_secret"] satisfies (keyof Config)[],
  // It says that it rejects an id of ours that it has seen, but not for how long it remembers.
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const call = await postJson(
      io,
      `${withoutSlash(config.base_url)}/sms/3/messages`,
      { Authorization: `App ${config.api_key}` },
      { messages: [sendBody(message, config, io)] },
    );
    if (!call.ok) return call.failure;
    return sendResult(call.response, call.body, io.now());
  },

  inbound(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const batch = readJson(request, Batch);
    if (!batch.ok) return Promise.resolve(batch);
    return Promise.resolve(understood(batch.value.results, (item) => inboundSms(item, config)));
  },

  status(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const batch = readJson(request, Batch);
    if (!batch.ok) return Promise.resolve(batch);
    const { results } = batch.value;
    // The address tells the message only when it speaks of one; in a batch each says its own, which we chose.
    const addressed = results.length === 1 ? addressedMessage(request.url) : null;
    return Promise.resolve(understood(results, (item) => report(item, addressed)));
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendBody(message: Outgoing, config: Config, io: CarrierIo) {
  const minutes = message.validUntil === null ? null : Math.floor((message.validUntil - io.now()) / 60_000);
  return {
    sender: message.from.replace(/^\+/, ""),
    destinations: [{ to: message.to.replace(/^\+/, ""), messageId: message.id }],
    content: { text: message.text },
    ...(minutes === null ? {} : {
      options: {
        validityPeriod: { amount: Math.min(Math.max(minutes, 1), MAX_VALIDITY_MINUTES), timeUnit: "MINUTES" },
      },
    }),
    webhooks: { delivery: { url: keyedAddress(io, "status", config.webhook_secret, message.id) } },
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 200) {
    const created = Created.safeParse(body);
    if (!created.success) return malformedAnswer("messageId and status");
    const [{ messageId, status }] = created.data.messages;
    // A duplicate was taken the first time.
    const taken = status.groupId !== REJECTED || status.id === DUPLICATE_MESSAGE_ID;
    if (taken) return { ok: true, carrierMessageId: messageId, status: "sent" };
    const code = codeOf(status);
    const known = REFUSALS[status.id ?? 0];
    return { ok: false, kind: "final", detail: `Infobip rejected it with ${code}`, ...known, code };
  }
  const failure = statusFailure("Infobip", response, nowMs);
  const refused = Refused.safeParse(body);
  // Texts of errors quote numbers. A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  return { ...failure, code: refused.data, detail: `Infobip refused with ${refused.data}` };
}

function inboundSms(item: unknown, { stop_reply }: Config): Verified<InboundSms[]> {
  const parsed = Inbound.safeParse(item);
  if (!parsed.success) return malformedFields(parsed.error);
  const { messageId, from, to } = parsed.data;
  const text = parsed.data.text ?? "";
  const handling = stop_reply === "provider"
    ? providerHandling(text, CTIA_STOP_WORDS, ["START", "UNSTOP", "HELP", "INFO"])
    : networkHandling(text, to);
  return { ok: true, value: [{ carrierMessageId: messageId ?? null, from, to, text, ...handling, mediaUrls: [] }] };
}

function report(item: unknown, addressed: string | null): Verified<DeliveryReport[]> {
  const parsed = Report.safeParse(item);
  if (!parsed.success) return malformedFields(parsed.error);
  const { messageId, status, error } = parsed.data;
  const known = status.id === DELIVERED_TO_HANDSET && status.groupId === 3 ? "delivered" : GROUPS[status.groupId];
  if (known === undefined) return malformed("status.groupId: not a group of statuses");
  const bad = known === "undelivered" || known === "failed" || known === "expired";
  // NO_ERROR (0) tells less than the status.
  const code = error?.id ? error.name ?? codeOf(status) : codeOf(status);
  const hope = error?.permanent === false ? "; a later try may succeed" : "";
  return {
    ok: true,
    value: [{
      messageId: addressed ?? messageId,
      carrierMessageId: messageId,
      status: known,
      error: bad
        ? {
          code,
          detail: `Infobip reported ${codeOf(status)}${code === codeOf(status) ? "" : ` with ${code}`}${hope}`,
          optedOut: status.groupId === REJECTED && status.id === BLOCKLISTED,
        }
        : null,
    }],
  };
}

function codeOf(status: z.infer<typeof StatusObject>): string {
  return status.name ?? `${status.groupId}/${status.id ?? 0}`;
}
