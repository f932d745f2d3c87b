import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Verified, WebhookRequest } from "./carrier.ts";
import { jwtClaims } from "./jwt.ts";
import { constantTimeEqual, hmacBytes, sha256Hex } from "./signature.ts";
import { isRepeatable, missingCredentials, staleCredentials, wrongCredentials } from "./webhook.ts";

/** A webhook without an answer is repeated for 24 hours (developer.vonage.com, "Webhooks"). */
const RETRIED_SECONDS = 86_400;

type Refusal = Extract<Verified<never>, { ok: false }>;

/** `md5hash` is a plain hash over text and secret, the others are HMACs. */
export const SMS_SIGNATURES = ["md5hash", "md5", "sha1", "sha256", "sha512"] as const;
export type SmsSignature = typeof SMS_SIGNATURES[number];

/**
 * True when `sig` fits the other parameters of a webhook of the SMS API: sorted by name, `&` and `=` in values written `_`, each as
 * `&name=value`. Vonage's signing guide and @vonage/sms (`verifySignature`); the vectors are in the test fixtures.
 */
export function smsSigned(params: Record<string, string>, secret: string, method: SmsSignature): boolean {
  const { sig = "", ...rest } = params;
  const text = Object.keys(rest).sort().map((name) => `&${name}=${rest[name]?.replace(/[&=]/g, "_")}`).join("");
  const expected = method === "md5hash" ? md5(utf8ToBytes(text + secret)) : hmacBytes(method, secret, text);
  return constantTimeEqual(sig.toLowerCase(), bytesToHex(expected));
}

/** Refuses parameters of an SMS API webhook that are not signed, or longer ago than they are repeated; null when they are. */
export function refuseSms(
  params: Record<string, string>,
  secret: string,
  method: SmsSignature,
  nowMs: number,
): Refusal | null {
  if (!params["sig"]) return missingCredentials("sig is missing: ask Vonage to sign webhooks of this account");
  if (!smsSigned(params, secret, method)) {
    return wrongCredentials("sig does not fit: check signature_secret and signature_method");
  }
  return isRepeatable(params["timestamp"] ?? "", nowMs, RETRIED_SECONDS)
    ? null
    : staleCredentials("timestamp is missing, more than a day old, or in the future");
}

export interface TokenSettings {
  api_key: string;
  application_id: string;
  signature_secret: string;
}

/**
 * Refuses a webhook of the Messages API without a token of Vonage's for this account, application and body, or with one
 * issued longer ago than a webhook is repeated; null when it has one. Vonage's guide "Webhooks: decoding signed webhooks".
 */
export function refuseToken(request: WebhookRequest, settings: TokenSettings, nowMs: number): Refusal | null {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (token === undefined) return missingCredentials("Authorization: Bearer is missing");
  const claims = jwtClaims(token, settings.signature_secret, ["HS256"]);
  if (claims === null) return wrongCredentials("the token is not signed with signature_secret under HS256");
  if (claims["iss"] !== "Vonage") return wrongCredentials("the token was not issued by Vonage");
  if (claims["api_key"] !== settings.api_key) return wrongCredentials("the token is of another account: check api_key");
  if (claims["application_id"] !== settings.application_id) {
    return wrongCredentials("the token is of another application: check application_id");
  }
  // Without it the body would be anybody's.
  if (claims["payload_hash"] !== sha256Hex(request.body)) return wrongCredentials("payload_hash does not fit the body");
  const { iat } = claims;
  return typeof iat === "number" && isRepeatable(iat, nowMs, RETRIED_SECONDS)
    ? null
    : staleCredentials("iat is missing, more than a day old, or in the future");
}
