import { compileCondition, ConditionError, type Predicate } from "./conditions.ts";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "./fact_names.ts";
import { type CompiledFlow, compileFlow, rulesOfFlow } from "./flows.ts";
import { holidayCalendar } from "./holidays.ts";
import { compileKeywords, type KeywordMatcher } from "./keywords.ts";
import { locate } from "./location.ts";
import type { MentionPattern } from "./mention.ts";
import type { Confidence } from "./message.ts";
import type { OfferPattern } from "./offers.ts";
import {
  compilePatterns,
  compileSets,
  patternBuilder,
  type PatternEntry,
  PatternError,
  type PhraseMatch,
  type PhraseMatcher,
} from "./phrases.ts";
import { compileWeek, isKnownZone } from "./quiet_hours.ts";
import type {
  Condition,
  Country,
  Deployment,
  Event,
  FrequencyCap,
  KeywordEntry,
  QuietProfile,
  RetainedData,
  RetentionPeriod,
  Rule,
  RuleFile,
  Sign,
  Source,
  Stage,
} from "./rulebook_schema.ts";
import { type Token, tokenize } from "./text.ts";
import { compileRespelling, type Respelling } from "./respelling.ts";
import { compileTyping, slipTest, type TypingMatcher } from "./typing.ts";
import { compileWeights, WeightError, type WordWeights } from "./weights.ts";
import { zonesOfCountry } from "./zones.ts";

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
  hours(region: string | null): Parameters<typeof import("./quiet_hours.ts").quiet>[2];
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

/** A rule file that is well formed but cannot work; `rule` tells the loader which line to name. */
export class RulebookError extends Error {
  override name = "RulebookError";
  constructor(readonly file: string, readonly rule: string | null, message: string) {
    super(message);
  }
}

export interface NamedFile {
  /** Path under the rules folder, for messages. */
  path: string;
  content: RuleFile;
}

type StagedRule = { path: string; concern: string; stage: Stage; rule: Rule };
type Of<K extends RuleFile["kind"]> = Extract<RuleFile, { kind: K }>;

