import { compileSets } from "../text/phrase_patterns.ts";
import { patternBuilder, type PatternEntry, type PhraseMatcher } from "../text/phrases.ts";
import { compileRespelling } from "../text/respelling.ts";
import { tokenize } from "../text/text.ts";
import { slipTest } from "../text/typing.ts";
import { compileWeights, WeightError, type WordWeights } from "../text/weights.ts";
import { GUARDED, type PhraseSign, type Rulebook, type Signal } from "./rulebook.ts";
import { type FileOf, guarded, type NamedFile, RulebookError } from "./rulebook_files.ts";
import type { RuleFile } from "./rulebook_schema.ts";

/** The word tables of a rulebook, compiled: what is the same for every country. */
export type Lexicons =
  & Pick<Rulebook, "weights" | "guards" | "phrases" | "respelling" | "offers" | "reactions">
  & { signals: PhraseMatcher<Signal> };

const KINDS = new Set<RuleFile["kind"]>([
  "signals",
  "guards",
  "phrases",
  "typing_errors",
  "offers",
  "reactions",
  "weights",
]);

let last: { read: string; lexicons: Lexicons } | undefined;

/**
 * Those of the files. Compiling them is most of the work of a rulebook, in which nothing else is done, and who edits a rule or
 * a country leaves them as they were: the last ones are kept.
 * @throws RulebookError naming the file in which something is wrong.
 */
export function lexiconsOf(files: readonly NamedFile[]): Lexicons {
  const own = files.filter(({ content }) => KINDS.has(content.kind));
  const read = JSON.stringify(own);
  if (last?.read !== read) last = { read, lexicons: compileLexicons(own) };
  return last.lexicons;
}

function compileLexicons(files: readonly NamedFile[]): Lexicons {
  const of = <K extends RuleFile["kind"]>(kind: K) =>
    files.filter((file): file is FileOf<K> => file.content.kind === kind);

  const guards = compileAll(
    of("guards"),
    ({ content }) =>
      content.entries.flatMap(({ patterns, why }) => patterns.map((pattern) => ({ pattern, value: { why } }))),
  );
  const phrases = compileAll<PhraseSign, FileOf<"phrases">>(of("phrases"), ({ content }) => {
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
  const typing = of("typing_errors");
  return {
    weights: compileTables(of("weights")),
    guards,
    phrases,
    respelling: compileRespelling(
      () => phrases.vocabulary().union(guards.vocabulary()),
      slipTest(typing.flatMap(({ content }) => Object.values(content.keyboards))),
      new Set(typing.flatMap(({ content }) => Object.values(content.never).flat().map(joinedWords))),
    ),
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
    signals: compileAll<Signal, FileOf<"signals">>(
      of("signals"),
      ({ content }) =>
        content.signals.flatMap(({ patterns, weight, why, speaks_about_offers: about = false }) =>
          patterns.map((pattern) => ({ pattern, value: { weight, why, language: content.language, about } }))
        ),
    ),
  };
}

/** A word as tables compare it, whatever stands between its parts. */
export function joinedWords(text: string): string {
  return spacedWords(text).replaceAll(" ", "");
}

/** A phrase as tables compare it, with one space between its words. */
export function spacedWords(text: string): string {
  return tokenize(text).map((token) => token.text).join(" ");
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

function compileTables(files: readonly FileOf<"weights">[]): WordWeights {
  try {
    return compileWeights(files.map(({ content: { traits = {}, words } }) => ({ traits, words })));
  } catch (error) {
    if (error instanceof WeightError) throw new RulebookError(files[error.table]!.path, null, error.message);
    throw error;
  }
}
