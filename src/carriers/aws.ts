import { AwsV4Signer } from "aws4fetch";
import { z } from "zod";
import {
  type Carrier,
  type CarrierIo,
  type DeliveryReport,
  type Outgoing,
  ProviderListError,
  type ProviderOptOut,
  type SendResult,
  type Verified,
  type WebhookRequest,
} from "./carrier.ts";
import { callFailure, statusFailure } from "./http_failure.ts";
import { malformedAnswer } from "./json_call.ts";
import { NOT_HANDLED, providerHandling } from "./provider_keywords.ts";
import { listPage } from "./list_page.ts";
import { snsMessage } from "./sns.ts";
import { malformed, malformedFields } from "./webhook.ts";

const Config = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region, for example eu-west-3"),
  access_key_id: z.string().regex(/^[A-Z0-9]{16,128}$/, "must be capitals and digits"),
  secret_access_key: z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII"),
  /** Topics of two-way messages and of the event destination; what comes from another topic is refused. */
  topic_arns: z.array(
    z.string().regex(
      /^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
      "must be the ARN of a topic",
    ),
  ).min(1).max(20),
  /** Its event destination brings the reports; without it there are none unless the account has a default one. */
  configuration_set: z.string().regex(/^[A-Za-z0-9_:/-]{1,256}$/, "must be a name or an ARN").optional(),
  /** Must be that of the number. */
  message_type: z.enum(["TRANSACTIONAL", "PROMOTIONAL"]).default("TRANSACTIONAL"),
  api_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Of the numbers of this account: a name, or the ARN of a list that is shared. */
  opt_out_list: z.string().regex(/^[A-Za-z0-9_:/-]{1,256}$/, "must be a name or an ARN").default("Default"),
  /** `gateway` when the number has `selfManagedOptOutsEnabled`. */
  stop_reply: z.enum(["provider", "gateway"]).default("provider"),
});
type Config = z.infer<typeof Config>;

/** AWS User Guide, "Keywords": answered and put on the opt-out list, unless opt-outs are self-managed. */
const STOP_WORDS = ["ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"];
const OTHER_WORDS = ["HELP"];

/** Name under which our id travels in `Context`, which events give back. */
const CONTEXT_KEY = "parley_message_id";

/** Of `TimeToLive`, in seconds (API reference, SendTextMessage). */
const MIN_TTL_SECONDS = 5;
const MAX_TTL_SECONDS = 259_200;

type Refusal = Omit<Extract<SendResult, { ok: false }>, "ok" | "code">;

/** By exception or, where that says more, by its `Reason`. */
const REFUSALS: Record<string, Refusal> = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: { kind: "opted_out", detail: "the recipient is on the opt-out list at AWS" },
  ThrottlingException: { kind: "throttled", detail: "too many requests at once" },
  // A monthly spending limit, mostly: an hour leaves time to have it raised without losing the day.
  ServiceQuotaExceededException: {
    kind: "throttled",
    detail: "a quota of the account is used up",
    retryAfterSeconds: 3600,
  },
  // HTTP 400, all of them (API reference, "Common Error Types").
  UnrecognizedClientException: { kind: "retryable", detail: "AWS does not know the access key", of: "account" },
  InvalidSignatureException: { kind: "retryable", detail: "the secret access key does not fit", of: "account" },
  AccessDeniedException: { kind: "retryable", detail: "the access key may not send", of: "account" },
};

/** `end`: what the status is when nothing follows any more. Before, all of these are steps of a message under way. */
const EVENTS: Record<string, { status: DeliveryReport["status"]; end: boolean }> = {
  TEXT_QUEUED: { status: "queued", end: false },
  TEXT_PENDING: { status: "sent", end: false },
  TEXT_SENT: { status: "sent", end: false },
  // "Successful" and "delivered" are used one for the other, by country.
  TEXT_SUCCESSFUL: { status: "delivered", end: true },
  TEXT_DELIVERED: { status: "delivered", end: true },
  TEXT_UNREACHABLE: { status: "undelivered", end: true },
  TEXT_CARRIER_UNREACHABLE: { status: "undelivered", end: true },
  TEXT_UNKNOWN: { status: "undelivered", end: true },
  TEXT_TTL_EXPIRED: { status: "expired", end: true },
  TEXT_INVALID: { status: "failed", end: true },
  TEXT_INVALID_MESSAGE: { status: "failed", end: true },
  TEXT_BLOCKED: { status: "failed", end: true },
  TEXT_CARRIER_BLOCKED: { status: "failed", end: true },
  TEXT_SPAM: { status: "failed", end: true },
  TEXT_PROTECT_BLOCKED: { status: "failed", end: true },
};

