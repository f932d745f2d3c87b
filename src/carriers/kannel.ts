import { z } from "zod";
import type { PartPlace } from "../core/reassembly.ts";
import type { Carrier, CarrierIo, DeliveryReport, Outgoing, SendResult, WebhookRequest } from "./carrier.ts";
import { callFailure, statusFailure } from "./http_failure.ts";
import { rawQuery } from "./raw_query.ts";
import { checkUrlKey, malformedFields } from "./webhook.ts";
import { WebhookSecret } from "./webhook_secret.ts";

// They travel in headers.
const Printable = z.string().regex(/^[^\p{Cc}\s]+$/u, "must not hold spaces or control characters");

const Config = z.strictObject({
  /** Of `sendsms`, for example `http://127.0.0.1:13013/cgi-bin/sendsms`. */
  url: z.url({ protocol: /^https?$/ }),
  username: Printable,
  password: Printable,
  /** Id of the SMSC connection to route by; Kannel chooses when absent. */
  smsc: Printable.optional(),
  /** Kannel signs nothing. */
  webhook_secret: WebhookSecret,
  /** Sum of the reports wanted: 1 delivered, 2 not delivered, 4 queued, 8 accepted, 16 refused, 32 intermediate. */
  dlr_mask: z.int().min(0).max(63).default(31),
  /**
   * True when the SMSC connection brings a report for each part of a long message (SMPP mostly does), which `%F` tells apart. Were it
   * set and only one came, a long message would never be `delivered`.
   */
  reports_each_part: z.boolean().default(false),
});
type Config = z.infer<typeof Config>;

type SendFailure = Extract<SendResult, { ok: false }>;

/** Kannel's fixed answers that tell more than the status does (gw/smsbox.c). */
const REFUSALS: Record<string, Partial<SendFailure> & { code: string }> = {
  "Authorization failed for sendsms": { code: "unauthorized", kind: "retryable", of: "account" },
  "Not routable. Do not try again.": { code: "not_routable" },
  "Sender missing and no global set, rejected": { code: "sender_missing" },
  "Number(s) has/have been denied by white- and/or black-lists.": { code: "denied_by_list" },
};

/** `%d` of a report (gw/dlr.h). 32 tells nothing that changes a status. */
const REPORTS = {
  "1": "delivered",
  "2": "undelivered",
  "4": "queued",
  "8": "sent",
  "16": "failed",
  "32": null,
} as const;

const Inbound = z.object({
  id: z.string().max(100),
  from: z.string().min(1).max(100),
  to: z.string().min(1).max(100),
  text: z.string(),
});

const Status = z.object({
  id: z.string().min(1).max(100),
  d: z.enum(["1", "2", "4", "8", "16", "32"]),
  fid: z.string().max(200),
});

const utf8 = new TextDecoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Kannel's smsbox. Its configuration must hold:
 * - in `sendsms-user`: `concatenation = true` and `max-messages = 20`. Without the latter Kannel accepts a long message, sends
 *   its first part alone and says nothing: the end, and with it the mention of STOP, is lost (seen with 1.4.5);
 * - in `sms-service`: `catch-all = true`, `max-messages = 0` (else Kannel texts people whatever we answer) and a call of
 *   `…/carriers/ID/inbound?key=SECRET&id=%I&from=%p&to=%P&text=%b&charset=%C&coding=%c&udh=%u`;
 * - in `smsbox`: `http-request-retry` and `http-queue-delay`, else a callback that fails once is never repeated;
 * - in `core`: `sms-combine-concatenated-mo = false`, so that we join long messages. After a restart
 *   Kannel hands on the parts that it held by themselves (seen with 1.4.5), and keeps the others back for half an hour (its default).
 */
