import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * True when both texts are equal. Takes the same time wherever they differ, and does not tell how long the secret is: what is
 * compared are the hashes.
 */
export function constantTimeEqual(a: string, b: string): boolean {
  const left = sha256(utf8ToBytes(a));
  const right = sha256(utf8ToBytes(b));
  let difference = 0;
  for (const [i, byte] of left.entries()) difference |= byte ^ (right[i] ?? 0);
  return difference === 0;
}

/** Base64 of HMAC-SHA1; `text` is signed as UTF-8. Only for providers that know nothing better. */
export function hmacSha1Base64(key: string, text: string): string {
  return hmac(sha1, utf8ToBytes(key), utf8ToBytes(text)).toBase64();
}

/** Lower-case hex of SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}
