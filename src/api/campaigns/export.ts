import { createRoute, z } from "@hono/zod-openapi";
import { messageView } from "../../gateway/message_view.ts";
import { listMessagesOf } from "../../store/campaigns/campaigns.ts";
import type { Db } from "../../store/libsql/client.ts";
import { type Api, router } from "../http/context.ts";
import { csvLines } from "../http/csv.ts";
import { Id } from "../http/fields.ts";
import { notFound, problems } from "../http/schemas.ts";
import { download } from "../messages/bulk.ts";
import { foundCampaign } from "./parts.ts";

/** Messages read at once: bounds memory and the time for which nobody else is served. */
const READ = 1_000;

const COLUMNS = [
  "id",
  "to",
  "status",
  "error_code",
  "hold_reason",
  "category",
  "segments",
  "carrier_id",
  "created_at",
  "sent_at",
  "delivered_at",
  "text",
] as const;

/** What became of each message of a campaign, as a file. */
export function campaignExportRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/export",
      summary: "The messages of a campaign as CSV, newest first",
      description:
        "One line for each: to whom, what became of it and why not. Made while it is read, however many there are.",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: {
        200: { description: "CSV", content: { "text/csv": { schema: z.string() } } },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      await foundCampaign(deps.db, id);
      return download(c, "campaign.csv", "text/csv; charset=utf-8", exported(deps.db, id)) as never;
    },
  );
  return routes;
}

async function* exported(db: Db, id: string): AsyncGenerator<string, void> {
  yield csvLines([COLUMNS]);
  let cursor: string | undefined;
  do {
    const { rows, next } = await listMessagesOf(db, id, { limit: READ, cursor });
    const lines = rows.map((row) => messageView(row)).map(({ error, ...view }) => {
      const line = { ...view, error_code: error?.code ?? null };
      return COLUMNS.map((column) => line[column]);
    });
    if (lines.length > 0) yield csvLines(lines);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}
