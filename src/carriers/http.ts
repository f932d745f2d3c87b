import { isPart } from "../core/reassembly.ts";
import type {
  Carrier,
  CarrierIo,
  DeliveryReport,
  InboundSms,
  Outgoing,
  SendResult,
  Verified,
  WebhookRequest,
} from "./carrier.ts";
import { HttpConfig, type MessageName } from "./http_config.ts";
import { documentOf, itemsOf, matches, textAt, valuesAt } from "./http_document.ts";
import { callFailure, statusFailure } from "./http_failure.ts";
import { filled, filledJson, type Value } from "./http_template.ts";
import { coversAddress, verificationRefusal } from "./http_verify.ts";
import { malformedAnswer } from "./json_call.ts";
import { messageKey } from "./message_key.ts";
import { NOT_HANDLED, providerHandling } from "./provider_keywords.ts";
import { idOfCopy, malformed, understood, unreadable } from "./webhook.ts";
import { addressedMessage, keyedAddress } from "./webhook_secret.ts";

/** Codes of others may hold anything, a number included. */
const CODE = /^[\w.:-]{1,60}$/;
const MAX_ID_LENGTH = 200;

/** Any carrier with a plain HTTP API, described by configuration alone. */
export const http = httpCarrier("http", false);

/** The same on the operator's own network: a modem box, a gateway next door. */
export const httpPrivate = httpCarrier("http_private", true);

function httpCarrier(kind: string, privateNetwork: boolean): Carrier<HttpConfig> {
  return {
    kind,
    config: HttpConfig,
    secrets: ["credentials", "webhook_secret"] satisfies (keyof HttpConfig)[],
    // Nobody says what it does with a message that comes twice.
    idempotent: false,
    privateNetwork,

    async send(message, config, io) {
      let response: Response;
      let text: string;
      try {
        const { url, init } = request(message, config, io);
        response = await io.fetch(url, init);
        text = await response.text();
      } catch (error) {
        return callFailure(error);
      }
      return sendResult(response, text, config, io.now());
    },

    inbound(webhook, config, io) {
      const refusal = verificationRefusal(webhook, config.verify, config.webhook_secret, io.now());
      if (refusal) return Promise.resolve(refusal);
      const mapping = config.inbound;
      if (mapping === undefined) return Promise.resolve(malformed("inbound is not configured"));
      const document = documentOf(webhook, mapping.format);
      if (document === undefined) return Promise.resolve(unreadable(webhook));
      const items = itemsOf(document, mapping.items);
      const copy = copyId(webhook, config);
      let place = 0;
      return Promise.resolve(
        understood(items, (item) => inboundSms(item, config, mapping, copy && `${copy}.${place++}`)),
      );
    },

    status(webhook, config, io) {
      const refusal = verificationRefusal(webhook, config.verify, config.webhook_secret, io.now());
      if (refusal) return Promise.resolve(refusal);
      const mapping = config.status;
      if (mapping === undefined) return Promise.resolve(malformed("status is not configured"));
      const document = documentOf(webhook, mapping.format);
      if (document === undefined) return Promise.resolve(unreadable(webhook));
      const items = itemsOf(document, mapping.items);
      // Not from an address that is not signed: a copy of a report would speak of any message.
      const addressed = items.length === 1 && coversAddress(config.verify) ? addressedMessage(webhook.url) : null;
      return Promise.resolve(understood(items, (item) => report(item, addressed, mapping)));
    },

    messageKey(id, place, { status }) {
      return messageKey(id, status?.ids?.[place] ?? "exact");
    },

    answer(_outcomes, { reply }) {
      return { status: reply.status, contentType: reply.content_type, body: reply.body };
    },
  };
}

