import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { STATUSES } from "../../core/message.ts";
import { campaignResults } from "../../gateway/campaigns/results.ts";
import { messageView } from "../../gateway/message_view.ts";
import { findCampaign, listMessagesOf } from "../../store/campaigns/campaigns.ts";
import { stillOpen } from "../access/auth.ts";
import { type Api, router } from "../http/context.ts";
import { Id } from "../http/fields.ts";
import { json, Message, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { foundCampaign, viewOf } from "./parts.ts";
import { Results } from "./schemas.ts";

/** Between two looks at a campaign whose progress somebody watches. */
const PROGRESS_MS = 500;
/** How often it is looked whether the key still opens. */
const CHECK_MS = 5_000;
const OVER = new Set(["done", "canceled"]);

/** What comes of a campaign: its messages, the results, and both while it runs. */
export function campaignProgressRoutes({ deps, keys }: Api) {
  const routes = router();
  const { db } = deps;

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/messages",
      summary: "Messages of a campaign, newest first",
      tags: ["Campaigns"],
      request: { params: Id, query: z.object({ ...pageOfIds("msg"), status: z.enum(STATUSES).optional() }) },
      responses: {
        200: json(pageOf(Message), "A page; with a status it may be short, with more to come"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = await foundCampaign(db, c.req.valid("param").id);
      const { rows, next } = await listMessagesOf(db, id, c.req.valid("query"));
      return c.json({ data: rows.map((row) => messageView(row)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/results",
      summary: "What came of it: by carrier, country and hour, with the reasons for what did not arrive",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: { 200: json(Results, "The results so far"), ...problems, ...notFound },
    }),
    async (c) => {
      return c.json(await campaignResults(await foundCampaign(db, c.req.valid("param").id), deps), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/progress",
      summary: "Watch a campaign live",
      description:
        "Server-sent events: `progress` with the campaign whenever something has changed, until it is done or canceled.",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: {
        200: { description: "The stream", content: { "text/event-stream": { schema: z.string() } } },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = await foundCampaign(db, c.req.valid("param").id);
      const open = stillOpen(c, keys);
      return streamSSE(c, async (stream) => {
        let sent = "";
        let checkedAt = performance.now();
        while (!stream.aborted) {
          if (performance.now() - checkedAt >= CHECK_MS) {
            if (!await open()) return;
            checkedAt = performance.now();
          }
          const row = await findCampaign(db, id);
          if (row === null) return;
          const data = JSON.stringify(await viewOf(db, row));
          if (data !== sent) await stream.writeSSE({ event: "progress", data });
          sent = data;
          if (OVER.has(row.state)) return;
          await stream.sleep(PROGRESS_MS);
        }
      });
    },
  );

  return routes;
}
