import { createRoute, z } from "@hono/zod-openapi";
import { RETAINED, type RetainedData } from "../../core/rulebook/rulebook_schema.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { cutoff, periods } from "../../gateway/people/retain.ts";
import { countDue, readWalks } from "../../store/people/retention.ts";
import { type Api, router } from "../http/context.ts";
import { digits, forbidden } from "../http/fields.ts";
import { json, problems } from "../http/schemas.ts";

/** Rows of one kind that one request looks at: the thread of the database serves everybody. */
const REACH = 20_000;

export const Retained = z.object({
  data: z.enum(Object.keys(RETAINED) as [RetainedData, ...RetainedData[]]),
  days: z.number().int().nullable().openapi({ description: "Null: the retention file does not name it, and it stays" }),
  before: z.string().nullable().openapi({ description: "What is older than this goes" }),
  due: z.number().int().openapi({ description: `Rows that would go now, among the ${REACH} oldest` }),
  complete: z.boolean().openapi({ description: "False: there are older rows than those that were looked at" }),
  why: z.string().nullable(),
  source: z.string().nullable(),
  confidence: z.string().nullable(),
  looked_through_at: z.string().nullable().openapi({ description: "When the tick last came to the end" }),
}).openapi("Retained");

const DAY = 86_400_000;

/** How long what stays, and what would go now: a dry run of the retention file that is active. */
export function retentionRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/retention",
      summary: "How long data is kept, and what is due to go",
      description:
        "Periods come from the retention file of the active rulebook; the tick applies them in small pieces, each with an entry " +
        "`retention.applied` in the audit log. With `try` another number of days is tried; nothing is changed by asking.",
      tags: ["Evidence"],
      request: {
        query: z.object({
          try: digits(1, 36_500).optional().openapi({
            description: "Counts as if everything were kept for so many days",
          }),
        }),
      },
      responses: {
        200: json(z.object({ data: z.array(Retained) }), "All kinds of data"),
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const { rulebook } = await deps.settings.current();
      const { try: tried } = c.req.valid("query");
      const kept = periods(rulebook);
      const walks = await readWalks(deps.db.client);
      const now = deps.now();
      const data: z.infer<typeof Retained>[] = [];
      for (const kind of Object.keys(RETAINED) as RetainedData[]) {
        const period = rulebook.retention.get(kind);
        const days = tried ?? kept.get(kind) ?? null;
        const before = days === null ? null : cutoff(now, days);
        const { due, looked } = before === null
          ? { due: 0, looked: 0 }
          : await countDue(deps.db.client, kind, before, REACH);
        const rest = walks.get(kind)?.rest_until ?? 0;
        data.push({
          data: kind,
          days,
          before: instantOrNull(before),
          due,
          complete: looked < REACH,
          why: period?.why ?? null,
          source: period?.source.text ?? null,
          confidence: period?.source.confidence ?? null,
          looked_through_at: rest === 0 ? null : instant(rest - DAY),
        });
      }
      return c.json({ data }, 200);
    },
  );

  return routes;
}
