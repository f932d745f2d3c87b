import { createRoute, z } from "@hono/zod-openapi";
import type { Listener, Taken } from "../../gateway/live.ts";
import type { LivePlace } from "../../store/inbox/live.ts";
import { stillOpen } from "../access/auth.ts";
import { type Api, router } from "../http/context.ts";
import { problems } from "../http/schemas.ts";

/** Proxies cut connections on which nothing is said for half a minute; whoever is gone is noticed by it. */
const HEARTBEAT_MS = 15_000;
/** How often it is looked whether the key still opens. */
const CHECK_MS = 5_000;
/** What a client waits before it comes back. */
const RETRY_MS = 1_000;

const DESCRIPTION =
  `Server-sent events, one for each thread that changed, at most a moment after it was committed on any instance:

- \`conversation\` with \`{"conversation_id","what"}\`; \`what\` lists \`message\` (one came or was accepted), \`status\` (of a message), \
\`standing\` (a suppression, a consent or a review of the person), \`desk\` (assigned, read or noted about). Texts are not told: ask for them.
- \`refresh\`: look anew at what you show. It comes first on a stream without \`Last-Event-ID\`, and when too much happened to tell.

Something may be told twice, and nothing is left out: with \`Last-Event-ID\`, as browsers send it, a stream goes on where the last one \
ended, on any instance. A comment comes every ${
    HEARTBEAT_MS / 1000
  } seconds; the stream ends soon after its key is revoked.`;

/** What happens, while it happens. */
export function liveRoutes({ live, keys }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/live",
      summary: "What changes in conversations, as it happens",
      description: DESCRIPTION,
      tags: ["Conversations"],
      request: { headers: z.object({ "last-event-id": z.string().max(100).optional() }) },
      responses: {
        200: { description: "The stream", content: { "text/event-stream": { schema: z.string() } } },
        ...problems,
      },
    }),
    (c) => {
      const headers = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // For nginx, which would keep events back until it has many.
        "x-accel-buffering": "no",
      };
      // Nobody reads what a HEAD leads to: a stream that began would listen for good.
      if (c.req.method === "HEAD") return c.body(null, 200, headers) as never;
      const stream = streamOf(live.listen(readPlace(c.req.header("last-event-id"))), stillOpen(c, keys));
      return c.body(stream, 200, headers) as never;
    },
  );
  return routes;
}

/** Reads news only when the client has taken what was sent: who does not read keeps nothing waiting here. */
function streamOf(listener: Listener, open: () => Promise<boolean>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let saidAt = performance.now();
  const next = async (): Promise<string | null> => {
    while (true) {
      const taken = await listener.take(CHECK_MS);
      if (taken === "closed" || !await open()) return null;
      if (taken !== null) return eventsOf(taken);
      if (performance.now() - saidAt >= HEARTBEAT_MS) return ":\n\n";
    }
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    pull: async (controller) => {
      try {
        const text = await next();
        saidAt = performance.now();
        if (text !== null) return controller.enqueue(encoder.encode(text));
      } catch {
        // The database is away: the client comes back, with its place.
      }
      listener.close();
      controller.close();
    },
    cancel: () => listener.close(),
  }, { highWaterMark: 1 });
}

/** The id stands with the last one only: cut off before, a client is told again. */
function eventsOf({ place, threads }: Taken): string {
  const id = `id: ${place.join(".")}\n`;
  if (threads === null) return `${id}event: refresh\ndata: {}\n\n`;
  return [...threads].map(([conversation_id, what], index) => {
    const last = index === threads.size - 1;
    return `${last ? id : ""}event: conversation\ndata: ${JSON.stringify({ conversation_id, what: [...what] })}\n\n`;
  }).join("");
}

/** Null for one that is none of ours. */
function readPlace(id: string | undefined): LivePlace | null {
  const parts = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(id ?? "");
  return parts === null ? null : parts.slice(1).map(Number) as unknown as LivePlace;
}
