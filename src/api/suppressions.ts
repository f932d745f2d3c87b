import { createRoute, z } from "@hono/zod-openapi";
import { listSuppressions } from "../store/suppressions.ts";
import { type Api, router } from "./context.ts";
import { recipientOf } from "./messages.ts";
import { json, pageOf, PageQuery, problems } from "./schemas.ts";

export function suppressionRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/suppressions",
      summary: "List suppressions, newest first",
      tags: ["Suppressions"],
      request: { query: z.object({ ...PageQuery, recipient: z.string().optional() }) },
      responses: { 200: json(pageOf(z.unknown()), "A page"), ...problems },
    }),
    async (c) => {
      const { recipient, ...page } = c.req.valid("query");
      const person = recipient === undefined ? undefined : recipientOf(recipient, "recipient");
      const { rows, next } = await listSuppressions(deps.db, { recipient: person, includeLifted: false, ...page });
      return c.json({ data: rows, next_cursor: next }, 200);
    },
  );
  return routes;
}
