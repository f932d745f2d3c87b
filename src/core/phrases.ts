import { type Shape, type Token, words } from "./text.ts";

/**
 * Word patterns matched against the tokens of a text, all of them at once. The language: words one after the other
 * (`stop by`); `[a]` may be there or not; `[a|b c]` may be `a`, may be `b c`, may be absent; `a|b` is a choice between
 * single words; `rembours*` is the beginning of a word, three letters or more; `<number> <percent> <money> <time>
 * <date> <url> <code>` stand for tokens of that shape. `{send}` is any phrase of the set of that name that the file gives;
 * `...` stands for up to three words of any kind within a sentence; `^` and `$` hold at the beginning and at the end of
 * what is said (edges.ts). Words are folded as messages are (text.ts), so accents, case, hyphens and apostrophes may be
 * written either way.
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

/** Where the parts of a text begin and end. Each list has an item for every token and one for the end of the text. */
export interface Edges {
  /** Something may begin with this token: the text, a sentence, what follows a greeting. */
  starts: readonly boolean[];
  /** Something may end before this token: the text, a sentence, what politeness follows. */
  ends: readonly boolean[];
  /** Punctuation stands before this token; `...` does not reach over it. */
  breaks: readonly boolean[];
}

export interface PhraseMatcher<T> {
  /**
   * Every match of every pattern at every start, by start. One entry that matches a range in two ways is given once. Without
   * `edges` only the text itself begins and ends.
   */
  match(tokens: readonly Token[], edges?: Edges): PhraseMatch<T>[];
  /** Every word that a pattern spells out. */
  vocabulary(): ReadonlySet<string>;
}

export interface PatternEntry<T> {
  pattern: string;
  value: T;
  /** What the `{names}` of the pattern stand for. */
  sets?: PatternSets;
}

/** Named lists of phrases, compiled once and shared by the patterns of a file. */
export type PatternSets = ReadonlyMap<string, PhraseSet>;

interface PhraseSet {
  root: Node;
  /** How its phrases may begin. */
  first: readonly Step[];
}

/** What a token of a text is compared with, or what must hold between two. */
export type Step =
  | { word: string }
  | { prefix: string }
  | { shape: Shape }
  | { set: PhraseSet }
  | { gap: true }
  | { edge: "start" | "end" };

const MAX_VARIANTS = 64;
/** Whole phrases have more places that may stay empty than the words around a keyword. */
const MAX_VARIANTS_WITH_SETS = 256;
const MIN_PREFIX = 3;
/** Words that `...` may stand for. */
const MAX_GAP = 3;
/** Words of which it is remembered what may begin with them. */
const MOST_REMEMBERED = 5_000;
const SHAPES: ReadonlySet<string> = new Set<Shape>(["number", "percent", "money", "time", "date", "url", "code"]);

/** A state of the trie. `prefixes` is keyed by the first three letters, so many wildcards cost no more than one. */
interface Node {
  words: Map<string, Node> | null;
  prefixes: Map<number, { prefix: string; node: Node }[]> | null;
  shapes: Map<Shape, Node> | null;
  sets: Map<PhraseSet, Node> | null;
  gap: Node | null;
  start: Node | null;
  end: Node | null;
  /** Indexes of the entries that end here. */
  entries: number[] | null;
}

/**
 * Compiles patterns into one trie over tokens: the cost of a match depends on the text, not on how many patterns there are.
 * Throws a `PatternError` for a pattern that is malformed or that could never match.
 */
export function compilePatterns<T>(entries: readonly PatternEntry<T>[]): PhraseMatcher<T> {
  const builder = patternBuilder<T>();
  builder.add(entries);
  return builder.matcher();
}

/** Several lists of patterns that become one matcher; `add` throws as `compilePatterns` does. */
export function patternBuilder<T>(): { add(entries: readonly PatternEntry<T>[]): void; matcher(): PhraseMatcher<T> } {
  const root = newNode();
  const values: T[] = [];
  const index = new SetIndex();
  return {
    add(entries) {
      for (const { pattern, value, sets } of entries) {
        const entry = values.push(value) - 1;
        for (const variant of variantsOf(pattern, sets)) {
          for (const step of variant) if ("set" in step) index.add(step.set);
          insert(root, variant, entry);
        }
      }
    },
    matcher: () => ({
      match(tokens, edges) {
        const text: Text = { tokens, edges, sets: index.empty ? null : new SetsInText(index, tokens) };
        const found: Found[] = [];
        for (let from = 0; from < tokens.length; from++) walk(root, text, from, from, found);
        return found.map(({ entry, from, to }) => ({ value: values[entry] as T, from, to }));
      },
      vocabulary() {
        const words = new Set<string>();
        collectWords(root, words, new Set());
        return words;
      },
    }),
  };
}

