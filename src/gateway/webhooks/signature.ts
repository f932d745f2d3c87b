import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, read 2026-11-23): symmetric signatures, `v1`. */

const PREFIX = "whsec_";
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new secret, as receivers enter it into their library. */
export function newWebhookSecret(): string {
  return PREFIX + crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64();
}

export interface Signed {
  /** Stays the same when the event is sent again, so that a receiver can tell a repetition. */
  id: string;
  /** Of the attempt, ms: receivers refuse what is minutes old. */
  at: number;
  body: string;
}

/** The three headers. Each secret signs: while one is being replaced, receivers with either can verify. */
export function signatureHeaders({ id, at, body }: Signed, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const content = utf8ToBytes(`${id}.${timestamp}.${body}`);
  const signatures = secrets.map((secret) =>
    `v1,${hmac(sha256, Uint8Array.fromBase64(secret.slice(PREFIX.length)), content).toBase64()}`
  );
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
