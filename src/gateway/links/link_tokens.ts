import { type ShortTokens, shortTokens } from "../campaigns/short_tokens.ts";
import { base64Url } from "../ids.ts";
import { anyEqual, base64UrlBytes, type Mac, prepared } from "./keyed.ts";

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
  /** Of the short links of campaigns, under the same keys. */
  short: ShortTokens;
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
  const links = keys.map((key) => prepared(`parley unsubscribe link ${key}`));
  const forms = keys.map((key) => prepared(`parley unsubscribe form ${key}`));
  const signed = (mac: Mac, chance: Uint8Array): string => {
    const bytes = new Uint8Array(RANDOM_BYTES + TAG_BYTES);
    bytes.set(chance);
    bytes.set(mac(chance).subarray(0, TAG_BYTES), RANDOM_BYTES);
    return base64Url(bytes);
  };
  const check = (mac: Mac, token: string) => base64Url(mac(token).subarray(0, CHECK_BYTES));
  return {
    make() {
      const chance = new Uint8Array(RANDOM_BYTES);
      random(chance);
      return signed(links[0]!, chance);
    },
    genuine(token) {
      // What has no token's shape is compared as well: it takes as long and tells as little.
      const chance = TOKEN.test(token) ? base64UrlBytes(token).subarray(0, RANDOM_BYTES) : new Uint8Array(RANDOM_BYTES);
      return anyEqual(links.map((mac) => signed(mac, chance)), token);
    },
    formCheck: (token) => check(forms[0]!, token),
    formChecked: (token, given) => anyEqual(forms.map((mac) => check(mac, token)), given),
    short: shortTokens(keys),
  };
}
