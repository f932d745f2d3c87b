import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { base64Url } from "../ids.ts";
import { base64UrlBytes } from "../links/keyed.ts";

/** What a guess at a password costs: `N` = 2^cost rounds, `r` sizes a block (memory: 128·N·r bytes), `p` blocks one after the other. */
export interface ScryptCost {
  cost: number;
  r: number;
  p: number;
}

/** OWASP Password Storage Cheat Sheet, scrypt (read 2026-11-23): N=2^17, r=8, p=1 at least. 128 MiB and about half a second here. */
const COST: ScryptCost = { cost: 17, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** At most so many wait: each takes memory and half a second of a processor, which messages need more. */
const MOST_WAITING = 8;
/** What somebody types twice need not be the same characters: accents come whole or in two pieces (NIST SP 800-63B, 3.1.1.2). */
const normal = (password: string) => password.normalize("NFKC");

export interface Passwords {
  /** What is stored of a password, with its parameters. @throws PasswordsBusyError. */
  hash(password: string): Promise<string>;
  /**
   * Whether a password is the one that was stored. With null it is not, after the same time: how long an answer takes must not tell
   * whether there is such a user. @throws PasswordsBusyError.
   */
  matches(password: string, stored: string | null): Promise<boolean>;
  /** Whether one more would be turned away: to be asked before anything is written for a stranger. */
  full(): boolean;
  /** Whether a stored one has other parameters than today's. */
  outdated(stored: string): boolean;
}

/** Too many passwords wait to be looked at; nothing is known of this one. */
export class PasswordsBusyError extends Error {
  override name = "PasswordsBusyError";
}

/** Looks at one password after the other, on a thread of the platform, so that many sign-ins at once do not stop the gateway. */
export function passwords(cost: ScryptCost = COST): Passwords {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const full = () => waiting > MOST_WAITING;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (full()) throw new PasswordsBusyError("Too many sign-ins at once");
    waiting++;
    const mine = last.then(work);
    last = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      waiting--;
    }
  };
  const written = (salt: Uint8Array, hash: Uint8Array) =>
    ["scrypt", cost.cost, cost.r, cost.p, base64Url(salt), base64Url(hash)].join("$");
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return written(salt, await inTurn(() => derive(normal(password), salt, cost)));
    },
    async matches(password, stored) {
      const { cost: its, salt, hash } = stored === null
        ? { cost, salt: randomBytes(SALT_BYTES), hash: null }
        : parsed(stored);
      const derived = await inTurn(() => derive(normal(password), salt, its));
      return hash !== null && timingSafeEqual(derived, hash);
    },
    full,
    outdated(stored) {
      const { cost: its } = parsed(stored);
      return its.cost !== cost.cost || its.r !== cost.r || its.p !== cost.p;
    },
  };
}

const STORED = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

/** @throws Error when that is nothing that `hash` wrote. */
function parsed(stored: string): { cost: ScryptCost; salt: Uint8Array; hash: Uint8Array } {
  const [, cost, r, p, salt, hash] = STORED.exec(stored) ?? [];
  if (hash === undefined) throw new Error("A stored password has no known form");
  return {
    cost: { cost: Number(cost), r: Number(r), p: Number(p) },
    salt: base64UrlBytes(salt!),
    hash: base64UrlBytes(hash),
  };
}

function derive(password: string, salt: Uint8Array, { cost, r, p }: ScryptCost): Promise<Uint8Array> {
  const N = 2 ** cost;
  return new Promise((resolve, reject) =>
    scrypt(
      password,
      salt,
      HASH_BYTES,
      // Its own limit is 32 MiB unless told.
      { N, r, p, maxmem: 256 * N * r },
      (error, derived) => error === null ? resolve(derived) : reject(error),
    )
  );
}
