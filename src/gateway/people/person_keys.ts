import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64Url } from "../ids.ts";

/**
 * What stands for the number of a person who was erased: `#ID:HASH`, the HMAC-SHA-256 of the E.164 number under a key outside the
 * database, and the name of that key. There are so few numbers that a hash without a key would be found again in minutes
 * (compliance.md 6.4).
 */
export interface PersonKeys {
  /** Names of the keys at hand. */
  readonly ids: readonly string[];
  /** Under the key in use. */
  keyOf(person: string): string;
  /** Under each of the keys, the one in use first: an older one may have been in use when the person was erased. */
  keysOf(person: string): string[];
}

const KEY_BYTES = 32;
const ID_BYTES = 4;
const KEYED = /^#([0-9a-f]{8}):[\w-]{43}$/;

/** `secrets`: the one in use first. Null for none. */
export function personKeys(secrets: readonly string[]): PersonKeys | null {
  if (secrets.length === 0) return null;
  const keys = secrets.map((secret) => {
    const derived = (purpose: string, bytes: number) =>
      hkdf(sha256, utf8ToBytes(secret), undefined, utf8ToBytes(`parley erased person ${purpose}`), bytes);
    // Prepared once: half the work of an HMAC is to take in the key.
    return { id: bytesToHex(derived("id", ID_BYTES)), mac: hmac.create(sha256, derived("key", KEY_BYTES)) };
  });
  const under = ({ id, mac }: (typeof keys)[number], person: string) =>
    `#${id}:${base64Url(mac.clone().update(utf8ToBytes(person)).digest())}`;
  return {
    ids: keys.map(({ id }) => id),
    keyOf: (person) => under(keys[0]!, person),
    keysOf: (person) => keys.map((key) => under(key, person)),
  };
}

/** Name of the key under which `recipient` stands for somebody; null for a number. */
export function keyIdOf(recipient: string): string | null {
  return KEYED.exec(recipient)?.[1] ?? null;
}
