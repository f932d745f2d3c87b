/** Words shared by the whole core. Nothing here does any I/O. */

/** Advertising or not; decides consent, mention and hours (docs/compliance.md). */
export type Category = "commercial" | "informative";

/** What an inbound message asks for. Rule files may add more than these four. */
export type Intent = "opt_out" | "opt_in" | "help" | "none" | (string & Record<never, never>);

/** Where a message stands: outbound the first eleven (design 5), inbound `received`. */
export const STATUSES = [
  "queued",
  "held",
  "sending",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "expired",
  "canceled",
  "refused",
  "unknown",
  "received",
] as const;

/** Statuses of messages that were handed over to a carrier, whatever it said. */
export const HANDED_OVER = ["sent", "delivered", "undelivered", "failed", "unknown"] as const;

export type Outcome = "allow" | "hold" | "refuse";

export type RefusalCode =
  | "recipient_opted_out"
  | "consent_missing"
  | "content_refused"
  | "sender_not_allowed"
  | "recipient_invalid"
  | "frequency_exceeded"
  | "segment_budget_exceeded";

/** What rules may hold a message for. */
export const HOLD_REASONS = ["quiet_hours", "scheduled", "needs_review", "facts_unavailable"] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];
/** What a message may wait for; `paused`: its campaign is. */
export const MESSAGE_HOLD_REASONS = [...HOLD_REASONS, "paused"] as const;
export type MessageHoldReason = (typeof MESSAGE_HOLD_REASONS)[number];

/** Hours at the recipient's place, as in a profile of quiet hours: `{ "mon-fri": "10:00-18:00" }`. */
export type SendingWindow = Readonly<Record<string, string>>;

/**
 * The gateway's own automatic answers. `opt_in_request` asks a person to confirm, from the number itself, what was agreed to in its
 * name (double opt-in): unlike the others it never reaches anybody who opted out.
 * `null` elsewhere means a message somebody submitted.
 */
export type ReplyKind = "opt_out_confirmation" | "opt_in_confirmation" | "opt_in_request" | "help" | FlowReply;
/** The answer of a flow that staff wrote, with its id: `flow:club.join`. */
export type FlowReply = `flow:${string}`;

export type SenderKind = "short_code" | "long_code" | "toll_free" | "alphanumeric";

/** What an outbound message comes from, and how a person who receives it can answer STOP. */
export interface Sender {
  /** `36105`, `+15005550006` or `PARLEY`. */
  address: string;
  kind: SenderKind;
  /** ISO 3166 country that the number (for a name: its STOP number) belongs to; null when there is none. */
  country: string | null;
  /** Countries it may be used for; empty means every country. */
  countries: string[];
  /** Number that a person in `country` may text STOP to when they cannot answer the sender itself. */
  stop_number: string | null;
  /** Name that replies speak in. */
  brand: string;
}

/** Who answers a STOP sent to an account: us, or the provider before us (compliance.md 7.2, rule 2). */
export type StopReply = "gateway" | "provider";

/** A standing refusal, as the decision needs to see it. */
export interface SuppressionFact {
  id: string;
  /** `commercial`: no advertising from the workspace. `all`: nor anything else from `sender` (from anybody when null). */
  scope: "commercial" | "all";
  sender: string | null;
  /** Who made it stand; what staff entered, a word of the person does not lift. */
  source: "keyword" | "carrier" | "operator" | "import" | "link" | "erasure";
}

/** What the ledger holds of a person and a purpose. `pending`: asked, and not answered yet. */
export const CONSENT_STATUSES = ["granted", "withdrawn", "disputed", "pending"] as const;

/** Source of a soft opt-in: an own customer who was told of advertising for similar products and did not refuse it. */
export const SOFT_OPT_IN = "customer_relationship";

/** `disputed`: somebody else than the person who consented has the number now; it counts as none. */
export type ConsentStatus = "granted" | "withdrawn" | "expired" | "disputed" | "none";

/** What a person on the staff has to look at. The last one is about a message of ours, the others about a person. */
export const ALL_REVIEW_KINDS = [
  "doubtful_reply",
  "complaint",
  "wrong_number",
  "health",
  "handover",
  "category_conflict",
] as const;
export type ReviewKind = (typeof ALL_REVIEW_KINDS)[number];

