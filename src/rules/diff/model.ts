import type { NamedFile } from "../../core/rulebook/rulebook_files.ts";
import type { KeywordEntry, QuietProfile, Rule, RuleFile } from "../../core/rulebook/rulebook_schema.ts";
import { expandWeek } from "./week.ts";

/**
 * A rulebook as its reader thinks of it: things with names (a country, a rule, the keywords of a language), wherever they stand in
 * the files. What is compared is this, so that a rule that moved to another file, or a list in another order where order means
 * nothing, is no change.
 */
export interface Subject {
  kind: string;
  /** Unique among its kind: `FR`, `consent.advertising_needs_consent`, `de`. */
  id: string;
  /** For people: `France`, `Rule consent.advertising_needs_consent`. */
  name: string;
  file: string;
  content: Tree;
}

/** Records are compared key by key, everything else as a whole. */
export type Tree = { readonly [key: string]: unknown };

/** Members of a set or of a table: those that change in the same way are told together. */
export class Items {
  constructor(readonly members: ReadonlyMap<string, unknown>) {}
}

/** Every subject of a rulebook, by kind and id. */
export function modelOf(files: readonly NamedFile[]): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const { path, content } of files) {
    for (const subject of subjectsOf(path, content)) {
      const key = `${subject.kind} ${subject.id}`;
      const known = subjects.get(key);
      subjects.set(key, known === undefined ? subject : { ...known, content: joined(known.content, subject.content) });
    }
  }
  return subjects;
}

function subjectsOf(file: string, content: RuleFile): Subject[] {
  switch (content.kind) {
    case "rules":
      return content.rules.map((rule) => ruleSubject(file, rule, { stage: content.stage, concern: content.concern }));
    case "country": {
      const { kind, code, rules = [], ...rest } = content;
      const { quiet_hours, keywords, examples, ...plain } = rest;
      const country: Subject = {
        kind,
        id: code,
        name: content.name,
        file,
        content: {
          ...plain,
          keywords: keywordItems(keywords ?? []),
          quiet_hours: {
            profile: quiet_hours.profile,
            profiles: mapped(quiet_hours.profiles, hoursTree),
            regions: mapped(quiet_hours.regions ?? {}, hoursTree),
          },
          examples: items(examples, (example) => JSON.stringify(example)),
        },
      };
      return [country, ...rules.map(({ stage, ...rule }) => ruleSubject(file, rule, { stage, country: code }))];
    }
    case "keywords":
      return byLanguage(content.entries).map(([language, entries]) =>
        subject(content.kind, language, `Keywords, ${languageName(language)}`, file, keywordItems(entries))
      );
    case "tails":
      return byLanguage(content.entries).map(([language, entries]) =>
        subject(content.kind, language, `Words after a keyword, ${languageName(language)}`, file, {
          words: items(
            entries.flatMap(({ words, source }) => words.map((word) => ({ word, source }))),
            ({ word }) => word,
          ),
        })
      );
    case "guards":
      return byLanguage(content.entries).map(([language, entries]) =>
        subject(content.kind, language, `Guards, ${languageName(language)}`, file, {
          patterns: items(
            entries.flatMap(({ patterns, why, source }) => patterns.map((pattern) => ({ pattern, why, source }))),
            ({ pattern }) => pattern,
          ),
        })
      );
    case "mentions": {
      const { kind, source, ...lists } = content;
      return [subject(kind, kind, "Recognised mentions", file, {
        ...mapped(lists, (patterns) => items(patterns as string[], (pattern) => pattern)),
        source,
      })];
    }
    case "signals":
      return [subject(content.kind, content.language, `Signs of advertising, ${languageName(content.language)}`, file, {
        ...(content.thresholds === undefined ? {} : { thresholds: content.thresholds }),
        signals: items(
          content.signals.flatMap(({ patterns, ...rest }) => patterns.map((pattern) => ({ pattern, ...rest }))),
          ({ pattern }) => pattern,
        ),
      })];
    case "weights":
      return [
        subject(content.kind, content.language, `Learned words, ${languageName(content.language)}`, file, {
          ...(content.traits === undefined ? {} : { traits: content.traits }),
          words: new Items(new Map(Object.entries(content.words).map(([word, weight]) => [word, { weight }]))),
        }),
      ];
    case "replies":
      return [
        subject(content.kind, content.language, `Answers, ${languageName(content.language)}`, file, rest(content)),
      ];
    case "area_codes":
      return [subject(content.kind, content.calling_code, `Area codes of +${content.calling_code}`, file, {
        source: content.source,
        areas: new Items(new Map(Object.entries(content.areas))),
      })];
    case "deployment":
      return [subject(content.kind, content.kind, "This deployment", file, rest(content))];
    case "typing_errors":
      // Rows of keys are beside one another: in another order other keys are neighbours.
      return other(file, content.kind, {
        ...rest(content),
        keyboards: mapped(content.keyboards, (rows) => (rows as string[]).join(" ")),
      });
    default:
      return other(file, content.kind, rest(content));
  }
}

