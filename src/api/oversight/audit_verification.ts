import { createRoute, z } from "@hono/zod-openapi";
import { verifyAudit } from "../../audit/verify.ts";
import { type Api, router } from "../http/context.ts";
import { digits, forbidden } from "../http/fields.ts";
import { json, problems } from "../http/schemas.ts";

/** Entries that one request may look at: the thread of the database serves everybody. */
const MOST = 20_000;
/** Findings told; who has more looks with `deno task audit verify`. */
const TOLD = 20;

export const Verified = z.object({
  entries: z.number().int().openapi({ description: "How many were looked at" }),
  whole: z.boolean().openapi({ description: "Whether that is all of them" }),
  unsealed: z.number().int().openapi({ description: "So new that they are not sealed yet" }),
  checkpoint: z.object({ seq: z.number().int(), hash: z.string() }).nullable().openapi({
    description: "The newest sealed entry: keep it elsewhere, and `deno task audit verify --expect` compares",
  }),
  findings: z.array(z.object({ seq: z.number().int(), what: z.string() })).openapi({
    description: `What is not as the gateway wrote it; at most ${TOLD}`,
  }),
}).openapi("AuditVerification");

/** Whether the newest part of the audit log is as it was written. */
export function auditVerificationRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/audit/verification",
      summary: "Verify the newest entries of the audit log",
      description:
        "Each against the one before it, and its details against its digest. `deno task audit verify` walks the whole chain.",
      tags: ["Evidence"],
      request: { query: z.object({ entries: digits(1, MOST).default(2_000) }) },
      responses: { 200: json(Verified, "What was found"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { entries } = c.req.valid("query");
      const found = await verifyAudit(deps.db, { newest: entries });
      return c.json({
        entries: found.entries,
        whole: found.whole,
        unsealed: found.unsealed,
        checkpoint: found.head,
        findings: found.findings.slice(0, TOLD),
      }, 200);
    },
  );
  return routes;
}
