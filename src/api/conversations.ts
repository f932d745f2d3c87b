import { createRoute, z } from "@hono/zod-openapi";
import { desc, eq } from "drizzle-orm";
import { conversations } from "../store/schema.ts";
import { type Api, router } from "./context.ts";
import { recipientOf } from "./messages.ts";
import { json, pageOf, PageQuery, problems } from "./schemas.ts";

export function conversationRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/conversations",
      summary: "List conversations, newest first",
      tags: ["Conversations"],
      request: { query: z.object({ ...PageQuery, msisdn: z.string().optional() }) },
      responses: { 200: json(pageOf(z.unknown()), "A page"), ...problems },
    }),
    async (c) => {
      const { msisdn, limit } = c.req.valid("query");
      const person = msisdn === undefined ? undefined : recipientOf(msisdn, "msisdn");
      const rows = await deps.db.orm.select().from(conversations)
        .where(person === undefined ? undefined : eq(conversations.person, person))
        .orderBy(desc(conversations.last_message_at)).limit(limit);
      return c.json({ data: rows, next_cursor: null }, 200);
    },
  );
  return routes;
}