/** A kind of file that has no words of its own here is compared key by key, with its lists as sets. */
function other(file: string, kind: string, content: Record<string, unknown>): Subject[] {
  const asTree = (value: unknown): unknown => {
    if (Array.isArray(value)) return items(value, (one) => typeof one === "string" ? one : keyOf(one));
    return isRecord(value) ? mapped(value, asTree) : value;
  };
  return [subject(kind, file, file, file, mapped(content, asTree))];
}

function keyOf(value: unknown): string {
  if (isRecord(value)) {
    for (const name of ["id", "pattern", "word", "name"]) {
      if (typeof value[name] === "string") return value[name];
    }
  }
  return JSON.stringify(value);
}

function ruleSubject(
  file: string,
  { id, examples, ...rule }: Rule,
  where: { stage: string; concern?: string; country?: string },
): Subject {
  const { matches, does_not_match } = mapped(
    examples,
    (list) => items(list as unknown[], (one) => JSON.stringify(one)),
  );
  return subject("rule", id, `Rule ${id}`, file, { ...rule, ...where, matches, does_not_match });
}

function subject(kind: string, id: string, name: string, file: string, content: Tree): Subject {
  return { kind, id, name, file, content };
}

function hoursTree({ open, ...rest }: QuietProfile): Tree {
  return { ...rest, open: new Items(new Map(Object.entries(expandWeek(open)))) };
}

/** Intent to words, each with how it counts. */
function keywordItems(entries: readonly KeywordEntry[]): Tree {
  const intents = new Map<string, { word: string }[]>();
  for (const { intent, words, language: _, ...how } of entries) {
    intents.set(intent, [...intents.get(intent) ?? [], ...words.map((word) => ({ word, ...how }))]);
  }
  return Object.fromEntries([...intents].map(([intent, words]) => [intent, items(words, ({ word }) => word)]));
}

function byLanguage<T extends { language: string }>(entries: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const entry of entries) groups.set(entry.language, [...groups.get(entry.language) ?? [], entry]);
  return [...groups];
}

/** A name that comes twice counts twice. */
function items<T>(list: readonly T[], nameOf: (one: T) => string): Items {
  const members = new Map<string, unknown>();
  for (const one of list) {
    const name = nameOf(one);
    let key = name;
    for (let again = 2; members.has(key); again++) key = `${name} (${again})`;
    members.set(key, one);
  }
  return new Items(members);
}

/** Several files may speak of one subject (the keywords of a language): their lists are one list. */
function joined(a: Tree, b: Tree): Tree {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const known = result[key];
    if (known instanceof Items && value instanceof Items) {
      const both = [...known.members, ...value.members];
      const named = items(both, ([name]) => name).members as ReadonlyMap<string, [string, unknown]>;
      result[key] = new Items(new Map([...named].map(([name, [, one]]) => [name, one])));
    } else if (isRecord(known) && isRecord(value)) result[key] = joined(known, value);
    else result[key] = value;
  }
  return result;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Items);
}

function mapped<T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function rest(content: { kind: string }): Record<string, unknown> {
  const { kind: _, ...others } = content;
  return others;
}

const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });
function languageName(code: string): string {
  return code === "und" ? "any language" : LANGUAGES.of(code) ?? code;
}
