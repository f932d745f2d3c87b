import type { Confidence } from "../../core/message.ts";
import type { Event, KeywordEntry, Leaf, RuleFile, Stage } from "../../core/rulebook/rulebook_schema.ts";

/**
 * What editors show beside each key of a rule file. A tree: the empty key describes the node itself, `*` the values of a map
 * whose keys the author chooses; lists are described by their items. A test holds that no key is left without words.
 */
export interface Words {
  readonly [key: string]: string | Words;
}

export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  classify: "Outbound, first: settles whether it is advertising or information",
  permit: "Outbound: refuses, or holds",
  compose: "Outbound: shapes the text, adds the mention",
  release: "Outbound, last: looks at the finished text and says when it may leave",
  understand: "Inbound, first: settles what the person asks for",
  respond: "Inbound: acts on it",
};

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  confirmed: "Read at a regulator, a statute or a carrier body, or two sources agree",
  vendor: "One third party says so",
  statute: "Cited from general knowledge, the wording not read again",
  design: "Our own choice",
  unconfirmed: "Not established, or sources contradict each other",
};

export const OPERATOR_WORDS: Readonly<Record<Leaf["operator"], string>> = {
  equal: "The fact is exactly the value",
  notEqual: "The fact is not the value",
  in: "The fact is one of a list of values",
  notIn: "The fact is none of a list of values",
  contains: "The fact is a list that has the value",
  doesNotContain: "The fact is a list that has not the value",
  lessThan: "The fact is a number less than the value",
  lessThanInclusive: "The fact is a number, the value or less",
  greaterThan: "The fact is a number greater than the value",
  greaterThanInclusive: "The fact is a number, the value or more",
};

export const EVENT_WORDS: Readonly<Record<Event["type"], string>> = {
  classify: "The category is commercial or informative; the highest priority wins",
  refuse: "Not sent; the code of the highest priority is told",
  hold: "Waits until an instant, or without one for a person",
  append_mention: "The mention of the country is added at the end of the text",
  intent: "What the person asks for; the highest priority wins",
  suppress: "A standing refusal, with the scope of the country's opt_out; cancels what waits within it",
  lift_suppression: "Lifts what stands for this sender",
  record_consent: "A consent, with the words that our confirmation offered",
  withdraw_consent: "Withdraws the consent",
  dispute_consent: "The consent on record counts no more: it was somebody else's, or never given",
  open_review: "Somebody on the staff has to look; until it is settled advertising to the person waits",
  confirm_consent: "The question that waits for the person's answer (double opt-in) is answered with yes",
  remove_contact: "Takes the person out of the address book",
  flow_reply: "The answer of a flow",
  flow_consent: "The consent of a flow: recorded, or asked for (double opt-in)",
  flow_contact: "Into the address book, with the tags and the list of a flow",
  reply: "An automatic answer, worded by the replies files",
  note: "Recorded with the decision, changes nothing",
};

const SOURCE: Words = {
  "": "Where this comes from, how sure that is, and when somebody last read it",
  text: "Paragraph, regulator, carrier or vendor, in words",
  url: "Where it can be read",
  confidence: "How sure it is",
  reviewed: "Day on which somebody last read the source, like 2026-11-22",
};

const LANGUAGE = "ISO 639-1 code such as fr, or und for words of every language";
const PATTERNS =
  "Words one after the other; [a|b] may be there or not, a|b is a choice, rembours* a beginning of a word, " +
  "<number> <percent> <money> <time> <date> <url> <code> a figure of that shape";

const PHRASE_PATTERNS =
  `${PATTERNS}, {name} a set of this file, ... up to three words of any kind, ^ and $ where a sentence begins and ends`;

