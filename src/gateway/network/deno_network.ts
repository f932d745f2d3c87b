import { lookup } from "node:dns/promises";

/** Addresses of a host name as the system sees them, `/etc/hosts` included. Rejects when there are none. */
export async function systemResolve(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map((found) => found.address);
}
