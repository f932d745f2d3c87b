import { z } from "zod";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson } from "./json_call.ts";
import { rs256Token } from "./jwt.ts";
import { secondsLeft, statusUrl, withoutPlus } from "./outgoing_fields.ts";
import { refuseToken } from "./vonage_signature.ts";
import { StopReply, vonageHandling } from "./vonage_stop.ts";
import { readJson } from "./webhook.ts";

const Config = z.strictObject({
  api_key: Credential,
  application_id: z.guid(),
  /** Of the application, as downloaded from the dashboard. */
  private_key: z.string().regex(
    /^\s*-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\s*$/,
    "must be a PKCS #8 key that begins with -----BEGIN PRIVATE KEY-----",
  ),
  /** Of the account: webhooks are signed with it. */
  signature_secret: Credential,
  stop_reply: StopReply,
  api_url: apiUrl("https://api.nexmo.com"),
});
type Config = z.infer<typeof Config>;

const TOKEN_SECONDS = 300;

/** Bounds of `ttl` in seconds: those of the SMS API, which carries these messages. Networks keep them for two or three days at most. */
const MIN_TTL = 20;
const MAX_TTL = 604_800;

/** Codes that mean more than "no" (developer.vonage.com, "API errors: Messages"). */
const REFUSALS: Record<string, Omit<Extract<SendResult, { ok: false }>, "ok" | "code">> = {
  "1000": { kind: "throttled", detail: "Vonage asks to send more slowly" },
  "1030": { kind: "retryable", detail: "internal error of Vonage's" },
  // Barred by Vonage or by the person: it does not tell, and refuses every later message alike.
  "1050": { kind: "opted_out", detail: "the number is barred or has opted out at Vonage" },
  "1070": { kind: "retryable", detail: "the credit of the account is used up", of: "account" },
  "1240": { kind: "opted_out", detail: "the number is barred or has opted out at Vonage" },
};

const STATUSES = {
  submitted: "sent",
  delivered: "delivered",
  read: "delivered",
  rejected: "failed",
  undeliverable: "undelivered",
} as const satisfies Record<string, DeliveryReport["status"]>;

const Accepted = z.object({ message_uuid: z.string().min(1).max(100) });

const Problem = z.object({ type: z.string().optional(), title: z.union([z.string(), z.number()]).optional() });

/** A string in version 1 of the API, an object before. */
const Address = z.union([
  z.string().min(1).max(100),
  z.object({ number: z.string().min(1).max(100) }).transform(({ number }) => number),
]);

const Media = z.object({ url: z.string().max(2000), caption: z.string().optional() }).optional();
const Content = {
  text: z.string().optional(),
  image: Media,
  audio: Media,
  video: Media,
  file: Media,
  vcard: Media,
};

const Inbound = z.object({
  message_uuid: z.string().min(1).max(100),
  from: Address,
  to: Address,
  channel: z.enum(["sms", "mms"]).optional(),
  message: z.object({ content: z.object(Content) }).optional(),
  ...Content,
});

const Status = z.object({
  message_uuid: z.string().min(1).max(100),
  status: z.enum(["submitted", "delivered", "read", "rejected", "undeliverable"]),
  client_ref: z.string().max(100).optional(),
  error: Problem.nullish(),
});

/** Vonage Messages API, version 1. */
export const vonage: Carrier<Config> = {
  kind: "vonage",
  config: Config,
  secrets: ["private_key", "signature_secret"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    let token: string;
    try {
      token = await rs256Token(tokenClaims(message, config, io), config.private_key);
    } catch {
      return {
        ok: false,
        kind: "retryable",
        code: "private_key_unusable",
        detail: "private_key holds no RSA key",
        of: "account",
      };
    }
    const authorization = { Authorization: `Bearer ${token}` };
    const call = await postJson(io, `${config.api_url}/v1/messages`, authorization, sendBody(message, io));
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  inbound(request, config, io) {
    const refusal = refuseToken(request, config, io.now());
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Inbound);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { message_uuid, from, to, message, ...flat } = parsed.value;
    const content = message?.content ?? flat;
    const media = [content.image, content.audio, content.video, content.file, content.vcard].filter((m) =>
      m !== undefined
    );
    const text = content.text ?? media.find(({ caption }) => caption !== undefined)?.caption ?? "";
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: message_uuid,
        from,
        to,
        text,
        ...vonageHandling(text, to, config.stop_reply),
        mediaUrls: media.map(({ url }) => url),
      }],
    });
  },

  status(request, config, io) {
    const refusal = refuseToken(request, config, io.now());
    if (refusal) return Promise.resolve(refusal);
    const parsed = readJson(request, Status);
    if (!parsed.ok) return Promise.resolve(parsed);
    const { message_uuid, client_ref, status, error } = parsed.value;
    const known = STATUSES[status];
    const bad = known === "failed" || known === "undelivered";
    const code = problemCode(error) ?? status;
    return Promise.resolve({
      ok: true,
      value: [{
        messageId: client_ref || null,
        carrierMessageId: message_uuid,
        status: known,
        error: bad ? { code, detail: `Vonage reported ${code}`, optedOut: REFUSALS[code]?.kind === "opted_out" } : null,
      }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

/** `jti` may serve once only: our id, and the attempt's time since a message may be tried again. */
function tokenClaims({ id }: Outgoing, { application_id }: Config, io: CarrierIo) {
  const iat = Math.floor(io.now() / 1000);
  return { application_id, iat, exp: iat + TOKEN_SECONDS, jti: `${id}-${io.now()}` };
}

function sendBody(message: Outgoing, io: CarrierIo) {
  return {
    channel: "sms",
    message_type: "text",
    to: withoutPlus(message.to),
    from: withoutPlus(message.from),
    text: message.text,
    // Comes back in reports, where the signature covers it, unlike the address.
    client_ref: message.id,
    webhook_url: statusUrl(io),
    webhook_version: "v1",
    sms: { encoding_type: message.encoding === "UCS-2" ? "unicode" : "text" },
    ...message.validUntil === null ? {} : {
      ttl: Math.min(Math.max(secondsLeft(message.validUntil, io), MIN_TTL), MAX_TTL),
    },
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status === 202 || response.status === 200) {
    const accepted = Accepted.safeParse(body);
    return accepted.success
      ? { ok: true, carrierMessageId: accepted.data.message_uuid, status: "sent" }
      : malformedAnswer("message_uuid");
  }
  const failure = statusFailure("Vonage", response, nowMs);
  const problem = Problem.safeParse(body);
  const code = problem.success ? problemCode(problem.data) : null;
  // A 5xx stays ambiguous whatever code it carries.
  if (code === null || response.status >= 500) return failure;
  return { ...failure, detail: `Vonage refused with error ${code}`, ...REFUSALS[code], code };
}

/** The number of an error: the fragment of its `type`, or its `title`. Null when neither tells one. */
function problemCode(problem: z.infer<typeof Problem> | null | undefined): string | null {
  return /#(\d{1,6})$/.exec(problem?.type ?? "")?.[1] ?? /^\d{1,6}$/.exec(String(problem?.title ?? ""))?.[0] ?? null;
}
