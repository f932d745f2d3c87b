import { type Token, words as splitWords } from "./text.ts";

/**
 * The learned half of classification: what single words, pairs of neighbouring words, beginnings of words and outward traits of
 * a text say. Points are those of the hand-written signals: positive is advertising, negative information. The tables are written by
 * `deno task rules train` and read here; both sides use the units of this file, so that what was learned is what is counted.
 */

/** Outward signs that no single word shows. */
export const TRAITS = [
  "exclamation",
  "question",
  "capitals",
  "masked_number",
  "code_number",
  "long_number",
] as const;
export type Trait = (typeof TRAITS)[number];

/** Letters of a beginning (`livra*`); it stands for words that are longer than this. */
const STEM = 5;
/** Fewer letters are too few to call a text written in capitals. */
const CAPITALS_MIN_LETTERS = 20;

/** A part of the text and its points. */
export interface Weighed {
  /** Tokens, `to` exclusive; an empty range for a trait. */
  from: number;
  to: number;
  trait: Trait | null;
  weight: number;
}

export interface WordWeights {
  /** Everything in the text that has a weight; a word that comes twice counts twice. */
  weigh(text: string, tokens: readonly Token[]): Weighed[];
}

/** One word table, as its file holds it. */
export interface WeightTable {
  traits: { readonly [trait in Trait]?: number | undefined };
  words: Readonly<Record<string, number>>;
}

interface Entry {
  alone: number;
  /** By the word that follows. */
  before: Map<string, number> | null;
}

/** A word that no text could hold, or that two tables weigh. */
export class WeightError extends Error {
  override name = "WeightError";
  /** `table`: which of the tables holds it. */
  constructor(readonly table: number, problem: string) {
    super(problem);
  }
}

/** @throws WeightError for a key that is neither one or two words, nor a beginning of five letters, nor a shape. */
export function compileWeights(tables: readonly WeightTable[]): WordWeights {
  const traits = new Map<Trait, number>();
  const words = new Map<string, Entry>();
  const stems = new Map<string, number>();
  const seen = new Set<string>();
  const entryOf = (unit: string) => {
    let entry = words.get(unit);
    if (entry === undefined) words.set(unit, entry = { alone: 0, before: null });
    return entry;
  };
  tables.forEach((table, index) => {
    for (const [trait, weight] of Object.entries(table.traits)) traits.set(trait as Trait, weight as number);
    for (const [key, weight] of Object.entries(table.words)) {
      if (seen.has(key)) throw new WeightError(index, `"${key}" has a weight already; a word stands in one file only`);
      seen.add(key);
      const [first = "", second, ...more] = key.split(" ");
      if (second === undefined && isStem(first)) {
        stems.set(first.slice(0, STEM), weight);
        continue;
      }
      if (more.length > 0 || !isUnit(first) || (second !== undefined && !isUnit(second))) {
        throw new WeightError(
          index,
          `"${key}" is neither one or two words in lower case without accents, nor the first ${STEM} letters of a word and *, ` +
            "nor a shape such as <money>",
        );
      }
      if (second === undefined) entryOf(first).alone = weight;
      else (entryOf(first).before ??= new Map()).set(second, weight);
    }
  });
  return {
    weigh(text, tokens) {
      const found: Weighed[] = [];
      for (const trait of traitsOf(text, tokens)) {
        const weight = traits.get(trait);
        if (weight !== undefined) found.push({ from: 0, to: 0, trait, weight });
      }
      let next = unitOf(tokens[0]);
      for (let at = 0; at < tokens.length; at++) {
        const unit = next;
        next = unitOf(tokens[at + 1]);
        if (unit === null) continue;
        let weight = hasStem(unit) ? stems.get(unit.slice(0, STEM)) ?? 0 : 0;
        const entry = words.get(unit);
        if (entry !== undefined) {
          weight += entry.alone;
          const pair = next === null ? undefined : entry.before?.get(next);
          if (pair !== undefined) found.push({ from: at, to: at + 2, trait: null, weight: pair });
        }
        if (weight !== 0) found.push({ from: at, to: at + 1, trait: null, weight });
      }
      return found;
    },
  };
}

