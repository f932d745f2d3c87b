import { createRoute, z } from "@hono/zod-openapi";
import { provePassword } from "../../gateway/access/sign_in.ts";
import { instant } from "../../gateway/message_view.ts";
import { endSessions, listSessions } from "../../store/access/sessions.ts";
import { changePassword, changeUser, findUser, type User as UserRow } from "../../store/access/users.ts";
import { type AuditAction, auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id } from "../http/fields.ts";
import { busy, problem, tooMany } from "../http/problem.ts";
import { json, notFound, problems } from "../http/schemas.ts";
import { ConsoleLanguage, MAX_PASSWORD, NewPassword, User, UserName, userView } from "./user_schemas.ts";

const OwnChange = z.strictObject({
  name: UserName.optional(),
  language: ConsoleLanguage.nullable().optional(),
}).openapi("OwnChange");

const PasswordChange = z.strictObject({
  current_password: z.string().max(MAX_PASSWORD),
  new_password: NewPassword,
}).openapi("PasswordChange");

export const Session = z.object({
  id: z.string(),
  user_agent: z.string().nullable(),
  created_at: z.string(),
  last_seen_at: z.string().openapi({ description: "To within some minutes" }),
  expires_at: z.string(),
}).openapi("Session");

/** What users do with their own account. API keys have none: they get `users_only`. */
export function meRoutes({ deps, sessions, passwords, realClock }: Api) {
  const { db } = deps;
  const routes = router();
  const self = async (actor: string): Promise<UserRow> => {
    const user = await findUser(db, actor);
    if (user === null) throw problem(403, "users_only", "For users", "An API key has no account of its own.");
    return user;
  };
  const entry = (actor: string, action: AuditAction, details?: Record<string, unknown>) =>
    auditRow({ at: deps.now(), actor, action, subject: actor, details }, deps.newId);

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/users/me",
      summary: "Whoever asks, as a user of the console",
      tags: ["Users"],
      responses: { 200: json(User, "You"), ...problems, ...forbidden },
    }),
    async (c) => c.json(userView(await self(c.get("principal").actor)), 200),
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/users/me",
      summary: "Change one's own name or language",
      tags: ["Users"],
      request: { body: { required: true, content: { "application/json": { schema: OwnChange } } } },
      responses: { 200: json(User, "You"), ...problems, ...forbidden },
    }),
    async (c) => {
      const user = await self(c.get("principal").actor);
      const { name, language } = c.req.valid("json");
      const change = { name: name === user.name ? undefined : name, language };
      const changed = { name: change.name === undefined ? undefined : true, language };
      await changeUser(db, user.id, change, deps.now(), entry(user.id, "user.changed", changed));
      sessions.forget();
      return c.json(userView(await self(user.id)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/users/me/password",
      summary: "Change one's own password",
      description: "Ends every session, this one too: sign in again.",
      tags: ["Users"],
      request: { body: { required: true, content: { "application/json": { schema: PasswordChange } } } },
      responses: {
        204: { description: "Changed" },
        403: { description: "`password_wrong`: the current one is another; `users_only`" },
        429: { description: "`too_many_attempts`; `Retry-After` tells how long to wait" },
        ...problems,
      },
    }),
    async (c) => {
      const { id } = await self(c.get("principal").actor);
      const { current_password, new_password } = c.req.valid("json");
      const proved = await provePassword({ ...deps, passwords, realClock }, id, current_password);
      if (!proved.ok) {
        if (proved.code === "too_many") throw tooMany(proved.retryAfterSeconds);
        if (proved.code === "busy") throw busy(proved.retryAfterSeconds);
        throw wrongPassword();
      }
      const hash = await passwords.hash(new_password);
      const changed = await changePassword(db, id, { before: proved.hash, hash }, entry(id, "user.password_changed"));
      sessions.forget();
      if (!changed) throw wrongPassword();
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/users/me/sessions",
      summary: "Where one is signed in, newest first",
      description: "All of them on one page.",
      tags: ["Users"],
      responses: {
        200: json(z.object({ data: z.array(Session), next_cursor: z.null() }), "Sessions"),
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = await self(c.get("principal").actor);
      const rows = await listSessions(db, id, realClock());
      const data = rows.map(({ id, user_agent, created_at, last_seen_at, expires_at }) => ({
        id,
        user_agent,
        created_at: instant(created_at),
        last_seen_at: instant(last_seen_at),
        expires_at: instant(expires_at),
      }));
      return c.json({ data, next_cursor: null }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/users/me/sessions/{id}",
      summary: "Sign out in one place",
      tags: ["Users"],
      request: { params: Id },
      responses: { 204: { description: "Signed out" }, ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const user = await self(c.get("principal").actor);
      const session = c.req.valid("param").id;
      const ended = await endSessions(db, user.id, session, entry(user.id, "user.signed_out", { session }));
      sessions.forget();
      if (ended === 0) throw problem(404, "not_found", "No such session");
      return c.body(null, 204);
    },
  );

  return routes;
}

function wrongPassword() {
  return problem(403, "password_wrong", "Wrong password", "The current password is another.");
}
