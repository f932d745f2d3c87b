import { createEdge } from "../../src/edge.ts";

/**
 * An edge runtime as a process: runs with network and environment alone. Prints its port; `POST /tick` stands for the cron of the
 * runtime and answers with the number of messages handed over, everything else goes to the gateway.
 */
const edge = await createEdge(Deno.env.toObject());

Deno.serve(
  {
    port: 0,
    hostname: "127.0.0.1",
    // deno-lint-ignore no-console
    onListen: ({ port }) => console.log(`port ${port}`),
  },
  async (request) =>
    new URL(request.url).pathname === "/tick" ? Response.json(await edge.tick()) : await edge.fetch(request),
);