export const kannel: Carrier<Config> = {
  kind: "kannel",
  config: Config,
  secrets: ["password", "webhook_secret"] satisfies (keyof Config)[],
  idempotent: false,
  privateNetwork: true,

  async send(message, config, io) {
    let response: Response;
    try {
      // POST, as GET would leave password, number and text in the log of every proxy on the way.
      response = await io.fetch(config.url, {
        method: "POST",
        headers: sendHeaders(message, config, io),
        body: message.text,
      });
    } catch (error) {
      return callFailure(error);
    }
    return sendResult(response, io.now());
  },

  inbound(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const query = rawQuery(request.url);
    const parsed = Inbound.safeParse(request.method === "POST" ? posted(request, query) : gotten(query));
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { id, from, to, text } = parsed.data;
    const part = partOf(query.get("udh"));
    return Promise.resolve({
      ok: true,
      value: [{
        carrierMessageId: id || null,
        from,
        to,
        // A part may end in the middle of a character, whose other half the next one brings.
        text: part ? text : text.toWellFormed(),
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
        ...(part ? { part } : {}),
      }],
    });
  },

  status(request, config) {
    const refusal = checkUrlKey(request.url, config.webhook_secret);
    if (refusal) return Promise.resolve(refusal);
    const query = rawQuery(request.url);
    const parsed = Status.safeParse({ id: text(query, "id"), d: text(query, "d"), fid: text(query, "fid") ?? "" });
    if (!parsed.success) return Promise.resolve(malformedFields(parsed.error));
    const { id, d, fid } = parsed.data;
    const status = REPORTS[d];
    if (status === null) return Promise.resolve({ ok: true, value: [] });
    return Promise.resolve({
      ok: true,
      value: [{
        messageId: id,
        carrierMessageId: fid || null,
        ...outcome(status, text(query, "r") ?? ""),
        ...(config.reports_each_part && fid ? { part: fid } : {}),
      }],
    });
  },

  answer() {
    return { status: 200, contentType: "text/plain", body: "" };
  },
};

function sendHeaders(message: Outgoing, config: Config, io: CarrierIo): Record<string, string> {
  const headers: Record<string, string> = {
    // Kannel recodes from this charset to the one that `X-Kannel-Coding` asks for.
    "Content-Type": "text/plain; charset=UTF-8",
    "X-Kannel-Username": octets(config.username),
    "X-Kannel-Password": octets(config.password),
    "X-Kannel-From": octets(message.from),
    "X-Kannel-To": octets(message.to),
    "X-Kannel-Coding": message.encoding === "UCS-2" ? "2" : "0",
    "X-Kannel-DLR-Mask": String(config.dlr_mask),
    "X-Kannel-DLR-Url": reportUrl(message.id, config, io),
  };
  if (config.smsc) headers["X-Kannel-SMSC"] = octets(config.smsc);
  if (message.validUntil !== null) {
    // Minutes, and at least one: 0 would mean "expired on arrival".
    headers["X-Kannel-Validity"] = String(Math.max(1, Math.floor((message.validUntil - io.now()) / 60_000)));
  }
  return headers;
}

/** Kannel gives no id of its own, so ours is in the address. It fills `%d`, `%F` and `%A`; a literal % is written `%%`. */
function reportUrl(messageId: string, config: Config, io: CarrierIo): string {
  const id = encodeURIComponent(messageId);
  const address = `${io.publicUrl}/carriers/${
    encodeURIComponent(io.carrierId)
  }/status?key=${config.webhook_secret}&id=${id}`;
  return `${address.replaceAll("%", "%%")}&d=%d&fid=%F&r=%A`;
}

/** A header value whose octets are the UTF-8 of the text, which is how Kannel reads them. */
function octets(value: string): string {
  return Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join("");
}

async function sendResult(response: Response, nowMs: number): Promise<SendResult> {
  // "0: Accepted for delivery", "3: Queued for later delivery" or "Sent."
  if (response.status === 202) return { ok: true, carrierMessageId: null, status: "sent" };
  const failure = statusFailure("Kannel", response, nowMs);
  // "Temporal failure, try again later.": nothing was queued.
  if (response.status === 503) return { ...failure, kind: "retryable", of: "account" };
  const phrase = (await response.text()).trim();
  const known = Object.hasOwn(REFUSALS, phrase) ? REFUSALS[phrase] : undefined;
  return known === undefined ? failure : { ...failure, ...known, detail: `${failure.detail}: ${phrase}` };
}