/** @throws RulebookError for what the schema cannot see: unknown facts, two rules of one name, a missing default. */
export function compileRulebook(files: readonly NamedFile[], hash: string): Rulebook {
  const of = <K extends RuleFile["kind"]>(kind: K) =>
    files.filter((file): file is NamedFile & { content: Of<K> } => file.content.kind === kind);

  const deployment = single(of("deployment"), "deployment").content;
  const countries = new Map<string, NamedFile & { content: Country }>();
  for (const file of of("country")) {
    for (const code of [file.content.code, ...(file.content.territories ?? [])]) {
      const earlier = countries.get(code);
      if (earlier) throw new RulebookError(file.path, null, `${earlier.path} already speaks for ${code}`);
      countries.set(code, file);
    }
  }
  const fallback = countries.get("default");
  if (!fallback) throw new RulebookError("countries", null, "there is no country file with code `default`");
  for (const [code, profile] of Object.entries(deployment.quiet_hours ?? {})) {
    const profiles = countries.get(code)?.content.quiet_hours.profiles;
    if (!profiles?.[profile]) {
      const known = profiles ? Object.keys(profiles).join(", ") : "none, there is no file for this country";
      throw new RulebookError(
        single(of("deployment"), "deployment").path,
        null,
        `quiet_hours chooses "${profile}" for ${code}; its profiles are: ${known}`,
      );
    }
  }

  const generic: StagedRule[] = of("rules").flatMap(({ path, content }) =>
    content.rules.map((rule) => ({ path, concern: content.concern, stage: content.stage, rule }))
  );
  const tails = of("tails").flatMap((file) => file.content.entries.flatMap((entry) => entry.words));
  const flows = new Map<string, CompiledFlow>();
  for (const { path, content } of of("flows")) {
    for (const flow of content.flows) {
      if (flows.has(flow.id)) throw new RulebookError(path, flow.id, "another flow already has this name");
      if (flow.outside !== undefined && !isKnownZone(flow.outside.zone)) {
        throw new RulebookError(path, flow.id, `there is no time zone "${flow.outside.zone}"`);
      }
      flows.set(flow.id, guarded(path, () => compileFlow(flow, tails)));
      generic.push(...rulesOfFlow(flow).map(({ stage, rule }) => ({ path, concern: "flow", stage, rule })));
    }
  }
  // Once each: a file with territories is there under every one of their codes.
  const local = [...new Set(countries.values())].flatMap(({ path, content }) =>
    (content.rules ?? []).map((rule) => ({
      path,
      concern: content.name,
      stage: rule.stage,
      rule,
      country: content.code,
    }))
  );
  const seen = new Map<string, string>();
  for (const { path, rule } of [...generic, ...local]) {
    const earlier = seen.get(rule.id);
    if (earlier) throw new RulebookError(path, rule.id, `${earlier} already has a rule of this name`);
    seen.set(rule.id, path);
  }
  const checked = new Map([...generic, ...local].map((staged) => [staged.rule.id, compileRule(staged, flows)]));

  const keywords = of("keywords").flatMap((file) => file.content.entries);
  const typingOf = typingErrors(of("typing_errors"));
  const mentionFile = single(of("mentions"), "mentions");
  const mentions = mentionFile.content;
  // Once by itself, so that a malformed pattern is reported with the file that holds it and not with a country's.
  guarded(mentionFile.path, () => compilePatterns(generalMentions(mentions)));
  const areaFile = of("area_codes")[0];
  const areas = new Map(
    Object.entries(areaFile?.content.areas ?? {}).map(([code, { country, region, zones }]) => [
      code,
      region === undefined ? { country, zones } : { country, region, zones },
    ]),
  );
  const thresholds = of("signals").map((file) => file.content.thresholds).find((one) => one !== undefined);
  if (!thresholds) throw new RulebookError("lexicons/signals", null, "no signals file gives the thresholds");
  const weights = compileTables(of("weights"));
  // A territory has clocks of its own.
  const zonesOf = (code: string) => {
    const file = countries.get(code)?.content;
    return file?.code === code && file.zones ? file.zones : zonesOfCountry(code);
  };
  const replies = new Map(of("replies").map((file) => [file.content.language, file.content]));
  if (!replies.has("en")) throw new RulebookError("replies", null, "there are no replies in English, the last resort");

  const signals = compileAll<Signal, NamedFile & { content: Of<"signals"> }>(
    of("signals"),
    ({ content }) =>
      content.signals.flatMap(({ patterns, weight, why, speaks_about_offers: about = false }) =>
        patterns.map((pattern) => ({ pattern, value: { weight, why, language: content.language, about } }))
      ),
  );

  const compileCountry = (table: Country, path: string): CountryBook => {
    const profile = deployment.quiet_hours?.[table.code] ?? table.quiet_hours.profile;
    const applied: Country = { ...table, quiet_hours: { ...table.quiet_hours, profile } };
    const compiled = [...generic, ...local.filter((one) => one.country === table.code)].map(({ rule, stage }) => ({
      stage,
      compiled: withCountry(checked.get(rule.id)!, applied, path),
    }));
    const stages = Object.fromEntries(
      (["classify", "permit", "compose", "release", "understand", "respond"] as const).map((stage) => [
        stage,
        compiled.filter((one) => one.stage === stage).map((one) => one.compiled)
          .sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1)),
      ]),
    ) as unknown as Record<Stage, CompiledRule[]>;
    const hours = new Map<string | null, ReturnType<CountryBook["hours"]>>();
    const caps = new Map<string | null, readonly FrequencyCap[]>();
    return {
      table: applied,
      stages,
      keywords: compileKeywords(keywordsOf(applied, keywords), tails),
      typing: typingOf(applied),
      mentions: guarded(path, () => compilePatterns<MentionPattern>(mentionPatterns(applied, mentions))),
      signals: signalsOf(applied, signals),
      caps(region) {
        const key = region !== null && applied.frequency.regions?.[region] ? region : null;
        const known = caps.get(key);
        if (known) return known;
        const own = key === null ? applied.frequency : applied.frequency.regions![key]!;
        const chosen = deployment.frequency ?? {};
        const all = [own, ...own.also ?? [], ...chosen["any"] ?? [], ...chosen[table.code] ?? []];
        caps.set(key, all);
        return all;
      },
      hours(region) {
        const regional = region === null ? undefined : applied.quiet_hours.regions?.[region];
        const key = regional ? region : null;
        const known = hours.get(key);
        if (known) return known;
        const national = applied.quiet_hours.profiles[profile]!;
        const calendar = (profileHours: QuietProfile, part?: string) => ({
          week: compileWeek(profileHours.open),
          closedOn: profileHours.holidays === "closed" && applied.holidays
            ? holidayCalendar(applied.holidays.country, part ?? applied.holidays.region)
            : () => false,
        });
        const both = regional ? [calendar(national), calendar(regional, region!)] : [calendar(national)];
        hours.set(key, both);
        return both;
      },
    };
  };

  const guards = compileAll(
    of("guards"),
    (file) =>
      file.content.entries.flatMap(({ patterns, why }) => patterns.map((pattern) => ({ pattern, value: { why } }))),
  );
  const phrases = compileAll<PhraseSign, NamedFile & { content: Of<"phrases"> }>(of("phrases"), ({ content }) => {
    const { language } = content;
    const sets = compileSets(content.sets ?? {});
    return [
      ...content.entries.flatMap(({ sign, why, patterns }) =>
        patterns.map((pattern) => ({ pattern, sets, value: { sign, why, language, against: [] } }))
      ),
      ...(content.guards ?? []).flatMap(({ why, patterns, against = GUARDED }) =>
        patterns.map((pattern) => ({ pattern, sets, value: { sign: "guard" as const, why, language, against } }))
      ),
    ];
  });
  const keyboards = of("typing_errors").flatMap(({ content }) => Object.values(content.keyboards));
  const respelling = compileRespelling(
    () => phrases.vocabulary().union(guards.vocabulary()),
    slipTest(keyboards),
    new Set(of("typing_errors").flatMap(({ content }) => Object.values(content.never).flat().map(joinedWords))),
  );

  const kept = of("retention");
  const retention = kept.length === 0 ? {} : single(kept, "retention").content.keep;
  const books = new Map<string, CountryBook>();
  const rulebook: Rulebook = {
    hash,
    deployment,
    retention: new Map(Object.entries(retention) as [RetainedData, RetentionPeriod][]),
    flows,
    flowWords: [...flows.values()].flatMap(({ flow }) => Object.values(flow.words ?? {}).flat()),
    thresholds,
    weights,
    countries: [...countries.keys()].filter((code) => code !== "default"),
    guards,
    phrases,
    respelling,
    yes: compileKeywords(keywords.filter(({ yes }) => yes).map((entry) => ({ ...entry, tail: true })), tails),
    tails: compilePatterns(tails.map((pattern) => ({ pattern, value: pattern }))),
    offers: compileAll(
      of("offers"),
      ({ content }) =>
        (["before", "after", "alone"] as const).flatMap((way) =>
          content[way].map((pattern) => ({ pattern, value: way }))
        ),
    ),
    reactions: compileAll(
      of("reactions"),
      ({ content }) => content.before.map((pattern) => ({ pattern, value: pattern })),
    ),
    country(code) {
      const file = (code !== null ? countries.get(code) : undefined) ?? fallback;
      let book = books.get(file.content.code);
      if (book === undefined) books.set(file.content.code, book = compileCountry(file.content, file.path));
      return book;
    },
    locate: (e164) => locate(e164, { areas, zonesOf }),
    reply(template, languages) {
      for (const language of [...languages, "en"]) {
        const found = replies.get(language);
        if (found) return { text: found.templates[template], language, source: found.source };
      }
      throw new Error("unreachable: English replies are required");
    },
  };
  for (const code of countries.keys()) rulebook.country(code).hours(null);
  return rulebook;
}

