import { z } from "zod";
import { HOLD_REASONS, SOFT_OPT_IN } from "../message.ts";
import { compileWeek, isKnownZone } from "../time/quiet_hours.ts";
import { country, id, isoDate, language, SourceRef, text } from "./rule_values.ts";

/** Rules: conditions as json-rules-engine documents, events, and the examples that must match. */

const FactRef = z.strictObject({ fact: text, path: z.string().startsWith("$").optional() });
export const Leaf = z.strictObject({
  fact: text,
  path: z.string().startsWith("$").optional(),
  operator: z.enum([
    "equal",
    "notEqual",
    "in",
    "notIn",
    "contains",
    "doesNotContain",
    "lessThan",
    "lessThanInclusive",
    "greaterThan",
    "greaterThanInclusive",
  ]),
  value: z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()])), FactRef]),
});
export type Leaf = z.infer<typeof Leaf>;
export type Condition = { all: Condition[] } | { any: Condition[] } | { not: Condition } | Leaf;
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(Condition) }),
    z.strictObject({ any: z.array(Condition).min(1) }),
    z.strictObject({ not: Condition }),
    Leaf,
  ])
);
/** json-rules-engine asks for `all`, `any` or `not` at the top. An empty `all` always holds. */
const Conditions = z.union([
  z.strictObject({ all: z.array(Condition) }),
  z.strictObject({ any: z.array(Condition).min(1) }),
  z.strictObject({ not: Condition }),
]);

export const REFUSAL_CODES = [
  "recipient_opted_out",
  "consent_missing",
  "content_refused",
  "sender_not_allowed",
  "recipient_invalid",
  "frequency_exceeded",
  "segment_budget_exceeded",
] as const;
export const REPLY_KINDS = ["opt_out_confirmation", "opt_in_confirmation", "opt_in_request", "help"] as const;
/** Double opt-in, where the deployment says nothing: how long a question may be answered, and when the next may be asked. */
export const DOUBLE_OPT_IN = { answer_hours: 168, again_hours: 24 };

/** Reviews that a rule about a message from a person may open. */
const REVIEW_KINDS = ["doubtful_reply", "complaint", "wrong_number", "health", "handover"] as const;

/** What a group of phrases shows; rules ask for it with `contains` on the fact `signs`. */
export const SIGNS = [
  "opt_out",
  "opt_in",
  "help",
  "wrong_number",
  "never_signed_up",
  "complaint",
  "insult",
  "health",
  "voice_opt_out",
  "prefers_texts",
  "says_again",
  "doubt",
  "automatic",
] as const;
export type Sign = (typeof SIGNS)[number];

