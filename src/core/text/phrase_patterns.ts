import { insert, MIN_PREFIX, newNode, type PhraseSet, type Step } from "./phrase_trie.ts";
import { type Shape, words } from "./text.ts";

/**
 * The language of word patterns. Words stand one after the other (`stop by`); `[a]` may be there or not; `[a|b c]` may be `a`, may be
 * `b c`, may be absent; `a|b` is a choice between single words; `rembours*` is the beginning of a word, three letters or more;
 * `<number> <percent> <money> <time> <date> <url> <code>` stand for tokens of that shape. `{send}` is any phrase of the set of that
 * name that the file gives; `...` stands for up to three words of any kind within a sentence; `^` and `$` hold at the beginning and at
 * the end of what is said (edges.ts). Words are folded as messages are (text.ts), so accents, case, hyphens and apostrophes may be
 * written either way.
 */

/** A pattern that is malformed or could never match. */
export class PatternError extends Error {
  override name = "PatternError";
  constructor(readonly pattern: string, readonly problem: string) {
    super(`Pattern "${pattern}": ${problem}`);
  }
}

/** Named lists of phrases, compiled once and shared by the patterns of a file. */
export type PatternSets = ReadonlyMap<string, PhraseSet>;

const MAX_VARIANTS = 64;
/** Whole phrases have more places that may stay empty than the words around a keyword. */
const MAX_VARIANTS_WITH_SETS = 256;
const SHAPES: ReadonlySet<string> = new Set<Shape>(["number", "percent", "money", "time", "date", "url", "code"]);

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
    if ([variant[0]!, variant.at(-1)!].some((step) => "gap" in step)) {
      throw new PatternError(
        pattern,
        "begins or ends with ..., which stands for words between two others; leave it out",
      );
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
