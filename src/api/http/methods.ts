import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "./context.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Methods to which something answers at a path, as the router finds it; none where there is nothing at all. */
export function methodsAt({ router }: OpenAPIHono<Env>, path: string): string[] {
  const answered = METHODS.filter((method) => {
    const [handlers] = router.match(method, path);
    return handlers.some(([[, route]]) => route.method !== "ALL");
  });
  return answered.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
}
