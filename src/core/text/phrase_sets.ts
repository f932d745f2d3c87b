import { MIN_PREFIX, type PhraseSet, prefixKey } from "./phrase_trie.ts";
import type { Shape, Token } from "./text.ts";

/** Words of which it is remembered what may begin with them. */
const MOST_REMEMBERED = 5_000;

/** Which sets may begin with a token, so that hundreds of sets cost no more than the few that do. */
export class SetIndex {
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

function setIn<K>(sets: Map<K, Set<PhraseSet>>, key: K): Set<PhraseSet> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, set = new Set());
  return set;
}
