import type { ReviewRow } from "../store/messages/reviews.ts";
import { instant, instantOrNull } from "./message_view.ts";
import { SETTLEMENTS } from "./pipeline/settle.ts";

/** A review as the API shows it. */
export function reviewView(row: ReviewRow) {
  const { id, kind, person, sender, message_id, text, message_status, rule, words, settled_by, settlement, note } = row;
  return {
    id,
    kind,
    state: row.settled_at === null ? "open" as const : "settled" as const,
    person,
    sender,
    message_id,
    text,
    message_status,
    rule,
    words,
    settlements: [...SETTLEMENTS[kind]],
    created_at: instant(row.created_at),
    settled_at: instantOrNull(row.settled_at),
    settled_by,
    settlement,
    note,
  };
}