const OUTBOUND_STAGES = ["classify", "permit", "compose", "release"] as const;
const INBOUND_STAGES = ["understand", "respond"] as const;

/** Names of the facts that a rule of `stage` may ask about: those of its own stage and of earlier ones. */
export function factsOf(stage: Stage): ReadonlySet<string> {
  const names = new Set<string>();
  const inbound = (INBOUND_STAGES as readonly string[]).includes(stage);
  for (const one of inbound ? INBOUND_STAGES : OUTBOUND_STAGES) {
    const group = inbound ? INBOUND_FACTS[one as "understand"] : OUTBOUND_FACTS[one as "classify"];
    for (const name of Object.keys(group)) names.add(name);
    if (one === stage) break;
  }
  return names;
}

/** Which effects a stage may have; a refusal in `respond` or an intent in `permit` would silently do nothing. */
export const EVENTS_OF: Record<Stage, readonly Event["type"][]> = {
  classify: ["classify", "note"],
  permit: ["refuse", "hold", "note"],
  compose: ["append_mention", "refuse", "note"],
  release: ["refuse", "hold", "note"],
  understand: ["intent", "note"],
  respond: [
    "suppress",
    "lift_suppression",
    "record_consent",
    "withdraw_consent",
    "dispute_consent",
    "confirm_consent",
    "remove_contact",
    "flow_reply",
    "flow_consent",
    "flow_contact",
    "open_review",
    "reply",
    "note",
  ],
};

