import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
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

const HASHES = { md5, sha1, sha256, sha384, sha512 };

/** Raw HMAC of bytes, or of a text as UTF-8. */
export function hmacBytes(hash: keyof typeof HASHES, key: string, message: string | Uint8Array): Uint8Array {
  return hmac(HASHES[hash], utf8ToBytes(key), typeof message === "string" ? utf8ToBytes(message) : message);
}

/** Base64 of HMAC-SHA256. */
export function hmacSha256Base64(key: string, message: string | Uint8Array): string {
  return hmacBytes("sha256", key, message).toBase64();
}

/** Base64 of HMAC-SHA1; `text` is signed as UTF-8. Only for providers that know nothing better. */
export function hmacSha1Base64(key: string, text: string): string {
  return hmacBytes("sha1", key, text).toBase64();
}

/** Lower-case hex of SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}
