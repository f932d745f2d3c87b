import { lookup } from "node:dns/promises";
import type { OutgoingOptions } from "./outgoing_http.ts";

/** Open connection pools kept, one for each address and port called. */
const MAX_POOLS = 256;

/** Addresses of a host name as the system sees them, `/etc/hosts` included. Rejects when there are none. */
export async function systemResolve(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map((found) => found.address);
}

/**
 * A transport for {@link OutgoingOptions} that connects http: calls to the checked address, over connections that are kept and
 * reused; the pool that was opened first goes when there are too many. An https: call is left to `fetch`: there, a name that
 * changed its address after the check leads to a server without a certificate for that name, and no request is sent. (Deno's
 * `tcp` proxies would carry such a call in clear text.)
 */
export function pinnedTransport(): NonNullable<OutgoingOptions["transport"]> {
  const pools = new Map<string, Deno.HttpClient>();
  return (url, init, address) => {
    if (url.protocol !== "http:") return fetch(url, init);
    const key = `${url.host} ${address}`;
    let client = pools.get(key);
    if (client === undefined) {
      client = Deno.createHttpClient({
        proxy: { transport: "tcp", hostname: address, port: Number(url.port) || 80 },
      });
      pools.set(key, client);
      const [oldest] = pools.size > MAX_POOLS ? pools : [];
      if (oldest) {
        pools.delete(oldest[0]);
        oldest[1].close();
      }
    }
    return fetch(url, { ...init, client });
  };
}