const Created = z.object({ MessageId: z.string().min(1).max(256) });
const Refused = z.object({ __type: z.string().optional(), Reason: z.string().optional() });

/** API reference, DescribeOptedOutNumbers; instants are seconds since 1970. */
const OPT_OUTS_PER_PAGE = 100;
const OptedOutPage = z.object({
  OptedOutNumbers: z.array(
    z.object({ OptedOutNumber: z.string().min(1).max(100), OptedOutTimestamp: z.number().optional() }),
  ),
  NextToken: z.string().min(1).nullish(),
});

const Inbound = z.object({
  originationNumber: z.string().min(1).max(100),
  destinationNumber: z.string().min(1).max(100),
  messageKeyword: z.string().nullish(),
  messageBody: z.string().nullish(),
  inboundMessageId: z.string().min(1).max(256).nullish(),
});

const Event = z.object({
  eventType: z.string(),
  isFinal: z.boolean().optional(),
  messageId: z.string().min(1).max(256),
  context: z.record(z.string(), z.unknown()).nullish(),
});

/** AWS End User Messaging (`pinpoint-sms-voice-v2`), with messages and events brought by SNS. */
export const aws: Carrier<Config> = {
  kind: "aws",
  config: Config,
  secrets: ["secret_access_key"] satisfies (keyof Config)[],
  // SendTextMessage has no client token.
  idempotent: false,
  privateNetwork: false,

  async send(message, config, io) {
    let response: Response;
    try {
      response = await signedCall("SendTextMessage", sendBody(message, config, io), config, io);
    } catch (error) {
      return callFailure(error);
    }
    return sendResult(response, io.now());
  },

  async inbound(request, config, io) {
    const json = await publishedJson(request, config, io);
    if (!json.ok) return json;
    if (json.value === null || has(json.value.content, "eventType")) return { ok: true, value: [] };
    const parsed = Inbound.safeParse(json.value.content);
    if (!parsed.success) return malformedFields(parsed.error);
    const { originationNumber, destinationNumber, messageKeyword, messageBody, inboundMessageId } = parsed.data;
    const text = messageBody ?? "";
    return {
      ok: true,
      value: [{
        // SNS brings what it is not sure of again.
        carrierMessageId: inboundMessageId ?? `sns_${json.value.id}`,
        from: originationNumber,
        to: destinationNumber,
        text,
        ...handling(text, messageKeyword ?? "", config),
        mediaUrls: [],
      }],
    };
  },

  async status(request, config, io) {
    const json = await publishedJson(request, config, io);
    if (!json.ok) return json;
    if (json.value === null || has(json.value.content, "inboundMessageId")) return { ok: true, value: [] };
    const parsed = Event.safeParse(json.value.content);
    if (!parsed.success) return malformedFields(parsed.error);
    return report(parsed.data);
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },

  optOuts: listOptOuts,
};

/** What was published, as JSON, under the id of SNS; null for a request about the subscription. */
async function publishedJson(
  request: WebhookRequest,
  config: Config,
  io: CarrierIo,
): Promise<Verified<{ id: string; content: unknown } | null>> {
  const message = await snsMessage(request, config.topic_arns, io);
  if (!message.ok) return message;
  if (message.value === null) return { ok: true, value: null };
  const { id, text } = message.value;
  try {
    const content: unknown = JSON.parse(text);
    return content === null ? malformed("Message: not an object") : { ok: true, value: { id, content } };
  } catch {
    // "Successfully validated SNS topic for Amazon …": AWS tries the topic when it is chosen, and repeats what is refused.
    return { ok: true, value: null };
  }
}

