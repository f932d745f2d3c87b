import type { Verified, WebhookRequest } from "./carrier.ts";
import { isRecent, missingCredentials, staleCredentials, wrongCredentials } from "./webhook.ts";

/**
 * Refuses a webhook that Telnyx did not sign within five minutes from now: Ed25519 over `timestamp|body` under the account's public
 * key (base64 of 32 bytes). Null when it did. Telnyx's guide "Receiving webhooks". The timestamp is of "when the webhook was sent"
 * (its API reference), and three tries follow within seconds, so that none is refused for its age.
 */
export async function refuseTelnyx(
  { headers, body }: WebhookRequest,
  publicKey: string,
  nowMs: number,
): Promise<Extract<Verified<never>, { ok: false }> | null> {
  const signature = headers.get("telnyx-signature-ed25519");
  const timestamp = headers.get("telnyx-timestamp");
  if (!signature || !timestamp) return missingCredentials("telnyx-signature-ed25519 or telnyx-timestamp is missing");
  if (!await ed25519Signed(`${timestamp}|`, body, signature, publicKey)) {
    return wrongCredentials("telnyx-signature-ed25519 does not fit: check public_key");
  }
  return isRecent(timestamp, nowMs) ? null : staleCredentials("telnyx-timestamp is more than five minutes from now");
}

async function ed25519Signed(prefix: string, body: Uint8Array, signature: string, publicKey: string): Promise<boolean> {
  const head = new TextEncoder().encode(prefix);
  const message = new Uint8Array(head.length + body.length);
  message.set(head);
  message.set(body, head.length);
  try {
    const key = await crypto.subtle.importKey("raw", Uint8Array.fromBase64(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, Uint8Array.fromBase64(signature), message);
  } catch {
    // Neither base64 nor of the right length.
    return false;
  }
}
