import type { MentionPattern } from "../mention.ts";
import { compileKeywords } from "../text/keywords.ts";
import { compilePatterns, type PhraseMatcher } from "../text/phrases.ts";
import type { TypingMatcher } from "../text/typing.ts";
import { holidayCalendar } from "../time/holidays.ts";
import { compileWeek } from "../time/quiet_hours.ts";
import { type UnsourcedRule, withCountry } from "./rule_compiler.ts";
import type { CompiledRule, CountryBook, Signal } from "./rulebook.ts";
import { type ContentOf, guarded } from "./rulebook_files.ts";
import type { Country, Deployment, FrequencyCap, KeywordEntry, QuietProfile, Stage } from "./rulebook_schema.ts";

/** What the rule files say for every country. */
export interface CommonParts {
  deployment: Deployment;
  /** The rules that hold in a country. */
  rulesOf(code: string): readonly { stage: Stage; rule: UnsourcedRule }[];
  keywords: readonly KeywordEntry[];
  tails: readonly string[];
  typingOf(table: Country): TypingMatcher;
  mentions: ContentOf<"mentions">;
  signals: PhraseMatcher<Signal>;
}

/** All that holds in a country, from its file at `path`. @throws RulebookError. */
export function compileCountry(
  table: Country,
  path: string,
  { deployment, rulesOf, keywords, tails, typingOf, mentions, signals }: CommonParts,
): CountryBook {
  const profile = deployment.quiet_hours?.[table.code] ?? table.quiet_hours.profile;
  const applied: Country = { ...table, quiet_hours: { ...table.quiet_hours, profile } };
  const compiled = rulesOf(table.code).map(({ stage, rule }) => ({
    stage,
    compiled: withCountry(rule, applied, path),
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
    keywords: guarded(path, () => compileKeywords(keywordsOf(applied, keywords), tails)),
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

function mentionPatterns(table: Country, general: ContentOf<"mentions">): { pattern: string; value: MentionPattern }[] {
  const own = (["number", "reply", "link"] as const).flatMap((way) =>
    table.mention[way].map((form) => ({
      // The colon of "STOP: {link}" is punctuation that tokens do not keep.
      pattern: form.replace("{number}", "<number>").replace("{link}", "<url>"),
      value: { way },
    }))
  );
  return [...own, ...generalMentions(general)];
}

/** Patterns of mentions that are the same everywhere. */
export function generalMentions(general: ContentOf<"mentions">): { pattern: string; value: MentionPattern }[] {
  return (["number", "reply", "negation", "closing"] as const).flatMap((way) =>
    general[way].map((pattern) => ({ pattern, value: { way } }))
  );
}