/** Keys under which the parts of a text stand in a table, once for each time they come: what the trainer counts. */
export function weightKeys(text: string, tokens: readonly Token[]): { traits: Trait[]; words: string[] } {
  const keys: string[] = [];
  tokens.forEach((token, at) => {
    const unit = unitOf(token), next = unitOf(tokens[at + 1]);
    if (unit === null) return;
    keys.push(unit);
    if (hasStem(unit)) keys.push(`${unit.slice(0, STEM)}*`);
    if (next !== null) keys.push(`${unit} ${next}`);
  });
  return { traits: traitsOf(text, tokens), words: keys };
}

/** Letters of the basic plane, so that a beginning never cuts one in half. */
const WORD = /^(?![^]*[\u{10000}-\u{10ffff}])[\p{L}\p{M}]+$/u;
const FIGURES = /^[a-z]{0,4}#[a-z]{0,4}$/;
const SHAPE_UNIT = /^<(?:number|percent|money|time|date|url|code)>$/;

/** Whether a text could hold it: folded as texts are. */
function isUnit(unit: string): boolean {
  if (SHAPE_UNIT.test(unit) || FIGURES.test(unit)) return true;
  return WORD.test(unit) && isFolded(unit);
}

function isStem(unit: string): boolean {
  return unit.length === STEM + 1 && unit.endsWith("*") && WORD.test(unit.slice(0, STEM)) &&
    isFolded(unit.slice(0, STEM));
}

function isFolded(word: string): boolean {
  const read = splitWords(word);
  return read.length === 1 && read[0]?.text === word;
}

function hasStem(unit: string): boolean {
  return unit.length > STEM && unit.charCodeAt(0) !== 0x3c;
}

const SHAPE_UNITS = new Map<string | null, string>();

/** What a token counts as: its shape, its word, `#p` for a figure with a few letters, or nothing (other mixtures). */
function unitOf(token: Token | undefined): string | null {
  if (token === undefined) return null;
  if (token.shape !== null) {
    let unit = SHAPE_UNITS.get(token.shape);
    if (unit === undefined) SHAPE_UNITS.set(token.shape, unit = `<${token.shape}>`);
    return unit;
  }
  const { text } = token;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x61 && code <= 0x7a) continue;
    // E-mail addresses and other mixtures are words without a shape; everybody has their own.
    const unit = text.replace(/\d+/g, "#");
    return WORD.test(unit) || FIGURES.test(unit) ? unit : null;
  }
  return text;
}

/** `XX1234`, `**** 1234`, `...1234`: an account or a card that the writer hides. */
const MASKED = /(?:[xX*•]{2,8}|\.{3})[ -]?\d{2,6}(?!\d)/;

function traitsOf(text: string, tokens: readonly Token[]): Trait[] {
  const found: Trait[] = [];
  if (text.includes("!")) found.push("exclamation");
  if (text.includes("?")) found.push("question");
  if (isCapitals(text)) found.push("capitals");
  if (MASKED.test(text)) found.push("masked_number");
  let code = false, long = false;
  for (const { shape, text: { length } } of tokens) {
    if (shape !== "number") continue;
    if (length >= 4 && length <= 8) code = true;
    else if (length > 8) long = true;
  }
  if (code) found.push("code_number");
  if (long) found.push("long_number");
  return found;
}

/** More than half of the letters are capitals; ASCII letters stand for all. */
function isCapitals(text: string): boolean {
  let upper = 0, lower = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x41 && code <= 0x5a) upper++;
    else if (code >= 0x61 && code <= 0x7a) lower++;
  }
  return upper > lower && upper + lower >= CAPITALS_MIN_LETTERS;
}
