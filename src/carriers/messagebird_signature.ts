import { parse, stringify } from "node:querystring";
import type { Verified, WebhookRequest } from "./carrier.ts";
import { jwtClaims } from "./jwt.ts";
import { constantTimeEqual, hmacSha256Base64, sha256Hex } from "./signature.ts";
import { isRecent, missingCredentials, staleCredentials, wrongCredentials } from "./webhook.ts";

type Refusal = Extract<Verified<never>, { ok: false }>;

/** Seconds that the clocks may differ by, as in MessageBird's own libraries: a token lives for a minute. */
const LEEWAY = 5;
/** Seconds for which a request of the older scheme counts, as in MessageBird's own libraries. */
const HMAC_WINDOW = 100;

/**
 * Refuses a webhook without a token of MessageBird's for this address and body, valid now; null when it has one
 * (`messagebird-signature-jwt`; messagebird-nodejs `lib/webhook-signature-jwt.js`, whose 44 cases hold here).
 */
export function refuseMessagebirdJwt(request: WebhookRequest, signingKey: string, nowMs: number): Refusal | null {
  const token = request.headers.get("messagebird-signature-jwt");
  if (!token) return missingCredentials("messagebird-signature-jwt is missing");
  const claims = jwtClaims(token, signingKey, ["HS256", "HS384", "HS512"]);
  if (claims === null) return wrongCredentials("messagebird-signature-jwt is not signed with signing_key");
  const { iss, nbf, exp, url_hash, payload_hash } = claims;
  if (iss !== "MessageBird") return wrongCredentials("the token was not issued by MessageBird");
  if (url_hash !== sha256Hex(new TextEncoder().encode(request.url))) {
    return wrongCredentials("url_hash does not fit: check PARLEY_PUBLIC_URL");
  }
  const hash = request.body.length === 0 ? undefined : sha256Hex(request.body);
  if (payload_hash !== hash) return wrongCredentials("payload_hash does not fit the body");
  const now = nowMs / 1000;
  return typeof nbf === "number" && typeof exp === "number" && nbf - LEEWAY <= now && now <= exp + LEEWAY
    ? null
    : staleCredentials("the token is not valid at this time");
}

/**
 * The older scheme, which MessageBird calls deprecated: it covers query and body, but not the path
 * (messagebird-nodejs `lib/signature.js`).
 */
export function refuseMessagebirdHmac(request: WebhookRequest, signingKey: string, nowMs: number): Refusal | null {
  // All of them: by default whatever stands behind the thousandth would be read and not covered.
  const params = parse(/\?([^#]*)/.exec(request.url)?.[1] ?? "", "&", "=", { maxKeys: 0 });
  const sorted = Object.fromEntries(Object.entries(params).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
  return refuseHmac(request, stringify(sorted), signingKey, nowMs, HMAC_WINDOW);
}

/** Bird's notifications: the address as called, query included (docs.bird.com, "Verifying a webhook subscription"). */
export function refuseBird(request: WebhookRequest, signingKey: string, nowMs: number): Refusal | null {
  return refuseHmac(request, request.url, signingKey, nowMs);
}

function refuseHmac(
  { headers, body }: WebhookRequest,
  signedAddress: string,
  signingKey: string,
  nowMs: number,
  windowSeconds?: number,
): Refusal | null {
  const signature = headers.get("messagebird-signature");
  const timestamp = headers.get("messagebird-request-timestamp");
  if (!signature || !timestamp) {
    return missingCredentials("messagebird-signature or messagebird-request-timestamp is missing");
  }
  const head = new TextEncoder().encode(`${timestamp}\n${signedAddress}\n`);
  const hash = Uint8Array.fromHex(sha256Hex(body));
  const signed = new Uint8Array(head.length + hash.length);
  signed.set(head);
  signed.set(hash, head.length);
  if (!constantTimeEqual(signature, hmacSha256Base64(signingKey, signed))) {
    return wrongCredentials("messagebird-signature does not fit: check signing_key and PARLEY_PUBLIC_URL");
  }
  return isRecent(timestamp, nowMs, windowSeconds)
    ? null
    : staleCredentials("messagebird-request-timestamp is too far from now");
}