const SCENARIO: Words = {
  "": "A small story told to the real decision; what is left out has a plain default",
  direction: "Where it does not follow from the stage or the expectation",
  text: "What is written",
  to: "Outbound: the recipient. Inbound: the sender written to",
  from: "Outbound: the sender. Inbound: the person",
  sender: {
    "": "The sender, when it is not a usual one of that shape",
    kind: "Kind of sender",
    country: "Country its number belongs to",
    countries: "Countries it may be used for; empty is every country",
    stop_number: "Number to text STOP to, for a name that cannot be answered",
    brand: "Name that answers speak in",
  },
  at: "The instant, RFC 3339 with an offset; else Tuesday 2026-11-24 at 10:00 in Paris",
  category: "As the caller of the API declares it",
  scheduled_at: "As the caller of the API wishes it",
  max_segments: "What the caller allows the message to cost",
  sending_window: "Hours of its campaign at the recipient's place, as in a profile of quiet hours",
  reply_kind: "This message is itself one of our answers",
  copies: "How many messages of one batch have this text; 1 unless given",
  consent: "Consent that is on record for the purpose of the message",
  consent_source: "customer_relationship where it is the soft opt-in of an own customer",
  consent_days: "How many days ago it was given; 1 unless given",
  purpose: "What the person must have agreed to: commercial (the default), partner:NAME or informative:TYPE",
  consent_before_opt_out: "True when a STOP withdrew a consent that existed",
  suppressed: "What the person has stopped",
  suppressed_by: "Who made the suppression stand",
  advertising_last_24h: "How many advertisements the person got in the last 24 hours",
  advertising_days_ago: "Further advertisements that the person got, each by how many days ago",
  last_inbound_days: "Days since the person last wrote anything, to any sender",
  last_inbound_minutes: "Minutes since the person last wrote an ordinary message",
  last_reply: {
    "": "Our last automatic answer in the thread",
    kind: "Which answer",
    flow: "Of the answer of a flow: its id",
    minutes: "How many minutes ago",
    text: "What it said",
  },
  open_review: "True while a doubt about the person waits for somebody to settle it",
  asked: "Inbound: the purpose of a question (double opt-in) that the person may still answer",
  settled_category: "Outbound: what somebody on the staff settled about this very message",
  answered: "Inbound: our last texts in the thread, newest first",
  facts_available: "False when the database could not say",
  time_zone: "IANA zone from the address book",
  language: "Language from the address book",
  carrier_intent: "What the carrier recognised by itself",
  stop_reply: "Who answers keywords here",
  why: "A remark, shown when the example fails",
};

const RULE: Words = {
  "": "When it holds and what follows",
  id: "concern.what_it_does, lower case; unique among all files; stands in every decision",
  description: "For the next person who edits it",
  source: {
    ...SOURCE,
    "":
      "Where the rule comes from; or country.opt_out, country.consent … : what the recipient's country file names for that section",
  },
  reason: "Told to whoever meets the rule; {country}, {sender}, {matched}, {hours} … are filled in",
  effective_from: "First day on which it counts, like 2027-01-01",
  effective_to: "First day on which it no longer counts",
  conditions: "When it holds: a json-rules-engine document, all, any or not at the top",
  event: "What follows when it holds",
  priority: "1 to 1000; higher wins where only one can: the category, the intent, the refusal code",
  examples: {
    "": "Tests of the rule; run before the rulebook may become active",
    matches: { "": "Messages on which it must hold", ...withoutOwn(SCENARIO) },
    does_not_match: { "": "Messages on which it must not hold", ...withoutOwn(SCENARIO) },
  },
  stage: "When in the life of a message the rule is asked",
};

const PROFILE: Words = {
  "": "A set of advertising hours",
  open: {
    "": 'When advertising may leave, in the recipient\'s time; every day exactly once: mon-fri: "08:00-20:00"',
    "*": "Hours such as 08:00-20:00, which ends at 19:59:59, or closed",
  },
  holidays: "Whether public holidays are closed like a Sunday",
  source: SOURCE,
};

const KEYWORD: Words & Record<keyof KeywordEntry, string | Words> = {
  "": "Words of one intent in one language",
  intent: "What the words ask for: opt_out, opt_in, help, or a word of your own",
  language: LANGUAGE,
  words: "The keywords; case, accents and punctuation do not count",
  tail: "False: counts only as the whole message",
  abroad: "False: counts only where the language is spoken, because it is an ordinary word of another (ALTO, PARE)",
  yes: "True: says yes to a question of ours (double opt-in), in whatever country",
  only_when_opted_out: "True: counts only while the person is opted out (YES, OUI, JA)",
  source: SOURCE,
};

const FREQUENCY: Words = {
  "": "How many advertisements one person may get",
  max: "How many",
  hours: "In how many hours",
  source: SOURCE,
  also: {
    "": "Further caps over other periods (168 hours are a week, 720 a month); all of them hold",
    max: "How many",
    hours: "In how many hours",
    source: SOURCE,
  },
};

const PERIOD: Words = {
  days: "For how many days it stays",
  why: "What it is needed for, so long and no longer",
  source: SOURCE,
};

const KIND = "What this file is";

