import type { INBOUND_FACTS, OUTBOUND_FACTS } from "./fact_names.ts";
import { type Condition, REPLY_KINDS } from "./rulebook_schema.ts";

/**
 * What each fact can be, for those who reason about rules without a message: the lint and the JSON Schema for editors. The
 * compiler asks for a line here for every fact, and a test holds the facts of every example within its line.
 */
export type Domain =
  | { type: "boolean" }
  | { type: "one_of"; values: readonly string[] }
  /** `nullable`: may be null as well, which compares as no number. */
  | { type: "number"; min?: number; integer?: boolean; nullable?: boolean }
  /** `country`: of two letters, only those that numbers can have. */
  | { type: "text"; pattern?: RegExp; nullable?: boolean; country?: true }
  | { type: "list" }
  | { type: "object"; paths: Readonly<Record<string, Domain>> }
  /** The person's country file: what a path says there depends on the country alone. */
  | { type: "country_file" }
  /** ISO 3166 code of the person's country, or `unknown`. */
  | { type: "country_code" }
  /** `none`, or an intent that some keyword has. */
  | { type: "keyword_intent" }
  /** `none`, or an intent that some rule of the stage `understand` gives. */
  | { type: "intent" };

type Named<Stages> = { [S in keyof Stages]: keyof Stages[S] }[keyof Stages] & string;
export type OutboundFact = Named<typeof OUTBOUND_FACTS>;
export type InboundFact = Named<typeof INBOUND_FACTS>;

const YES_NO: Domain = { type: "boolean" };
const MINUTES: Domain = { type: "number", min: 0 };
const DAYS = MINUTES;
const COUNT: Domain = { type: "number", min: 0, integer: true };
/** ms since 1970. */
const INSTANT: Domain = { type: "number", min: 0 };
const SENDER_KIND: Domain = { type: "one_of", values: ["short_code", "long_code", "toll_free", "alphanumeric"] };
const COUNTRY_OR_NONE: Domain = { type: "text", pattern: /^[A-Z]{2}$/, nullable: true, country: true };

export const OUTBOUND_DOMAINS: Readonly<Record<OutboundFact, Domain>> = {
  to_country: { type: "country_code" },
  to_region: { type: "text", pattern: /^([A-Z0-9]{1,3}|unknown)$/ },
  declared_category: { type: "one_of", values: ["commercial", "informative", "none"] },
  reply_kind: { type: "one_of", values: ["none", ...REPLY_KINDS, "flow"] },
  copies: { type: "number", min: 1, integer: true },
  content_category: { type: "one_of", values: ["commercial", "informative", "unclear"] },
  content_score: { type: "number" },
  conversation_minutes: MINUTES,
  settled_category: { type: "one_of", values: ["commercial", "informative", "none"] },
  suppression: { type: "one_of", values: ["none", "commercial", "all"] },
  sender: {
    type: "object",
    paths: {
      "$.address": { type: "text" },
      "$.kind": SENDER_KIND,
      "$.country": COUNTRY_OR_NONE,
      "$.countries": { type: "list" },
      "$.stop_number": { type: "text", nullable: true },
      "$.brand": { type: "text" },
    },
  },
  sender_kind: SENDER_KIND,
  sender_serves_country: YES_NO,
  country: { type: "country_file" },
  category: { type: "one_of", values: ["commercial", "informative"] },
  purpose: { type: "text", pattern: /^(commercial|(partner|informative):.+)$/ },
  purpose_kind: { type: "one_of", values: ["own", "partner", "informative"] },
  consent_soft: YES_NO,
  consent: { type: "one_of", values: ["granted", "withdrawn", "expired", "disputed", "none"] },
  minutes_since_opt_in_request: MINUTES,
  opt_in_request_pause: MINUTES,
  open_review: YES_NO,
  advertising_count: COUNT,
  advertising_limit: { type: "number", min: 1, integer: true },
  commercial_last_24_hours: COUNT,
  commercial_last_7_days: COUNT,
  commercial_last_30_days: COUNT,
  days_since_last_commercial: DAYS,
  days_since_last_inbound: DAYS,
  mention: { type: "one_of", values: ["absent", "present", "wrong_number", "impossible"] },
  facts_available: YES_NO,
  zones_known: YES_NO,
  segments: { type: "number", min: 1, integer: true },
  over_budget: YES_NO,
  scheduled: YES_NO,
  scheduled_at: { ...INSTANT, nullable: true },
  quiet: YES_NO,
  quiet_until: { ...INSTANT, nullable: true },
  outside_window: YES_NO,
  window_until: { ...INSTANT, nullable: true },
  retry_at: INSTANT,
};

export const INBOUND_DOMAINS: Readonly<Record<InboundFact, Domain>> = {
  keyword_intent: { type: "keyword_intent" },
  keyword_tier: { type: "one_of", values: ["T1", "T2", "none"] },
  guard: YES_NO,
  offered: YES_NO,
  typing_error: YES_NO,
  reported: YES_NO,
  signs: { type: "list" },
  text_kind: { type: "one_of", values: ["words", "quote", "numbers", "automatic"] },
  carrier_intent: { type: "text", pattern: /^[a-z_]+$/ },
  keyword_conditional: YES_NO,
  opted_out: YES_NO,
  flow: { type: "text", pattern: /^(none|[a-z][a-z0-9_.]*)$/ },
  flows_closed: { type: "list" },
  flows_answered: { type: "list" },
  asked: YES_NO,
  says_yes: YES_NO,
  may_return: YES_NO,
  resubscription_offered: YES_NO,
  from_country: { type: "country_code" },
  from_kind: { type: "one_of", values: ["msisdn", "machine"] },
  country: { type: "country_file" },
  intent: { type: "intent" },
  stop_reply: { type: "one_of", values: ["gateway", "provider"] },
  minutes_since_opt_out_confirmation: MINUTES,
  minutes_since_opt_in_confirmation: MINUTES,
  minutes_since_help: MINUTES,
  automatic_replies_24h: COUNT,
  consent_before_opt_out: YES_NO,
};

const is = (fact: string, value: string | boolean): Condition => ({ fact, operator: "equal", value });
const isNot = (fact: string, value: string | boolean): Condition => ({ fact, operator: "notEqual", value });
const implies = (a: Condition, b: Condition): Condition => ({ any: [{ not: a }, b] });

/** What holds between facts on every message; the same test holds it on every example. */
export const OUTBOUND_TRUTHS: readonly Condition[] = [
  { fact: "sender", path: "$.kind", operator: "equal", value: { fact: "sender_kind" } },
  { fact: "commercial_last_24_hours", operator: "lessThanInclusive", value: { fact: "commercial_last_7_days" } },
  { fact: "commercial_last_7_days", operator: "lessThanInclusive", value: { fact: "commercial_last_30_days" } },
];

export const INBOUND_TRUTHS: readonly Condition[] = [
  implies(is("keyword_intent", "none"), is("keyword_tier", "none")),
  implies(is("keyword_tier", "none"), is("keyword_intent", "none")),
  implies(is("keyword_conditional", true), isNot("keyword_intent", "none")),
  implies(is("keyword_conditional", true), is("opted_out", true)),
  implies(is("may_return", true), is("opted_out", true)),
  implies(is("resubscription_offered", true), isNot("keyword_intent", "none")),
  implies(is("from_kind", "machine"), is("from_country", "unknown")),
];
