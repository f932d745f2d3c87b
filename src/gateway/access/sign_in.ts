import { hashKey } from "../../store/access/api_keys.ts";
import { openSession } from "../../store/access/sessions.ts";
import { countAttempt, type FailureCount, forgetAttempt, mustWait } from "../../store/access/sign_in_failures.ts";
import { emailOf, findUserByEmail, passwordHashOf, renewHash } from "../../store/access/users.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import type { Clock } from "../clock.ts";
import type { Deps } from "../gateway.ts";
import { type Passwords, PasswordsBusyError } from "./passwords.ts";
import { newToken } from "./sessions.ts";

/** Signing in to the console with a password. */

export interface SignInDeps extends Pick<Deps, "db" | "now" | "newId" | "log"> {
  passwords: Passwords;
  /** For sessions and waiting, whatever a test clock shows. */
  realClock: Clock;
}

export type SignedIn =
  | { ok: true; token: string }
  | { ok: false; code: "wrong" }
  /** `busy`: nothing is known of this password; too many are being looked at. */
  | { ok: false; code: "too_many" | "busy"; retryAfterSeconds: number };

const MINUTE_MS = 60_000;
const BUSY_SECONDS = 5;
/**
 * Somebody who guesses from one place gets few tries; from many places together more, because those may hold up the person whose
 * address it is. They are let in again by a link from an administrator, which is not counted.
 */
const FROM_ONE_PLACE = { most: 5, withinMs: 15 * MINUTE_MS };
const FROM_ALL_PLACES = { most: 50, withinMs: 60 * MINUTE_MS };

/** Compares a password and opens a session. `address`: of the connection; what a header says of another anybody may write. */
export async function signIn(
  deps: SignInDeps,
  { email, password, address, userAgent }: {
    email: string;
    password: string;
    address: string;
    userAgent: string | null;
  },
): Promise<SignedIn> {
  const account = emailOf(email);
  const here = { key: hashKey(`sign_in\n${address}\n${account}`), ...FROM_ONE_PLACE };
  const anywhere = { key: hashKey(`sign_in\n${account}`), ...FROM_ALL_PLACES };
  const found = await findUserByEmail(deps.db, account);
  const tried = await tryPassword(deps, [here, anywhere], [here], password, found?.hash ?? null);
  if (!tried.ok) return tried;
  const token = await startSession(deps, { id: found!.id, password_hash: found!.hash, userAgent, way: "password" });
  if (token === null) return { ok: false, code: "wrong" };
  await renew(deps, found!, password);
  return { ok: true, token };
}

/** Stores a password that was just right under today's parameters; another time, when too many wait. */
async function renew({ db, passwords }: SignInDeps, { id, hash }: { id: string; hash: string }, password: string) {
  if (!passwords.outdated(hash)) return;
  try {
    await renewHash(db, id, hash, await passwords.hash(password));
  } catch (error) {
    if (!(error instanceof PasswordsBusyError)) throw error;
  }
}

/** Whether somebody who is signed in knows their password; guesses are counted like those of strangers. */
export async function provePassword(
  deps: SignInDeps,
  user: string,
  password: string,
): Promise<{ ok: true; hash: string } | Exclude<SignedIn, { ok: true }>> {
  const count = { key: hashKey(`prove\n${user}`), ...FROM_ONE_PLACE };
  const hash = await passwordHashOf(deps.db, user);
  const tried = await tryPassword(deps, [count], [count], password, hash);
  return tried.ok ? { ok: true, hash: hash! } : tried;
}

/** `cleared`: what is counted anew after a right password. */
async function tryPassword(
  { db, passwords, realClock, log }: SignInDeps,
  counts: readonly FailureCount[],
  cleared: readonly FailureCount[],
  password: string,
  stored: string | null,
): Promise<{ ok: true } | Exclude<SignedIn, { ok: true }>> {
  // Before anything is written: strangers must not make the database as busy as themselves.
  if (passwords.full()) return { ok: false, code: "busy", retryAfterSeconds: BUSY_SECONDS };
  const waitMs = await mustWait(db.client, counts, realClock()) ?? await countAttempt(db.client, counts, realClock());
  if (waitMs !== null) {
    log("warn", "sign_in.too_many", { wait_ms: waitMs });
    return { ok: false, code: "too_many", retryAfterSeconds: Math.ceil(waitMs / 1000) };
  }
  try {
    if (!await passwords.matches(password, stored)) return { ok: false, code: "wrong" };
  } catch (error) {
    if (!(error instanceof PasswordsBusyError)) throw error;
    await forgetAttempt(db.client, counts, []);
    return { ok: false, code: "busy", retryAfterSeconds: BUSY_SECONDS };
  }
  await forgetAttempt(db.client, counts, cleared);
  return { ok: true };
}

/**
 * Opens a session for a user whose password is stored as `password_hash`; resolves with its token, or null when that is another by now
 * or the user was disabled.
 */
export async function startSession(
  { db, now, newId, realClock }: SignInDeps,
  { id: user_id, password_hash, userAgent, way }: {
    id: string;
    password_hash: string;
    userAgent: string | null;
    way: "password" | "link";
  },
): Promise<string | null> {
  const token = newToken();
  const id = newId("ses");
  const opened = await openSession(
    db,
    { id, hash: hashKey(token), user_id, user_agent: userAgent?.slice(0, 200) ?? null, at: realClock() },
    password_hash,
    auditRow(
      { at: now(), actor: user_id, action: "user.signed_in", subject: user_id, details: { session: id, way } },
      newId,
    ),
  );
  return opened ? token : null;
}