function request(message: Outgoing, config: HttpConfig, io: CarrierIo): { url: string; init: RequestInit } {
  const { send } = config;
  const values = valuesOf(message, config, io);
  const headers = new Headers();
  for (const [name, template] of Object.entries(send.headers)) headers.set(name, filled(template, values));
  const init: RequestInit = { method: send.method, headers };
  if (send.body?.type === "json") {
    if (!headers.has("Content-Type")) headers.set("Content-Type", "application/json");
    init.body = JSON.stringify(filledJson(send.body.value, values));
  } else if (send.body?.type === "form") {
    const fields = Object.entries(filledJson(send.body.fields, values) as Record<string, unknown>);
    init.body = new URLSearchParams(fields.map(([name, value]) => [name, String(value)]));
  } else if (send.body !== undefined) {
    if (!headers.has("Content-Type")) headers.set("Content-Type", send.body.content_type);
    init.body = filled(send.body.value, values);
  }
  return { url: filled(send.url, values, (value) => encodeURIComponent(value.toWellFormed())), init };
}

function valuesOf(message: Outgoing, config: HttpConfig, io: CarrierIo): Map<string, Value> {
  const { credentials, verify, webhook_secret } = config;
  const { id, to, from, text, encoding, segments, validUntil } = message;
  const key = verify.scheme === "url_key" ? webhook_secret : null;
  const values: Record<MessageName, Value> = {
    id,
    to,
    to_digits: to.replace(/^\+/, ""),
    from,
    from_digits: from.replace(/^\+/, ""),
    text,
    encoding,
    unicode: encoding === "UCS-2",
    segments,
    valid_until: validUntil === null ? null : new Date(validUntil).toISOString(),
    valid_seconds: validUntil === null ? null : Math.max(1, Math.floor((validUntil - io.now()) / 1000)),
    status_url: keyedAddress(io, "status", key, id),
    inbound_url: keyedAddress(io, "inbound", key),
  };
  return new Map<string, Value>([
    ...Object.entries(values),
    ...Object.entries(credentials).map(([name, secret]) => [`credentials.${name}`, secret] as const),
    ["basic", btoa(`${credentials["username"]}:${credentials["password"]}`)],
  ]);
}

