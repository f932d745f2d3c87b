import { z } from "zod";
import { CONFIDENCES, HOLD_REASONS, SOFT_OPT_IN } from "./message.ts";
import { TRAITS } from "./weights.ts";

/**
 * The shape of every file under `rules/`. A file is YAML 1.2 (JSON is accepted) and says what it is by its `kind`.
 * Unknown keys are refused, so that a typing error is an error and not a rule that silently does nothing.
 */

const text = z.string().trim().min(1);
const id = z.string().regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, "an id is like `consent.advertising_needs_consent`");
const isoDate = z.iso.date();
export const COUNTRY_CODE = /^[A-Z]{2}$/;
const country = z.string().regex(COUNTRY_CODE, "an ISO 3166 code such as FR");
const language = z.string().regex(/^([a-z]{2}|und)$/, "an ISO 639-1 code such as fr, or und for any language");

export const Source = z.strictObject({
  text,
  url: z.url().optional(),
  confidence: z.enum(CONFIDENCES),
  /** Day on which somebody last read the source. */
  reviewed: isoDate,
});
export type Source = z.infer<typeof Source>;

/** A rule's own source, or `country.<section>`: the source that the recipient's country file gives for that section. */
const SourceRef = z.union([
  Source,
  z.string().regex(/^country\.(opt_out|consent|quiet_hours|mention|frequency|senders)$/),
]);

// --- conditions: the json-rules-engine document -------------------------------------------------------------------

