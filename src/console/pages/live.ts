import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../console.ts";

/** What happens, for the browser of whoever is signed in: the API's own stream, which ends with the session (`session.ts`). */
export function liveStreamRoutes(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().get("/live", async (c) => {
    const place = c.req.header("last-event-id");
    const { body, headers } = await console.api(c).raw("/v1/live", {
      headers: place === undefined ? {} : { "last-event-id": place },
    });
    return new Response(body, { headers });
  });
}
