import { z } from "zod";
import type { Intent } from "../core/message.ts";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, ProviderOptOut, SendResult } from "./carrier.ts";
import { apiUrl, Credential } from "./config_fields.ts";
import { statusFailure } from "./http_failure.ts";
import { malformedAnswer, postJson } from "./json_call.ts";
import { listPage } from "./list_page.ts";
import { statusUrl } from "./outgoing_fields.ts";
import { CTIA_STOP_WORDS, networkHandling, providerHandling } from "./provider_keywords.ts";
import { refuseTelnyx } from "./telnyx_signature.ts";
import { malformed, malformedFields, readJson } from "./webhook.ts";

const Config = z.strictObject({
  api_key: Credential,
  /** Of the account, from the portal: webhooks are verified with it. */
  public_key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be the base64 of 32 bytes"),
  /** Needed to send from a name. */
  messaging_profile_id: z.guid().optional(),
  /** `gateway` only on profiles whose automatic answers are switched off. */
  stop_reply: z.enum(["provider", "gateway"]).default("provider"),
  api_url: apiUrl("https://api.telnyx.com"),
});
type Config = z.infer<typeof Config>;

/** Codes that mean more than "no" (developers.telnyx.com, "Messaging error codes" and "API rate limiting"). */
const REFUSALS: Record<string, Omit<Extract<SendResult, { ok: false }>, "ok" | "code">> = {
  "40300": { kind: "opted_out", detail: "the recipient has opted out at Telnyx" },
  "10011": { kind: "throttled", detail: "too many requests at once" },
  "40011": { kind: "throttled", detail: "the sender is over its rate", scope: "message" },
  // 40002, spam for the time being, stays final: sending it again is what makes it spam for good.
  "40004": { kind: "retryable", detail: "the network refused it for now" },
  "40006": { kind: "retryable", detail: "the network is out of service" },
};
const OPTED_OUT = "40300";
const VALIDITY_RAN_OUT = "40005";

const STATUSES = {
  queued: "queued",
  sending: "queued",
  sent: "sent",
  delivered: "delivered",
  // Final for Telnyx: it left, and the network tells no more.
  delivery_unconfirmed: "sent",
  sending_failed: "failed",
  delivery_failed: "undelivered",
} as const satisfies Record<string, DeliveryReport["status"]>;

const Code = z.union([z.string().regex(/^\w{1,20}$/), z.int().transform(String)]);
/** `autoresponse_type`: the kind of keyword that Telnyx recognised, in any language, and answered ("Advanced opt-in and opt-out"). */
const AUTORESPONSES = new Map<string, Intent>([["STOP", "opt_out"], ["START", "opt_in"], ["HELP", "help"]]);

const Created = z.object({ data: z.object({ id: z.string().min(1).max(100) }) });
const Refused = z.object({ errors: z.tuple([z.object({ code: Code })], z.unknown()) });

const Phone = z.object({ phone_number: z.string().min(1).max(100) });

const Event = z.object({ data: z.object({ event_type: z.string(), payload: z.unknown() }) });

const Received = z.object({
  id: z.string().min(1).max(100),
  from: Phone,
  to: z.tuple([Phone], z.unknown()),
  text: z.string().nullish(),
  media: z.array(z.object({ url: z.string().max(2000) })).nullish(),
  autoresponse_type: z.string().nullish(),
});

const Reported = z.object({
  id: z.string().min(1).max(100),
  to: z.tuple([z.object({ status: z.string() })], z.unknown()),
  tags: z.array(z.string()).nullish(),
  errors: z.array(z.object({ code: Code })).nullish(),
});

/** Well within the size of an answer that outgoing calls may have. */
const OPT_OUTS_PER_PAGE = 100;
const OptOutPage = z.object({
  data: z.array(z.object({
    from: z.string().max(100).nullish(),
    to: z.string().min(1).max(100),
    created_at: z.string().nullish(),
  })),
  meta: z.object({ total_pages: z.int() }),
});

