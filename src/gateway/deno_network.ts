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
 * leads to a server without a certificate for that name, and no request is sent.
 */
export function pinnedTransport(): NonNullable<OutgoingOptions["transport"]> {
  const client = Deno.createHttpClient({ allowHost: true });
  return (url, init, address) => {
    if (url.protocol !== "http:") return fetch(url, init);
    const headers = new Headers(init.headers);
    headers.set("host", url.host);
    const pinned = new URL(url);
    pinned.hostname = address.includes(":") ? `[${address}]` : address;
    return fetch(pinned, { ...init, headers, client });
  };
}
