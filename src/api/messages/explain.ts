import { createRoute, z } from "@hono/zod-openapi";
import { explain } from "../../rules/explain.ts";
import { type Api, router } from "../http/context.ts";
import { Id } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { Decision, json, Message, notFound, problems, RuleTrace } from "../http/schemas.ts";

export const Explanation = z.object({
  message: Message,
  decision: Decision.omit({ rules: true }),
  rulebook_stored: z.boolean().openapi({
    description: "False: the version that decided is not stored, and its rules are told without their text",
  }),
  rules: z.array(RuleTrace.extend({
    matched: z.string().nullable().openapi({ description: "The words that the rule went by" }),
    file: z.string().nullable(),
    line: z.number().int().nullable(),
    text: z.string().nullable().openapi({ description: "The rule as it stood in the version that decided, in YAML" }),
    country: z.array(z.object({ file: z.string(), line: z.number().int(), text: z.string() })).openapi({
      description: "What stood in the country's file in the sections that the rule refers to",
    }),
  })),
}).openapi("Explanation");

/** Why a message became what it is. */
export function explainRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/messages/{id}/explain",
      summary: "Why a message became what it is",
      description: "Its decision, with the text of each rule as it stood then.",
      tags: ["Messages"],
      request: { params: Id },
      responses: { 200: json(Explanation, "The explanation"), ...problems, ...notFound },
    }),
    async (c) => {
      const explanation = await explain(deps.db, c.req.valid("param").id);
      if (explanation === null) throw problem(404, "not_found", "No such message");
      return c.json(explanation, 200);
    },
  );

  return routes;
}
