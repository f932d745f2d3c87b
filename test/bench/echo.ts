import { Hono } from "hono";
import { type Child, startDeno } from "./child.ts";
import { type Generator, type LoadResult, measure, rawRequest } from "./load.ts";
import type { Settings } from "./main.ts";

/** A bare Hono server: what the stack can do at most, and the other end of Kannel's callbacks. */

/** `POST /echo` answers its JSON; `GET /callback` answers 200 with nothing and counts; `GET /count` tells. */
export function startEcho(): Promise<Child> {
  return startDeno(
    (port) => ["run", "--quiet", "--allow-net", import.meta.filename!, String(port)],
    () => ({}),
    "/count",
  );
}

if (import.meta.main) {
  let count = 0;
  const app = new Hono();
  app.post("/echo", async (c) => c.json(await c.req.json(), 202));
  app.get("/callback", (c) => {
    count++;
    return c.body(null, 200);
  });
  app.get("/count", (c) => c.json({ count }));
  Deno.serve({ port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
}

/** All alike: the generator begins again at the end. */
const REQUESTS = 10_000;

/** The echo under the same load, with the body of an informative message. */
export async function measureEcho(
  generator: Generator,
  { connections, ...times }: Settings,
  figure: (result: LoadResult) => void,
): Promise<void> {
  const server = await startEcho();
  try {
    const body = JSON.stringify({
      to: "+33612345678",
      from: "36105",
      text: "Votre rendez-vous est confirmé mardi à 15h00.",
    });
    const request = rawRequest("POST", "/echo", { "Content-Type": "application/json" }, body);
    for (const count of connections) {
      figure(
        await measure(generator, Array<string>(REQUESTS).fill(request), {
          origin: server.origin,
          connections: count,
          ...times,
        }),
      );
    }
  } finally {
    await server.stop();
  }
}
