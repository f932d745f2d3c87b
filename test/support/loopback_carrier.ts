import { onTestFinished } from "vitest";
import type { CarrierIo } from "../../src/carriers/carrier.ts";
import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";
import type { Instance } from "./instance.ts";

/** What a carrier on this machine may be told to do with a message. */
export type Behaviour = "takes" | "busy" | "fails" | "too_fast" | "refuses" | Response;

export interface LoopbackCarrier {
  id: string;
  /** Recipients of the messages that it heard of, in order. */
  heard: string[];
  behave: (to: string, turn: number) => Behaviour;
  /** Nobody listens any more, until `listen`. */
  hangUp(): Promise<void>;
  listen(): void;
}

export const SECRET = "a-webhook-secret-0123456789";

/** Calls that may reach this machine and no other. */
export const loopbackFetch = (): CarrierIo["fetch"] =>
  guardedFetch({ allowPrivate: true, resolve: () => Promise.reject(new Error("no names in tests")) });

/** A real HTTP server that answers as Kannel does, configured as account `id`. */
export async function loopbackCarrier(
  gateway: Pick<Instance, "call">,
  id: string,
  account: { rate_per_second?: number } = {},
): Promise<LoopbackCarrier> {
  const carrier: LoopbackCarrier = {
    id,
    heard: [],
    behave: () => "takes",
    hangUp: async () => await server.shutdown(),
    listen: () => void (server = serve(port)),
  };
  const serve = (port: number) =>
    Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      await request.text();
      const to = request.headers.get("X-Kannel-To") ?? "";
      carrier.heard.push(to);
      return answer(carrier.behave(to, carrier.heard.length));
    });
  let server = serve(0);
  const { port } = server.addr;
  onTestFinished(() => server.shutdown());
  const config = {
    url: `http://127.0.0.1:${port}/cgi-bin/sendsms`,
    username: "parley",
    password: "secret",
    webhook_secret: SECRET,
  };
  const { status, body } = await gateway.call("PUT", `/v1/carriers/${id}`, { kind: "kannel", config, ...account });
  if (status !== 201) throw new Error(`PUT /v1/carriers/${id}: ${status} ${JSON.stringify(body)}`);
  return carrier;
}

function answer(behaviour: Behaviour): Response {
  if (behaviour instanceof Response) return behaviour;
  switch (behaviour) {
    case "takes":
      return new Response("0: Accepted for delivery", { status: 202 });
    case "busy":
      return new Response("Temporal failure, try again later.", { status: 503 });
    case "fails":
      return new Response("<html>", { status: 500 });
    case "too_fast":
      return new Response("", { status: 429 });
    case "refuses":
      return new Response("Not routable. Do not try again.", { status: 403 });
  }
}