/** What the database knows about the person, the sender and the thread when a message is decided. */
export interface PersonFacts {
  /** False when a part of this could not be read; advertising is then held, never sent. */
  available: boolean;
  suppressions: SuppressionFact[];
  /** For the purpose of the message; what a country's own expiry makes of it is worked out with its file. */
  consent: ConsentStatus;
  /** The act that `consent` stands on: when it was given (ms), and whether it is the soft opt-in of a customer. Null when none is granted. */
  consent_given: { at: number; soft: boolean } | null;
  /** True while a doubt about the person is open, which a person on the staff has to settle. */
  open_review: boolean;
  /** True when a commercial consent existed before the latest opt-out withdrew it. */
  consent_before_opt_out: boolean;
  /** Instants (ms) at which advertising left for this person or is planned to, latest first; back to 30 days at least. */
  advertising_at: number[];
  /** When the person last wrote anything, to any sender (ms); null when never, as far as is known. */
  last_inbound_at: number | null;
  /** The question (double opt-in) that the person may still answer to this sender; null when none is open. */
  question: { id: string; purpose: string; flow: string | null } | null;
  /** The person's last message to this sender (ms) when it was an ordinary one; null when they asked for something since. */
  last_chat_at: number | null;
  /** The gateway's last automatic answers in this thread, newest first. */
  replies: { kind: ReplyKind; at: number; text: string }[];
  /** From the address book; null when unknown. */
  language: string | null;
  /** IANA zone from the address book; beats every guess from the number. */
  time_zone: string | null;
}

export interface OutboundMessage {
  direction: "outbound";
  /** E.164. */
  to: string;
  text: string;
  /** As declared by the caller; null when not declared. */
  category: Category | null;
  /** What the person must have agreed to: `commercial` (own advertising, when left out), `partner:NAME`, `informative:TYPE`. */
  purpose?: string | null;
  /** ms; null when it should leave as soon as it may. */
  scheduled_at: number | null;
  max_segments: number | null;
  /** Hours in which its campaign may reach the person; left out where there is none. */
  sending_window?: SendingWindow | null;
  /** What a person on the staff settled about this very message; left out when nobody had to. */
  settled_category?: Category | null;
  /** Set for the gateway's own answers. */
  reply_kind: ReplyKind | null;
  /** How many messages of the batch it came in have this very text; 1 when it was sent by itself. */
  copies?: number;
  /** Unsubscribe page for this very message, used where a link is the lawful way out; empty when there can be none. */
  unsubscribe_url: string;
}

export interface InboundMessage {
  direction: "inbound";
  /** E.164, or a short code or name when a machine wrote. */
  from: string;
  text: string;
  /** What the carrier says it recognised (Twilio's `OptOutType`); null when it says nothing. */
  carrier_intent: Intent | null;
  stop_reply: StopReply;
  /** Our last texts in the thread, newest first: what the person may quote, or answer with the word that they offer. */
  answered?: readonly string[];
}

/** One rule that matched, with why. */
export interface RuleTrace {
  id: string;
  reason: string;
  /** Legal or carrier source, in words. */
  source: string;
  /** How sure that source is. */
  confidence: Confidence;
  /** What the rule did: `refuse consent_missing`, `append_mention`, `intent opt_out` … */
  effect: string;
}

export const CONFIDENCES = ["confirmed", "vendor", "statute", "design", "unconfirmed"] as const;
/**
 * `confirmed`: read at a regulator, statute, carrier body, or two sources that agree. `vendor`: one third party says so.
 * `statute`: cited from general knowledge, wording not re-read. `design`: our choice. `unconfirmed`: sources contradict.
 */
export type Confidence = (typeof CONFIDENCES)[number];

/** Recorded with every message; the same inputs always give the same decision. */
export interface Decision {
  /** Content hash of the rulebook that decided. */
  rulebook: string;
  outcome: Outcome;
  category_source: "declared" | "rules";
  intent: Intent | null;
  rules: RuleTrace[];
}