export const Event = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("classify"),
    params: z.strictObject({ category: z.enum(["commercial", "informative"]) }),
  }),
  z.strictObject({ type: z.literal("refuse"), params: z.strictObject({ code: z.enum(REFUSAL_CODES) }) }),
  z.strictObject({
    type: z.literal("hold"),
    /** `until`: the fact that gives the instant; without it the message waits for a person. */
    params: z.strictObject({
      reason: z.enum(HOLD_REASONS),
      until: z.enum(["quiet_until", "window_until", "scheduled_at", "retry_at"]).optional(),
      /** Opens a review of the message itself, with whose settlement it goes on. */
      review: z.literal("category_conflict").optional(),
    }),
  }),
  z.strictObject({ type: z.literal("append_mention") }),
  z.strictObject({ type: z.literal("intent"), params: z.strictObject({ intent: z.string().regex(/^[a-z_]+$/) }) }),
  /** Scope comes from the country's `opt_out.scope`, unless everything from every sender ends. */
  z.strictObject({
    type: z.literal("suppress"),
    params: z.strictObject({ scope: z.literal("everything") }).optional(),
  }),
  /** A person on the staff has to look at it; advertising to the writer waits until they did. */
  z.strictObject({ type: z.literal("open_review"), params: z.strictObject({ kind: z.enum(REVIEW_KINDS) }) }),
  /** What is on record may have been given by somebody else: it counts no more. */
  z.strictObject({ type: z.literal("dispute_consent"), params: z.strictObject({ purpose: z.literal("commercial") }) }),
  z.strictObject({ type: z.literal("lift_suppression") }),
  z.strictObject({ type: z.literal("record_consent"), params: z.strictObject({ purpose: z.literal("commercial") }) }),
  z.strictObject({ type: z.literal("withdraw_consent"), params: z.strictObject({ purpose: z.literal("commercial") }) }),
  /** The question that waits for this person's answer is answered with yes. */
  z.strictObject({ type: z.literal("confirm_consent") }),
  z.strictObject({ type: z.literal("remove_contact") }),
  /** What a flow does, by its id; the rules that a flow stands for are made of these. */
  z.strictObject({ type: z.literal("flow_reply"), params: z.strictObject({ flow: id }) }),
  z.strictObject({ type: z.literal("flow_consent"), params: z.strictObject({ flow: id }) }),
  z.strictObject({ type: z.literal("flow_contact"), params: z.strictObject({ flow: id }) }),
  z.strictObject({
    type: z.literal("reply"),
    // A question is asked with what it is about: by the API, or by a flow.
    params: z.strictObject({ kind: z.enum(REPLY_KINDS).exclude(["opt_in_request"]) }),
  }),
  /** Recorded with the decision, changes nothing. */
  z.strictObject({ type: z.literal("note") }),
]);
export type Event = z.infer<typeof Event>;

function isWeek(open: Record<string, string>): boolean {
  try {
    return compileWeek(open).length > 0;
  } catch {
    return false;
  }
}

/**
 * A small story told to the real `decide`. Everything left out has a plain default: `outbound` examples are sent to a
 * French mobile from the short code 36105 on Tuesday 2026-11-24 at 10:00 in Paris, with nothing known about the person;
 * `inbound` examples come from that mobile to that short code.
 */
export const Scenario = z.strictObject({
  direction: z.enum(["outbound", "inbound"]).optional(),
  text: z.string(),
  /** Outbound: the recipient. */
  to: z.string().optional(),
  /** Outbound: address of the sender. Inbound: the person. */
  from: z.string().optional(),
  /** The sender's kind, country and stop number when they are not those of a usual number of that shape. */
  sender: z.strictObject({
    kind: z.enum(["short_code", "long_code", "toll_free", "alphanumeric"]).optional(),
    country: country.optional(),
    countries: z.array(country).optional(),
    stop_number: z.string().optional(),
    brand: z.string().optional(),
  }).optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  category: z.enum(["commercial", "informative"]).optional(),
  scheduled_at: z.iso.datetime({ offset: true }).optional(),
  max_segments: z.number().int().min(1).optional(),
  /** Outbound: the hours of its campaign. */
  sending_window: z.record(z.string(), z.string()).refine(isWeek, "is like { mon-fri: 10:00-18:00 }").optional(),
  reply_kind: z.enum([...REPLY_KINDS, "flow"]).optional(),
  /** How many messages of one batch have this text. */
  copies: z.number().int().min(1).optional(),
  consent: z.enum(["granted", "withdrawn", "expired", "disputed", "none"]).optional(),
  /** How the consent was obtained, where that is the soft opt-in of a customer. */
  consent_source: z.literal(SOFT_OPT_IN).optional(),
  /** How old the consent is; a day unless given. */
  consent_days: z.number().min(0).optional(),
  /** Outbound: what the person must have agreed to, and what `consent` is about. */
  purpose: z.string().optional(),
  consent_before_opt_out: z.boolean().optional(),
  suppressed: z.enum(["commercial", "all"]).optional(),
  /** Who made the suppression stand; `keyword` unless given. */
  suppressed_by: z.enum(["keyword", "carrier", "operator", "import", "link", "erasure"]).optional(),
  /** How many advertisements the person was sent in the last 24 hours. */
  advertising_last_24h: z.number().int().min(0).optional(),
  /** Further advertisements that the person was sent, each by how many days ago that was. */
  advertising_days_ago: z.array(z.number().min(0)).optional(),
  /** Days since the person last wrote anything, to any sender. */
  last_inbound_days: z.number().min(0).optional(),
  /** Minutes since the person last wrote an ordinary message. */
  last_inbound_minutes: z.number().min(0).optional(),
  /** The gateway's own last answer in the thread. */
  last_reply: z.strictObject({
    kind: z.enum([...REPLY_KINDS, "flow"]),
    /** Of the answer of a flow: its id. */
    flow: z.string().optional(),
    minutes: z.number().min(0),
    text: z.string().optional(),
  }).optional(),
  /** A doubt about the person is open: a review that nobody has settled. */
  open_review: z.boolean().optional(),
  /** Inbound: the purpose of a question (double opt-in) that the person may still answer. */
  asked: z.string().optional(),
  /** Outbound: what a person on the staff settled about this very message. */
  settled_category: z.enum(["commercial", "informative"]).optional(),
  /** Inbound: our last texts in the thread, newest first. */
  answered: z.array(z.string()).optional(),
  facts_available: z.boolean().optional(),
  time_zone: z.string().refine(isKnownZone, "must be an IANA zone such as Europe/Paris").optional(),
  language: language.optional(),
  carrier_intent: z.string().optional(),
  stop_reply: z.enum(["gateway", "provider"]).optional(),
  why: text.optional(),
});
export type Scenario = z.infer<typeof Scenario>;

