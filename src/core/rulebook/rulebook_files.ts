import { PatternError } from "../text/phrase_patterns.ts";
import type { RuleFile } from "./rulebook_schema.ts";

/** Rule files on their way into a rulebook, and how one is refused. */

/**
 * A rule file that is well formed but cannot work. `rule`, or `value`, a text of the file that is at fault, tells the loader which line
 * to name.
 */
export class RulebookError extends Error {
  override name = "RulebookError";
  constructor(
    readonly file: string,
    readonly rule: string | null,
    message: string,
    readonly value: string | null = null,
  ) {
    super(message);
  }
}

export interface NamedFile {
  /** Path under the rules folder, for messages. */
  path: string;
  content: RuleFile;
}

/** What a file of one kind holds. */
export type ContentOf<K extends RuleFile["kind"]> = Extract<RuleFile, { kind: K }>;
/** A file of one kind. */
export type FileOf<K extends RuleFile["kind"]> = NamedFile & { content: ContentOf<K> };

/** The one file of a kind of which there is one. @throws RulebookError when there is none or another. */
export function single<F extends NamedFile>(files: readonly F[], kind: string): F {
  const [first, second] = files;
  if (!first) throw new RulebookError("rules", null, `there is no file of kind ${kind}`);
  if (second) {
    throw new RulebookError(second.path, null, `only one file of kind ${kind} is allowed, ${first.path} is another`);
  }
  return first;
}

/** @throws RulebookError with the file in whose patterns something is wrong. */
export function guarded<T>(path: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof PatternError) throw new RulebookError(path, null, error.message, error.pattern);
    throw error;
  }
}