/** `get-url`: everything in the query, the text in a charset of its own. */
function gotten(query: Map<string, Uint8Array>): Record<string, string | undefined> {
  const bytes = query.get("text");
  return {
    id: text(query, "id") ?? "",
    from: text(query, "from"),
    to: text(query, "to"),
    text: bytes && decoded(bytes, text(query, "charset") ?? "", text(query, "coding") ?? ""),
  };
}

/** `post-url`: the text is the body, the rest in headers; escapes in the address (`&id=%I`) come first. */
function posted(request: WebhookRequest, query: Map<string, Uint8Array>): Record<string, string | undefined> {
  const { headers } = request;
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(headers.get("Content-Type") ?? "")?.[1] ?? "";
  return {
    id: text(query, "id") ?? "",
    from: text(query, "from") ?? headers.get("X-Kannel-From") ?? undefined,
    to: text(query, "to") ?? headers.get("X-Kannel-To") ?? undefined,
    text: decoded(request.body, charset, headers.get("X-Kannel-Coding") ?? ""),
  };
}

/**
 * The place of a part, from the header that a handset puts before each (`%u`; 3GPP TS 23.040, 9.2.3.24): elements of id, length and
 * data, of which 0 and 8 number the parts.
 */
function partOf(udh: Uint8Array | undefined): PartPlace | undefined {
  if (udh === undefined) return undefined;
  for (let at = 1; at + 1 < udh.length; at += 2 + udh[at + 1]!) {
    const width = udh[at] === 0 ? 1 : udh[at] === 8 ? 2 : 0;
    const data = udh.subarray(at + 2, at + 4 + width);
    if (width === 0 || udh[at + 1] !== width + 2 || data.length !== width + 2) continue;
    const [total = 0, number = 0] = data.subarray(width);
    return { reference: data.subarray(0, width).toHex(), number, total };
  }
  return undefined;
}

function text(query: Map<string, Uint8Array>, name: string): string | undefined {
  const bytes = query.get(name);
  return bytes && utf8.decode(bytes);
}

/** Text of a handset. `%C` names a charset, or nothing useful (`8-BIT`, `GSM`, empty): then the bytes themselves must tell. */
function decoded(bytes: Uint8Array, charset: string, coding: string): string {
  // To the Encoding Standard "UCS-2" is little-endian; on the air it is big-endian.
  const bigEndian = /^(utf-?16(be)?|(iso-10646-)?ucs-?2)$/i.test(charset) || (charset === "" && coding === "2");
  if (charset === "UTF-8") return utf8OrWestern(bytes);
  if (bigEndian) return utf16(bytes);
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return utf8OrWestern(bytes);
  }
}

/** Unlike `TextDecoder`, leaves half a surrogate pair as it is. */
function utf16(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at));
  const odd = bytes.length % 2 === 1 ? "\uFFFD" : "";
  return text.replace(/^\uFEFF/, "") + odd;
}

function utf8OrWestern(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** `%A` of an SMPP connection reads `id:… stat:EXPIRED err:027 text:…`, where `text` quotes the message and is left out. */
function outcome(status: "delivered" | "undelivered" | "queued" | "sent" | "failed", reply: string): {
  status: DeliveryReport["status"];
  error: DeliveryReport["error"];
} {
  if (status !== "undelivered" && status !== "failed") return { status, error: null };
  const stat = /\bstat:([A-Z]{1,10})\b/.exec(reply)?.[1];
  const err = /\berr:([0-9A-Za-z]{1,10})\b/.exec(reply)?.[1];
  const refused = status === "failed" || stat === "REJECTD";
  return {
    status: stat === "EXPIRED" ? "expired" : refused ? "failed" : "undelivered",
    error: {
      code: err ?? stat ?? (refused ? "refused" : "undelivered"),
      detail: stat
        ? `the network reported ${stat}`
        : refused
        ? "the SMSC refused it"
        : "the network did not deliver it",
      optedOut: false,
    },
  };
}