/**
 * Compiles the named sets of a file. Their phrases are patterns without edges, gaps or sets of their own.
 * Throws a `PatternError` for a malformed phrase.
 */
export function compileSets(sets: Readonly<Record<string, readonly string[]>>): PatternSets {
  return new Map(
    Object.entries(sets).map(([name, phrases]) => {
      const root = newNode();
      const first: Step[] = [];
      for (const phrase of phrases) {
        for (const variant of variantsOf(phrase, undefined)) {
          const begin = variant[0]!;
          if (variant.some((step) => "gap" in step || "edge" in step)) {
            throw new PatternError(phrase, `a phrase of the set {${name}} cannot hold ... ^ or $`);
          }
          first.push(begin);
          insert(root, variant, 0);
        }
      }
      return [name, { root, first }];
    }),
  );
}

/** Which sets may begin with a token, so that hundreds of sets cost no more than the few that do. */
class SetIndex {
  #words = new Map<string, Set<PhraseSet>>();
  #prefixes = new Map<number, { prefix: string; set: PhraseSet }[]>();
  #shapes = new Map<Shape, Set<PhraseSet>>();
  #known = new Set<PhraseSet>();
  #remembered = new Map<string, ReadonlySet<PhraseSet>>();

  get empty(): boolean {
    return this.#known.size === 0;
  }

