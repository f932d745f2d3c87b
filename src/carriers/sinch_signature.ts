import type { Verified, WebhookRequest } from "./carrier.ts";
import { constantTimeEqual, hmacSha256Base64 } from "./signature.ts";
import { isRecent, missingCredentials, staleCredentials, wrongCredentials } from "./webhook.ts";

const HEADER = "x-sinch-webhook-signature";

/**
 * Refuses a webhook that Sinch did not sign within five minutes from now: base64 HMAC-SHA256 over `body.nonce.timestamp`. Null when
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
  return isRecent(timestamp, nowMs) ? null : staleCredentials(`${HEADER}-timestamp is more than five minutes from now`);
}