const FactRef = z.strictObject({ fact: text, path: z.string().startsWith("$").optional() });
const Leaf = z.strictObject({
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
const Condition: z.ZodType<Condition> = z.lazy(() =>
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

// --- events -------------------------------------------------------------------------------------------------------

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
export const REVIEW_KINDS = ["doubtful_reply", "complaint", "wrong_number", "health", "handover"] as const;

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

// --- examples -----------------------------------------------------------------------------------------------------

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
  sending_window: z.record(z.string(), z.string()).optional(),
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
  time_zone: z.string().optional(),
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
const Example = Scenario.extend({ expect: Expectation });
export type Example = z.infer<typeof Example>;

// --- kind: rules --------------------------------------------------------------------------------------------------

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

const RulesFile = z.strictObject({
  kind: z.literal("rules"),
  concern: text,
  stage: z.enum(STAGES),
  rules: z.array(Rule).min(1),
});

// --- kind: country ------------------------------------------------------------------------------------------------

const hours = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/, "hours are like 08:00-20:00")
  .refine((window) => {
    const [opens, closes] = window.split("-") as [string, string];
    return opens < closes && closes <= "24:00";
  }, "opens at an earlier and closes at a later time of one day, up to 24:00; a night is closed, not a window");
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** `mon-fri: "08:00-20:00"`, `sat: closed`. Every day of the week must be covered exactly once. */
const Week = z.record(
  z.string().regex(/^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$/),
  z.union([hours, z.literal("closed")]),
).refine((week) => {
  const days = Object.keys(week).flatMap((key) => {
    const [first, last] = key.split("-") as [typeof DAYS[number], typeof DAYS[number] | undefined];
    return DAYS.slice(DAYS.indexOf(first), DAYS.indexOf(last ?? first) + 1);
  });
  return days.length === 7 && new Set(days).size === 7;
}, "every day of the week must be covered exactly once");
export const QuietProfile = z.strictObject({
  /** When advertising may leave, in the recipient's local time; half-open, so `-20:00` ends at 19:59:59. */
  open: Week,
  holidays: z.enum(["closed", "open"]),
  source: Source,
});
export type QuietProfile = z.infer<typeof QuietProfile>;

const cap = { max: z.number().int().min(1), hours: z.number().int().min(1).max(720) };
const months = z.number().int().min(1).max(1200);
const Frequency = z.strictObject({
  ...cap,
  source: Source,
  /** Further caps over other periods, all of which hold. */
  also: z.array(z.strictObject({ ...cap, source: Source })).min(1).optional(),
});
/** So many advertisements to one person, from all senders together, in so many hours. */
export interface FrequencyCap {
  max: number;
  hours: number;
}
const KeywordEntry = z.strictObject({
  intent: z.string().regex(/^[a-z_]+$/),
  language,
  words: z.array(text).min(1),
  /** False: an opt-out only as the whole message (CANCEL, END … have other jobs inside a sentence). Default true. */
  tail: z.boolean().optional(),
  /** Counts only while the person is opted out (YES, JA, OUI are ordinary answers otherwise). Default false. */
  only_when_opted_out: z.boolean().optional(),
  /** True: says yes to a question of ours (double opt-in), in whatever country. Default false. */
  yes: z.boolean().optional(),
  /** False: counts only where the language is spoken, because it is an ordinary word of another (ALTO, PARE). Default true. */
  abroad: z.boolean().optional(),
  source: Source,
});
export type KeywordEntry = z.infer<typeof KeywordEntry>;

export const Country = z.strictObject({
  kind: z.literal("country"),
  /** ISO 3166 code, or `default` for every country without a file of its own. */
  code: z.union([country, z.literal("default")]),
  name: text,
  /** Territories that follow this file although they have a code, and clocks, of their own: overseas departments. */
  territories: z.array(country).optional(),
  /** In order of preference; replies fall back along it, then to English. */
  languages: z.array(language).min(1),
  /** Every IANA zone a person with such a number may be in. Left out: all zones of the country. */
  zones: z.array(z.string().regex(/^[A-Za-z_]+(\/[A-Za-z_-]+)+$/)).min(1).optional(),
  /** Calendar of public holidays (date-holidays), for example `{country: FR}`. Left out: none known. */
  holidays: z.strictObject({ country, region: z.string().optional() }).optional(),
  opt_out: z.strictObject({
    /** `commercial`: advertising from the whole workspace. `everything_from_sender`: that, and all else from that sender. */
    scope: z.enum(["commercial", "everything_from_sender"]),
    /** How fast the law wants it; Parley does it in the same transaction. */
    deadline: text,
    /** `suppress`: a reply that may be an opt-out stops as one does until a person has looked. `review` (default): advertising waits. */
    doubt: z.enum(["suppress", "review"]).optional(),
    /** Whether who left on the unsubscribe page may take it back there: a link is no proof of the number. `start` (default): by START only. */
    resume: z.enum(["page", "start"]).optional(),
    source: Source,
  }),
  /** On top of the general keywords and those of the country's languages. */
  keywords: z.array(KeywordEntry).optional(),
  consent: z.strictObject({
    commercial: z.enum(["required", "not_required"]),
    /** Months after which a consent no longer counts, by what it is for; without a number it counts until it is withdrawn. */
    lapse: z.strictObject({
      own: months.optional(),
      partner: months.optional(),
      informative: months.optional(),
      /** Of a soft opt-in. */
      customer_relationship: months.optional(),
      source: Source,
    }).optional(),
    /** Whether an own customer may get advertising for similar products without having said yes. Left out: no. */
    soft_opt_in: z.strictObject({ allowed: z.boolean(), source: Source }).optional(),
    source: Source,
  }),
  quiet_hours: z.strictObject({
    /** The profile in force; a `deployment` file may choose another. */
    profile: text,
    profiles: z.record(text, QuietProfile),
    /** Stricter hours of a part of the country, by ISO 3166-2 suffix (`FL`), on top of the profile. */
    regions: z.record(z.string().regex(/^[A-Z0-9]{1,3}$/), QuietProfile).optional(),
  }).refine((q) => q.profile in q.profiles, { message: "`profile` must name one of `profiles`", path: ["profile"] }),
  mention: z.strictObject({
    /** How a short code is mentioned: by its number ("STOP au 36105") or as something to answer ("Reply STOP"). */
    short_code: z.enum(["number", "reply"]).default("number"),
    /** `link` allowed where the sender cannot be answered and there is no STOP number. */
    link_allowed: z.boolean(),
    /** Preferred first; later ones are shorter and used when they save a segment. `{number}` / `{link}` are filled in. */
    number: z.array(z.string().includes("{number}")).min(1),
    /** For senders that can be answered directly. */
    reply: z.array(text).min(1),
    link: z.array(z.string().includes("{link}")).min(1),
    /** In which languages the wordings speak. Left out: in all of the country's. */
    languages: z.array(language).min(1).optional(),
    source: Source,
  }),
  /** Where people report abusive SMS, and the sentence that the HELP answer ends with, by language. `{number}` is filled in. */
  reporting: z.strictObject({
    number: z.string().regex(/^\d{3,6}$/),
    help: z.record(language, z.string().regex(/\{number\}/, "must hold {number}")),
    source: Source,
  }).optional(),
  frequency: Frequency.extend({ regions: z.record(z.string(), Frequency).optional() }),
  /** Kinds of sender that may carry each category. */
  senders: z.strictObject({
    commercial: z.array(z.enum(["short_code", "long_code", "toll_free", "alphanumeric"])).min(1),
    informative: z.array(z.enum(["short_code", "long_code", "toll_free", "alphanumeric"])).min(1),
    source: Source,
  }),
  /** Rules of this country alone. */
  rules: z.array(Rule.extend({ stage: z.enum(STAGES) })).optional(),
  notes: z.array(text).optional(),
  examples: z.array(Example).min(1),
});
export type Country = z.infer<typeof Country>;

// --- kind: flows --------------------------------------------------------------------------------------------------

const byLanguage = z.record(language, text).refine((texts) => Object.keys(texts).length > 0, "needs one language");
const tag = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "a tag is like club or vip-2026");

/**
 * What staff want to happen when a person writes a word, or anything while nobody is there: an answer, a consent, a list, a person on
 * the staff. An opt-out always wins; every answer is decided like any other message.
 */
export const Flow = z.strictObject({
  id,
  description: text,
  source: Source,
  effective_from: isoDate.optional(),
  effective_to: isoDate.optional(),
  /** Addresses that it belongs to; every sender when left out. */
  senders: z.array(text).min(1).optional(),
  /** The words that start it, by language: as the whole text, or with politeness and the sender's name. */
  words: z.record(language, z.array(text).min(1)).optional(),
  /** Or: any ordinary message outside these hours. */
  outside: z.strictObject({
    open: Week,
    zone: z.string().regex(/^[A-Za-z_]+(\/[A-Za-z_-]+)+$/),
    /** Public holidays are closed like a Sunday. */
    holidays: z.strictObject({ country, region: z.string().optional() }).optional(),
  }).optional(),
  reply: byLanguage.optional(),
  /** At most one answer to a person in so many hours. */
  every_hours: z.number().int().min(1).max(720).optional(),
  consent: z.strictObject({
    purpose: z.string().regex(/^(commercial|(partner|informative):\S.{0,79})$/),
    /** `single`: the word is the consent. `double`: the person is asked, and their yes is. */
    opt_in: z.enum(["single", "double"]),
    /** What the person read where the word was offered: the poster, the till receipt. */
    wording: text,
  }).optional(),
  tags: z.array(tag).min(1).optional(),
  /** Name of a list with members that the person is put on. */
  list: text.optional(),
  /** Somebody on the staff is to take over (GET /v1/reviews). */
  hand_over: z.literal(true).optional(),
  examples: z.strictObject({ matches: z.array(Scenario).min(1), does_not_match: z.array(Scenario).min(1) }),
}).superRefine((flow, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (["opt_out", "opt_in", "help", "none"].includes(intentOfFlow(flow.id))) {
    wrong("id", `"${flow.id}" would give its words the meaning ${intentOfFlow(flow.id)}; choose another name`);
  }
  if ((flow.words === undefined) === (flow.outside === undefined)) {
    wrong("words", "a flow has either `words` or `outside`");
  }
  if (flow.outside !== undefined && (flow.consent ?? flow.tags ?? flow.list) !== undefined) {
    wrong("outside", "who writes outside the hours has asked for nothing: no consent, tags or list");
  }
  if (flow.outside !== undefined && flow.every_hours === undefined) {
    wrong("every_hours", "is missing: at most one answer to a person in so many hours");
  }
  if (flow.consent?.opt_in === "double" && flow.reply !== undefined) {
    wrong("reply", "the question whether the person agrees is the answer; its words stand in the replies files");
  }
  if ((flow.reply ?? flow.consent ?? flow.tags ?? flow.list ?? flow.hand_over) === undefined) {
    wrong("reply", "the flow does nothing: give a reply, a consent, tags, a list or hand_over");
  }
});
export type Flow = z.infer<typeof Flow>;
/** What a message with a word of the flow asks for: `club_join`. */
export function intentOfFlow(id: string): string {
  return id.replace(/[^a-z]+/g, "_");
}
const Flows = z.strictObject({ kind: z.literal("flows"), flows: z.array(Flow) });

// --- kinds: lexicons, replies, numbering, deployment --------------------------------------------------------------

/**
 * A pattern is words in lower case without accents, matched one after the other: `stop by`, `[please] stop [sms|pub]`,
 * `code promo <code>`. `[a|b]` is optional, `a|b` a choice, `rembours*` a beginning of a word (3 letters or more), and
 * `<number> <percent> <money> <time> <date> <url> <code>` stand for tokens of that shape. In `phrases` and `guards` files also
 * `{send}` for any phrase of the set `send`, `...` for up to three words, `^` and `$` for where a sentence begins and ends.
 */
const pattern = text;
const setName = z.string().regex(/^[a-z_]+$/);

const Keywords = z.strictObject({ kind: z.literal("keywords"), entries: z.array(KeywordEntry).min(1) });
/** Words that may follow a keyword without changing its meaning: politeness, SMS, PUB, ALL … */
const Tails = z.strictObject({
  kind: z.literal("tails"),
  entries: z.array(z.strictObject({ language, words: z.array(text).min(1), source: Source })).min(1),
});
/** Whole phrases that ask for something without a keyword, or make one doubtful: "lose my number", "ne m'écrivez plus". */
const Phrases = z.strictObject({
  kind: z.literal("phrases"),
  language,
  /** Words that say the same, for use in the patterns of this file as `{name}`. */
  sets: z.record(setName, z.array(pattern).min(1)).optional(),
  entries: z.array(
    z.strictObject({ sign: z.enum(SIGNS), why: text, patterns: z.array(pattern).min(1), source: Source }),
  ).min(1),
  /** Wordings that show that a phrase which overlaps them means something else: those of the signs `against`, else opt_out and doubt. */
  guards: z.array(
    z.strictObject({
      why: text,
      against: z.array(z.enum(SIGNS)).min(1).optional(),
      patterns: z.array(pattern).min(1),
      source: Source,
    }),
  ).optional(),
});
/** Typing errors of opt-out words, compared with whole short texts. */
const Typing = z.strictObject({
  kind: z.literal("typing_errors"),
  /** Rows of keys by name of the layout, the digits first. */
  keyboards: z.record(text, z.array(text).min(1)),
  words: z.array(text).min(1),
  /** Forms such as STOP2END: each word of `first`, `between` and `last` in turn, written as one. */
  joined: z.strictObject({
    first: z.array(text).min(1),
    between: z.array(z.string()).min(1),
    last: z.array(text).min(1),
  }),
  /** Words that exist, by language: never a typing error of another. `und` and English count everywhere. */
  never: z.record(language, z.array(text).min(1)),
  source: Source,
});
/** How a message of ours offers the word to leave with: "reply X to opt out", "envoyez X au 36105". */
const Offers = z.strictObject({
  kind: z.literal("offers"),
  /** Stand before the word, when one of `after` follows it. */
  before: z.array(pattern).min(1),
  after: z.array(pattern).min(1),
  /** Stand before the word and are enough. */
  alone: z.array(pattern).min(1),
  source: Source,
});
/** What a telephone writes before it quotes a message that somebody reacted to: "Liked", "A aimé". */
const Reactions = z.strictObject({ kind: z.literal("reactions"), before: z.array(pattern).min(1), source: Source });
/** Patterns that show that a keyword does not mean what it says: "stop by", "bus stop", "don't stop". */
const Guards = z.strictObject({
  kind: z.literal("guards"),
  entries: z.array(z.strictObject({ language, patterns: z.array(pattern).min(1), why: text, source: Source })).min(1),
});
/** How a mention that the caller already wrote is recognised, whatever the country: `stop [sms] [au|to] <number>`. */
const Mentions = z.strictObject({
  kind: z.literal("mentions"),
  /** Patterns with the number to write to. */
  number: z.array(pattern).min(1),
  /** Patterns for senders that are answered directly. */
  reply: z.array(pattern).min(1),
  /** Words that take back the mention right after them: `non`, `pas de`, `dont`. */
  negation: z.array(pattern).min(1),
  /** Words that may stand between a mention and the end of the text: `help for help`. */
  closing: z.array(pattern).min(1),
  source: Source,
});
/** Weighted signs of advertising (positive) and of information (negative). */
const Signals = z.strictObject({
  kind: z.literal("signals"),
  language,
  /** Score at and above which a text is commercial, at and below which it is informative. Only in the `und` file. */
  thresholds: z.strictObject({
    commercial: z.number(),
    informative: z.number(),
    /** Signs of information count down to here and no further, so that many of them never hide one clear offer. */
    floor: z.number().max(0),
    /** Signs of advertising written by hand count up to here; a single one of 10 is a clear offer and decides alone. */
    ceiling: z.number().min(0),
  }).optional(),
  signals: z.array(
    z.strictObject({
      patterns: z.array(pattern).min(1),
      weight: z.number().min(-10).max(10),
      why: text,
      /**
       * Shows that the text speaks about an offer and makes none (a warning of fraud, a voucher that was used or paid back): then no
       * clear offer decides alone, and the weight counts below the floor. Signs of information only.
       */
      speaks_about_offers: z.literal(true).optional(),
    }).refine(({ weight, speaks_about_offers }) => !speaks_about_offers || weight < 0, {
      message: "speaks_about_offers belongs to signs of information: give a weight below zero",
      path: ["weight"],
    }),
  ).min(1),
});
/**
 * What words were found to say, learned from labelled texts by `deno task rules train`: never edited by hand, because the next training
 * writes it anew. Points as in `signals`; a word stands in the file of the language that uses it most.
 */
const Weights = z.strictObject({
  kind: z.literal("weights"),
  language,
  /** Outward signs of a text; only in the `und` file. */
  traits: z.partialRecord(z.enum(TRAITS), z.number()).optional(),
  /** `word`, `two words`, `livra*` (the first five letters of a longer word), `<money> off`, `#p` (figures and letters). */
  words: z.record(text, z.number().min(-20).max(20)),
});
const Replies = z.strictObject({
  kind: z.literal("replies"),
  language,
  /** `{brand}`, `{sender}`, `{contact}` are filled in. GSM-7 characters only, so that an answer stays one segment. */
  templates: z.strictObject({
    opt_out_commercial: text,
    opt_out_everything: text,
    opt_in_confirmation: text,
    opt_in_done: text,
    /** The questions of a double opt-in, by kind of purpose. `{purpose}` is the partner, or the kind of information. */
    opt_in_request: text,
    opt_in_request_partner: text.includes("{purpose}"),
    opt_in_request_informative: text.includes("{purpose}"),
    help: text,
  }),
  source: Source,
});
/** Area codes of the North American plan: where a +1 number may be. Made by `deno task rules area-codes`. */
const AreaCodes = z.strictObject({
  kind: z.literal("area_codes"),
  calling_code: z.string().regex(/^\d{1,3}$/),
  source: Source,
  areas: z.record(
    z.string().regex(/^\d{3}$/),
    z.strictObject({ country, region: z.string().optional(), zones: z.array(z.string()).min(1) }),
  ),
});
/** What a deployment chooses for itself without touching the shipped files. */
const Deployment = z.strictObject({
  kind: z.literal("deployment"),
  brand: text,
  /** Told in the HELP answer: a web address, an e-mail address or a telephone number. */
  contact: text,
  /** Country code to the name of one of its quiet-hours profiles. */
  quiet_hours: z.record(country, text).optional(),
  /** How long a question may be answered, and how long none is asked again after it. */
  double_opt_in: z.strictObject({
    answer_hours: z.number().int().min(1).max(720),
    again_hours: z.number().int().min(1).max(8760),
  }).optional(),
  /** Caps on advertising beside those of the country files, by country code or for `any` country. */
  frequency: z.record(z.union([country, z.literal("any")]), z.array(z.strictObject(cap)).min(1)).optional(),
  /** What a segment costs, for estimates: by country, and for every other one. */
  prices: z.strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, "is an ISO 4217 code such as EUR"),
    per_segment: z.record(country, z.number().min(0)).default({}),
    elsewhere: z.number().min(0),
  }).optional(),
});
export type Deployment = z.infer<typeof Deployment>;

