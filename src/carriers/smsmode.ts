import { z } from "zod";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, Verified } from "./carrier.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson, withoutSlash } from "./json_call.ts";
import { checkUrlKey, malformed, readJson } from "./webhook.ts";
import { addressedMessage, keyedAddress, WebhookSecret } from "./webhook_secret.ts";

const Config = z.strictObject({
  /** Of a channel or an organisation. */
  api_key: z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII"),
  /** Needed when the key is that of an organisation with several channels. */
  channel_id: z.string().regex(/^[A-Za-z0-9_-]+$/, "must be letters, digits, - and _").optional(),
  /** smsmode signs nothing. */
  webhook_secret: WebhookSecret,
  api_url: z.url({ protocol: /^https?$/ }).default("https://rest.smsmode.com/sms/v1"),
  /** `gateway` only on a number of your own, after a test that smsmode does not confirm there. */
  stop_reply: z.enum(["provider", "gateway"]).default("provider"),
});
type Config = z.infer<typeof Config>;

/** `status.value` of a report. `UNKNOWN` is no end: smsmode has lost sight of the message, and a real report may still come. */
const STATUSES: Record<string, DeliveryReport["status"]> = {
  SCHEDULED: "queued",
  ENROUTE: "sent",
  UNKNOWN: "sent",
  DELIVERED: "delivered",
  READ: "delivered",
  UNDELIVERED: "undelivered",
  UNDELIVERABLE: "failed",
};

/** Old numeric codes, still met in `status.detail`. */
const BLACKLISTED = "3999";
const VALIDITY_RAN_OUT = "37";

const Created = z.object({ messageId: z.string().min(1).max(100) });
const Refused = z.object({ errorCode: z.union([z.string().regex(/^[\w.-]{1,40}$/), z.int().transform(String)]) });

const Inbound = z.object({
  messageId: z.string().min(1).max(100).nullish(),
  direction: z.string().optional(),
  from: z.string().min(1).max(100),
  recipient: z.object({ to: z.string().min(1).max(100) }),
  body: z.object({ text: z.string().nullish(), stop: z.boolean().nullish() }),
});

const Status = z.object({
  messageId: z.string().min(1).max(100),
  direction: z.string().optional(),
  refClient: z.string().max(200).nullish(),
  status: z.object({ value: z.string(), detail: z.union([z.string(), z.number()]).nullish() }),
});

/** smsmode, REST v1. */
export const smsmode: Carrier<Config> = {
  kind: "smsmode",
  config: Config,
  secrets: ["api_key", "webhook_secret"] satisfies (keyof Config)[],
  // `refClient` is a note to oneself: the same one twice is two messages.
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const channel = config.channel_id === undefined ? "" : `/channels/${config.channel_id}`;
    const call = await postJson(
      io,
      `${withoutSlash(config.api_url)}${channel}/messages`,
      { "X-Api-Key": config.api_key },
      sendBody(message, config, io),
    );
    if (!call.ok) return call.failure;
    return sendResult(call.response, call.body, io.now());
  },

  inbound(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Inbound);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { messageId, direction, from, recipient, body } = parsed.value;
    // Seen at the provider, a wrong address is set right; a quiet 200 would lose what it brings.
    if (direction === "MT") return Promise.resolve(malformed("direction: reports (MT) come to webhooks.status"));
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: messageId ?? null,
        from,
        to: recipient.to,
        text: body.text ?? "",
        carrierIntent: body.stop ? "opt_out" : null,
        // smsmode writes the confirmation to a STOP that it recognised, and bills it.
        alreadyAnswered: body.stop === true && config.stop_reply === "provider",
        mediaUrls: [],
      }],
    });
  },

  status(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Status);
    if (!parsed.ok) return Promise.resolve(parsed);
    if (parsed.value.direction === "MO") {
      return Promise.resolve(malformed("direction: messages of handsets (MO) come to webhooks.inbound"));
    }
    return Promise.resolve(report(parsed.value, addressedMessage(request.url)));
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendBody(message: Outgoing, config: Config, io: CarrierIo) {
  return {
    recipient: { to: message.to.replace(/^\+/, "") },
    // `stop: true` would append a second mention behind the one that the rules have put there.
    body: { text: message.text, stop: false },
    // A short code cannot be asked for: smsmode takes one by itself when there is no sender.
    ...(/^\d{3,8}$/.test(message.from) ? {} : { from: message.from.replace(/^\+/, "") }),
    refClient: message.id,
    callbackUrlStatus: keyedAddress(io, "status", config.webhook_secret, message.id),
    callbackUrlMo: keyedAddress(io, "inbound", config.webhook_secret),
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 201 || response.status === 200) {
    const created = Created.safeParse(body);
    if (created.success) return { ok: true, carrierMessageId: created.data.messageId, status: "sent" };
    return malformedAnswer("messageId");
  }
  const failure = statusFailure("smsmode", response, nowMs);
  const refused = Refused.safeParse(body);
  // `message` and `detail` quote numbers, hence only the code. A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const code = refused.data.errorCode;
  if (code === BLACKLISTED) {
    return { ok: false, kind: "opted_out", code, detail: "the recipient is on the blacklist of the smsmode account" };
  }
  return { ...failure, code, detail: `smsmode refused with error ${code}` };
}

function report(parsed: z.infer<typeof Status>, addressed: string | null): Verified<DeliveryReport[]> {
  const { messageId, refClient } = parsed;
  const { value, detail } = parsed.status;
  const known = Object.hasOwn(STATUSES, value) ? STATUSES[value] : undefined;
  if (known === undefined) return malformed("status.value: not a status of an outbound message");
  const bad = known === "undelivered" || known === "failed";
  const code = /^\d{1,6}$/.test(String(detail ?? "")) ? String(detail) : null;
  return {
    ok: true,
    value: [{
      messageId: addressed ?? (refClient || null),
      carrierMessageId: messageId,
      status: bad && code === VALIDITY_RAN_OUT ? "expired" : known,
      error: bad
        ? {
          code: code ?? value,
          detail: code ? `smsmode reported ${value} with code ${code}` : `smsmode reported ${value}`,
          optedOut: code === BLACKLISTED,
        }
        : null,
    }],
  };
}