function compileRule(
  { path, concern, stage, rule }: StagedRule,
  flows: ReadonlyMap<string, CompiledFlow>,
): Omit<CompiledRule, "sourceText" | "confidence"> {
  if (!EVENTS_OF[stage].includes(rule.event.type)) {
    throw new RulebookError(
      path,
      rule.id,
      `a rule of the stage ${stage} cannot have the effect ${rule.event.type}; it can ${EVENTS_OF[stage].join(", ")}`,
    );
  }
  if ("params" in rule.event && rule.event.params !== undefined && "flow" in rule.event.params) {
    const { flow } = rule.event.params;
    if (!flows.has(flow)) throw new RulebookError(path, rule.id, `there is no flow "${flow}"`);
  }
  try {
    return {
      id: rule.id,
      concern,
      rule,
      test: compileCondition(rule.conditions, factsOf(stage)),
      event: rule.event,
      signs: signsIn(rule.conditions),
      priority: rule.priority ?? 1,
      from: rule.effective_from ? Date.parse(rule.effective_from) : -Infinity,
      to: rule.effective_to ? Date.parse(rule.effective_to) : Infinity,
    };
  } catch (error) {
    if (error instanceof ConditionError) throw new RulebookError(path, rule.id, error.message);
    throw error;
  }
}

function withCountry(
  rule: Omit<CompiledRule, "sourceText" | "confidence">,
  table: Country,
  path: string,
): CompiledRule {
  const ref = rule.rule.source;
  if (typeof ref !== "string") return { ...rule, sourceText: ref.text, confidence: ref.confidence };
  const section = ref.slice("country.".length);
  const source = section === "quiet_hours"
    ? table.quiet_hours.profiles[table.quiet_hours.profile]?.source
    : table[section as "opt_out" | "consent" | "mention" | "frequency" | "senders"].source;
  if (!source) throw new RulebookError(path, rule.id, `the country file gives no source for ${section}`);
  return { ...rule, sourceText: source.text, confidence: source.confidence };
}

function signsIn(condition: Condition): string[] {
  if ("all" in condition) return condition.all.flatMap(signsIn);
  if ("any" in condition) return condition.any.flatMap(signsIn);
  if ("not" in condition) return [];
  return condition.fact === "signs" && condition.operator === "contains" ? [String(condition.value)] : [];
}

