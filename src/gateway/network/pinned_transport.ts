import ipaddr from "ipaddr.js";
import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { OutgoingError, type OutgoingOptions } from "./outgoing_http.ts";

/**
 * Less than servers keep an idle connection (Node 5 s, others longer): one that they close as we send leaves nobody knowing whether
 * they took the message.
 */
const KEPT_MS = 3_000;
/** One lost SYN is sent again after a second; an address that is silent for longer gives way to the next. */
const CONNECT_MS = 2_000;

/**
 * A transport for {@link OutgoingOptions} that connects to the checked addresses themselves, in their order, where `fetch` would look
 * the name up again and greet whoever stands there by then. The next address is tried only while nothing of the request has left.
 * The name is in `Host`, and certificates are checked against it. Connections are kept and reused; a request is never repeated.
 * @param certificates PEM of authorities to trust besides; for tests.
 */
export function pinnedTransport(certificates?: string): NonNullable<OutgoingOptions["transport"]> {
  const kept = {
    keepAlive: true,
    timeout: KEPT_MS,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: CONNECT_MS,
  };
  const plain = new Agent(kept);
  const tls = new TlsAgent({ ...kept, ...(certificates === undefined ? {} : { ca: certificates }) });
  /** By host: the address that the newest connection went to, so that a dead one costs its time once. */
  const reached = new Map<string, string>();

  return async (url, init, addresses) => {
    const secure = url.protocol === "https:";
    const port = Number(url.port || (secure ? 443 : 80));
    const usable = permitted(addresses, port);
    if (usable.length === 0) throw new OutgoingError("blocked", `this process may not call ${url.host}`);
    const last = reached.get(url.host);
    const inOrder = last !== undefined && usable.includes(last)
      ? [last, ...usable.filter((one) => one !== last)]
      : usable;
    // As `fetch` would have it: with the type of the body where no header says one.
    const { method, headers, body } = new Request(url, { ...init, signal: null });
    const bytes = body === null ? null : await new Response(body).bytes();

    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = (secure ? requestTls : requestPlain)({
      agent: secure ? tls : plain,
      // Connections are kept by the name, whichever address they went to; the name itself is never looked up here.
      host: url.hostname.replace(/^\[|\]$/g, ""),
      lookup: answering(inOrder),
      port,
      method,
      path: url.pathname + url.search,
      headers: {
        accept: "*/*",
        // Answers are not unpacked.
        "accept-encoding": "identity",
        "user-agent": "Parley",
        ...Object.fromEntries(headers),
        host: url.host,
        ...(bytes === null ? {} : { "content-length": bytes.length }),
      },
      ...(init.signal ? { signal: init.signal } : {}),
    }, resolve);
    let connected = false;
    onConnection(sent, secure, (address) => {
      connected = true;
      if (address !== undefined) reached.set(url.host, address);
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (connected) return reject(error);
      reject(new OutgoingError("refused", `no connection to ${url.host}: ${error.code ?? "unknown reason"}`));
    });
    sent.end(bytes);
    return answerOf(await promise);
  };
}

/** The connection would be refused where nobody can catch it: in a timer of the runtime. */
function permitted(addresses: readonly string[], port: number): string[] {
  return addresses.filter((address) => {
    const host = `${ipaddr.IPv6.isValid(address) ? `[${address}]` : address}:${port}`;
    return Deno.permissions.querySync({ name: "net", host }).state === "granted";
  });
}

function answering(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: ipaddr.IPv6.isValid(address) ? 6 : 4 }));
  return (_hostname, _options, answer) => answer(null, found);
}

/** Calls back before anything of the request is written, with the address of a new connection. */
function onConnection(sent: ClientRequest, secure: boolean, ready: (address: string | undefined) => void): void {
  sent.on("socket", (socket) => {
    if (sent.reusedSocket) {
      // Else Deno sends the request a second time, and tells nobody, when the kept connection breaks before the answer (seen with 2.9.6).
      sent.reusedSocket = false;
      ready(undefined);
    } else socket.once(secure ? "secureConnect" : "connect", () => ready(socket.remoteAddress));
  });
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
