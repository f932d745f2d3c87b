import { MOST_LINKS } from "../../core/text/template.ts";
import { base64Url, idsAt, momentOf } from "../ids.ts";
import { anyEqual, base64UrlBytes, prepared } from "../links/keyed.ts";

/**
 * Tokens of the short links in a campaign's messages. Nothing is stored for them: 61 bits tell when the message was made and its place
 * in that millisecond, by which it is found, and 35 bits of the HMAC-SHA-256 of its whole id say which link of it this is, and that we
 * made it. 16 characters: each counts in an SMS. What a forged one could do is to count a click and to be led where the campaign leads
 * everybody; a hundred million guesses a day find one in two months, hence fewer bits than for a link
 * that acts.
 */
export interface ShortTokens {
  /** Of the first `count` links of a message, at most `MOST_LINKS`. */
  of(messageId: string, count: number): string[];
  /** What the id of its message begins with; null when it has not the shape of a token. */
  idsOf(token: string): string | null;
  /** Which link of the message it is, under any of the keys; null when it is none. */
  linkOf(token: string, messageId: string): number | null;
}

const TOKEN = /^[\w-]{16}$/;
/** From here on 41 bits of milliseconds last until 2069. */
const EPOCH = Date.UTC(2000, 0, 1);
const TIME_RANGE = 2 ** 41;
/** Bytes of the digest for one link, of which 35 bits are used. */
const TAG_BYTES = 5;

/** `keys`: the first one signs, all of them are recognised. */
export function shortTokens(keys: readonly string[]): ShortTokens {
  const macs = keys.map((key) => prepared(`parley short link ${key}`));
  return {
    of: (id, count) => tokensOf(id, macs[0]!(id), count),
    idsOf(token) {
      if (!TOKEN.test(token)) return null;
      const bytes = new DataView(base64UrlBytes(token.slice(-1) + token.slice(0, -1)).buffer);
      const [high, low] = [bytes.getUint32(0), bytes.getUint32(4)];
      return idsAt("msg", { ms: EPOCH + high * 512 + (low >>> 23), place: low >>> 3 & 0xf_ffff });
    },
    linkOf(token, id) {
      let found: number | null = null;
      for (const mac of macs) {
        for (const [link, one] of tokensOf(id, mac(id), MOST_LINKS).entries()) if (anyEqual([one], token)) found = link;
      }
      return found;
    },
  };
}

function tokensOf(id: string, digest: Uint8Array, count: number): string[] {
  const { ms, place } = momentOf(id);
  const since = ((ms - EPOCH) % TIME_RANGE + TIME_RANGE) % TIME_RANGE;
  const bytes = new Uint8Array(12);
  const words = new DataView(bytes.buffer);
  words.setUint32(0, Math.floor(since / 512));
  const tokens: string[] = [];
  for (let link = 0; link < count; link++) {
    const from = link * TAG_BYTES;
    words.setUint32(4, (since % 512) * 2 ** 23 + place * 8 + (digest[from]! & 7));
    bytes.set(digest.subarray(from + 1, from + TAG_BYTES), 8);
    const token = base64Url(bytes);
    // The top bits of the time come last: until 2067 they are a letter or a digit. Of an address that ends with - or _ some phones leave
    // that out.
    tokens.push(token.slice(1) + token[0]);
  }
  return tokens;
}
