import { createRoute, z } from "@hono/zod-openapi";
import { newToken } from "../../gateway/access/sessions.ts";
import { instant } from "../../gateway/message_view.ts";
import { hashKey } from "../../store/access/api_keys.ts";
import { endSessions } from "../../store/access/sessions.ts";
import { LINK_LIFE_MS, makeLink } from "../../store/access/user_links.ts";
import {
  changeUser,
  emailOf,
  findUser,
  inviteUser,
  listUsers,
  type User as UserRow,
} from "../../store/access/users.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { auditEntries } from "../oversight/audit_entries.ts";
import { ConsoleLanguage, Email, OneTimeLink, User, UserName, UserRoleSchema, userView } from "./user_schemas.ts";

const NewUser = z.strictObject({
  name: UserName,
  email: Email,
  role: UserRoleSchema,
  language: ConsoleLanguage.nullable().default(null),
}).openapi("NewUser");

const UserChange = z.strictObject({
  name: UserName.optional(),
  email: Email.optional(),
  role: UserRoleSchema.optional(),
  disabled: z.boolean().optional(),
}).openapi("UserChange");

/** Where the console takes one-time links. */
export const WELCOME = "/console/welcome";

/** The staff, as administrators manage it. */
export function userRoutes({ deps, sessions, realClock }: Api) {
  const routes = router();
  const { db } = deps;
  const existing = async (id: string): Promise<UserRow> => {
    const user = await findUser(db, id);
    if (user === null) throw problem(404, "not_found", "No such user");
    return user;
  };
  const newLink = () => {
    const [token, expires_at] = [newToken(), realClock() + LINK_LIFE_MS];
    return {
      stored: { hash: hashKey(token), expires_at },
      view: { url: `${deps.publicUrl}${WELCOME}/${token}`, expires_at: instant(expires_at) },
    };
  };
  const entryOf = auditEntries(deps);

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/users",
      summary: "Invite somebody to the console",
      description: "The link is for you to pass on: it lets them set a password, once, within three days.",
      tags: ["Users"],
      request: { body: { required: true, content: { "application/json": { schema: NewUser } } } },
      responses: {
        201: json(z.object({ user: User, link: OneTimeLink }), "Invited"),
        409: { description: "`email_taken`: somebody has that address" },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const wanted = c.req.valid("json");
      const [id, link, { actor }] = [deps.newId("usr"), newLink(), c.get("principal")];
      const user = { id, ...wanted, created_at: deps.now(), created_by: actor };
      const invited = entryOf(actor, "user.invited", id, { role: wanted.role });
      if (!await inviteUser(db, user, link.stored, invited)) {
        throw emailTaken();
      }
      return c.json({ user: userView(await existing(id)), link: link.view }, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/users",
      summary: "List the users of the console, newest first",
      description: "The disabled too, since messages, notes and audit entries name them.",
      tags: ["Users"],
      request: { query: z.object({ ...pageOfIds("usr"), role: UserRoleSchema.optional() }) },
      responses: { 200: json(pageOf(User), "A page"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { rows, next } = await listUsers(db, c.req.valid("query"));
      return c.json({ data: rows.map(userView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/users/{id}",
      summary: "One user",
      tags: ["Users"],
      request: { params: Id },
      responses: { 200: json(User, "The user"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => c.json(userView(await existing(c.req.valid("param").id)), 200),
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/users/{id}",
      summary: "Change a user's name, address or role, disable or enable them",
      description:
        "A new role, and being disabled, sign them out everywhere: at once here, within five seconds on other instances. API keys that " +
        "they made go on; revoke those apart (`user_id` in the list of keys).",
      tags: ["Users"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: UserChange } } } },
      responses: {
        200: json(User, "The user"),
        409: { description: "`last_admin`: nobody could administer the console without them; `email_taken`" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { name, email, role, disabled } = c.req.valid("json");
      const user = await existing(id);
      const change = {
        name: name === user.name ? undefined : name,
        email: email === undefined || emailOf(email) === user.email ? undefined : email,
        role: role === user.role ? undefined : role,
        disabled: disabled === (user.disabled_at !== null) ? undefined : disabled,
      };
      const told = (one: string | undefined) => one === undefined ? undefined : true;
      const details = { ...change, name: told(change.name), email: told(change.email) };
      const changed = entryOf(c.get("principal").actor, "user.changed", id, details);
      const outcome = await changeUser(db, id, change, deps.now(), changed);
      sessions.forget();
      if (outcome === "email_taken") throw emailTaken();
      if (outcome === "last_admin") {
        throw problem(409, "last_admin", "The last administrator", "Make somebody else an administrator first.");
      }
      return c.json(userView(await existing(id)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/users/{id}/link",
      summary: "A new one-time link for somebody who was invited or forgot their password",
      description: "Earlier ones hold no more. Their password stays until they set a new one.",
      tags: ["Users"],
      request: { params: Id },
      responses: {
        201: json(OneTimeLink, "Made"),
        409: { description: "`user_disabled`" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const link = newLink();
      const made = entryOf(c.get("principal").actor, "user.link_made", id);
      if (await makeLink(db, id, { ...link.stored, at: realClock() }, made) === null) {
        await existing(id);
        throw problem(409, "user_disabled", "Disabled", "Enable this user first.");
      }
      return c.json(link.view, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/users/{id}/sign-out",
      summary: "Sign a user out everywhere",
      tags: ["Users"],
      request: { params: Id },
      responses: {
        200: json(z.object({ ended: z.int() }), "Sessions that ended"),
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = await existing(c.req.valid("param").id);
      const ended = await endSessions(db, id, null, entryOf(c.get("principal").actor, "user.signed_out", id));
      sessions.forget();
      return c.json({ ended }, 200);
    },
  );

  return routes;
}

function emailTaken() {
  return problem(409, "email_taken", "Address taken", "Somebody has that e-mail address already.");
}
