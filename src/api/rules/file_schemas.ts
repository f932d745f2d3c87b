import { createRoute, z } from "@hono/zod-openapi";
import { fileSchemas, type Kind } from "../../rules/schema/mod.ts";
import { type Api, router } from "../http/context.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, problems } from "../http/schemas.ts";

/** JSON Schemas of rule files, with which editors complete and explain. */
export function ruleSchemaRoutes(_: Api) {
  const routes = router();
  // They come from this build alone; making them takes longer than sending them.
  let made: ReturnType<typeof fileSchemas> | undefined;
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/schemas/{kind}",
      summary: "The JSON Schema of a kind of rule file",
      tags: ["Rulebooks"],
      request: { params: z.object({ kind: z.string().max(40).openapi({ example: "country" }) }) },
      responses: {
        200: json(
          z.record(z.string(), z.unknown()),
          "Draft 7; `rules.schema.json` in a `$ref` is that of the kind `rules`",
        ),
        ...problems,
        ...notFound,
      },
    }),
    (c) => {
      const schema = (made ??= fileSchemas()).get(c.req.valid("param").kind as Kind);
      if (schema === undefined) throw problem(404, "not_found", "No such kind of rule file");
      return c.json(schema, 200);
    },
  );
  return routes;
}
