import type { Decision, Intent, MessageHoldReason } from "../core/message.ts";
import type { ClickRow } from "../store/campaigns/link_clicks.ts";
import type { MessageRow } from "../store/messages/writes.ts";

/** A message as the API shows it (design 5). */
export interface MessageView {
  id: string;
  direction: "outbound" | "inbound";
  status: MessageRow["status"];
  from: string;
  to: string;
  text: string;
  submitted_text: string;
  category: "commercial" | "informative" | null;
  segments: number;
  encoding: "GSM-7" | "UCS-2";
  hold_until: string | null;
  hold_reason: MessageHoldReason | null;
  scheduled_at: string | null;
  valid_until: string | null;
  carrier_id: string | null;
  carrier_message_id: string | null;
  conversation_id: string;
  campaign_id: string | null;
  purpose: string | null;
  repeats: string | null;
  incomplete: boolean;
  metadata: Record<string, string>;
  error: { code: string; detail: string } | null;
  created_at: string;
  sent_at: string | null;
  delivered_at: string | null;
  intent: Intent | null;
  decision: Decision;
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Clicks on a short link of a message. */
export function clickView({ link, clicks, first_at }: ClickRow) {
  return { link, clicks, first_at: instant(first_at) };
}

export function instantOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : instant(ms);
}

/** `decision` saves a parse where the caller has just made it. */
export function messageView(row: MessageRow, decision: Decision = JSON.parse(row.decision) as Decision): MessageView {
  const inbound = row.direction === "inbound";
  return {
    id: row.id,
    direction: row.direction,
    status: row.status,
    from: inbound ? row.person : row.sender,
    to: inbound ? row.sender : row.person,
    text: row.text,
    submitted_text: row.submitted_text ?? row.text,
    category: row.category ?? null,
    segments: row.segments,
    encoding: row.encoding,
    hold_until: instantOrNull(row.hold_until),
    hold_reason: row.hold_reason ?? null,
    scheduled_at: instantOrNull(row.scheduled_at),
    valid_until: instantOrNull(row.valid_until),
    carrier_id: row.carrier_id ?? null,
    carrier_message_id: row.carrier_message_id ?? null,
    conversation_id: row.conversation_id,
    campaign_id: row.campaign_id ?? null,
    purpose: row.purpose ?? null,
    repeats: row.repeats ?? null,
    incomplete: row.incomplete === 1,
    metadata: row.metadata ? JSON.parse(row.metadata) as Record<string, string> : {},
    error: row.error_code ? { code: row.error_code, detail: row.error_detail ?? "" } : null,
    created_at: instant(row.created_at),
    sent_at: instantOrNull(row.sent_at),
    delivered_at: instantOrNull(row.delivered_at),
    intent: decision.intent,
    decision,
  };
}
