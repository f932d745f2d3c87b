import { z } from "zod";
import { TRAITS } from "../text/weights.ts";
import { KeywordEntry } from "./country_schema.ts";
import { SIGNS } from "./rule_schema.ts";
import { country, language, Source, text } from "./rule_values.ts";

/** Words: of people, of us and of advertising; replies; area codes. */

/**
 * A pattern is words in lower case without accents, matched one after the other: `stop by`, `[please] stop [sms|pub]`,
 * `code promo <code>`. `[a|b]` is optional, `a|b` a choice, `rembours*` a beginning of a word (3 letters or more), and
 * `<number> <percent> <money> <time> <date> <url> <code>` stand for tokens of that shape. In `phrases` and `guards` files also
 * `{send}` for any phrase of the set `send`, `...` for up to three words, `^` and `$` for where a sentence begins and ends.
 */
const pattern = text;
const setName = z.string().regex(/^[a-z_]+$/);

export const Keywords = z.strictObject({ kind: z.literal("keywords"), entries: z.array(KeywordEntry).min(1) });
/** Words that may follow a keyword without changing its meaning: politeness, SMS, PUB, ALL … */
export const Tails = z.strictObject({
  kind: z.literal("tails"),
  entries: z.array(z.strictObject({ language, words: z.array(text).min(1), source: Source })).min(1),
});
/** Whole phrases that ask for something without a keyword, or make one doubtful: "lose my number", "ne m'écrivez plus". */
export const Phrases = z.strictObject({
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
export const Typing = z.strictObject({
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
export const Offers = z.strictObject({
  kind: z.literal("offers"),
  /** Stand before the word, when one of `after` follows it. */
  before: z.array(pattern).min(1),
  after: z.array(pattern).min(1),
  /** Stand before the word and are enough. */
  alone: z.array(pattern).min(1),
  source: Source,
});
/** What a telephone writes before it quotes a message that somebody reacted to: "Liked", "A aimé". */
export const Reactions = z.strictObject({
  kind: z.literal("reactions"),
  before: z.array(pattern).min(1),
  source: Source,
});
/** Patterns that show that a keyword does not mean what it says: "stop by", "bus stop", "don't stop". */
export const Guards = z.strictObject({
  kind: z.literal("guards"),
  entries: z.array(z.strictObject({ language, patterns: z.array(pattern).min(1), why: text, source: Source })).min(1),
});
/** How a mention that the caller already wrote is recognised, whatever the country: `stop [sms] [au|to] <number>`. */
export const Mentions = z.strictObject({
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
export const Signals = z.strictObject({
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
export const Weights = z.strictObject({
  kind: z.literal("weights"),
  language,
  /** Outward signs of a text; only in the `und` file. */
  traits: z.partialRecord(z.enum(TRAITS), z.number()).optional(),
  /** `word`, `two words`, `livra*` (the first five letters of a longer word), `<money> off`, `#p` (figures and letters). */
  words: z.record(text, z.number().min(-20).max(20)),
});
export const Replies = z.strictObject({
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
export const AreaCodes = z.strictObject({
  kind: z.literal("area_codes"),
  calling_code: z.string().regex(/^\d{1,3}$/),
  source: Source,
  areas: z.record(
    z.string().regex(/^\d{3}$/),
    z.strictObject({ country, region: z.string().optional(), zones: z.array(z.string()).min(1) }),
  ),
});
