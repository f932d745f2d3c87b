import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type Range, visit } from "yaml";
import type { z } from "zod";
import type { NamedFile } from "../core/rulebook/rulebook_files.ts";
import { RuleFile } from "../core/rulebook/rulebook_schema.ts";

/** Rule files as text: path under the rules folder to content. The unit that is hashed, stored and served. */
export type Sources = Readonly<Record<string, string>>;

/** What keeps a rulebook from becoming active, told so that the person who edits the file can mend it. */
export interface Problem {
  file: string;
  line: number | null;
  rule: string | null;
  problem: string;
}

/** Where each rule id, and each example of a country, begins: for problems found after parsing. */
export type Lines = ReadonlyMap<string, number>;

/** Under which `Lines` has the example of that index; no rule is called so. */
export function exampleName(index: number): string {
  return `examples ${index}`;
}

export interface ParsedSources {
  files: NamedFile[];
  /** `file#rule` to line. */
  lines: Lines;
  problems: Problem[];
}

/** A rule file as YAML, and the line (from 1) of the nearest node that encloses a path in it. */
export function openDocument(text: string) {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, version: "1.2", prettyErrors: false });
  const lineOf = (path: readonly PropertyKey[]): number => {
    // The nearest enclosing node that exists: a missing key has no place of its own.
    for (let depth = path.length; depth >= 0; depth--) {
      const range = keyRange(document, path.slice(0, depth)) ?? nodeRange(document.getIn(path.slice(0, depth), true));
      if (range) return counter.linePos(range[0]).line;
    }
    return 1;
  };
  return { document, counter, lineOf };
}

/** The line (from 1) on which a rule file first has this value; null when it has none such. */
export function lineOfValue(text: string, value: string): number | null {
  const { document, counter } = openDocument(text);
  let line: number | null = null;
  visit(document, {
    Scalar(_, node) {
      if (node.value !== value || !node.range) return undefined;
      line = counter.linePos(node.range[0]).line;
      return visit.BREAK;
    },
  });
  return line;
}

/** Of the key, where the path ends at one: its value may begin on a later line. */
function keyRange(document: Document.Parsed, path: readonly PropertyKey[]): Range | null {
  const parent = document.getIn(path.slice(0, -1), true);
  if (path.length === 0 || !isMap(parent)) return null;
  const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
  return nodeRange(pair?.key);
}

function nodeRange(node: unknown): Range | null {
  return isNode(node) ? node.range ?? null : null;
}

/** YAML 1.2 to checked files; every problem of every file is reported, not only the first. */
export function parseSources(sources: Sources): ParsedSources {
  const parsed = Object.entries(sources).map(([file, text]) => parsedFile(file, text));
  return {
    files: parsed.flatMap(({ named }) => named === null ? [] : [named]),
    lines: new Map(parsed.flatMap(({ lines }) => lines)),
    problems: parsed.flatMap(({ problems }) => problems),
  };
}

/** What each file says, before it is checked: path to plain JSON. Files that are no YAML are left out. */
export type Contents = Readonly<Record<string, unknown>>;

/** What the files of a version say, to be kept beside them. */
export function contentsOf(sources: Sources): Contents {
  return Object.fromEntries(Object.entries(sources).map(([file, text]) => [file, parsedFile(file, text).content]));
}

/** The files of a version whose contents were kept; null when this build's schema refuses one. */
export function filesOf(contents: Contents): NamedFile[] | null {
  const files: NamedFile[] = [];
  for (const [path, content] of Object.entries(contents)) {
    const checked = RuleFile.safeParse(content);
    if (!checked.success) return null;
    files.push({ path, content: checked.data });
  }
  return files;
}

interface ParsedFile {
  text: string;
  /** As YAML gives it. */
  content: unknown;
  /** Null when there are problems. */
  named: NamedFile | null;
  lines: [string, number][];
  problems: Problem[];
}

/**
 * Each file as it was last read. Whoever edits changes one file of fifty, and reading all of them takes most of the two seconds
 * within which a change must apply (design 3).
 */
const lastRead = new Map<string, ParsedFile>();
/** More names than a deployment has: drafts may bring any. */
const KEPT = 500;

function parsedFile(file: string, text: string): ParsedFile {
  const known = lastRead.get(file);
  if (known?.text === text) return known;
  if (lastRead.size >= KEPT) lastRead.clear();
  const parsed = parseFile(file, text);
  lastRead.set(file, parsed);
  return parsed;
}

function parseFile(file: string, text: string): ParsedFile {
  let content: unknown;
  const failed = (problems: Problem[]): ParsedFile => ({ text, content, named: null, lines: [], problems });
  const { document, counter, lineOf } = openDocument(text);
  if (document.errors.length > 0) {
    return failed(document.errors.map((error) => ({
      file,
      line: counter.linePos(error.pos[0]).line,
      rule: null,
      problem: error.code === "MULTIPLE_DOCS"
        ? "YAML: a file holds one document; take out the line ---"
        : `YAML: ${error.message}`,
    })));
  }
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases that multiply into more than memory holds are found here, not by the parser.
    if (!(error instanceof ReferenceError)) throw error;
    return failed([{ file, line: null, rule: null, problem: `YAML: ${error.message}. Write it without & and *` }]);
  }
  const section = (content as { kind?: unknown } | null)?.kind === "flows" ? "flows" : "rules";
  const rules = (content as Partial<Record<typeof section, { id?: unknown }[]>> | null)?.[section];
  const ruleAt = (path: readonly PropertyKey[]): string | null => {
    const id = path[0] === section && typeof path[1] === "number" ? rules?.[path[1]]?.id : undefined;
    return typeof id === "string" ? id : null;
  };
  const result = RuleFile.safeParse(content, { error: plainly });
  if (!result.success) {
    return failed(
      result.error.issues.flatMap(unfold).map((issue) => {
        const where = issue.path.length === 0 ? "the file" : issue.path.map(String).join(".");
        return { file, line: lineOf(issue.path), rule: ruleAt(issue.path), problem: `${where}: ${issue.message}` };
      }),
    );
  }
  return {
    text,
    content,
    named: { path: file, content: result.data },
    lines: [
      ...(Array.isArray(rules) ? rules : []).map((rule, index): [string, number] => [
        `${file}#${String(rule.id)}`,
        lineOf([section, index]),
      ]),
      ...(result.data.kind === "country" ? result.data.examples : []).map((_, index): [string, number] => [
        `${file}#${exampleName(index)}`,
        lineOf(["examples", index]),
      ]),
    ],
    problems: [],
  };
}

/** What is left out is told as such; zod's own words speak of types. */
function plainly({ code, input, path }: z.core.$ZodRawIssue): string | undefined {
  if (code !== "invalid_type" || (input !== undefined && input !== null)) return undefined;
  return !path?.length ? "is empty" : "is missing";
}

type Issue = { path: PropertyKey[]; message: string; code?: string; errors?: Issue[][] };

/** A union fails with one list of issues per member; the list of the member that came furthest is the one that helps. */
function unfold(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || !issue.errors?.length) return [issue];
  const depth = (issues: Issue[]) => Math.max(...issues.map((one) => one.path.length));
  const best = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!;
  return best.length === 0 ? [issue] : best.flatMap((one) => unfold({ ...one, path: [...issue.path, ...one.path] }));
}