function sendResult(response: Response, text: string, { answer }: HttpConfig, nowMs: number): SendResult {
  const document = parsed(text);
  const yes = answer.statuses.includes(response.status);
  if (yes && (answer.accepted === undefined || matches(document, answer.accepted))) {
    const id = textAt(document, answer.message_id);
    const usable = id !== null && id !== "" && id.length <= MAX_ID_LENGTH;
    if (answer.message_id !== undefined && !usable) return malformedAnswer(answer.message_id);
    return { ok: true, carrierMessageId: id, status: "sent" };
  }
  const given = textAt(document, answer.error_code);
  const code = given !== null && CODE.test(given) ? given : null;
  const rule = answer.errors.find(({ statuses, codes }) =>
    (statuses === undefined || statuses.includes(response.status)) &&
    (codes === undefined || (code !== null && codes.includes(code)))
  );
  const failure = yes || response.ok
    ? malformedAnswer(answer.accepted?.path ?? "status that means yes")
    : statusFailure("the carrier", response, nowMs);
  const told = code === null ? failure : { ...failure, code, detail: `the carrier refused with error ${code}` };
  if (rule === undefined) {
    // With HTTP 200, a code that no rule knows is a "no" all the same; no code at all may be anything.
    return yes && code !== null ? { ...told, kind: "final" } : told;
  }
  const wait = told.retryAfterSeconds ?? rule.retry_after_seconds;
  // Without a code of the carrier's, nothing was said about the message.
  const account = rule.kind === "retryable" && code === null ? { of: "account" as const } : {};
  return { ...told, ...account, kind: rule.kind, ...(wait === undefined ? {} : { retryAfterSeconds: wait }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** For messages without an id; null where the same signature may stand for two messages. */
function copyId({ headers }: WebhookRequest, { verify }: HttpConfig): string | null {
  if (verify.scheme !== "hmac" || verify.timestamp_header === undefined) return null;
  const signature = headers.get(verify.header) ?? "";
  // Hexadecimal is let in however it is written.
  return idOfCopy(verify.encoding === "hex" ? signature.toLowerCase() : signature);
}

function inboundSms(
  item: unknown,
  config: HttpConfig,
  mapping: NonNullable<HttpConfig["inbound"]>,
  copy: string | null,
): Verified<InboundSms[]> {
  if (!matches(item, mapping.only)) return { ok: true, value: [] };
  const from = textAt(item, mapping.from);
  const to = textAt(item, mapping.to);
  if (!from || from.length > 100) return malformed(`${mapping.from}: no sender`);
  if (!to || to.length > 100) return malformed(`${mapping.to}: no recipient`);
  const text = textAt(item, mapping.text) ?? "";
  const id = textAt(item, mapping.id);
  const media = mapping.media === undefined ? [] : valuesAt(item, mapping.media).flat();
  return {
    ok: true,
    value: [{
      carrierMessageId: id && id.length <= MAX_ID_LENGTH ? id : copy,
      from,
      to,
      text,
      ...handling(item, text, config, mapping),
      mediaUrls: media.filter((url) => typeof url === "string" && /^https?:/i.test(url)) as string[],
      ...partOf(item, mapping),
    }],
  };
}

/** Nothing for a message that is whole, or when what is said of the part cannot be: its text still counts. */
function partOf(item: unknown, { part }: NonNullable<HttpConfig["inbound"]>): Pick<InboundSms, "part"> {
  if (part === undefined) return {};
  const reference = textAt(item, part.reference) ?? "";
  const [number, total] = [textAt(item, part.number), textAt(item, part.total)].map((text) => Number(text || NaN));
  const place = { reference, number: number!, total: total! };
  return isPart(place) ? { part: place } : {};
}

function handling(
  item: unknown,
  text: string,
  config: HttpConfig,
  mapping: NonNullable<HttpConfig["inbound"]>,
): Pick<InboundSms, "carrierIntent" | "alreadyAnswered"> {
  const provider = config.stop_reply === "provider";
  if (mapping.opt_out !== undefined && matches(item, mapping.opt_out)) {
    return { carrierIntent: "opt_out", alreadyAnswered: provider };
  }
  return provider ? providerHandling(text, config.provider_stop_words, config.provider_other_words) : NOT_HANDLED;
}

function report(
  item: unknown,
  addressed: string | null,
  mapping: NonNullable<HttpConfig["status"]>,
): Verified<DeliveryReport[]> {
  if (!matches(item, mapping.only)) return { ok: true, value: [] };
  const value = textAt(item, mapping.status);
  const known = value !== null && Object.hasOwn(mapping.statuses, value) ? mapping.statuses[value] : undefined;
  if (value === null || known === undefined) return malformed(`${mapping.status}: not among the statuses configured`);
  if (known === "ignore") return { ok: true, value: [] };
  const messageId = addressed ?? textAt(item, mapping.message_id) ?? null;
  const carrierMessageId = textAt(item, mapping.carrier_message_id);
  if (!messageId && !carrierMessageId) return malformed("neither our message id nor the carrier's");
  const part = textAt(item, mapping.part);
  const bad = known === "undelivered" || known === "failed" || known === "expired";
  const given = textAt(item, mapping.error_code) ?? "";
  const code = CODE.test(given) ? given : CODE.test(value) ? value : known;
  return {
    ok: true,
    value: [{
      messageId: messageId || null,
      carrierMessageId: carrierMessageId || null,
      status: bad && mapping.expired_codes.includes(code) ? "expired" : known,
      error: bad
        ? { code, detail: `the carrier reported ${code}`, optedOut: mapping.opted_out_codes.includes(code) }
        : null,
      ...(part === null || part === "" || part.length > MAX_ID_LENGTH ? {} : { part }),
    }],
  };
}
