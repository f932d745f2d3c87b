import { z } from "zod";
import type { Carrier, DeliveryReport, Outgoing, SendResult, Verified, WebhookRequest } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson } from "./json_call.ts";
import { refuseBird } from "./messagebird_signature.ts";
import { networkHandling } from "./provider_keywords.ts";
import { malformed, malformedFields, readJson } from "./webhook.ts";

const Config = z.strictObject({
  access_key: Credential,
  workspace_id: z.guid(),
  channel_id: z.guid(),
  /** The one sender of the channel, as it is called here: Bird takes none per message. */
  sender: z.string().regex(/^(?:\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/, "must be a number, short code or name"),
  /** Of the webhook subscriptions. */
  signing_key: Credential,
  api_url: apiUrl("https://api.bird.com"),
});
type Config = z.infer<typeof Config>;

const STATUSES = {
  accepted: "queued",
  scheduled: "queued",
  processing: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  rejected: "failed",
  skipped: "failed",
  sending_failed: "failed",
  delivery_failed: "undelivered",
} as const satisfies Record<string, DeliveryReport["status"]>;

const Created = z.object({ id: z.string().min(1).max(100) });
const Refused = z.object({ code: z.string().regex(/^[A-Za-z0-9_.-]{1,60}$/) });

const Event = z.object({ event: z.string(), payload: z.looseObject({ channelId: z.string() }) });

const Media = z.array(z.object({ mediaUrl: z.string().max(2000) })).nullish();
const Incoming = z.object({
  id: z.string().min(1).max(100),
  sender: z.object({ contact: z.object({ identifierValue: z.string().min(1).max(100) }) }),
  body: z.object({
    text: z.object({ text: z.string() }).nullish(),
    image: z.object({ text: z.string().nullish(), images: Media }).nullish(),
    file: z.object({ text: z.string().nullish(), files: Media }).nullish(),
  }),
});

const Outgone = z.object({
  id: z.string().min(1).max(100),
  reference: z.string().max(255).nullish(),
  status: z.enum(Object.keys(STATUSES) as (keyof typeof STATUSES)[]),
  /** For example `unknown_subscriber`. */
  details: z.string().nullish(),
  failure: z.object({ code: z.int() }).nullish(),
});

/** Bird, Channels API: one SMS channel with its one sender. */
export const bird: Carrier<Config> = {
  kind: "bird",
  config: Config,
  secrets: ["access_key", "signing_key"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    if (message.from !== config.sender) {
      const detail = "the channel sends from another sender: give each an account of its own";
      return { ok: false, kind: "final", code: "sender_of_another_channel", detail };
    }
    const call = await postJson(
      io,
      `${config.api_url}/workspaces/${config.workspace_id}/channels/${config.channel_id}/messages`,
      { Authorization: `AccessKey ${config.access_key}` },
      sendBody(message),
    );
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  inbound(request, config, io) {
    const event = verifiedEvent(request, config, io.now(), "sms.inbound");
    if (!event.ok) return Promise.resolve(event);
    const parsed = Incoming.safeParse(event.value);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { id, sender: { contact }, body } = parsed.data;
    const text = body.text?.text ?? body.image?.text ?? body.file?.text ?? "";
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: id,
        from: contact.identifierValue,
        to: config.sender,
        text,
        ...networkHandling(text, config.sender),
        mediaUrls: [...body.image?.images ?? [], ...body.file?.files ?? []].map(({ mediaUrl }) => mediaUrl),
      }],
    });
  },

  status(request, config, io) {
    const event = verifiedEvent(request, config, io.now(), "sms.outbound");
    if (!event.ok) return Promise.resolve(event);
    const parsed = Outgone.safeParse(event.value);
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { id, reference, status, details, failure } = parsed.data;
    const known = STATUSES[status];
    const bad = known === "failed" || known === "undelivered";
    const code = String(failure?.code ?? status);
    return Promise.resolve({
      ok: true,
      value: [{
        messageId: reference || null,
        carrierMessageId: id,
        status: known,
        error: bad ? { code, detail: `Bird reported ${code}`, optedOut: details === "opted_out" } : null,
      }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

/** What a signed event tells; it must be of our channel, since a subscription may be for all of a workspace. */
function verifiedEvent(request: WebhookRequest, config: Config, nowMs: number, name: string): Verified<unknown> {
  const refusal = refuseBird(request, config.signing_key, nowMs);
  if (refusal) return refusal;
  const event = readJson(request, Event);
  if (!event.ok) return event;
  // Seen at the provider, a wrong subscription is set right; a quiet 200 would lose what it brings.
  if (event.value.event !== name) return malformed(`event: only ${name} comes to this address`);
  return event.value.payload.channelId === config.channel_id
    ? { ok: true, value: event.value.payload }
    : malformed("payload.channelId: of another channel: filter the subscription by channelId");
}

function sendBody(message: Outgoing) {
  return {
    receiver: { contacts: [{ identifierKey: "phonenumber", identifierValue: message.to }] },
    // Comes back in reports.
    reference: message.id,
    body: { type: "text", text: { text: message.text } },
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status >= 200 && response.status < 300) {
    const created = Created.safeParse(body);
    return created.success ? { ok: true, carrierMessageId: created.data.id, status: "sent" } : malformedAnswer("id");
  }
  const failure = statusFailure("Bird", response, nowMs);
  const refused = Refused.safeParse(body);
  // A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const { code } = refused.data;
  return { ...failure, detail: `Bird refused with ${code}`, code };
}
