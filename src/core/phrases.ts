import { type Shape, type Token, words } from "./text.ts";

/**
 * Word patterns matched against the tokens of a text, all of them at once. The language: words one after the other
 * (`stop by`); `[a]` may be there or not; `[a|b c]` may be `a`, may be `b c`, may be absent; `a|b` is a choice between
 * single words; `rembours*` is the beginning of a word, three letters or more; `<number> <percent> <money> <time>
 * <date> <url> <code>` stand for tokens of that shape. Words are folded as messages are (text.ts), so accents, case,
 * hyphens and apostrophes may be written either way.
 */
export class PatternError extends Error {
  override name = "PatternError";
  constructor(readonly pattern: string, readonly problem: string) {
    super(`Pattern "${pattern}": ${problem}`);
  }
}

export interface PhraseMatch<T> {
  value: T;
  /** Range of tokens, `to` exclusive. */
  from: number;
  to: number;
}

export interface PhraseMatcher<T> {
  /** Every match of every pattern at every start, by start. One entry that matches a range in two ways is given once. */
  match(tokens: readonly Token[]): PhraseMatch<T>[];
}

/** What one token of a text is compared with. */
export type Step = { word: string } | { prefix: string } | { shape: Shape };

const MAX_VARIANTS = 64;
const MIN_PREFIX = 3;
const SHAPES: ReadonlySet<string> = new Set<Shape>(["number", "percent", "money", "time", "date", "url", "code"]);

/** A state of the trie. `prefixes` is keyed by the first three letters, so many wildcards cost no more than one. */
interface Node {
  words: Map<string, Node> | null;
  prefixes: Map<number, { prefix: string; node: Node }[]> | null;
  shapes: Map<Shape, Node> | null;
  /** Indexes of the entries that end here. */
  entries: number[] | null;
}

/**
 * Compiles patterns into one trie over tokens: the cost of a match depends on the text, not on how many patterns there are.
 * Throws a `PatternError` for a pattern that is malformed or that could never match.
 */
export function compilePatterns<T>(entries: readonly { pattern: string; value: T }[]): PhraseMatcher<T> {
  const root = newNode();
  const values = entries.map(({ value }) => value);
  entries.forEach(({ pattern }, entry) => {
    for (const variant of variantsOf(pattern)) {
      const end = variant.reduce(childFor, root);
      end.entries ??= [];
      if (!end.entries.includes(entry)) end.entries.push(entry);
    }
  });
  return {
    match(tokens) {
      const found: Found[] = [];
      for (let from = 0; from < tokens.length; from++) walk(root, tokens, from, from, found);
      return found.map(({ entry, from, to }) => ({ value: values[entry] as T, from, to }));
    },
  };
}

interface Found {
  entry: number;
  from: number;
  to: number;
}

function walk(node: Node, tokens: readonly Token[], from: number, at: number, found: Found[]): void {
  if (node.entries !== null) {
    for (const entry of node.entries) if (!isFound(found, entry, from, at)) found.push({ entry, from, to: at });
  }
  const token = tokens[at];
  if (token === undefined) return;
  const word = node.words?.get(token.text);
  if (word !== undefined) walk(word, tokens, from, at + 1, found);
  if (node.prefixes !== null && token.text.length >= MIN_PREFIX) {
    const candidates = node.prefixes.get(prefixKey(token.text));
    if (candidates !== undefined) {
      for (const { prefix, node: next } of candidates) {
        if (token.text.startsWith(prefix)) walk(next, tokens, from, at + 1, found);
      }
    }
  }
  if (token.shape !== null) {
    const shape = node.shapes?.get(token.shape);
    if (shape !== undefined) walk(shape, tokens, from, at + 1, found);
  }
}

/** Looks only at the matches of this start, which are the last ones. */
function isFound(found: readonly Found[], entry: number, from: number, to: number): boolean {
  for (let i = found.length - 1; found[i]?.from === from; i--) {
    if (found[i]?.entry === entry && found[i]?.to === to) return true;
  }
  return false;
}

function newNode(): Node {
  return { words: null, prefixes: null, shapes: null, entries: null };
}

/** The first three letters as a small integer, without making a string; equal keys are told apart by `startsWith`. */
function prefixKey(text: string): number {
  return (text.charCodeAt(0) << 10) ^ (text.charCodeAt(1) << 5) ^ text.charCodeAt(2);
}

