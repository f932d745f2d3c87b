/** Makes ids like `msg_01kb3…`: prefix, 48 bits of time, 80 bits of chance, so that they sort by creation and are never guessed. */
export type NewId = (prefix: string) => string;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const POOL_BYTES = 4096;

/**
 * `now` gives ms since 1970; `random` fills bytes (WebCrypto outside tests). Ids made in one millisecond keep their order: the
 * first 16 bits of chance count up.
 */
export function idMaker(
  now: () => number,
  random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => void crypto.getRandomValues(bytes),
): NewId {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let lastTime = -1;
  let time = "";
  let sequence = 0;
  const draw = (count: number): number => {
    if (used + count > POOL_BYTES) {
      random(pool);
      used = 0;
    }
    used += count;
    return used - count;
  };
  return (prefix) => {
    const ms = Math.max(now(), lastTime);
    if (ms !== lastTime) {
      lastTime = ms;
      time = base32(ms, 10);
      const at = draw(1);
      sequence = pool[at]!;
    } else if (++sequence >= 2 ** 20) {
      lastTime++;
      time = base32(lastTime, 10);
      sequence = 0;
    }
    let chance = "";
    const at = draw(12);
    for (let index = 0; index < 12; index++) chance += ALPHABET[pool[at + index]! & 31];
    return `${prefix}_${time}${base32(sequence, 4)}${chance}`;
  };
}

/** Crockford's base 32 in lower case, `length` digits, for a whole number. */
function base32(value: number, length: number): string {
  let digits = "";
  for (let index = 0; index < length; index++) {
    digits = ALPHABET[value % 32] + digits;
    value = Math.floor(value / 32);
  }
  return digits;
}

/**
 * When an id was made (ms) and its place among those of that millisecond, below 2^20; another instance may have made one with the same.
 * The id must be one of ours.
 */
export function momentOf(id: string): { ms: number; place: number } {
  const from = id.indexOf("_") + 1;
  return { ms: number32(id, from, from + 10), place: number32(id, from + 10, from + 14) };
}

/** What ids of `prefix` begin with that were made at that moment. */
export function idsAt(prefix: string, { ms, place }: { ms: number; place: number }): string {
  return `${prefix}_${base32(ms, 10)}${base32(place, 4)}`;
}

function number32(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 32 + ALPHABET.indexOf(text[at]!);
  return value;
}

/** Smallest id of `prefix` made at or after `ms`: for asking the store by age. */
export function firstIdAt(prefix: string, ms: number): string {
  return `${prefix}_${base32(Math.max(0, ms), 10)}`;
}

/** 128 bits as 22 URL-safe characters: never guessed. */
export function secretToken(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(16)));
}

export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
