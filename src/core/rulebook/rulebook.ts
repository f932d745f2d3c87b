import type { CompiledFlow } from "../flows.ts";
import type { MentionPattern } from "../mention.ts";
import type { Confidence } from "../message.ts";
import type { KeywordMatcher } from "../text/keywords.ts";
import type { OfferPattern } from "../text/offers.ts";
import type { PhraseMatch, PhraseMatcher } from "../text/phrases.ts";
import type { Respelling } from "../text/respelling.ts";
import type { Token } from "../text/text.ts";
import type { TypingMatcher } from "../text/typing.ts";
import type { WordWeights } from "../text/weights.ts";
import type { Predicate } from "./conditions.ts";
import type {
  Country,
  Deployment,
  Event,
  FrequencyCap,
  RetainedData,
  RetentionPeriod,
  Rule,
  Sign,
  Source,
  Stage,
} from "./rulebook_schema.ts";

/**
 * One immutable version of all rule files, compiled. Generic rules are few and country tables many, so the work per message
 * does not grow with the number of countries: a country is compiled when its first message comes.
 */
export interface Rulebook {
  /** Content hash of the files: the name of this version. */
  readonly hash: string;
  readonly deployment: Deployment;
  /** After how long what goes; nothing else does. */
  readonly retention: ReadonlyMap<RetainedData, RetentionPeriod>;
  /** What staff wrote as flows, by id, in the order of the files. */
  readonly flows: ReadonlyMap<string, CompiledFlow>;
  /** All words that start one. */
  readonly flowWords: readonly string[];
  readonly thresholds: Thresholds;
  /** What was learned of words; the same in every country, because a text may be in any language anywhere. */
  readonly weights: WordWeights;
  readonly guards: PhraseMatcher<{ why: string }>;
  /** Phrases of every language, wherever the writer is: people write as they speak. `guard` marks those that speak against. */
  readonly phrases: PhraseMatcher<PhraseSign>;
  /** Other readings of words that no phrase knows: mistyped, or run together. */
  readonly respelling: Respelling;
  /** Politeness and what else may stand around a keyword. */
  readonly tails: PhraseMatcher<string>;
  /** Words that say yes to a question of ours, in every language, because a person answers in that of the question. */
  readonly yes: KeywordMatcher;
  readonly offers: PhraseMatcher<OfferPattern>;
  readonly reactions: PhraseMatcher<string>;
  /** Country codes that have a file of their own. */
  readonly countries: readonly string[];
  country(code: string | null): CountryBook;
  /** Where a number may be: country, region and every zone its holder may be in. */
  locate(e164: string): Place;
  /** Wording of an automatic answer in the first of `languages` that has one. */
  reply(template: ReplyTemplate, languages: readonly string[]): { text: string; language: string; source: Source };
}

/** In points: at and beyond which a text is one or the other, and how far signals written by hand count. */
export interface Thresholds {
  commercial: number;
  informative: number;
  floor: number;
  ceiling: number;
}

export type ReplyTemplate =
  | "opt_out_commercial"
  | "opt_out_everything"
  | "opt_in_confirmation"
  | "opt_in_done"
  | OptInRequest
  | "help";
export type OptInRequest = "opt_in_request" | "opt_in_request_partner" | "opt_in_request_informative";

export interface PhraseSign {
  sign: Sign | "guard";
  why: string;
  language: string;
  /** Of a guard: the signs that do not count where it overlaps them. */
  against: readonly Sign[];
}

/** What a guard speaks against when its file does not say. */
export const GUARDED: readonly Sign[] = ["opt_out", "doubt"];

export interface Place {
  country: string | null;
  region: string | null;
  zones: string[];
}

export interface CountryBook {
  readonly table: Country;
  readonly stages: Readonly<Record<Stage, readonly CompiledRule[]>>;
  readonly keywords: KeywordMatcher;
  readonly typing: TypingMatcher;
  readonly mentions: PhraseMatcher<MentionPattern>;
  /**
   * Signs of advertising in every language, signs of information only in those of the country, in English and in none: a word
   * of another language that looks alike must not excuse an advertisement (Dutch "garage" in a French one).
   */
  readonly signals: { match(tokens: readonly Token[]): PhraseMatch<Signal>[] };
  /** Caps on advertising that hold in the country, or in the region where it has its own, and those of the deployment. */
  caps(region: string | null): readonly FrequencyCap[];
  /** Hours that bind in the country, and in the region where it is stricter. */
  hours(region: string | null): Parameters<typeof import("../time/quiet_hours.ts").quiet>[2];
}

export interface CompiledRule {
  readonly id: string;
  readonly concern: string;
  readonly rule: Rule;
  readonly test: Predicate;
  readonly event: Event;
  /** Signs that the conditions ask for: their words are what made the rule fire. */
  readonly signs: readonly string[];
  readonly priority: number;
  readonly from: number;
  readonly to: number;
  readonly sourceText: string;
  readonly confidence: Confidence;
}

export interface Signal {
  /** Positive is advertising, negative information. */
  weight: number;
  why: string;
  language: string;
  /** The text speaks about an offer and makes none. */
  about: boolean;
}
