import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * True when both texts are equal. The time taken depends on the length of what was `given` and on nothing else, so that it
 * tells neither where a guess goes wrong nor how long the secret is.
 */
export function constantTimeEqual(given: string, secret: string): boolean {
  const left = utf8ToBytes(given);
  const right = utf8ToBytes(secret);
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= (left[i] ?? 0) ^ (right[i] ?? 0);
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
