import { z } from "zod";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, WebhookRequest } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson } from "./json_call.ts";
import { secondsLeft, statusUrl, withoutPlus } from "./outgoing_fields.ts";
import { networkHandling } from "./provider_keywords.ts";
import { refuseSinch } from "./sinch_signature.ts";
import { checkUrlKey, malformed, readJson } from "./webhook.ts";
import { keyedAddress, WebhookSecret } from "./webhook_secret.ts";

const Config = z.strictObject({
  service_plan_id: z.string().regex(/^[A-Za-z0-9]{1,64}$/, "must be letters and digits"),
  api_token: Credential,
  /** Given when Sinch signs the webhooks of the account, which it does on request only. */
  signature_secret: Credential.optional(),
  /** Given otherwise: the `key` in the addresses that Sinch calls. */
  webhook_secret: WebhookSecret.optional(),
  /** Of the region: us, eu, au, br or ca. */
  api_url: apiUrl("https://us.sms.api.sinch.com"),
}).superRefine(({ signature_secret, webhook_secret }, context) => {
  if ((signature_secret === undefined) !== (webhook_secret === undefined)) return;
  const message = "give signature_secret when Sinch signs your webhooks, else webhook_secret, and not both";
  context.addIssue({ code: "custom", path: ["signature_secret"], message });
});
type Config = z.infer<typeof Config>;

/** `expire_at`: "Default and max is 3 days after send_at" (Sinch, "Send SMS"). */
const MAX_LIFE_SECONDS = 259_200;

const STATUSES = {
  Queued: "queued",
  Dispatched: "sent",
  Delivered: "delivered",
  Failed: "undelivered",
  Unknown: "undelivered",
  Aborted: "failed",
  Cancelled: "failed",
  Rejected: "failed",
  // Of an invalid number, or of one that has opted out: `code` tells.
  Deleted: "failed",
  Expired: "expired",
} as const satisfies Record<string, DeliveryReport["status"]>;

/** `code` of a report: the person wrote STOP to a toll-free number (Sinch, "10DLC and toll-free error codes"). */
const OPTED_OUT = 257;

const Created = z.object({ id: z.string().min(1).max(100) });
const Refused = z.object({ code: z.string().regex(/^[a-z0-9_]{1,60}$/) });

const sms = { id: z.string().min(1).max(100), from: z.string().min(1).max(100), to: z.string().min(1).max(100) };
const Inbound = z.discriminatedUnion("type", [
  z.object({ type: z.literal("mo_text"), ...sms, body: z.string() }),
  // Its body is base64 of bytes that no text can be made of without knowing their header.
  z.object({ type: z.literal("mo_binary"), ...sms, body: z.string() }),
  z.object({
    type: z.literal("mo_media"),
    ...sms,
    body: z.object({
      message: z.string().nullish(),
      media: z.array(z.object({ url: z.string().max(2000).nullish() })).nullish(),
    }),
  }),
]);

const Known = z.enum(Object.keys(STATUSES) as (keyof typeof STATUSES)[]);
const report = {
  batch_id: z.string().min(1).max(100),
  client_reference: z.string().max(2048).nullish(),
};
const Status = z.discriminatedUnion("type", [
  z.object({
    type: z.enum(["recipient_delivery_report_sms", "recipient_delivery_report_mms"]),
    ...report,
    code: z.int(),
    status: Known,
  }),
  z.object({
    type: z.enum(["delivery_report_sms", "delivery_report_mms"]),
    ...report,
    statuses: z.array(z.object({ code: z.int(), status: Known })),
  }),
]);

/** Sinch SMS (XMS). */
export const sinch: Carrier<Config> = {
  kind: "sinch",
  config: Config,
  secrets: ["api_token", "signature_secret", "webhook_secret"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const url = `${config.api_url}/xms/v1/${config.service_plan_id}/batches`;
    const call = await postJson(
      io,
      url,
      { Authorization: `Bearer ${config.api_token}` },
      sendBody(message, config, io),
    );
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  inbound(request, config, io) {
    const refusal = refuse(request, config, io);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Inbound);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { type, id, from, to, body } = parsed.value;
    const text = type === "mo_text" ? body : type === "mo_media" ? body.message ?? "" : "";
    const media = type === "mo_media" ? body.media ?? [] : [];
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: id,
        from,
        to,
        text,
        ...networkHandling(text, to),
        mediaUrls: media.flatMap(({ url }) => url ?? []),
      }],
    });
  },

  status(request, config, io) {
    const refusal = refuse(request, config, io);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Status);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { batch_id, client_reference } = parsed.value;
    const statuses = "statuses" in parsed.value ? parsed.value.statuses : [parsed.value];
    // Of one person there is one status; more are of a batch that somebody else sent.
    if (statuses.length > 1) {
      return Promise.resolve(malformed("statuses: of more than one kind, in a batch of one message"));
    }
    return Promise.resolve({
      ok: true,
      value: statuses.map(({ code, status }): DeliveryReport => {
        const known = STATUSES[status];
        const bad = known !== "queued" && known !== "sent" && known !== "delivered";
        return {
          messageId: client_reference || null,
          carrierMessageId: batch_id,
          status: known,
          error: bad
            ? { code: String(code), detail: `Sinch reported ${status}, code ${code}`, optedOut: code === OPTED_OUT }
            : null,
        };
      }),
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function refuse(request: WebhookRequest, config: Config, io: CarrierIo) {
  return config.signature_secret === undefined
    ? checkUrlKey(request.url, config.webhook_secret ?? "")
    : refuseSinch(request, config.signature_secret, io.now());
}

function sendBody(message: Outgoing, config: Config, io: CarrierIo) {
  return {
    type: "mt_text",
    from: withoutPlus(message.from),
    to: [withoutPlus(message.to)],
    body: message.text,
    delivery_report: "per_recipient",
    callback_url: config.webhook_secret === undefined
      ? statusUrl(io)
      : keyedAddress(io, "status", config.webhook_secret),
    // Comes back in reports, where the signature covers it, unlike the address.
    client_reference: message.id,
    ...message.validUntil === null ? {} : { expire_at: expireAt(message.validUntil, io) },
  };
}

function expireAt(validUntil: number, io: CarrierIo): string {
  return new Date(io.now() + Math.min(secondsLeft(validUntil, io), MAX_LIFE_SECONDS) * 1000).toISOString();
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 201 || response.status === 200) {
    const created = Created.safeParse(body);
    return created.success ? { ok: true, carrierMessageId: created.data.id, status: "sent" } : malformedAnswer("id");
  }
  const failure = statusFailure("Sinch", response, nowMs);
  const refused = Refused.safeParse(body);
  // Sinch's own text quotes numbers, hence only its code. A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const { code } = refused.data;
  return { ...failure, detail: `Sinch refused with ${code}`, code };
}
