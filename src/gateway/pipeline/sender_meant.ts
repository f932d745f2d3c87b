import { parseMsisdn } from "../../core/msisdn.ts";
import type { Settings } from "../settings.ts";
import { findSender } from "./receive.ts";

/**
 * The address of the configured sender that somebody means, as it is configured: what stands under another spelling of it would be
 * found by nobody. Numbers in any spelling, also in that of their country, names in either case. Null when there is none, or when
 * only the case would tell two names apart.
 */
export function senderMeant(given: string, settings: Settings): string | null {
  const found = findSender(given, settings);
  if (found !== null) return found.address;
  const name = given.toLowerCase();
  const meant = [...settings.senders.values()].filter(({ address, kind, country }) => {
    if (kind === "alphanumeric") return address.toLowerCase() === name;
    if (country === null || !address.startsWith("+")) return false;
    const number = parseMsisdn(given, country);
    return number.ok && number.e164 === address;
  });
  return meant.length === 1 ? meant[0]!.address : null;
}
