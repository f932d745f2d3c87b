import type { InStatement } from "@libsql/client/web";
import { auditedRefusal, suppressStatements } from "../../store/consent/suppressions.ts";
import type { Deps } from "../gateway.ts";
import type { Settings } from "../settings.ts";

/** A person whom a carrier keeps from being written to, because they told it to stop (Twilio 21610 and others, its own list). */
export interface CarrierOptOut {
  person: string;
  sender: string;
  /** The message that it refused; null for an entry of its list. */
  message_id: string | null;
  carrier_id: string | null;
  /** The carrier's code. */
  detail: string;
}

/** What a person ends by telling a carrier to stop: everything from the sender where the law of their country says so. */
export function optOutScope(person: string, { rulebook }: Settings): "commercial" | "all" {
  const { country } = rulebook.locate(person);
  return rulebook.country(country).table.opt_out.scope === "everything_from_sender" ? "all" : "commercial";
}

/**
 * Statements that make a carrier's opt-out ours, with all that follows from a STOP: otherwise the provider blocks a person and our
 * state still says they may be written to (peers.md, opt-out pitfalls).
 */
export function suppressFromCarrier(
  optOuts: readonly CarrierOptOut[],
  settings: Settings,
  deps: Pick<Deps, "newId" | "now">,
): InStatement[] {
  if (optOuts.length === 0) return [];
  const now = deps.now();
  const refusals = optOuts.map(({ person, sender, message_id, carrier_id, detail }) => {
    const scope = optOutScope(person, settings);
    const suppression = {
      id: deps.newId("sup"),
      recipient: person,
      scope,
      sender: scope === "all" ? sender : "",
      source: "carrier" as const,
      message_id,
      note: `The carrier says that the person opted out (${detail}).`,
      created_at: now,
    };
    return auditedRefusal(suppression, `carrier:${carrier_id}`, deps.newId);
  });
  return suppressStatements(refusals, now);
}