export const FILE_WORDS: Readonly<Record<RuleFile["kind"], Words>> = {
  rules: {
    "": "Rules of one concern, for all countries",
    kind: KIND,
    concern: "What the rules are about, in a word or two",
    stage: "When in the life of a message the rules are asked",
    rules: RULE,
  },
  country: {
    "": "All there is about one country",
    kind: KIND,
    code: "ISO 3166 code, or default for every country without a file of its own",
    name: "Its name, told in reasons",
    territories: "Codes that follow this file although they have one, and clocks, of their own",
    languages: "In order of preference; answers fall back along it, then to English",
    zones: "Every IANA zone a person with such a number may be in; left out: all of the country",
    holidays: {
      "": "Calendar of public holidays, from the library date-holidays",
      country: "ISO 3166 code",
      region: "Part of the country, where it has a calendar of its own",
    },
    opt_out: {
      "": "What a STOP ends",
      scope:
        "commercial: advertising from the whole workspace; everything_from_sender: that, and all else from that sender",
      doubt:
        "suppress: a reply that may be a revocation stops first; review (default): advertising waits until somebody looked",
      resume:
        "page: who left on the unsubscribe page may take it back there, with a new consent; start (default): only START does",
      deadline: "How fast the law wants it, for the record; Parley does it at once",
      source: SOURCE,
    },
    keywords: KEYWORD,
    consent: {
      "": "Whether advertising needs a consent",
      commercial: "required or not_required",
      lapse: {
        "":
          "Months after which a consent no longer counts, from when it was given or the person last wrote; left out: never",
        own: "A consent to our own advertising",
        partner: "A consent to a partner's advertising",
        informative: "A consent to information",
        customer_relationship: "The soft opt-in of a customer, from the sale",
        source: SOURCE,
      },
      soft_opt_in: {
        "": "Whether own customers may get advertising for similar products without having said yes",
        allowed: "True: a consent with the source customer_relationship counts",
        source: SOURCE,
      },
      source: SOURCE,
    },
    quiet_hours: {
      "": "When advertising may leave",
      profile: "Name of the profile in force; deployment.yaml may choose another",
      profiles: { "": "Sets of hours by name", "*": PROFILE },
      regions: { "": "Stricter hours of a part of the country, by its suffix of ISO 3166-2 (FL)", "*": PROFILE },
    },
    mention: {
      "": "How advertising says how to refuse it",
      short_code: "number: STOP and the number; reply: something to answer",
      link_allowed: "Whether a page will do for a name that cannot be answered",
      number: "Wordings with {number}, the preferred first; a shorter one is used where it saves a segment",
      reply: "Wordings for senders that can be answered",
      link: "Wordings with {link}",
      languages: "In which languages the wordings speak; left out: in all of the country's",
      source: SOURCE,
    },
    reporting: {
      "": "Where people report abusive SMS",
      number: "The number that they forward it to",
      help: {
        "": "The sentence that the answer to HELP ends with, by language",
        "*": "With {number}; left out where the answer would need a second SMS",
      },
      source: SOURCE,
    },
    frequency: {
      ...FREQUENCY,
      regions: { "": "Caps of a part of the country, by its suffix of ISO 3166-2", "*": FREQUENCY },
    },
    senders: {
      "": "Which kinds of sender may carry what",
      commercial: "Kinds that may carry advertising",
      informative: "Kinds that may carry information",
      source: SOURCE,
    },
    rules: RULE,
    notes: "What is open, and whatever the next reader should know",
    examples: {
      ...SCENARIO,
      expect: {
        "": "What must come out; every key that is given is compared",
        outcome: "allow, hold or refuse",
        code: "Code of the refusal",
        hold_reason: "Why it waits",
        hold_until: "Until when, RFC 3339 with an offset",
        category: "The category as it was settled",
        intent: "The intent as it was understood",
        final_text: "The text as it would leave",
        segments: "What it costs",
        encoding: "How it is carried",
        suppresses: "What the message stops",
        review: "Kind of the review that it opens; null for none",
        reply: "Text of the automatic answer, or null for none",
      },
    },
  },
  keywords: { "": "Words with which people leave, come back or ask who writes", kind: KIND, entries: KEYWORD },
  tails: {
    "": "Words that may stand around a keyword without changing it",
    kind: KIND,
    entries: { "": "Words of one language", language: LANGUAGE, words: PATTERNS, source: SOURCE },
  },
  guards: {
    "": "Wordings that show that a keyword does not mean what it says",
    kind: KIND,
    entries: {
      "": "Wordings of one kind in one language",
      language: LANGUAGE,
      patterns: PATTERNS,
      why: "What they mean instead",
      source: SOURCE,
    },
  },
  phrases: {
    "": "What people write without a keyword, in one language",
    kind: KIND,
    language: LANGUAGE,
    sets: { "": "Words that say the same, used in the patterns of this file as {name}", "*": PATTERNS },
    entries: {
      "": "Phrases that show the same",
      sign: "What they show; rules ask for it with contains on the fact signs",
      why: "What kind of phrase it is",
      patterns: PHRASE_PATTERNS,
      source: SOURCE,
    },
    guards: {
      "": "Wordings that show that a phrase which overlaps them means something else",
      why: "What it means instead",
      against: "The signs that do not count there; left out: opt_out and doubt",
      patterns: PHRASE_PATTERNS,
      source: SOURCE,
    },
  },
  typing_errors: {
    "": "Opt-out words that are recognised mistyped, compared with whole short texts",
    kind: KIND,
    keyboards: { "": "Layouts whose neighbouring keys are confused", "*": "Rows of keys, the digits first" },
    words: "Words that may be mistyped",
    joined: {
      "": "Forms such as STOP2END: one of each list, written as one",
      first: "How they begin",
      between: "What stands between, or nothing",
      last: "How they end",
    },
    never: { "": "By language", "*": "Words that exist and are never a typing error of another" },
    source: SOURCE,
  },
  offers: {
    "": "How our own messages offer the word to leave with",
    kind: KIND,
    before: `What stands before the word when one of after follows it. ${PATTERNS}`,
    after: `What follows it. ${PATTERNS}`,
    alone: `What stands before it and is enough. ${PATTERNS}`,
    source: SOURCE,
  },
  reactions: {
    "": "What telephones write before a message that somebody reacted to",
    kind: KIND,
    before: PATTERNS,
    source: SOURCE,
  },
  mentions: {
    "": "How a mention that the caller wrote is recognised",
    kind: KIND,
    number: `With the number to write to. ${PATTERNS}`,
    reply: `For senders that are answered. ${PATTERNS}`,
    negation: `What takes back the mention right after it. ${PATTERNS}`,
    closing: `What may stand between a mention and the end of the text. ${PATTERNS}`,
    source: SOURCE,
  },
  signals: {
    "": "Weighted signs of advertising and of information in one language",
    kind: KIND,
    language: LANGUAGE,
    thresholds: {
      "": "Scores at which a text is settled; only in the und file",
      commercial: "At and above it a text advertises",
      informative: "At and below it a text informs",
      floor: "Signs of information written by hand count down to here and no further",
      ceiling: "Signs of advertising written by hand count up to here, but a single one of 10 decides alone",
    },
    signals: {
      "": "Signs of one kind",
      patterns: PATTERNS,
      weight: "Positive is advertising, negative information; from -10 to 10",
      why: "What kind of sign it is, shown in decisions",
      speaks_about_offers:
        "The text speaks about an offer and makes none (a warning of fraud, a voucher used or paid back): then no clear offer decides alone",
    },
  },
  weights: {
    "": "What words were found to say, learned by deno task rules train; never edited by hand",
    kind: KIND,
    language: LANGUAGE,
    traits: { "": "Points of outward signs of a text; only in the und file", "*": "Positive is advertising" },
    words: {
      "": "Points by word, two words, the first five letters of a word and *, or shape",
      "*": "Positive is advertising, negative information",
    },
  },
  replies: {
    "": "Automatic answers in one language",
    kind: KIND,
    language: LANGUAGE,
    templates: {
      "": "{brand}, {sender} and {contact} are filled in; GSM-7 letters keep an answer at one segment",
      opt_out_commercial: "Confirms a STOP that ends advertising",
      opt_out_everything: "Confirms a STOP that ends everything from the sender",
      opt_in_confirmation: "Confirms a return, and says how to stop",
      opt_in_done: "Thanks for the yes to a question of ours, and says how to stop",
      opt_in_request:
        "Asks whether the person agrees to our advertising (double opt-in), and with which word to say yes",
      opt_in_request_partner: "The same for the advertising of {purpose}",
      opt_in_request_informative: "The same for information about {purpose}",
      help: "Says who writes, how to reach them and how to stop",
    },
    source: SOURCE,
  },
  flows: {
    "": "What happens when a person writes a word, or outside office hours; no code and no rules to write",
    kind: KIND,
    flows: {
      "": "One thing that staff want to happen; an opt-out always wins",
      id: "concern.what_it_does, lower case; the rules that it stands for begin with it",
      description: "For the next person who edits it",
      source: SOURCE,
      effective_from: "First day on which it counts, like 2027-01-01",
      effective_to: "First day on which it no longer counts",
      senders: "Addresses that it belongs to; left out: every sender",
      words: {
        "": "Words that start it, by language",
        "*": "As the whole text, or with politeness and the sender's name",
      },
      outside: {
        "": "Instead of words: any ordinary message outside these hours",
        open: {
          "": 'When somebody is there; every day exactly once: mon-fri: "09:00-18:00"',
          "*": "Hours such as 09:00-18:00, or closed",
        },
        zone: "IANA zone of the office, like Europe/Paris",
        holidays: {
          "": "Calendar of public holidays that are closed, from the library date-holidays",
          country: "ISO 3166 code",
          region: "Part of the country, where it has a calendar of its own",
        },
      },
      reply: { "": "The answer, by language", "*": "{brand}, {sender} and {contact} are filled in; no advertising" },
      every_hours: "At most one answer to a person in so many hours",
      consent: {
        "": "What the person agrees to with the word",
        purpose: "commercial, partner:NAME or informative:TYPE",
        opt_in: "single: the word is the consent; double: the person is asked, and their yes is",
        wording: "What the person read where the word was offered",
      },
      tags: "Tags in the address book",
      list: "Name of a list with members",
      hand_over: "True: somebody on the staff is to take over (GET /v1/reviews)",
      examples: {
        "": "Tests of the flow; run before the rulebook may become active",
        matches: { "": "Messages that start it", ...withoutOwn(SCENARIO) },
        does_not_match: { "": "Messages that do not", ...withoutOwn(SCENARIO) },
      },
    },
  },
  area_codes: {
    "": "Where a number may be, by its area code",
    kind: KIND,
    calling_code: "Country calling code, without +",
    source: SOURCE,
    areas: {
      "": "By area code",
      "*": {
        "": "An area code",
        country: "ISO 3166 code",
        region: "Suffix of ISO 3166-2 (FL)",
        zones: "Every zone a number may be in",
      },
    },
  },
  retention: {
    "": "After how long what is stored goes; what is not named stays, and suppressions that stand never go",
    kind: KIND,
    keep: {
      "": "By kind of data",
      message_texts: { "": "Texts, metadata and reasons of messages that were sent or refused", ...PERIOD },
      inbound_texts: { "": "Texts of messages from people", ...PERIOD },
      notes: { "": "What staff noted about threads", ...PERIOD },
      messages: { "": "Messages as a whole, with number, events and an empty thread", ...PERIOD },
      idempotency_keys: { "": "Answers under an Idempotency-Key: repeated later, it makes a new message", ...PERIOD },
      webhook_deliveries: { "": "Events, deliveries and answers of webhooks", ...PERIOD },
      imports: { "": "Imports of contacts with what was wrong in them; the contacts stay", ...PERIOD },
      reviews: { "": "Reviews that somebody settled", ...PERIOD },
      contacts: {
        "": "People in the address book who were not heard of, changed or agreed to anything since",
        ...PERIOD,
      },
      consents: { "": "Acts about a purpose of which the last one is no consent in force", ...PERIOD },
      lifted_suppressions: { "": "Suppressions, since they were lifted", ...PERIOD },
      audit_details: { "": "Details of entries of the audit log; the entries and their chain stay", ...PERIOD },
    },
  },
  deployment: {
    "": "What this installation chooses for itself",
    kind: KIND,
    brand: "Name in which automatic answers speak, unless the sender has its own",
    contact: "Told in the HELP answer: a web address, an e-mail address or a telephone number",
    quiet_hours: {
      "": "Other advertising hours than the default",
      "*": "Name of one of the profiles in the country's file",
    },
    double_opt_in: {
      "": "Questions to a number whether its holder agrees",
      answer_hours: "How long one may be answered",
      again_hours: "How long the same sender asks no second one",
    },
    frequency: {
      "": "Caps on advertising to one person beside those of the country files, by ISO code or for any",
      "*": {
        "": "A cap",
        max: "So many advertisements, from all senders together",
        hours: "In so many hours; 720 at most",
      },
    },
    prices: {
      "": "What a segment costs, for the estimates of campaigns",
      currency: "ISO 4217 code such as EUR",
      per_segment: "By country",
      elsewhere: "In every other country",
    },
  },
};

function withoutOwn({ "": _, ...rest }: Words): Words {
  return rest;
}
