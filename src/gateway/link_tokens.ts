import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base64Url } from "./ids.ts";

/**
 * Tokens of the links to the unsubscribe page: 80 random bits, which name the message and are stored with it, and 48 bits of their
 * HMAC-SHA-256 under a key that need not be in the database. Both together are 22 characters, as long as an unsigned token of 128
 * bits. A token that nobody here made is known without a look into the database, so that guessing reaches nobody's record.
 */
export interface LinkTokens {
  make(): string;
  /** True for a token made under any of the keys, exactly as it was made. */
  genuine(token: string): boolean;
  /** What a form on the page of this token carries, so that a request that no page asked for is told from one that a person sent. */
  formCheck(token: string): string;
  /** True when `check` belongs to the token under any of the keys. */
  formChecked(token: string, check: string): boolean;
}

const RANDOM_BYTES = 10;
const TAG_BYTES = 6;
const CHECK_BYTES = 16;
const TOKEN = /^[\w-]{22}$/;

/** `keys`: the first one signs, all of them are recognised; at least one. `random` fills bytes (WebCrypto outside tests). */
export function linkTokens(
  keys: readonly string[],
  random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => void crypto.getRandomValues(bytes),
): LinkTokens {
  if (keys.length === 0) throw new Error("link tokens need a key");
  // Each key is prepared once: half the work of an HMAC is to take in the key.
  const links = keys.map((key) => prepared(`parley unsubscribe link ${key}`));
  const forms = keys.map((key) => prepared(`parley unsubscribe form ${key}`));
  const signed = (mac: Mac, chance: Uint8Array): string => {
    const bytes = new Uint8Array(RANDOM_BYTES + TAG_BYTES);
    bytes.set(chance);
    bytes.set(mac(chance).subarray(0, TAG_BYTES), RANDOM_BYTES);
    return base64Url(bytes);
  };
  const check = (mac: Mac, token: string) => base64Url(mac(utf8ToBytes(token)).subarray(0, CHECK_BYTES));
  return {
    make() {
      const chance = new Uint8Array(RANDOM_BYTES);
      random(chance);
      return signed(links[0]!, chance);
    },
    genuine(token) {
      // What has no token's shape is compared as well: it takes as long and tells as little.
      const chance = TOKEN.test(token) ? bytesOf(token).subarray(0, RANDOM_BYTES) : new Uint8Array(RANDOM_BYTES);
      return anyEqual(links.map((mac) => signed(mac, chance)), token);
    },
    formCheck: (token) => check(forms[0]!, token),
    formChecked: (token, given) => anyEqual(forms.map((mac) => check(mac, token)), given),
  };
}

type Mac = (message: Uint8Array) => Uint8Array;

function prepared(key: string): Mac {
  const keyed = hmac.create(sha256, utf8ToBytes(key));
  return (message) => keyed.clone().update(message).digest();
}

function bytesOf(token: string): Uint8Array {
  return Uint8Array.from(atob(token.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** Compares with every one of them, each in a time that does not tell where the first difference is. */
function anyEqual(expected: readonly string[], given: string): boolean {
  let found = false;
  for (const one of expected) {
    let difference = one.length ^ given.length;
    for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ given.charCodeAt(at);
    found = found || difference === 0;
  }
  return found;
}
