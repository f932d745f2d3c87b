import { speakAs } from "../../src/api/access/auth.ts";
import type { Api } from "../../src/api/http/context.ts";
import type { UserRole } from "../../src/core/roles.ts";
import { newToken } from "../../src/gateway/access/sessions.ts";
import { hashKey } from "../../src/store/access/api_keys.ts";
import { useLink } from "../../src/store/access/user_links.ts";
import { inviteUser } from "../../src/store/access/users.ts";
import { auditRow } from "../../src/store/oversight/audit.ts";
import { type Reply, replyOf } from "./call.ts";

/** What of a gateway is needed to have users. */
export interface Staffed {
  app: { request(input: Request): Response | Promise<Response> };
  api: Api;
}

export interface Member {
  id: string;
  email: string;
  /** Calls the API as the console does for this user. */
  call(method: string, path: string, body?: unknown): Promise<Reply>;
}

export const PASSWORD = "correct horse battery";

/** A user who has set their password. */
export async function member(gateway: Staffed, role: UserRole, name: string = role): Promise<Member> {
  const { deps, passwords, realClock } = gateway.api;
  const [id, token] = [deps.newId("usr"), newToken()];
  const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`;
  const user = { id, name, email, role, language: null, created_at: deps.now(), created_by: "system" };
  const link = { hash: hashKey(token), expires_at: realClock() + 1000 };
  const entry = (action: "user.invited" | "user.joined") =>
    auditRow({ at: deps.now(), actor: id, action, subject: id }, deps.newId);
  await inviteUser(deps.db, user, link, entry("user.invited"));
  const password_hash = await passwords.hash(PASSWORD);
  const used = { hash: link.hash, at: realClock() };
  if (!await useLink(deps.db, used, { id, name: null, language: null, password_hash }, entry("user.joined"))) {
    throw new Error(`${email} is there already`);
  }
  return { id, email, call: (method, path, body) => callAs(gateway, { id, name, role }, method, path, body) };
}

/** A call of the API as the console makes it for whoever is signed in. */
export async function callAs(
  { app }: Staffed,
  { id, name, role }: { id: string; name: string; role: UserRole },
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply> {
  const request = new Request(`http://inside${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return await replyOf(await app.request(speakAs(request, { actor: id, name, role })));
}
