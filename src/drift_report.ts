import { mask } from "./log.ts";
import type { Drift } from "./gateway/dispatch/reconcile.ts";

/** The drift of one account as lines for a terminal, its numbers masked like those of the log (invariant 9) unless asked for. */
export function driftReport(drift: Drift, { numbers }: { numbers: boolean }): string {
  const named = ({ count, recipients }: Drift["missing_here"]) =>
    recipients.map((one) => `\n    ${numbers ? one : mask(one)}`).join("") +
    (count > recipients.length ? `\n    and ${count - recipients.length} more` : "");
  return [
    `${drift.carrier_id}: ${drift.listed} on the provider's list`,
    `  ${drift.agreed} suppressed here too`,
    `  ${drift.missing_here.count} ${drift.applied ? "were missing here: suppressed now" : "missing here (dry run)"}` +
    named(drift.missing_here),
    `  ${drift.returned_here.count} came back here since; the provider still blocks them` + named(drift.returned_here),
    `  ${drift.only_here.count} suppressed here by a carrier's word and not on this list: they stay so` +
    named(drift.only_here),
    `  ${drift.other_senders} of a sender that this account does not have here: nothing to compare`,
    `  ${drift.unreadable} without a phone number`,
  ].join("\n");
}