/**
 * Kinds of data that may go after a time, each with the least number of days for which the gateway itself needs them: caps on
 * advertising look back 45 days, webhooks are retried for three, an opt-out and what was agreed to must be provable.
 */
export const RETAINED = {
  message_texts: 30,
  inbound_texts: 30,
  reviews: 90,
  messages: 60,
  idempotency_keys: 1,
  webhook_deliveries: 7,
  imports: 1,
  contacts: 90,
  consents: 365,
  lifted_suppressions: 365,
  audit_details: 365,
} as const;
export type RetainedData = keyof typeof RETAINED;
const keptFor = (least: number) =>
  z.strictObject({ days: z.number().int().min(least).max(36_500), why: text, source: Source });
export type RetentionPeriod = z.infer<ReturnType<typeof keptFor>>;
const keeps = Object.fromEntries(
  Object.entries(RETAINED).map(([data, least]) => [data, keptFor(least).optional()]),
) as { [data in RetainedData]: z.ZodOptional<ReturnType<typeof keptFor>> };
/** How long what is stored: data that is not named stays. Suppressions that stand never go. */
const Retention = z.strictObject({ kind: z.literal("retention"), keep: z.strictObject(keeps) });

export const RuleFile = z.discriminatedUnion("kind", [
  RulesFile,
  Country,
  Keywords,
  Tails,
  Guards,
  Phrases,
  Typing,
  Offers,
  Reactions,
  Mentions,
  Signals,
  Weights,
  Replies,
  AreaCodes,
  Deployment,
  Retention,
  Flows,
]);
export type RuleFile = z.infer<typeof RuleFile>;