/** Telnyx Messaging, version 2. */
export const telnyx: Carrier<Config> = {
  kind: "telnyx",
  config: Config,
  secrets: ["api_key"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    const authorization = { Authorization: `Bearer ${config.api_key}` };
    const call = await postJson(io, `${config.api_url}/v2/messages`, authorization, sendBody(message, config, io));
    return call.ok ? sendResult(call.response, call.body, io.now()) : call.failure;
  },

  async inbound(request, config, io) {
    const refusal = await refuseTelnyx(request, config.public_key, io.now());
    if (refusal) return refusal;
    const event = readJson(request, Event);
    if (!event.ok) return event;
    const { event_type, payload } = event.value.data;
    // Seen at the provider, a wrong address is set right; a quiet 200 would lose what it brings.
    if (event_type !== "message.received") {
      return malformed("data.event_type: only message.received comes to this address");
    }
    const parsed = Received.safeParse(payload);
    if (!parsed.success) return malformedFields(parsed.error);
    const { id, from, to: [to], media, autoresponse_type } = parsed.data;
    const text = parsed.data.text ?? "";
    return {
      ok: true,
      value: [{
        carrierMessageId: id,
        from: from.phone_number,
        to: to.phone_number,
        text,
        ...handling(text, to.phone_number, autoresponse_type ?? "", config),
        mediaUrls: (media ?? []).map(({ url }) => url),
      }],
    };
  },

  async status(request, config, io) {
    const refusal = await refuseTelnyx(request, config.public_key, io.now());
    if (refusal) return refusal;
    const event = readJson(request, Event);
    if (!event.ok) return event;
    const { event_type, payload } = event.value.data;
    if (event_type !== "message.sent" && event_type !== "message.finalized") {
      return malformed("data.event_type: only message.sent and message.finalized come to this address");
    }
    const parsed = Reported.safeParse(payload);
    if (!parsed.success) return malformedFields(parsed.error);
    const { status } = parsed.data.to[0];
    if (!isStatus(status)) return malformed("to.0.status: not a status of an outbound message");
    return { ok: true, value: [report(status, parsed.data)] };
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },

  optOuts: listOptOuts,
};

/** What Telnyx did by itself. Without its word, the default ones are what it acts upon. */
function handling(text: string, to: string, autoresponse: string, { stop_reply }: Config) {
  const carrierIntent = AUTORESPONSES.get(autoresponse.toUpperCase());
  if (carrierIntent !== undefined) return { carrierIntent, alreadyAnswered: true };
  return stop_reply === "provider"
    ? providerHandling(text, CTIA_STOP_WORDS, ["START", "UNSTOP", "HELP"])
    : networkHandling(text, to);
}

/** Blocks of the account, each for one of our addresses (developers.telnyx.com, "List opt-outs"). */
async function* listOptOuts(config: Config, io: CarrierIo): AsyncIterable<ProviderOptOut[]> {
  for (let page = 1, pages = 1; page <= pages; page++) {
    const query = new URLSearchParams({ "page[number]": String(page), "page[size]": String(OPT_OUTS_PER_PAGE) });
    const headers = { Authorization: `Bearer ${config.api_key}`, Accept: "application/json" };
    const { data, meta } = await listPage(
      "Telnyx",
      () => io.fetch(`${config.api_url}/v2/messaging_optouts?${query}`, { headers }),
      OptOutPage,
    );
    pages = meta.total_pages;
    yield data.map(({ from, to, created_at }) => {
      const at = Date.parse((created_at ?? "").replace(" ", "T"));
      return { person: to, sender: from ?? null, at: Number.isNaN(at) ? null : at };
    });
  }
}

function sendBody(message: Outgoing, config: Config, io: CarrierIo) {
  return {
    from: message.from,
    to: message.to,
    text: message.text,
    type: "SMS",
    ...config.messaging_profile_id ? { messaging_profile_id: config.messaging_profile_id } : {},
    webhook_url: statusUrl(io),
    // Else a report that we could not take at once would go to the profile's address for inbound messages.
    use_profile_webhooks: false,
    // Come back in reports, where the signature covers them, unlike the address.
    tags: [message.id],
  };
}

function sendResult(response: Response, body: unknown, nowMs: number): SendResult {
  if (response.status >= 200 && response.status < 300) {
    const created = Created.safeParse(body);
    return created.success
      ? { ok: true, carrierMessageId: created.data.data.id, status: "sent" }
      : malformedAnswer("data.id");
  }
  const failure = statusFailure("Telnyx", response, nowMs);
  const refused = Refused.safeParse(body);
  // A 5xx stays ambiguous whatever code it carries.
  if (!refused.success || response.status >= 500) return failure;
  const { code } = refused.data.errors[0];
  const meaning = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : {};
  return { ...failure, detail: `Telnyx refused with error ${code}`, ...meaning, code };
}

function isStatus(status: string): status is keyof typeof STATUSES {
  return Object.hasOwn(STATUSES, status);
}

function report(status: keyof typeof STATUSES, { id, tags, errors }: z.infer<typeof Reported>): DeliveryReport {
  const known = STATUSES[status];
  const bad = known === "failed" || known === "undelivered";
  const code = errors?.[0]?.code ?? status;
  return {
    messageId: tags?.find((tag) => tag.startsWith("msg_")) ?? null,
    carrierMessageId: id,
    status: bad && code === VALIDITY_RAN_OUT ? "expired" : known,
    error: bad ? { code, detail: `Telnyx reported ${code}`, optedOut: code === OPTED_OUT } : null,
  };
}
