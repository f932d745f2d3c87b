import { z } from "zod";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson } from "./json_call.ts";
import { refuseMessagebirdHmac, refuseMessagebirdJwt } from "./messagebird_signature.ts";
import { secondsLeft, statusUrl, withoutPlus } from "./outgoing_fields.ts";
import { networkHandling } from "./provider_keywords.ts";
import { idOfCopy, malformedFields, readJson } from "./webhook.ts";

const Config = z.strictObject({
  access_key: Credential,
  /** Webhooks are signed with it. */
  signing_key: Credential,
  /** No other is accepted. `hmac` is the older one, which covers query and body but not the path. */
  signature: z.enum(["jwt", "hmac"]).default("jwt"),
  api_url: apiUrl("https://rest.messagebird.com"),
});
type Config = z.infer<typeof Config>;

const STATUSES = {
  scheduled: "queued",
  buffered: "queued",
  sent: "sent",
  delivered: "delivered",
  expired: "expired",
  delivery_failed: "failed",
} as const satisfies Record<string, DeliveryReport["status"]>;

/** `statusReason` of a report. */
const OPTED_OUT = "opted out";

/** "Not enough balance" (MessageBird, "API errors"), whatever HTTP status comes with it. */
const NO_CREDIT = "25";

const Created = z.object({ id: z.string().min(1).max(100) });
const Refused = z.object({ errors: z.tuple([z.object({ code: z.int() })], z.unknown()) });

const Inbound = z.object({
  id: z.string().max(100).nullish(),
  originator: z.coerce.string().min(1).max(100),
  recipient: z.coerce.string().min(1).max(100),
  body: z.string().default(""),
});

const Report = z.object({
  id: z.string().min(1).max(100),
  reference: z.string().max(100).optional(),
  status: z.enum(["scheduled", "buffered", "sent", "delivered", "expired", "delivery_failed"]),
  statusReason: z.string().optional(),
  statusErrorCode: z.string().regex(/^\d{1,10}$/).or(z.literal("")).optional(),
});

/** MessageBird's own REST API, which Bird keeps beside its newer one (see `bird.ts`). */
export const messagebird: Carrier<Config> = {
  kind: "messagebird",
  config: Config,
  secrets: ["access_key", "signing_key"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const authorization = { Authorization: `AccessKey ${config.access_key}` };
    const call = await postJson(io, `${config.api_url}/messages`, authorization, sendBody(message, io));
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  inbound(request, config, io) {
    const refusal = refuse(request, config, io);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readParams(request, Inbound);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { id, originator, recipient, body } = parsed.value;
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: id || idOfCopy(proof(request, config)),
        from: originator,
        to: recipient,
        text: body,
        ...networkHandling(body, recipient),
        mediaUrls: [],
      }],
    });
  },

  status(request, config, io) {
    const refusal = refuse(request, config, io);
    if (refusal) return Promise.resolve(refusal);
    const parsed = readParams(request, Report);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { id, reference, status, statusReason, statusErrorCode } = parsed.value;
    const known = STATUSES[status];
    const bad = known === "failed" || known === "expired";
    const code = statusErrorCode || status;
    return Promise.resolve({
      ok: true,
      value: [{
        messageId: reference || null,
        carrierMessageId: id,
        status: known,
        error: bad
          ? { code, detail: `MessageBird reported ${code}`, optedOut: statusReason?.replaceAll("_", " ") === OPTED_OUT }
          : null,
      }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "OK" };
  },
};

/** What `refuse` has checked. */
function proof({ headers }: WebhookRequest, { signature }: Config): string {
  return headers.get(signature === "jwt" ? "messagebird-signature-jwt" : "messagebird-signature") ?? "";
}

function refuse(request: WebhookRequest, config: Config, io: CarrierIo) {
  const check = config.signature === "jwt" ? refuseMessagebirdJwt : refuseMessagebirdHmac;
  return check(request, config.signing_key, io.now());
}

function sendBody(message: Outgoing, io: CarrierIo) {
  return {
    originator: withoutPlus(message.from),
    recipients: [withoutPlus(message.to)],
    body: message.text,
    type: "sms",
    datacoding: message.encoding === "UCS-2" ? "unicode" : "plain",
    // Comes back in reports; without one MessageBird sends none.
    reference: message.id,
    reportUrl: statusUrl(io),
    ...message.validUntil === null ? {} : { validity: secondsLeft(message.validUntil, io) },
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 201 || response.status === 200) {
    const created = Created.safeParse(body);
    return created.success ? { ok: true, carrierMessageId: created.data.id, status: "sent" } : malformedAnswer("id");
  }
  const failure = statusFailure("MessageBird", response, nowMs);
  const refused = Refused.safeParse(body);
  // A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const code = String(refused.data.errors[0].code);
  const known = code === NO_CREDIT ? { kind: "retryable", of: "account" } as const : {};
  return { ...failure, detail: `MessageBird refused with error ${code}`, ...known, code };
}

/** A query, a form or JSON; of a repeated name the first. */
function readParams<T>(request: WebhookRequest, schema: z.ZodType<T>): Verified<T> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("Content-Type") ?? "");
  if (request.method !== "GET" && !isForm) return readJson(request, schema);
  const text = isForm && request.method !== "GET"
    ? new TextDecoder().decode(request.body)
    : /\?([^#]*)/.exec(request.url)?.[1] ?? "";
  const parsed = schema.safeParse(firstValues(new URLSearchParams(text)));
  return parsed.success ? { ok: true, value: parsed.data } : malformedFields(parsed.error);
}

function firstValues(params: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...params].toReversed());
}
