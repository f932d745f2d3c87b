import { createRoute, z } from "@hono/zod-openapi";
import { instant } from "../gateway/message_view.ts";
import { appendConsents, listConsents } from "../store/consents.ts";
import { type Api, router } from "./context.ts";
import { recipientOf } from "./messages.ts";
import { Instant, json, pageOf, PageQuery, problems } from "./schemas.ts";

const NewConsent = z.looseObject({
  recipient: z.string(),
  purpose: z.string(),
  source: z.string(),
  wording: z.string(),
  granted_at: Instant,
}).openapi("NewConsent");

export function consentRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents",
      summary: "Record a consent",
      tags: ["Consents"],
      request: { body: { required: true, content: { "application/json": { schema: NewConsent } } } },
      responses: { 201: json(z.unknown(), "Recorded"), ...problems },
    }),
    async (c) => {
      const { recipient, purpose, source, wording, granted_at } = c.req.valid("json");
      const row = {
        id: deps.newId("cns"),
        recipient: recipientOf(recipient, "recipient"),
        purpose,
        status: "granted" as const,
        source,
        wording,
        granted_at: Date.parse(granted_at),
        created_at: deps.now(),
      };
      await appendConsents(deps.db, [row]);
      return c.json({ ...row, granted_at: instant(row.granted_at), created_at: instant(row.created_at) }, 201);
    },
  );
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents",
      summary: "The ledger of consents, newest first",
      tags: ["Consents"],
      request: { query: z.object({ ...PageQuery, recipient: z.string().optional() }) },
      responses: { 200: json(pageOf(z.unknown()), "A page"), ...problems },
    }),
    async (c) => {
      const { recipient, ...page } = c.req.valid("query");
      const person = recipient === undefined ? undefined : recipientOf(recipient, "recipient");
      const { rows, next } = await listConsents(deps.db, { recipient: person, ...page });
      return c.json({ data: rows, next_cursor: next }, 200);
    },
  );
  return routes;
}
