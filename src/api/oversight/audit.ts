import { createRoute, z } from "@hono/zod-openapi";
import { AUDIT_ACTIONS } from "../../store/oversight/audit.ts";
import { auditView, listAudit } from "../../store/oversight/audit_read.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { Instant, json, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { personInUrl } from "../http/url_number.ts";

export const AuditEntry = z.object({
  seq: z.number().int().openapi({ description: "Place in the chain, from 1, without gaps" }),
  id: z.string(),
  at: z.string(),
  actor: z.string().openapi({ description: "An API key, `person`, `carrier:ID`, `files` or `system`" }),
  action: z.string().openapi({ example: "suppression.created" }),
  subject: z.string().openapi({ description: "Id of the record that it is about" }),
  person: z.string().nullable().openapi({ description: "E.164, when it is about one person" }),
  details: z.record(z.string(), z.unknown()).nullable().openapi({ description: "Null once they were erased" }),
  digest: z.string().openapi({ description: "SHA-256 of the details" }),
  hash: z.string().nullable().openapi({
    description:
      "SHA-256 over the hash before it and this entry; null until it is sealed, a moment after it was written",
  }),
}).openapi("AuditEntry");

/** The audit log: decisions on state, append-only. */
export function auditRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/audit",
      summary: "The audit log, newest first",
      description:
        "Every decision on state: who, what, about which record. `deno task audit verify` proves that nothing in it was changed. " +
        "With `actor` or `action` alone a page may be short, even empty, with more to come.",
      tags: ["Evidence"],
      request: {
        query: z.object({
          ...pageOfIds("aud"),
          actor: z.string().max(100).optional(),
          action: z.enum(AUDIT_ACTIONS).optional(),
          subject: z.string().max(100).optional(),
          msisdn: z.string().max(100).optional(),
          from: Instant.optional(),
          to: Instant.optional().openapi({ description: "Exclusive" }),
        }),
      },
      responses: { 200: json(pageOf(AuditEntry), "A page"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { msisdn, from, to, ...filter } = c.req.valid("query");
      const { rows, next } = await listAudit(deps.db, {
        ...filter,
        person: msisdn === undefined ? undefined : await personInUrl(deps, msisdn, "msisdn"),
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to),
      });
      return c.json({ data: rows.map(auditView), next_cursor: next }, 200);
    },
  );

  return routes;
}
