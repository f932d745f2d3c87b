import { lookup } from "node:dns/promises";
import type { OutgoingOptions } from "./outgoing_http.ts";

/** Open connection pools kept, one for each address and port called. */
const MAX_POOLS = 256;

/** Addresses of a host name as the system sees them, `/etc/hosts` included. Rejects when there are none. */
export async function systemResolve(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map((found) => found.address);
}

/**
 * A transport for {@link OutgoingOptions} that connects to the checked address while TLS still verifies the host name.
 * Connections are kept and reused; the pool that was opened first goes when there are too many.
 */
export function pinnedTransport(): NonNullable<OutgoingOptions["transport"]> {
  const pools = new Map<string, Deno.HttpClient>();
  return (url, init, address) => {
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    // The host belongs to the key: a pool must never lend a connection that was verified for another name.
    const key = `${url.protocol}${url.host} ${address}`;
    let client = pools.get(key);
    if (client === undefined) {
      client = Deno.createHttpClient({ proxy: { transport: "tcp", hostname: address, port } });
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
