import ipaddr from "ipaddr.js";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { Readable } from "node:stream";
import { OutgoingError, type OutgoingOptions } from "./outgoing_http.ts";

/**
 * A transport for {@link OutgoingOptions} that connects to the checked address itself, also for https: calls, where `fetch` would look
 * the name up again and greet whoever stands there by then. Certificates are checked against the name, as ever. For addresses that
 * others than the operator's carriers choose; http: calls are left to `plain`, which must do the same.
 * @param certificates PEM of authorities to trust besides; for tests.
 */
export function strictTransport(
  plain: NonNullable<OutgoingOptions["transport"]>,
  certificates?: string,
): NonNullable<OutgoingOptions["transport"]> {
  // Kept for less time than servers do (Node 5 s): one that they close as we send would look like a failure of theirs.
  const agent = new Agent({
    keepAlive: true,
    timeout: 3_000,
    ...(certificates === undefined ? {} : { ca: certificates }),
  });
  return async (url, init, address) => {
    if (url.protocol !== "https:") return await plain(url, init, address);
    const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const sent = request({
      agent,
      host: address,
      // Part of what connections are kept by: one that was made for another name is not used.
      ...(ipaddr.isValid(hostname) ? {} : { servername: hostname }),
      port: url.port || 443,
      method: init.method ?? "GET",
      path: url.pathname + url.search,
      headers: { ...Object.fromEntries(new Headers(init.headers)), host: url.host, "content-length": body.length },
      ...(init.signal ? { signal: init.signal } : {}),
    }, resolve);
    sent.on("error", (error: NodeJS.ErrnoException) => {
      const greeted = (sent.socket as { authorized?: boolean } | null)?.authorized === true;
      if (greeted || init.signal?.aborted) return reject(error);
      reject(new OutgoingError("refused", `no connection to ${url.host}: ${error.code ?? "unknown reason"}`));
    });
    sent.end(body);
    return answerOf(await promise);
  };
}

function answerOf(incoming: IncomingMessage): Response {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  // Statuses without a body; the connection is free once it is read.
  if (status === 204 || status === 205 || status === 304) {
    incoming.on("error", () => {}).resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
}
