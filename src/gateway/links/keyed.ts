import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Keyed hashes of what stands in links, and comparing without telling how much of a guess was right. */

export type Mac = (message: Uint8Array | string) => Uint8Array;

/** HMAC-SHA-256. Each key is prepared once: half the work is to take in the key. */
export function prepared(key: string): Mac {
  const keyed = hmac.create(sha256, utf8ToBytes(key));
  return (message) => keyed.clone().update(typeof message === "string" ? utf8ToBytes(message) : message).digest();
}

/** The bytes of what `base64Url` makes. */
export function base64UrlBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** Compares with every one of them, each in a time that does not tell where the first difference is. */
export function anyEqual(expected: readonly string[], given: string): boolean {
  let found = false;
  for (const one of expected) {
    let difference = one.length ^ given.length;
    for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ given.charCodeAt(at);
    found = found || difference === 0;
  }
  return found;
}
