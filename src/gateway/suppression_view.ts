import type { SuppressionRow } from "../store/consent/suppressions.ts";
import { instant, instantOrNull } from "./message_view.ts";

/** A suppression as the API shows it. */
export function suppressionView(row: SuppressionRow) {
  const { id, recipient, scope, source, rule, message_id, text, note, lifted_by, lift_reason } = row;
  return {
    id,
    recipient,
    scope,
    sender: row.sender === "" ? null : row.sender,
    source,
    rule,
    message_id,
    text,
    note,
    created_at: instant(row.created_at),
    lifted_at: instantOrNull(row.lifted_at),
    lifted_by,
    lift_reason,
  };
}
