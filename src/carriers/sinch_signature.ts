import type { Verified, WebhookRequest } from "./carrier.ts";
import { constantTimeEqual, hmacSha256Base64 } from "./signature.ts";
import { isRepeatable, missingCredentials, staleCredentials, wrongCredentials } from "./webhook.ts";

const HEADER = "x-sinch-webhook-signature";

/** Tries 5 s apart, then 10 s and twice as long each time, to the last one 81,920 s after the one before (Sinch, "Webhooks"). */
const RETRIED_SECONDS = 163_835;

/**
 * Refuses a webhook that Sinch did not sign, or longer ago than it repeats one: base64 HMAC-SHA256 over `body.nonce.timestamp`. Null when
 * it did. Sinch's guide "Webhooks"; @sinch/sdk-client `authorization.helper.test.ts`.
 */
export function refuseSinch(
  { headers, body }: WebhookRequest,
  secret: string,
  nowMs: number,
): Extract<Verified<never>, { ok: false }> | null {
  const signature = headers.get(HEADER);
  const nonce = headers.get(`${HEADER}-nonce`);
  const timestamp = headers.get(`${HEADER}-timestamp`);
  if (!signature || !nonce || !timestamp) return missingCredentials(`${HEADER}, its nonce or its timestamp is missing`);
  if (headers.get(`${HEADER}-algorithm`) !== "HmacSHA256") {
    return wrongCredentials(`${HEADER}-algorithm is not HmacSHA256`);
  }
  const tail = new TextEncoder().encode(`.${nonce}.${timestamp}`);
  const signed = new Uint8Array(body.length + tail.length);
  signed.set(body);
  signed.set(tail, body.length);
  if (!constantTimeEqual(signature, hmacSha256Base64(secret, signed))) {
    return wrongCredentials(`${HEADER} does not fit: check signature_secret`);
  }
  return isRepeatable(timestamp, nowMs, RETRIED_SECONDS)
    ? null
    : staleCredentials(`${HEADER}-timestamp is more than two days old, or in the future`);
}