function childFor(node: Node, step: Step): Node {
  if ("word" in step) return childIn(node.words ??= new Map(), step.word);
  if ("shape" in step) return childIn(node.shapes ??= new Map(), step.shape);
  node.prefixes ??= new Map();
  const key = prefixKey(step.prefix);
  const candidates = node.prefixes.get(key) ?? [];
  node.prefixes.set(key, candidates);
  let candidate = candidates.find(({ prefix }) => prefix === step.prefix);
  if (candidate === undefined) candidates.push(candidate = { prefix: step.prefix, node: newNode() });
  return candidate.node;
}

function childIn<K>(children: Map<K, Node>, key: K): Node {
  let child = children.get(key);
  if (child === undefined) children.set(key, child = newNode());
  return child;
}

// --- parsing --------------------------------------------------------------------------------------------------------

/** Every sequence of steps that a pattern stands for. Throws a `PatternError` as `compilePatterns` does. */
export function variantsOf(pattern: string): Step[][] {
  const parts = pattern.match(/\[[^\]]*\]?|[^\s[]+/g) ?? [];
  if (parts.length === 0) throw new PatternError(pattern, "is empty");
  let variants: Step[][] = [[]];
  for (const part of parts) {
    const choices = part.startsWith("[") ? optionalChoices(pattern, part) : wordChoices(pattern, part);
    variants = variants.flatMap((variant) => choices.map((choice) => [...variant, ...choice]));
    if (variants.length > MAX_VARIANTS) {
      throw new PatternError(
        pattern,
        `stands for more than ${MAX_VARIANTS} phrases; split it into several patterns with fewer options`,
      );
    }
  }
  for (const variant of variants) {
    if (variant.length === 0) {
      throw new PatternError(pattern, "consists only of optional parts; leave at least one word outside the brackets");
    }
    refuseUnmatchable(pattern, variant);
  }
  return variants;
}

function optionalChoices(pattern: string, part: string): Step[][] {
  if (!part.endsWith("]")) throw new PatternError(pattern, "has a [ without its ]");
  const inner = part.slice(1, -1);
  if (inner.includes("[")) throw new PatternError(pattern, "has brackets inside brackets; write two patterns instead");
  const phrases = inner.split("|").map((phrase) =>
    phrase.trim().split(/\s+/).flatMap((word) => stepsOf(pattern, word))
  );
  return [[], ...phrases];
}

function wordChoices(pattern: string, part: string): Step[][] {
  if (part.includes("]")) throw new PatternError(pattern, "has a ] without its [");
  return part.split("|").map((word) => stepsOf(pattern, word));
}

/** The steps of one written word: more than one for `opt-out` or `m'envoyer`. */
function stepsOf(pattern: string, word: string): Step[] {
  if (word === "") {
    throw new PatternError(pattern, "has an empty choice; put a word on both sides of |, without spaces around it");
  }
  const shape = /^<(.*)>$/.exec(word)?.[1];
  if (shape !== undefined) {
    if (SHAPES.has(shape)) return [{ shape: shape as Shape }];
    throw new PatternError(
      pattern,
      `<${shape}> is not a shape; there are ${[...SHAPES].map((s) => `<${s}>`).join(" ")}`,
    );
  }
  if (/[<>]/.test(word)) throw new PatternError(pattern, `"${word}" is neither a word nor a shape such as <number>`);
  const star = word.indexOf("*");
  if (star !== -1 && star !== word.length - 1) {
    throw new PatternError(pattern, `"${word}" has a * that is not at the end of the word`);
  }
  const texts = words(star === -1 ? word : word.slice(0, -1)).map(({ text }) => text);
  const last = texts.pop();
  if (last === undefined) {
    throw new PatternError(pattern, `"${word}" has no letter or digit, and punctuation is not compared`);
  }
  if (star !== -1 && last.length < MIN_PREFIX) {
    throw new PatternError(pattern, `"${word}" needs at least ${MIN_PREFIX} letters before the *`);
  }
  return [...texts.map((text) => ({ word: text })), star === -1 ? { word: last } : { prefix: last }];
}

/** `CHF 20` or `50 %` in a text become one token, so a pattern that spells them as words would silently never match. */
function refuseUnmatchable(pattern: string, variant: Step[]): void {
  const literal = variant.flatMap((step) => "word" in step ? [step.word] : []);
  if (literal.length < variant.length) return;
  const read = words(literal.join(" "));
  if (read.length === literal.length && read.every(({ text }, i) => text === literal[i])) return;
  const merged = read.find(({ shape, text }) => shape !== null && !literal.includes(text));
  throw new PatternError(
    pattern,
    `would never match: "${literal.join(" ")}" is read as ${merged ? `<${merged.shape}>` : "other words"}`,
  );
}
