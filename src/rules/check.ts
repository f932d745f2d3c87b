import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { setImmediate } from "node:timers";
import { isDeepStrictEqual } from "node:util";
import type { Rulebook } from "../core/rulebook/rulebook.ts";
import { compileRulebook } from "../core/rulebook/rulebook_compiler.ts";
import type { NamedFile } from "../core/rulebook/rulebook_files.ts";
import { DOUBLE_OPT_IN } from "../core/rulebook/rulebook_schema.ts";
import { exampleCases, runExample } from "./examples.ts";
import { isFault, problemOf } from "./faults.ts";
import { lintErrors } from "./lint/mod.ts";
import { disagreements } from "./oracle.ts";
import { type Contents, filesOf, parseSources, type Problem, type Sources } from "./parse.ts";

export interface Checked {
  /** Null when a problem keeps it from becoming active. */
  rulebook: Rulebook | null;
  problems: Problem[];
  rules: number;
  countries: number;
  examples: number;
}

/** Name of a version: the hash of its files' names and contents. */
export function hashSources(sources: Sources): string {
  const names = Object.keys(sources).sort();
  return `rb_${
    bytesToHex(sha256(utf8ToBytes(JSON.stringify(names.map((name) => [name, sources[name]]))))).slice(0, 20)
  }`;
}

/**
 * The versions compiled last, by hash. While one is compiled nothing else is done, and a publication needs the same version twice: to
 * see that it can be used, and to use it.
 */
const compiled = new Map<string, Rulebook>();
const COMPILED_KEPT = 2;

/** Schema and compilation only: for a version that was checked before it was published, as an edge instance loads it. */
export function loadRulebook(sources: Sources): Pick<Checked, "rulebook" | "problems"> {
  const hash = hashSources(sources);
  const known = compiled.get(hash);
  return known !== undefined ? { rulebook: known, problems: [] } : compileParsed(sources, parseSources(sources), hash);
}

function compileParsed(
  sources: Sources,
  parsed: ReturnType<typeof parseSources>,
  hash: string,
): Pick<Checked, "rulebook" | "problems"> {
  if (parsed.problems.length > 0) return { rulebook: null, problems: parsed.problems };
  try {
    return { rulebook: compileAndKeep(parsed.files, hash), problems: [] };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { rulebook: null, problems: [problemOf(error, sources, parsed.lines)] };
  }
}

/**
 * As `loadRulebook`, from what the files were found to say when the version was kept: reading YAML takes longer than all else that a
 * cold start does. Null when this build finds something wrong with it; the files themselves tell then what and where.
 */
export function loadContents(contents: Contents, hash: string): Rulebook | null {
  const known = compiled.get(hash);
  if (known !== undefined) return known;
  const files = filesOf(contents);
  if (files === null) return null;
  try {
    return compileAndKeep(files, hash);
  } catch (error) {
    if (!isFault(error)) throw error;
    return null;
  }
}

function compileAndKeep(files: readonly NamedFile[], hash: string): Rulebook {
  const rulebook = compileRulebook(files, hash);
  const [oldest] = compiled.keys();
  if (compiled.size >= COMPILED_KEPT) compiled.delete(oldest!);
  compiled.set(hash, rulebook);
  return rulebook;
}

/**
 * What passed the gate lately, by hash. It depends on nothing but the files, takes up to a second, and a change comes here when it is
 * stored, when it is proposed and when it is published.
 */
const passed = new Map<string, Pick<Checked, "rules" | "countries" | "examples">>();
const PASSED_KEPT = 16;

/** The gate of activation: schema, compilation, errors of the lint, every example, and json-rules-engine's word on each. */
export async function checkRulebook(sources: Sources): Promise<Checked> {
  const hash = hashSources(sources);
  const before = passed.get(hash);
  if (before !== undefined) return { ...loadRulebook(sources), ...before };
  const checked = await checkAll(sources, hash);
  if (checked.rulebook !== null) {
    const [oldest] = passed.keys();
    if (passed.size >= PASSED_KEPT) passed.delete(oldest!);
    passed.set(hash, { rules: checked.rules, countries: checked.countries, examples: checked.examples });
  }
  return checked;
}

async function checkAll(sources: Sources, hash: string): Promise<Checked> {
  const parsed = parseSources(sources);
  const { files, lines } = parsed;
  const known = compiled.get(hash);
  const { rulebook, problems } = known !== undefined
    ? { rulebook: known, problems: [] }
    : compileParsed(sources, parsed, hash);
  const counts = {
    rules: files.reduce((sum, { content }) => sum + ("rules" in content ? content.rules?.length ?? 0 : 0), 0),
    countries: files.filter(({ content }) => content.kind === "country").length,
    examples: 0,
  };
  if (rulebook === null) return { rulebook, problems, ...counts };
  const cases = exampleCases(files, lines);
  const failed: Problem[] = lintErrors(sources, files, rulebook).map(({ file, line, rule, problem, advice }) => ({
    file,
    line,
    rule,
    problem: `${problem}. ${advice}`,
  }));
  const own = files.some(({ content }) => content.kind === "deployment" && !isDeepStrictEqual(content, SHIPPED));
  const shipped = own ? compileRulebook(files.map(asShipped), rulebook.hash) : rulebook;
  for (const [index, one] of cases.entries()) {
    // Long work must not keep the messages of today waiting.
    if (index % REST_EVERY === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    const problem = runExample(one, shipped);
    if (problem) failed.push(problem);
    failed.push(...await disagreements(one, shipped));
  }
  return { rulebook: failed.length === 0 ? rulebook : null, problems: failed, ...counts, examples: cases.length };
}

/** Examples run in one go, a few milliseconds of work. */
const REST_EVERY = 10;

/** Examples speak of the shipped brand and hours; a deployment that chooses its own must not have to rewrite them. */
function asShipped(file: NamedFile): NamedFile {
  return file.content.kind === "deployment" ? { ...file, content: SHIPPED } : file;
}

const SHIPPED = {
  kind: "deployment",
  brand: "Parley",
  contact: "help@parley.example",
  double_opt_in: DOUBLE_OPT_IN,
} as const;

/** One line for people: `countries/fr.yaml:41 (rule hours.quiet): …`. */
export function problemLine({ file, line, rule, problem }: Problem): string {
  return `${file}${line === null ? "" : `:${line}`}${rule === null ? "" : ` (rule ${rule})`}: ${problem}`;
}
