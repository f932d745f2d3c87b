import { type CompiledFlow, compileFlow, rulesOfFlow } from "../flows.ts";
import { locate } from "../location.ts";
import { compileKeywords } from "../text/keywords.ts";
import { compilePatterns } from "../text/phrases.ts";
import { compileTyping, type TypingMatcher } from "../text/typing.ts";
import { isKnownZone } from "../time/quiet_hours.ts";
import { zonesOfCountry } from "../time/zones.ts";
import { type CommonParts, compileCountry, generalMentions } from "./country_compiler.ts";
import { joinedWords, lexiconsOf, spacedWords } from "./lexicons.ts";
import { compileRule, type StagedRule } from "./rule_compiler.ts";
import type { CountryBook, Rulebook } from "./rulebook.ts";
import { type FileOf, guarded, type NamedFile, RulebookError, single } from "./rulebook_files.ts";
import type { Country, RetainedData, RetentionPeriod, RuleFile } from "./rulebook_schema.ts";

/** @throws RulebookError for what the schema cannot see: unknown facts, two rules of one name, a missing default. */
export function compileRulebook(files: readonly NamedFile[], hash: string): Rulebook {
  const of = <K extends RuleFile["kind"]>(kind: K) =>
    files.filter((file): file is FileOf<K> => file.content.kind === kind);

  const deployment = single(of("deployment"), "deployment").content;
  const countries = new Map<string, FileOf<"country">>();
  for (const file of of("country")) {
    for (const code of [file.content.code, ...(file.content.territories ?? [])]) {
      const earlier = countries.get(code);
      if (earlier) throw new RulebookError(file.path, null, `${earlier.path} already speaks for ${code}`);
      countries.set(code, file);
    }
  }
  const fallback = countries.get("default");
  if (!fallback) throw new RulebookError("countries", null, "there is no country file with code `default`");
  checkChoices(single(of("deployment"), "deployment"), countries);

  const generic: StagedRule[] = of("rules").flatMap(({ path, content }) =>
    content.rules.map((rule) => ({ path, concern: content.concern, stage: content.stage, rule }))
  );
  // Every file of words once by itself, so that a malformed one is reported with the file that holds it and not with a flow's or a
  // country's.
  for (const { path, content } of of("tails")) {
    guarded(path, () => compileKeywords([], content.entries.flatMap(({ words }) => words)));
  }
  for (const { path, content } of of("keywords")) guarded(path, () => compileKeywords(content.entries, []));
  const mentionFile = single(of("mentions"), "mentions");
  const mentions = mentionFile.content;
  guarded(mentionFile.path, () => compilePatterns(generalMentions(mentions)));
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
  const areaFile = of("area_codes")[0];
  const areas = new Map(
    Object.entries(areaFile?.content.areas ?? {}).map(([code, { country, region, zones }]) => [
      code,
      region === undefined ? { country, zones } : { country, region, zones },
    ]),
  );
  const thresholds = of("signals").map((file) => file.content.thresholds).find((one) => one !== undefined);
  if (!thresholds) throw new RulebookError("lexicons/signals", null, "no signals file gives the thresholds");
  // A territory has clocks of its own.
  const zonesOf = (code: string) => {
    const file = countries.get(code)?.content;
    return file?.code === code && file.zones ? file.zones : zonesOfCountry(code);
  };
  const replies = new Map<string, FileOf<"replies">["content"]>();
  for (const { path, content } of of("replies")) {
    if (replies.has(content.language)) {
      throw new RulebookError(path, null, `another file already has the replies in "${content.language}"`, "language");
    }
    replies.set(content.language, content);
  }
  if (!replies.has("en")) throw new RulebookError("replies", null, "there are no replies in English, the last resort");

  const { signals, ...lexicons } = lexiconsOf(files);

  const common: CommonParts = {
    deployment,
    rulesOf: (code) =>
      [...generic, ...local.filter(({ country }) => country === code)].map(({ stage, rule }) => (
        { stage, rule: checked.get(rule.id)! }
      )),
    keywords,
    tails,
    typingOf,
    mentions,
    signals,
  };

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
    ...lexicons,
    countries: [...countries.keys()].filter((code) => code !== "default"),
    yes: compileKeywords(keywords.filter(({ yes }) => yes).map((entry) => ({ ...entry, tail: true })), tails),
    tails: compilePatterns(tails.map((pattern) => ({ pattern, value: pattern }))),
    country(code) {
      const file = (code !== null ? countries.get(code) : undefined) ?? fallback;
      let book = books.get(file.content.code);
      if (book === undefined) books.set(file.content.code, book = compileCountry(file.content, file.path, common));
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

/**
 * What a deployment chooses for countries must be applied to somebody.
 * @throws RulebookError for a country of which no file speaks, or an unknown profile.
 */
function checkChoices(
  { path, content: { quiet_hours = {}, frequency = {} } }: FileOf<"deployment">,
  countries: ReadonlyMap<string, FileOf<"country">>,
): void {
  const fileOf = (code: string, setting: string) => {
    const file = countries.get(code);
    if (file?.content.code === code) return file;
    const advice = file === undefined
      ? "there is no file for this country; copy countries/default.yaml to one of its own"
      : `${file.path} speaks for it: choose for ${file.content.code}`;
    throw new RulebookError(path, null, `${setting} chooses for ${code}, but ${advice}`, code);
  };
  for (const [code, profile] of Object.entries(quiet_hours)) {
    const { profiles } = fileOf(code, "quiet_hours").content.quiet_hours;
    if (profiles[profile]) continue;
    const known = Object.keys(profiles).join(", ");
    const problem = `quiet_hours chooses "${profile}" for ${code}; its profiles are: ${known}`;
    throw new RulebookError(path, null, problem, profile);
  }
  for (const code of Object.keys(frequency)) if (code !== "any") fileOf(code, "frequency");
}

/** Every matcher of a country shares the words; what exists in its languages differs ("stp" is French for "please"). */
function typingErrors(
  files: readonly FileOf<"typing_errors">[],
): (table: Country) => TypingMatcher {
  const [file] = files;
  if (file === undefined) return () => ({ match: () => null });
  const { keyboards, words, joined, never } = single(files, "typing_errors").content;
  const all = [
    ...words,
    ...joined.first.flatMap((first) =>
      joined.between.flatMap((between) => joined.last.map((last) => first + between + last))
    ),
  ].map(spacedWords);
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
