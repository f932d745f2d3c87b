import { decideOutbound, type OutboundInput, type OutboundVerdict } from "../../core/decide.ts";
import type { Category, PersonFacts, ReplyKind, SendingWindow } from "../../core/message.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { MessageRow, Writes } from "../../store/messages/writes.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { firstRoute } from "../dispatch/routes.ts";
import type { NewId } from "../ids.ts";
import type { LinkTokens } from "../links/link_tokens.ts";
import { reachableFromPhones } from "../network/public_url.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";

/** A message somebody (an app, a person, the gateway itself) wants sent, already parsed. */
export interface Draft {
  /** E.164. */
  to: string;
  sender: ConfiguredSender;
  text: string;
  category: Category | null;
  /** What the person must have agreed to; own advertising when left out or null. */
  purpose?: string | null;
  scheduled_at: number | null;
  valid_until: number | null;
  max_segments: number | null;
  metadata: Record<string, string> | null;
  /** The campaign that it is part of; left out for any other message. */
  campaign_id?: string;
  sending_window?: SendingWindow | null;
  /** How many messages of the batch it came in have this text; 1 when it was sent by itself or is decided again. */
  copies: number;
  /** What somebody on the staff settled about this very message; left out when nobody had to. */
  settled_category?: Category | null;
  /** Set for the gateway's own answers, with the message they answer; null for a question that staff or an app asked. */
  reply: { kind: ReplyKind; cause_id: string | null } | null;
  /** The token that an earlier decision of the same message put into its link; null for a new message. */
  unsubscribe_token: string | null;
}

export interface Composed {
  verdict: OutboundVerdict;
  /** Present when the text carries a link to an unsubscribe page. */
  token: string | null;
}

/** Decides a draft; the same for a real message, a dry run and an automatic answer. */
export function composeDraft(
  draft: Draft,
  person: PersonFacts,
  { rulebook, now, publicUrl, tokens }: { rulebook: Rulebook; now: number; publicUrl: string; tokens: LinkTokens },
): Composed {
  const { sender } = draft;
  // Only a name ever needs a link; a token costs microseconds that the rest can save.
  const linked = sender.kind === "alphanumeric" && (!sender.real || reachableFromPhones(publicUrl));
  const token = linked ? draft.unsubscribe_token ?? tokens.make() : null;
  const unsubscribe_url = token === null ? "" : unsubscribeUrl(publicUrl, token);
  const verdict = decideOutbound(inputOf(draft, person, now, unsubscribe_url), rulebook);
  return { verdict, token: token !== null && verdict.text.includes(token) ? token : null };
}

/** What a decision is asked about a draft. */
export function inputOf(draft: Draft, person: PersonFacts, now: number, unsubscribe_url = ""): OutboundInput {
  return {
    message: {
      direction: "outbound",
      to: draft.to,
      text: draft.text,
      category: draft.category,
      purpose: draft.purpose ?? null,
      scheduled_at: draft.scheduled_at,
      max_segments: draft.max_segments,
      sending_window: draft.sending_window ?? null,
      reply_kind: draft.reply?.kind ?? null,
      copies: draft.copies,
      settled_category: draft.settled_category ?? null,
      unsubscribe_url,
    },
    sender: draft.sender,
    person,
    now,
  };
}

export function unsubscribeUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/u/${token}`;
}

const PRIORITY = { reply: 0, informative: 1, commercial: 2 } as const;

/**
 * The review of a message whose words and declaration do not agree, with its entry in the audit log; none when nothing has to be
 * looked at.
 */
export function reviewWrites(
  message: { id: string; person: string; sender: string },
  { review }: Pick<OutboundVerdict, "review">,
  now: number,
  newId: NewId,
): Pick<Writes, "reviews" | "audit"> {
  if (review === null) return { reviews: [], audit: [] };
  const { kind, rule, words } = review;
  const id = newId("rev");
  const { person, sender } = message;
  return {
    reviews: [{ id, kind, person, sender, message_id: message.id, rule, words, created_at: now, requires: message.id }],
    audit: [auditRow(
      {
        at: now,
        actor: "system",
        action: "review.opened",
        subject: id,
        person,
        details: { message_id: message.id, rule, kind },
      },
      newId,
      { requires: id },
    )],
  };
}

/** The row of a composed draft, queued, held or refused. */
export function draftRow(
  draft: Draft,
  { verdict, token }: Composed,
  { id, now, conversation_id, settings }: { id: string; now: number; conversation_id: string; settings: Settings },
): MessageRow {
  const { outcome } = verdict.decision;
  return {
    id,
    direction: "outbound",
    person: draft.to,
    sender: draft.sender.address,
    text: verdict.text,
    submitted_text: verdict.text === draft.text ? null : draft.text,
    declared_category: draft.category,
    purpose: draft.purpose ?? null,
    max_segments: draft.max_segments,
    sending_window: draft.sending_window ? JSON.stringify(draft.sending_window) : null,
    priority: draft.reply ? PRIORITY.reply : PRIORITY[verdict.category],
    scheduled_at: draft.scheduled_at,
    valid_until: draft.valid_until,
    attempts: 0,
    carrier_id: firstRoute(draft.sender, draft.to, settings, now),
    conversation_id,
    campaign_id: draft.campaign_id ?? null,
    reply_kind: draft.reply?.kind ?? null,
    cause_id: draft.reply?.cause_id ?? null,
    unsubscribe_token: token,
    metadata: draft.metadata === null ? null : JSON.stringify(draft.metadata),
    created_at: now,
    ...decidedColumns(verdict, now),
    ...(outcome === "refuse"
      ? { error_code: verdict.code, error_detail: refusalDetail(verdict) }
      : { error_code: null, error_detail: null }),
  };
}

/** The columns that a decision settles, at first and when a held message is decided again. */
export function decidedColumns(verdict: OutboundVerdict, now: number) {
  const { outcome } = verdict.decision;
  return {
    status: outcome === "allow" ? "queued" as const : outcome === "hold" ? "held" as const : "refused" as const,
    category: verdict.category,
    encoding: verdict.encoding,
    segments: verdict.segments,
    due_at: outcome === "allow" ? now : outcome === "hold" ? verdict.hold_until : null,
    hold_until: verdict.hold_until,
    hold_reason: verdict.hold_reason,
    allowed_until: verdict.allowed_until,
    decision: JSON.stringify(verdict.decision),
  };
}

/** The reason of the rule that refused, in words. */
export function refusalDetail(verdict: OutboundVerdict): string {
  const rule = verdict.decision.rules.find((one) => one.effect === `refuse ${verdict.code}`);
  return rule === undefined ? "The rules refuse this message." : `${rule.reason} (${rule.source})`;
}
