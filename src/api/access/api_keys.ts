import { createRoute, z } from "@hono/zod-openapi";
import { KEY_ROLES } from "../../core/roles.ts";
import { base64Url } from "../../gateway/ids.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { type ApiKey, hashKey, listApiKeys, revokeApiKey, saveApiKey } from "../../store/access/api_keys.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, line } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";

const KEY_BYTES = 32;
const Role = z.enum(KEY_ROLES).openapi({ description: "`app` sends and reads; `admin` may do everything" });

export const Key = z.object({
  id: z.string(),
  name: z.string(),
  role: Role,
  created_at: z.string(),
  revoked_at: z.string().nullable(),
  user_id: z.string().nullable().openapi({
    description:
      "The user who made it, themselves or with a key of theirs. Where a second person is needed, the key counts as them",
  }),
}).openapi("ApiKey");

/** Keys of the API. Only their hashes are stored, so a key is shown once, when it is made. */
export function apiKeyRoutes({ deps, keys }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/keys",
      summary: "Make an API key",
      description: "The only time that `key` is shown.",
      tags: ["Keys"],
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: z.strictObject({ name: line(100), role: Role }) } },
        },
      },
      responses: { 201: json(Key.extend({ key: z.string() }), "Made"), ...problems, ...forbidden },
    }),
    async (c) => {
      const key = `pk_${base64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
      const row = { id: deps.newId("key"), ...c.req.valid("json"), created_at: deps.now(), revoked_at: null };
      const { id: subject, created_at: at, name, role } = row;
      const fact = {
        at,
        actor: c.get("principal").actor,
        action: "key.created",
        subject,
        details: { name, role },
      } as const;
      const user_id = await saveApiKey(deps.db, { ...row, hash: hashKey(key) }, auditRow(fact, deps.newId));
      return c.json({ ...keyView({ ...row, user_id }), key }, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/keys",
      summary: "List API keys, newest first",
      description: "Revoked ones too, since messages and suppressions name them.",
      tags: ["Keys"],
      request: { query: z.object(pageOfIds("key")) },
      responses: { 200: json(pageOf(Key), "A page, without the keys themselves"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { rows, next } = await listApiKeys(deps.db, c.req.valid("query"));
      return c.json({ data: rows.map(keyView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/keys/{id}",
      summary: "Revoke an API key",
      description: "It stops at once here, and within five seconds on other instances.",
      tags: ["Keys"],
      request: { params: Id },
      responses: {
        204: { description: "Revoked" },
        409: {
          description: "`last_admin_key`: nobody could administer the gateway without it; make another one first",
        },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const now = deps.now();
      const fact = { at: now, actor: c.get("principal").actor, action: "key.revoked", subject: id } as const;
      const revoked = await revokeApiKey(deps.db, id, now, auditRow(fact, deps.newId));
      keys.forget();
      if (revoked === "no_such_key") throw problem(404, "not_found", "No such key");
      if (revoked === "last_admin_key") {
        throw problem(
          409,
          "last_admin_key",
          "The last admin key",
          "Make another admin key first: without one nobody could.",
        );
      }
      return c.body(null, 204);
    },
  );

  return routes;
}

function keyView({ id, name, role, created_at, revoked_at, user_id }: ApiKey): z.infer<typeof Key> {
  return { id, name, role, created_at: instant(created_at), revoked_at: instantOrNull(revoked_at), user_id };
}
