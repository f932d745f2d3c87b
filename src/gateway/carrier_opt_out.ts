import type { InStatement } from "@libsql/client/web";
import { auditRow } from "../store/audit.ts";
import { noWrites, statementsOf } from "../store/writes.ts";
import type { Deps } from "./gateway.ts";
import type { Settings } from "./settings.ts";

/** A carrier that refuses or reports a message because the person told it to stop (Twilio 21610 and others). */
export interface CarrierOptOut {
  person: string;
  sender: string;
  message_id: string;
  carrier_id: string | null;
  /** The carrier's code. */
  detail: string;
}

/**
 * Statements that make a carrier's opt-out ours, with what waits canceled: otherwise the provider blocks a person and our state
 * still says they may be written to (peers.md, opt-out pitfalls).
 */
export function suppressFromCarrier(
  optOuts: readonly CarrierOptOut[],
  settings: Settings,
  deps: Pick<Deps, "newId" | "now">,
): InStatement[] {
  if (optOuts.length === 0) return [];
  const now = deps.now();
  const writes = noWrites();
  for (const { person, sender, message_id, carrier_id, detail } of optOuts) {
    const { country } = settings.rulebook.locate(person);
    const everything = settings.rulebook.country(country).table.opt_out.scope === "everything_from_sender";
    const suppression = deps.newId("sup");
    const withdrawal = deps.newId("cns");
    const scope = everything ? "all" : "commercial";
    const told = {
      at: now,
      actor: `carrier:${carrier_id}`,
      person,
      details: { message_id, carrier_code: detail, scope, sender: everything ? sender : null },
    };
    writes.audit.push(
      auditRow({ ...told, action: "suppression.created", subject: suppression }, deps.newId, {
        refusal: { scope, sender: everything ? sender : "" },
      }),
      auditRow({ ...told, action: "consent.withdrawn", subject: withdrawal }, deps.newId, { requires: withdrawal }),
    );
    writes.suppressions.push({
      id: suppression,
      recipient: person,
      scope,
      sender: everything ? sender : "",
      source: "carrier",
      message_id,
      note: `The carrier says that the person opted out (${detail}).`,
      created_at: now,
    });
    writes.consents.push({
      id: withdrawal,
      recipient: person,
      purpose: "commercial",
      status: "withdrawn",
      source: "carrier",
      message_id,
      granted_at: now,
      created_at: now,
    });
  }
  return statementsOf(writes, now);
}
