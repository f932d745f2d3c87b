import { addressAllowed } from "./outgoing_http.ts";

/**
 * True when a phone can open links to this address. One of this machine or of a private network is right for a carrier that
 * runs beside the gateway, but an unsubscribe link to it would be no way out for anybody.
 */
export function reachableFromPhones(publicUrl: string): boolean {
  const hostname = URL.parse(publicUrl)?.hostname.replace(/^\[|\]$|\.$/g, "") ?? "";
  if (/^[\d.]+$/.test(hostname) || hostname.includes(":")) return addressAllowed(hostname, false);
  // A name without a dot means something on the operator's own network at most.
  return hostname.includes(".") && !/\.(localhost|local|internal|lan|home\.arpa)$/.test(hostname);
}

/** What to tell an operator whose real carriers cannot carry links. */
export const UNREACHABLE_PUBLIC_URL =
  "PARLEY_PUBLIC_URL is not set to an address that phones can open: advertising that needs an unsubscribe link is refused";
