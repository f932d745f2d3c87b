import { RulebookError } from "../core/rulebook/rulebook_files.ts";
import { PatternError } from "../core/text/phrase_patterns.ts";
import { lineOfValue, type Lines, type Problem, type Sources } from "./parse.ts";

/** What the compiler finds wrong with rule files that read well, told where it stands. */

/**
 * Whether the files are at fault and not the compiler. A pattern that no file was blamed for must not end a gateway either, which has a
 * good rulebook to go on with.
 */
export function isFault(error: unknown): error is RulebookError | PatternError {
  return error instanceof RulebookError || error instanceof PatternError;
}

/** A fault as a problem, with the file and the line where they can be told. */
export function problemOf(error: RulebookError | PatternError, sources: Sources, lines: Lines): Problem {
  if (error instanceof PatternError) {
    const names = Object.keys(sources);
    for (const written of [error.pattern, asMention(error.pattern)]) {
      const file = names.find((name) => lineOfValue(sources[name]!, written) !== null);
      if (file === undefined) continue;
      return { file, line: lineOfValue(sources[file]!, written), rule: null, problem: error.message };
    }
    return { file: "rules", line: null, rule: null, problem: error.message };
  }
  const { file, rule, value, message } = error;
  const line = lineOf(sources[file], value) ?? lines.get(`${file}#${rule}`) ?? null;
  return { file, line, rule, problem: message };
}

function lineOf(source: string | undefined, value: string | null): number | null {
  if (source === undefined || value === null) return null;
  return lineOfValue(source, value) ?? lineOfValue(source, asMention(value));
}

/** Forms of a mention are compiled with the pattern of what they hold in its place. */
function asMention(pattern: string): string {
  return pattern.replace("<number>", "{number}").replace("<url>", "{link}");
}
