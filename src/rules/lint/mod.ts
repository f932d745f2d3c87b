import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { compileRulebook } from "../../core/rulebook/rulebook_compiler.ts";
import type { NamedFile } from "../../core/rulebook/rulebook_files.ts";
import { isFault, problemOf } from "../faults.ts";
import { openDocument, parseSources, type Sources } from "../parse.ts";
import { holidaysWithoutCalendar, hoursWithoutZone } from "./checks/clocks.ts";
import { contradiction } from "./checks/contradiction.ts";
import { mentionEncoding, mentionLength, replyCost, unusedWording } from "./checks/cost.ts";
import { countryExamples } from "./checks/country_examples.ts";
import { emptyPeriods, expired, reviews } from "./checks/dates.ts";
import { flowLanguages, flowWords } from "./checks/flows.ts";
import { impossibleValue } from "./checks/impossible_value.ts";
import { keywordGuarded, keywordMeanings, keywordTwice } from "./checks/keyword_meanings.ts";
import { mentionWords, replyWords } from "./checks/offered_words.ts";
import { regularExpressions, signalTwice, unusedGuard, unusedTail } from "./checks/patterns.ts";
import { placeholders } from "./checks/placeholders.ts";
import { shadowed } from "./checks/shadowed.ts";
import { translations } from "./checks/translations.ts";
import { unknownCountry } from "./checks/unknown_country.ts";
import { unreachable } from "./checks/unreachable.ts";
import { type Check, type Draft, type Finding, lintBook, lintFiles } from "./finding.ts";
import { unread } from "./unread.ts";

export type { Finding } from "./finding.ts";

/** Checks that may find errors. They do not know the day: what may become active must not depend on when it is asked. */
const GATING: Readonly<Record<string, Check>> = {
  impossible_value: impossibleValue,
  unreachable,
  contradiction,
  keyword_meanings: keywordMeanings,
  flow_word: flowWords,
  mention_word: mentionWords,
  unknown_placeholder: placeholders,
  unknown_country: unknownCountry,
  no_zone: hoursWithoutZone,
  no_calendar: holidaysWithoutCalendar,
  empty_period: emptyPeriods,
  regular_expression: regularExpressions,
};

/** Checks that only warn. */
const ADVISING: Readonly<Record<string, (book: Parameters<Check>[0], now: number) => Draft[]>> = {
  shadowed,
  missing_translation: translations,
  flow_language: flowLanguages,
  reply_word: replyWords,
  no_example: countryExamples,
  mention_encoding: mentionEncoding,
  mention_length: mentionLength,
  unused_wording: unusedWording,
  reply_cost: replyCost,
  keyword_twice: keywordTwice,
  keyword_guarded: keywordGuarded,
  unused_guard: unusedGuard,
  unused_tail: unusedTail,
  signal_twice: signalTwice,
  expired,
  review: reviews,
};

/** Names of all checks, as findings tell them; `no_source` and `schema` are found before a file is read as rules. */
export const CHECK_NAMES: readonly string[] = ["schema", "no_source", ...Object.keys(GATING), ...Object.keys(ADVISING)];

/**
 * What a reviewer would miss in a set of rule files, errors first. A set that does not read or compile is told as errors.
 * `now`: ms since 1970, for days that have passed.
 */
export function lint(sources: Sources, now: number): Finding[] {
  const { files, problems, lines } = parseSources(sources);
  if (problems.length > 0) return unread(sources, problems);
  let rulebook: Rulebook;
  try {
    rulebook = compileRulebook(files, "lint");
  } catch (error) {
    if (!isFault(error)) throw error;
    // A pattern that is meant as a regular expression often cannot be read as words either.
    const expressions = located(sources, "regular_expression", regularExpressions(lintFiles(files)));
    const problem = problemOf(error, sources, lines);
    return expressions.some((one) => one.file === problem.file)
      ? expressions
      : [...expressions, ...unread({}, [problem])];
  }
  const found = run({ ...GATING, ...ADVISING }, sources, files, rulebook, now);
  return [...found.filter(isError), ...found.filter((finding) => !isError(finding))];
}

/** The errors alone, which keep a rulebook that reads and compiles from becoming active. */
export function lintErrors(sources: Sources, files: readonly NamedFile[], rulebook: Rulebook): Finding[] {
  return run(GATING, sources, files, rulebook, 0).filter(isError);
}

const isError = (finding: Finding) => finding.severity === "error";

function run(
  checks: typeof ADVISING,
  sources: Sources,
  files: readonly NamedFile[],
  rulebook: Rulebook,
  now: number,
): Finding[] {
  const book = lintBook(files, rulebook);
  return Object.entries(checks).flatMap(([check, find]) => located(sources, check, find(book, now)));
}

function located(sources: Sources, check: string, drafts: readonly Draft[]): Finding[] {
  const opened = new Map<string, ReturnType<typeof openDocument>>();
  const lineOf = (file: string, at: readonly PropertyKey[]) => {
    const text = sources[file];
    if (text === undefined) return null;
    if (!opened.has(file)) opened.set(file, openDocument(text));
    return opened.get(file)!.lineOf(at);
  };
  return drafts.map(({ file, at, rule, severity, problem, advice }): Finding => ({
    file,
    line: lineOf(file, at),
    rule: rule ?? null,
    check,
    severity,
    problem,
    advice,
  }));
}