  add(set: PhraseSet): void {
    if (this.#known.has(set)) return;
    this.#known.add(set);
    for (const step of set.first) {
      if ("word" in step) setIn(this.#words, step.word).add(set);
      else if ("shape" in step) setIn(this.#shapes, step.shape).add(set);
      else if ("prefix" in step) {
        const key = prefixKey(step.prefix);
        const known = this.#prefixes.get(key) ?? [];
        this.#prefixes.set(key, known);
        known.push({ prefix: step.prefix, set });
      }
    }
  }

  /** The same for every text that holds the word, so it is remembered; figures and codes hardly come twice. */
  beginningWith(token: Token): ReadonlySet<PhraseSet> {
    if (token.shape !== null) return this.#find(token);
    let found = this.#remembered.get(token.text);
    if (found === undefined) {
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(token.text, found = this.#find(token));
    }
    return found;
  }

  #find({ text, shape }: Token): ReadonlySet<PhraseSet> {
    const found = new Set(this.#words.get(text));
    if (text.length >= MIN_PREFIX) {
      for (const { prefix, set } of this.#prefixes.get(prefixKey(text)) ?? []) {
        if (text.startsWith(prefix)) found.add(set);
      }
    }
    if (shape !== null) { for (const set of this.#shapes.get(shape) ?? []) found.add(set); }
    return found.size === 0 ? NO_SETS : found;
  }
}
const NO_SETS: ReadonlySet<PhraseSet> = new Set();

/** The sets found at each token and where their phrases end, worked out when a pattern asks. */
class SetsInText {
  readonly #begun: (ReadonlySet<PhraseSet> | undefined)[];
  readonly #ends: (Map<PhraseSet, number[]> | undefined)[];
  readonly #text: Text;
  constructor(readonly index: SetIndex, readonly tokens: readonly Token[]) {
    this.#begun = new Array(tokens.length);
    this.#ends = new Array(tokens.length);
    this.#text = { tokens, edges: undefined, sets: null };
  }
  /** The sets that may begin at `position`. */
  at(position: number): ReadonlySet<PhraseSet> {
    return this.#begun[position] ??= this.index.beginningWith(this.tokens[position]!);
  }
  /** Where the phrases of `set` that begin at `position` end. */
  endsOf(set: PhraseSet, position: number): number[] {
    const known = this.#ends[position] ??= new Map();
    let ends = known.get(set);
    if (ends === undefined) {
      const found: Found[] = [];
      walk(set.root, this.#text, position, position, found);
      known.set(set, ends = found.map(({ to }) => to));
    }
    return ends;
  }
}

interface Text {
  tokens: readonly Token[];
  edges: Edges | undefined;
  sets: SetsInText | null;
}

interface Found {
  entry: number;
  from: number;
  to: number;
}

function insert(root: Node, variant: readonly Step[], entry: number): void {
  const end = variant.reduce(childFor, root);
  end.entries ??= [];
  if (!end.entries.includes(entry)) end.entries.push(entry);
}

function walk(node: Node, text: Text, from: number, at: number, found: Found[]): void {
  if (node.entries !== null) {
    for (const entry of node.entries) if (!isFound(found, entry, from, at)) found.push({ entry, from, to: at });
  }
  const { tokens, edges } = text;
  if (node.end !== null && (edges === undefined ? at === tokens.length : edges.ends[at])) {
    walk(node.end, text, from, at, found);
  }
  const token = tokens[at];
  if (token === undefined) return;
  if (node.start !== null && (edges === undefined ? at === 0 : edges.starts[at])) {
    walk(node.start, text, from, at, found);
  }
  if (node.gap !== null) {
    for (let next = at; next <= at + MAX_GAP && next < tokens.length && !edges?.breaks[next]; next++) {
      walk(node.gap, text, from, next, found);
    }
  }
  const word = node.words?.get(token.text);
  if (word !== undefined) walk(word, text, from, at + 1, found);
  if (node.prefixes !== null && token.text.length >= MIN_PREFIX) {
    const candidates = node.prefixes.get(prefixKey(token.text));
    if (candidates !== undefined) {
      for (const { prefix, node: next } of candidates) {
        if (token.text.startsWith(prefix)) walk(next, text, from, at + 1, found);
      }
    }
  }
  if (token.shape !== null) {
    const shape = node.shapes?.get(token.shape);
    if (shape !== undefined) walk(shape, text, from, at + 1, found);
  }
  if (node.sets !== null && text.sets !== null) {
    const begun = text.sets.at(at);
    // Many sets may begin with one word, and many may follow one node: only the fewer are gone through.
    if (begun.size < node.sets.size) {
      for (const set of begun) {
        const next = node.sets.get(set);
        if (next !== undefined) { for (const end of text.sets.endsOf(set, at)) walk(next, text, from, end, found); }
      }
    } else if (begun.size > 0) {
      for (const [set, next] of node.sets) {
        if (begun.has(set)) { for (const end of text.sets.endsOf(set, at)) walk(next, text, from, end, found); }
      }
    }
  }
}

function collectWords(node: Node, words: Set<string>, seen: Set<Node>): void {
  if (seen.has(node)) return;
  seen.add(node);
  for (const [word, next] of node.words ?? []) {
    words.add(word);
    collectWords(next, words, seen);
  }
  for (const candidates of node.prefixes?.values() ?? []) {
    for (const { node: next } of candidates) collectWords(next, words, seen);
  }
  for (const next of node.shapes?.values() ?? []) collectWords(next, words, seen);
  for (const [set, next] of node.sets ?? []) {
    collectWords(set.root, words, seen);
    collectWords(next, words, seen);
  }
  for (const next of [node.gap, node.start, node.end]) if (next !== null) collectWords(next, words, seen);
}

/** Looks only at the matches of this start, which are the last ones. */
function isFound(found: readonly Found[], entry: number, from: number, to: number): boolean {
  for (let i = found.length - 1; found[i]?.from === from; i--) {
    if (found[i]?.entry === entry && found[i]?.to === to) return true;
  }
  return false;
}

function newNode(): Node {
  return {
    words: null,
    prefixes: null,
    shapes: null,
    sets: null,
    gap: null,
    start: null,
    end: null,
    entries: null,
  };
}

/** The first three letters as a small integer, without making a string; equal keys are told apart by `startsWith`. */
function prefixKey(text: string): number {
  return (text.charCodeAt(0) << 10) ^ (text.charCodeAt(1) << 5) ^ text.charCodeAt(2);
}

function childFor(node: Node, step: Step): Node {
  if ("word" in step) return childIn(node.words ??= new Map(), step.word);
  if ("shape" in step) return childIn(node.shapes ??= new Map(), step.shape);
  if ("set" in step) return childIn(node.sets ??= new Map(), step.set);
  if ("gap" in step) return node.gap ??= newNode();
  if ("edge" in step) return node[step.edge] ??= newNode();
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

function setIn<K>(sets: Map<K, Set<PhraseSet>>, key: K): Set<PhraseSet> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, set = new Set());
  return set;
}

// --- parsing --------------------------------------------------------------------------------------------------------

/** Every sequence of steps that a pattern stands for. Throws a `PatternError` as `compilePatterns` does. */
export function variantsOf(pattern: string, sets?: PatternSets): Step[][] {
  const parts = pattern.match(/\[[^\]]*\]?|[^\s[]+/g) ?? [];
  if (parts.length === 0) throw new PatternError(pattern, "is empty");
  let variants: Step[][] = [[]];
  for (const part of parts) {
    const choices = part.startsWith("[") ? optionalChoices(pattern, part, sets) : wordChoices(pattern, part, sets);
    variants = variants.flatMap((variant) => choices.map((choice) => [...variant, ...choice]));
    const limit = sets === undefined ? MAX_VARIANTS : MAX_VARIANTS_WITH_SETS;
    if (variants.length > limit) {
      throw new PatternError(
        pattern,
        `stands for more than ${limit} phrases; split it into several patterns with fewer options`,
      );
    }
  }
  for (const variant of variants) {
    if (variant.length === 0) {
      throw new PatternError(pattern, "consists only of optional parts; leave at least one word outside the brackets");
    }
    if (!variant.some((step) => "word" in step || "prefix" in step || "shape" in step || "set" in step)) {
      throw new PatternError(pattern, "holds no word; leave at least one outside the brackets");
    }
    refuseUnmatchable(pattern, variant);
  }
  return variants;
}

function optionalChoices(pattern: string, part: string, sets: PatternSets | undefined): Step[][] {
  if (!part.endsWith("]")) throw new PatternError(pattern, "has a [ without its ]");
  const inner = part.slice(1, -1);
  if (inner.includes("[")) throw new PatternError(pattern, "has brackets inside brackets; write two patterns instead");
  const phrases = inner.split("|").map((phrase) =>
    phrase.trim().split(/\s+/).flatMap((word) => stepsOf(pattern, word, sets))
  );
  return [[], ...gathered(phrases, sets)];
}

/** From this many on the choices of a place become a set of their own, so that long lists do not multiply. */
const MANY_CHOICES = 2;

function gathered(choices: Step[][], sets: PatternSets | undefined): Step[][] {
  // Files without sets keep plain phrases, for which the limit of variants is made.
  if (sets === undefined || choices.length < MANY_CHOICES) return choices;
  const isPlain = (steps: Step[]) =>
    steps.length > 0 && steps.every((step) => "word" in step || "prefix" in step || "shape" in step);
  const plain = choices.filter((steps) => isPlain(steps));
  if (plain.length < MANY_CHOICES) return choices;
  const root = newNode();
  for (const steps of plain) insert(root, steps, 0);
  const set = { root, first: plain.map((steps) => steps[0]!) };
  return [[{ set }], ...choices.filter((steps) => !isPlain(steps))];
}

function wordChoices(pattern: string, part: string, sets: PatternSets | undefined): Step[][] {
  if (part.includes("]")) throw new PatternError(pattern, "has a ] without its [");
  return gathered(part.split("|").map((word) => stepsOf(pattern, word, sets)), sets);
}

/** Words that are compared as they stand: most of what patterns hold, and a cold start reads tens of thousands of them. */
const PLAIN = /^[a-z]+$/;
const PLAIN_WORDS = /^[a-z ]+$/;

/** The steps of one written word: more than one for `opt-out` or `m'envoyer`. */
function stepsOf(pattern: string, word: string, sets: PatternSets | undefined): Step[] {
  if (word === "") {
    throw new PatternError(pattern, "has an empty choice; put a word on both sides of |, without spaces around it");
  }
  if (PLAIN.test(word)) return [{ word }];
  if (word === "...") return [{ gap: true }];
  if (word === "^") return [{ edge: "start" }];
  if (word === "$") return [{ edge: "end" }];
  const name = /^\{(.*)\}$/.exec(word)?.[1];
  if (name !== undefined) {
    const set = sets?.get(name);
    if (set !== undefined) return [{ set }];
    const known = [...sets?.keys() ?? []].map((one) => `{${one}}`).join(" ");
    throw new PatternError(pattern, `{${name}} is no set of this file; there are ${known || "none"}`);
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
  // Where nothing in it stands for something else it is read as the text that it is: in `5 %a` the sign belongs to the number.
  const text = /[[\]|<>*]/.test(pattern) ? literal.join(" ") : pattern;
  if (PLAIN_WORDS.test(text)) return;
  const read = words(text);
  if (read.length === literal.length && read.every(({ text }, i) => text === literal[i])) return;
  const merged = read.find(({ shape, text }) => shape !== null && !literal.includes(text));
  throw new PatternError(
    pattern,
    `would never match: "${literal.join(" ")}" is read as ${merged ? `<${merged.shape}>` : "other words"}`,
  );
}
