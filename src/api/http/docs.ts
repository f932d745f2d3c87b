import { z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { rolesOf } from "../access/roles.ts";
import { type Env, router } from "./context.ts";
import { DOCS_STYLE, docsPage } from "./docs_page.ts";
import { describeProblems, type Operation } from "./document_problems.ts";
import { ProblemSchema } from "./problem.ts";

const INTRODUCTION =
  `JSON is UTF-8 and snake_case, and instants are RFC 3339 in UTC. Ids are prefixed and sort by creation.
Lists come in pages, \`{data, next_cursor}\`: pass \`next_cursor\` as \`cursor\` to get the following one; null ends the list.
Errors are problem details (RFC 9457): \`code\` is stable, \`errors\` names the fields that are wrong.
Send \`Authorization: Bearer KEY\` with every request under /v1. Who may call an operation stands with it (\`x-roles\`): keys have the role
\`admin\` or \`app\`, users of the console one of \`admin\`, \`compliance\`, \`agent\` and \`viewer\`.`;

const WEBHOOKS = {
  inbound: "Messages from handsets",
  status: "Delivery reports",
} as const;

export type OpenApiDocument = ReturnType<OpenAPIHono<Env>["getOpenAPI31Document"]>;

/** The API's description of itself, for machines and for people, from the schemas that validate requests. */
export function docsRoutes(app: OpenAPIHono<Env>) {
  const routes = router();
  routes.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  for (const [name, what] of Object.entries(WEBHOOKS)) {
    for (const method of ["post", "get"] as const) {
      routes.openAPIRegistry.registerPath({
        method,
        path: `/carriers/{carrier_id}/${name}`,
        summary: `${what}, from the carrier`,
        description:
          "Called by the provider in its own format and verified as its adapter knows how (signature, key in the address). The " +
          "sandbox takes an API key and `{id?, from, to, text}`.",
        tags: ["Carrier webhooks"],
        security: [],
        request: { params: z.object({ carrier_id: z.string() }) },
        responses: {
          200: { description: "Stored; the body is what the provider expects" },
          ...Object.fromEntries(
            Object.entries({
              400: "Not understood",
              401: "No credentials",
              403: "Wrong credentials",
              404: "No such carrier",
            })
              .map(([status, description]) => [status, {
                description,
                content: { "application/problem+json": { schema: ProblemSchema } },
              }]),
          ),
        },
      });
    }
  }

  // The routes do not change while the process runs.
  let made: OpenApiDocument | undefined;
  const document = () => made ??= describe(app);
  let page: ReturnType<typeof docsPage> | undefined;

  routes.get("/", (c) => c.redirect("/docs"));
  routes.get("/openapi.json", (c) => c.json(document()));
  routes.get("/docs", (c) => c.html(page ??= docsPage(document())));
  routes.get("/docs/style.css", (c) => c.body(DOCS_STYLE, 200, { "content-type": "text/css; charset=utf-8" }));
  return routes;
}

function describe(app: OpenAPIHono<Env>): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Parley",
      version: "1",
      description: INTRODUCTION,
      license: { name: "Apache-2.0" },
    },
    // Relative to this document: right behind any proxy and under any name.
    servers: [{ url: "/" }],
    security: [{ key: [] }],
  });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ["get", "post", "put", "patch", "delete"] as const) {
      const operation = item[method];
      if (operation === undefined) continue;
      operation.operationId = operationId(method, path);
      if (operation.security === undefined) operation["x-roles"] = [...rolesOf(`${method.toUpperCase()} ${path}`)];
      describeProblems(path, operation);
      if (method === "post") leaveOut(operation, document);
    }
  }
  return document;
}

/** The gateway reads a body that is not there as `{}`: a POST that takes that, takes none as well. */
function leaveOut({ requestBody }: Operation, { components }: OpenApiDocument): void {
  if (requestBody === undefined || "$ref" in requestBody) return;
  const given = requestBody.content["application/json"]?.schema;
  if (given === undefined) return;
  const schema = "$ref" in given ? components?.schemas?.[given.$ref.split("/").at(-1)!] : given;
  if (schema !== undefined && "properties" in schema && schema.required === undefined) requestBody.required = false;
}

/** `get /v1/messages/{id}` is `get_messages_id`. */
function operationId(method: string, path: string): string {
  return [method, ...path.replace(/^\/v1/, "").split(/[^A-Za-z0-9_]+/)].filter((part) => part !== "").join("_");
}
