import { type PatternSets, variantsOf } from "./phrase_patterns.ts";
import { SetIndex } from "./phrase_sets.ts";
import { collectWords, insert, MIN_PREFIX, newNode, type Node, type PhraseSet, prefixKey } from "./phrase_trie.ts";
import type { Token } from "./text.ts";

/** Word patterns (phrase_patterns.ts) matched against the tokens of a text, all of them at once. */

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

/** Words that `...` may stand for. */
const MAX_GAP = 3;

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
        collectWords(root, words);
        return words;
      },
    }),
  };
}

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

/** Looks only at the matches of this start, which are the last ones. */
function isFound(found: readonly Found[], entry: number, from: number, to: number): boolean {
  for (let i = found.length - 1; found[i]?.from === from; i--) {
    if (found[i]?.entry === entry && found[i]?.to === to) return true;
  }
  return false;
}