function joinedWords(text: string): string {
  return tokenize(text).map((token) => token.text).join("");
}

/** Every matcher of a country shares the words; what exists in its languages differs ("stp" is French for "please"). */
function typingErrors(
  files: readonly (NamedFile & { content: Of<"typing_errors"> })[],
): (table: Country) => TypingMatcher {
  const [file] = files;
  if (file === undefined) return () => ({ match: () => null });
  const { keyboards, words, joined, never } = single(files, "typing_errors").content;
  const all = [
    ...words,
    ...joined.first.flatMap((first) =>
      joined.between.flatMap((between) => joined.last.map((last) => first + between + last))
    ),
  ].map(joinedWords);
  const existing = new Map(Object.entries(never).map(([language, list]) => [language, list.map(joinedWords)]));
  return (table) => {
    const languages = table.code === "default" ? [...existing.keys()] : ["und", "en", ...table.languages];
    return compileTyping({
      keyboards: Object.values(keyboards),
      words: all,
      never: new Set(languages.flatMap((language) => existing.get(language) ?? [])),
    });
  };
}

/** The keywords that count for people of a country: its own, then the general ones. */
export function keywordsOf(table: Country, general: readonly KeywordEntry[]): KeywordEntry[] {
  // Words of every language are understood everywhere, because people write as they speak, wherever their number is from; except
  // those that are ordinary words of another language, and those that are ordinary answers in their own.
  const languages = new Set(["und", "en", ...table.languages]);
  return [
    ...(table.keywords ?? []),
    ...general.filter((entry) =>
      languages.has(entry.language) || (entry.abroad !== false && !entry.only_when_opted_out)
    ),
  ];
}

/** Nobody knows the language of a country without a file, so every one informs there. */
function signalsOf(table: Country, all: PhraseMatcher<Signal>): CountryBook["signals"] {
  if (table.code === "default") return all;
  const languages = new Set(["und", "en", ...table.languages]);
  return {
    match: (tokens) => all.match(tokens).filter(({ value }) => value.weight > 0 || languages.has(value.language)),
  };
}

function mentionPatterns(table: Country, general: Of<"mentions">): { pattern: string; value: MentionPattern }[] {
  const own = (["number", "reply", "link"] as const).flatMap((way) =>
    table.mention[way].map((form) => ({
      // The colon of "STOP: {link}" is punctuation that tokens do not keep.
      pattern: form.replace("{number}", "<number>").replace("{link}", "<url>"),
      value: { way },
    }))
  );
  return [...own, ...generalMentions(general)];
}

function generalMentions(general: Of<"mentions">): { pattern: string; value: MentionPattern }[] {
  return (["number", "reply", "negation", "closing"] as const).flatMap((way) =>
    general[way].map((pattern) => ({ pattern, value: { way } }))
  );
}

function compileAll<T, F extends NamedFile>(
  files: readonly F[],
  entriesOf: (file: F) => PatternEntry<T>[],
): PhraseMatcher<T> {
  // File by file into one trie, so that a malformed pattern is reported with the file that holds it.
  const builder = patternBuilder<T>();
  for (const file of files) guarded(file.path, () => builder.add(entriesOf(file)));
  return builder.matcher();
}

function compileTables(files: readonly (NamedFile & { content: Of<"weights"> })[]): WordWeights {
  try {
    return compileWeights(files.map(({ content: { traits = {}, words } }) => ({ traits, words })));
  } catch (error) {
    if (error instanceof WeightError) throw new RulebookError(files[error.table]!.path, null, error.message);
    throw error;
  }
}

function guarded<T>(path: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof PatternError) throw new RulebookError(path, null, error.message);
    throw error;
  }
}

function single<F extends NamedFile>(files: readonly F[], kind: string): F {
  const [first, second] = files;
  if (!first) throw new RulebookError("rules", null, `there is no file of kind ${kind}`);
  if (second) {
    throw new RulebookError(second.path, null, `only one file of kind ${kind} is allowed, ${first.path} is another`);
  }
  return first;
}
