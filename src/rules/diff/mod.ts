import type { NamedFile } from "../../core/rulebook/rulebook_files.ts";
import { parseSources, type Problem, type Sources } from "../parse.ts";
import { changesBetween, plain } from "./changes.ts";
import { modelOf } from "./model.ts";
import { wordsOf } from "./words.ts";

/** One difference between two versions: as data, and in words. */
export interface Change {
  /** `country`, `rule`, `keywords` …; `layout` for a file in which only comments or the arrangement differ. */
  kind: string;
  /** Which: `FR`, a rule's id, a language. */
  id: string;
  name: string;
  /** Where it stands, in the newer version when it is there. */
  file: string;
  what: "added" | "removed" | "changed";
  /** Keys from the subject on. */
  path: string[];
  /** Days, words or patterns that changed alike. */
  items: string[];
  before: unknown;
  after: unknown;
  /** A sentence for people. */
  words: string;
}

export type Difference = { changes: Change[] } | { unreadable: { which: "before" | "after"; problems: Problem[] } };

/** What `after` changes in `before`. Pure; both are read with today's schema. */
export function diffSources(before: Sources, after: Sources): Difference {
  const [old, now] = [parseSources(before), parseSources(after)];
  for (const [which, { problems }] of [["before", old], ["after", now]] as const) {
    if (problems.length > 0) return { unreadable: { which, problems } };
  }
  const newer = modelOf(now.files);
  const context = {
    chosen: { before: chosenHours(old.files), after: chosenHours(now.files) },
    country: (code: string) => newer.get(`country ${code}`) ?? null,
  };
  const changes = changesBetween(modelOf(old.files), newer).map((change): Change => {
    const { kind, id, name, file } = (change.after ?? change.before)!;
    const { what, path, items } = change;
    // A whole subject is told in words; its content stands in the files.
    const whole = path.length === 0;
    return {
      kind,
      id,
      name,
      file,
      what,
      path,
      items,
      before: whole ? null : plain(change.from),
      after: whole ? null : plain(change.to),
      words: wordsOf(change, context),
    };
  });
  return { changes: [...changes, ...layoutChanges(before, after, new Set(changes.map(({ file }) => file)))] };
}

function chosenHours(files: readonly NamedFile[]): Readonly<Record<string, string>> {
  for (const { content } of files) if (content.kind === "deployment") return content.quiet_hours ?? {};
  return {};
}

/** A version is named by the content of its files: that they say the same in other words must show as well. */
function layoutChanges(before: Sources, after: Sources, told: ReadonlySet<string>): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((file): Change[] => {
    if (before[file] === after[file] || told.has(file)) return [];
    const what = before[file] === undefined ? "added" : after[file] === undefined ? "removed" : "changed";
    const words = what === "changed"
      ? `${file}: only comments or layout changed`
      : `${file}: the file ${what === "added" ? "is new" : "is gone"}, what it holds stood or stands elsewhere`;
    return [{
      kind: "layout",
      id: file,
      name: file,
      file,
      what,
      path: [],
      items: [],
      before: null,
      after: null,
      words,
    }];
  });
}
