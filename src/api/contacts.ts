import { createRoute, z } from "@hono/zod-openapi";
import { listContacts } from "../store/contacts.ts";
import { type Api, router } from "./context.ts";
import { recipientOf } from "./messages.ts";
import { json, pageOf, PageQuery, problems } from "./schemas.ts";

export function contactRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts",
      summary: "List contacts, newest first",
      tags: ["Contacts"],
      request: { query: z.object({ ...PageQuery, msisdn: z.string().optional() }) },
      responses: { 200: json(pageOf(z.unknown()), "A page"), ...problems },
    }),
    async (c) => {
      const { msisdn, ...page } = c.req.valid("query");
      const person = msisdn === undefined ? undefined : recipientOf(msisdn, "msisdn");
      const { rows, next } = await listContacts(deps.db, { msisdn: person, ...page });
      return c.json({ data: rows, next_cursor: next }, 200);
    },
  );
  return routes;
}