/** One topic may bring both messages and events to both addresses: each takes its own. */
function has(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

/**
 * AWS takes a keyword that a message begins with and names it in `messageKeyword`: what it names it has acted upon, even where our
 * rules would read the text otherwise.
 */
function handling(text: string, keyword: string, { stop_reply }: Config) {
  if (stop_reply === "gateway") return NOT_HANDLED;
  const named = providerHandling(keyword, STOP_WORDS, OTHER_WORDS);
  return named.alreadyAnswered ? named : providerHandling(text, STOP_WORDS, OTHER_WORDS);
}

function sendBody(message: Outgoing, config: Config, io: CarrierIo): string {
  const seconds = message.validUntil === null ? null : Math.floor((message.validUntil - io.now()) / 1000);
  return JSON.stringify({
    DestinationPhoneNumber: message.to,
    OriginationIdentity: message.from,
    MessageBody: message.text,
    MessageType: config.message_type,
    Context: { [CONTEXT_KEY]: message.id },
    ...(config.configuration_set === undefined ? {} : { ConfigurationSetName: config.configuration_set }),
    ...(seconds === null ? {} : { TimeToLive: Math.min(Math.max(seconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS) }),
  });
}

/** AWS keeps opt-outs by list, and a list may serve many numbers: it tells neither the number nor the keyword. */
async function* listOptOuts(config: Config, io: CarrierIo): AsyncIterable<ProviderOptOut[]> {
  let token: string | null = null;
  do {
    const body: string = JSON.stringify({
      OptOutListName: config.opt_out_list,
      MaxResults: OPT_OUTS_PER_PAGE,
      ...(token === null ? {} : { NextToken: token }),
    });
    const page: z.infer<typeof OptedOutPage> = await listPage(
      "AWS",
      () => signedCall("DescribeOptedOutNumbers", body, config, io),
      OptedOutPage,
    );
    yield page.OptedOutNumbers.map(({ OptedOutNumber, OptedOutTimestamp }) => ({
      person: OptedOutNumber,
      sender: null,
      at: OptedOutTimestamp === undefined ? null : OptedOutTimestamp * 1000,
    }));
    if (page.NextToken === token) throw new ProviderListError("AWS gave the same page twice");
    token = page.NextToken ?? null;
  } while (token !== null);
}

async function signedCall(
  operation: "SendTextMessage" | "DescribeOptedOutNumbers",
  body: string,
  config: Config,
  io: CarrierIo,
): Promise<Response> {
  const { region } = config;
  const suffix = region.startsWith("cn-") ? ".cn" : "";
  const signer = new AwsV4Signer({
    method: "POST",
    url: `${(config.api_url ?? `https://sms-voice.${region}.amazonaws.com${suffix}`).replace(/\/+$/, "")}/`,
    headers: {
      "Content-Type": "application/x-amz-json-1.0",
      "X-Amz-Target": `PinpointSMSVoiceV2.${operation}`,
    },
    body,
    accessKeyId: config.access_key_id,
    secretAccessKey: config.secret_access_key,
    service: "sms-voice",
    region,
    datetime: new Date(io.now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const { method, url, headers } = await signer.sign();
  return await io.fetch(url.href, { method, headers, body });
}

async function sendResult(response: Response, nowMs: number): Promise<SendResult> {
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 200) {
    const created = Created.safeParse(body);
    if (created.success) return { ok: true, carrierMessageId: created.data.MessageId, status: "sent" };
    return malformedAnswer("MessageId");
  }
  const failure = statusFailure("AWS", response, nowMs);
  const refused = Refused.safeParse(body);
  // A 5xx stays ambiguous whatever it calls itself.
  if (!refused.success || response.status >= 500) return failure;
  // "com.amazonaws.…#ThrottlingException" or the name alone; `Message` quotes numbers.
  const names = [refused.data.Reason, refused.data.__type?.split("#").at(-1)]
    .filter((name) => name !== undefined && /^[A-Za-z_]{1,80}$/.test(name)) as string[];
  const [code] = names;
  if (code === undefined) return failure;
  const known = names.find((name) => Object.hasOwn(REFUSALS, name));
  return {
    ...failure,
    detail: `AWS refused with ${names.join(" of ")}`,
    ...(known === undefined ? {} : REFUSALS[known]),
    ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
    code,
  };
}

function report(event: z.infer<typeof Event>): Verified<DeliveryReport[]> {
  const { eventType, isFinal, messageId, context } = event;
  // Voice and media are no messages of ours.
  if (!eventType.startsWith("TEXT_")) return { ok: true, value: [] };
  const known = Object.hasOwn(EVENTS, eventType) ? EVENTS[eventType] : undefined;
  if (known === undefined) return malformed("eventType: not a status of an outbound message");
  const ours = context?.[CONTEXT_KEY];
  const status = known.end && isFinal === false ? "sent" : known.status;
  const bad = status === "undelivered" || status === "failed" || status === "expired";
  return {
    ok: true,
    value: [{
      messageId: typeof ours === "string" && ours !== "" ? ours : null,
      carrierMessageId: messageId,
      status,
      error: bad ? { code: eventType, detail: `AWS reported ${eventType}`, optedOut: false } : null,
    }],
  };
}
