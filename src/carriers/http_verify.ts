import { z } from "zod";
import type { WebhookRequest } from "./carrier.ts";
import { templateParts } from "./http_template.ts";
import { constantTimeEqual, hmacBytes } from "./signature.ts";
import {
  checkBasic,
  checkUrlKey,
  isRecent,
  missingCredentials,
  type Refusal,
  staleCredentials,
  wrongCredentials,
} from "./webhook.ts";

const Header = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, "must be the name of a header");

/** What may be signed besides the body. */
const SIGNABLE = new Set(["body", "url", "method", "timestamp"]);

/** How webhooks prove who sent them; the secret is `webhook_secret` in every case. */
export const Verification = z.discriminatedUnion("scheme", [
  /** `key` in the address. */
  z.strictObject({ scheme: z.literal("url_key") }),
  /** The secret as it is, in a header. */
  z.strictObject({ scheme: z.literal("header"), header: Header, prefix: z.string().default("") }),
  z.strictObject({ scheme: z.literal("basic"), username: z.string().regex(/^[^\p{Cc}:]+$/u) }),
  z.strictObject({
    scheme: z.literal("hmac"),
    algorithm: z.enum(["sha1", "sha256", "sha384", "sha512"]).default("sha256"),
    encoding: z.enum(["hex", "base64", "base64url"]).default("hex"),
    /** Holds the signature, after `prefix` (`sha256=` …). */
    header: Header,
    prefix: z.string().default(""),
    /** What is signed: `{body}`, `{url}`, `{method}`, `{timestamp}` and words of one's own. */
    signed: z.string().default("{body}"),
    /** Holds Unix time, which must be signed too. */
    timestamp_header: Header.optional(),
    timestamp_unit: z.enum(["seconds", "milliseconds"]).default("seconds"),
    tolerance_seconds: z.int().min(1).max(3600).default(300),
  }).superRefine(({ signed, timestamp_header }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    const names = templateParts(signed)?.flatMap((part) => "name" in part ? [part.name] : []);
    if (names === undefined || names.some((name) => !SIGNABLE.has(name))) {
      issue("signed", "may hold {body}, {url}, {method} and {timestamp}; braces are written {{ and }}");
    } else if (!names.includes("body")) issue("signed", "must hold {body}: anybody could change it otherwise");
    else if (names.includes("timestamp") !== (timestamp_header !== undefined)) {
      issue("timestamp_header", "goes together with {timestamp} in signed: a time that is not signed proves nothing");
    }
  }),
]);
export type Verification = z.infer<typeof Verification>;

/** False when anybody who saw a signed request may change its address and the signature still fits. */
export function coversAddress(how: Verification): boolean {
  return how.scheme !== "hmac" ||
    templateParts(how.signed)?.some((part) => "name" in part && part.name === "url") === true;
}

/** Null when the request proves that it comes from the holder of the secret. */
export function verificationRefusal(
  request: WebhookRequest,
  how: Verification,
  secret: string,
  nowMs: number,
): Refusal | null {
  switch (how.scheme) {
    case "url_key":
      return checkUrlKey(request.url, secret);
    case "basic":
      return checkBasic(request, how.username, secret);
    case "header": {
      const given = request.headers.get(how.header);
      if (!given) return missingCredentials(`${how.header} is missing`);
      return constantTimeEqual(given, how.prefix + secret) ? null : wrongCredentials(`${how.header} does not fit`);
    }
    case "hmac":
      return hmacRefusal(request, how, secret, nowMs);
  }
}

function hmacRefusal(
  request: WebhookRequest,
  how: Extract<Verification, { scheme: "hmac" }>,
  secret: string,
  nowMs: number,
): Refusal | null {
  const signature = request.headers.get(how.header);
  if (!signature) return missingCredentials(`${how.header} is missing`);
  const timestamp = how.timestamp_header === undefined ? "" : request.headers.get(how.timestamp_header);
  if (timestamp === null) return missingCredentials(`${how.timestamp_header} is missing`);
  const mac = hmacBytes(how.algorithm, secret, signedBytes(request, how.signed, timestamp));
  const expected = how.encoding === "hex"
    ? mac.toHex()
    : mac.toBase64(how.encoding === "base64" ? {} : { alphabet: "base64url", omitPadding: true });
  // RFC 4648 leaves the padding of base64url open, and libraries differ.
  const unpadded = how.encoding === "base64url" ? signature.replace(/={1,2}$/, "") : signature;
  const given = how.encoding === "hex" ? signature.toLowerCase() : unpadded;
  const prefix = how.encoding === "hex" ? how.prefix.toLowerCase() : how.prefix;
  if (!constantTimeEqual(given, prefix + expected)) {
    return wrongCredentials(`${how.header} does not fit: check webhook_secret and PARLEY_PUBLIC_URL`);
  }
  if (how.timestamp_header === undefined) return null;
  const seconds = how.timestamp_unit === "seconds" ? timestamp : timestamp.replace(/\d{3}$/, "");
  return isRecent(seconds, nowMs, how.tolerance_seconds)
    ? null
    : staleCredentials(`${how.timestamp_header} is more than ${how.tolerance_seconds} seconds away from now`);
}

function signedBytes({ body, url, method }: WebhookRequest, template: string, timestamp: string): Uint8Array {
  const encoder = new TextEncoder();
  const texts: Record<string, string> = { url, method, timestamp };
  const parts = (templateParts(template) ?? []).map((part) => {
    if ("literal" in part) return encoder.encode(part.literal);
    return part.name === "body" ? body : encoder.encode(texts[part.name] ?? "");
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
