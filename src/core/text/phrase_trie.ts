import type { Shape } from "./text.ts";

/** What patterns are compiled into: one trie over tokens, whose states are reached by words, beginnings of words, shapes and sets. */

/** A list of phrases that stands for one place of a pattern. */
export interface PhraseSet {
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

/** Letters of the shortest beginning of a word that a pattern may give. */
export const MIN_PREFIX = 3;

/** A state of the trie. `prefixes` is keyed by the first three letters, so many wildcards cost no more than one. */
export interface Node {
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

/** Lets the entry of this index end where the steps lead to. */
export function insert(root: Node, variant: readonly Step[], entry: number): void {
  const end = variant.reduce(childFor, root);
  end.entries ??= [];
  if (!end.entries.includes(entry)) end.entries.push(entry);
}

export function newNode(): Node {
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
export function prefixKey(text: string): number {
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

/** Every word that is spelled out below a state. */
export function collectWords(node: Node, words: Set<string>, seen: Set<Node> = new Set()): void {
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