/** What an example promises; every key that is given is compared. */
export const Expectation = z.strictObject({
  outcome: z.enum(["allow", "hold", "refuse"]).optional(),
  code: z.enum(REFUSAL_CODES).optional(),
  hold_reason: z.enum(HOLD_REASONS).optional(),
  hold_until: z.iso.datetime({ offset: true }).optional(),
  category: z.enum(["commercial", "informative"]).optional(),
  intent: z.string().optional(),
  /** Final text. */
  final_text: z.string().optional(),
  segments: z.number().int().optional(),
  encoding: z.enum(["GSM-7", "UCS-2"]).optional(),
  suppresses: z.enum(["commercial", "all", "nothing"]).optional(),
  /** Kind of the review that it opens; null when it must open none. */
  review: z.enum([...REVIEW_KINDS, "category_conflict"]).nullable().optional(),
  /** Text of the automatic answer; null when there must be none. */
  reply: z.string().nullable().optional(),
});
export type Expectation = z.infer<typeof Expectation>;
export const Example = Scenario.extend({ expect: Expectation });
export type Example = z.infer<typeof Example>;

/**
 * Stages run in this order; a rule sees the facts of its own stage and of earlier ones. Outbound: `classify` settles the
 * category, `permit` refuses, `compose` shapes the text, `release` says when the finished text may leave. Inbound: `understand` settles the intent,
 * `respond` acts on it.
 */
export const STAGES = ["classify", "permit", "compose", "release", "understand", "respond"] as const;
export type Stage = (typeof STAGES)[number];

export const Rule = z.strictObject({
  id,
  description: text,
  source: SourceRef,
  /** Told to whoever meets the rule; `{country}`, `{sender}`, `{matched}`, `{hours}` … are filled in (rules/README.md). */
  reason: text,
  effective_from: isoDate.optional(),
  effective_to: isoDate.optional(),
  conditions: Conditions,
  event: Event,
  /** Higher wins where only one can: the intent, the category, the refusal code. */
  priority: z.number().int().min(1).max(1000).optional(),
  examples: z.strictObject({
    /** Scenarios in which this rule must fire. */
    matches: z.array(Scenario).min(1),
    does_not_match: z.array(Scenario).min(1),
  }),
});
export type Rule = z.infer<typeof Rule>;

export const RulesFile = z.strictObject({
  kind: z.literal("rules"),
  concern: text,
  stage: z.enum(STAGES),
  rules: z.array(Rule).min(1),
});
