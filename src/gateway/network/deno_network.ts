import { lookup } from "node:dns/promises";
import type { OutgoingOptions } from "./outgoing_http.ts";

/** Addresses of a host name as the system sees them, `/etc/hosts` included. Rejects when there are none. */
export async function systemResolve(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map((found) => found.address);
}

/**
 * A transport for {@link OutgoingOptions} that sends http: calls to the checked address itself, with the name in `Host`, over
 * connections that are kept and reused. (A `tcp` proxy would do the same but write the whole URL into the request line, as proxies
 * want it: Kannel answers that with 404.) An https: call is left to `fetch`: there, a name that changed its address after the check
 * leads to a server without a certificate for that name, and no request is sent; where strangers choose the name, see
 * `strictTransport`.
 */
export function pinnedTransport(): NonNullable<OutgoingOptions["transport"]> {
  const kept = Deno.createHttpClient({ allowHost: true, poolIdleTimeout: KEPT_MS });
  // A request without a body is repeated on a broken connection that was kept (see `sentOnce`): it gets one of its own.
  const fresh = Deno.createHttpClient({ allowHost: true, poolMaxIdlePerHost: 0 });
  return (url, init, address) => {
    const client = init.body === null || init.body === undefined ? fresh : kept;
    if (url.protocol !== "http:") return fetch(url, { ...init, client });
    const headers = new Headers(init.headers);
    headers.set("host", url.host);
    const pinned = new URL(url);
    pinned.hostname = address.includes(":") ? `[${address}]` : address;
    return fetch(pinned, { ...init, headers, client });
  };
}

/**
 * Less than servers keep an idle connection (Node 5 s, others longer): one that they close as we send leaves nobody knowing whether
 * they took the message.
 */
const KEPT_MS = 3_000;
