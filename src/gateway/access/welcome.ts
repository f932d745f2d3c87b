import { hashKey } from "../../store/access/api_keys.ts";
import {
  findLink,
  LINK_LIFE_MS,
  makeFirstLink,
  useFirstLink,
  useLink,
  type UserLink,
} from "../../store/access/user_links.ts";
import type { Db } from "../../store/libsql/client.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import type { Clock } from "../clock.ts";
import { newToken } from "./sessions.ts";
import { type SignInDeps, startSession } from "./sign_in.ts";

/** One-time links: opening one changes nothing, because previews and scanners open links too; sending its form uses it up. */

/** A link for the first user, for whoever starts the gateway; earlier ones are void. Null when there is a user already. */
export async function firstStartToken(db: Db, realClock: Clock): Promise<string | null> {
  const token = newToken();
  const link = { hash: hashKey(token), expires_at: realClock() + LINK_LIFE_MS };
  return await makeFirstLink(db, link) ? token : null;
}

/** What a link is for; null when it does not hold. */
export async function linkOf({ db, realClock }: SignInDeps, token: string): Promise<UserLink | null> {
  return await findLink(db, hashKey(token), realClock());
}

/**
 * Uses a link up: sets the password, makes the first user where it is that of the first start, and opens a session. Resolves with its
 * token, or null when the link does not hold (any more). `email` counts at the first start only; later it is the one invited.
 */
export async function useWelcome(
  deps: SignInDeps,
  token: string,
  { name, email, password, language, userAgent }: {
    name: string | null;
    email: string;
    password: string;
    language: string | null;
    userAgent: string | null;
  },
): Promise<string | null> {
  const { db, now, newId, realClock, passwords } = deps;
  const link = await linkOf(deps, token);
  // Before the password: a stranger must not make us compute.
  if (link === null) return null;
  const password_hash = await passwords.hash(password);
  const [at, used] = [now(), { hash: hashKey(token), at: realClock() }];
  const id = link.user?.id ?? newId("usr");
  const action = link.kind === "reset" ? "user.password_changed" : "user.joined";
  const entry = auditRow({ at, actor: id, action, subject: id, details: { way: link.kind } }, newId);
  const done = link.user === null
    ? await useFirstLink(db, used, { id, name: name ?? email, email, language, password_hash, created_at: at }, entry)
    : await useLink(db, used, { id, name, language, password_hash }, entry);
  return done ? await startSession(deps, { id, password_hash, userAgent, way: "link" }) : null;
}
