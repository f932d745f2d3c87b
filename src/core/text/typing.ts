import type { Token } from "./text.ts";

/**
 * Typing errors of a few known words (docs/compliance.md 2.3, tier T4): a neighbouring key, two letters swapped, one left out or
 * doubled, `0` for `o`. The comparison is with whole short texts, and a word that exists is never taken for another.
 */

export interface TypingData {
  /** Rows of keys, as on the keyboards people use; neighbours are beside, above and below. */
  keyboards: readonly (readonly string[])[];
  /** What is looked for, folded; a space between the words of a phrase. */
  words: readonly string[];
  /** Words that exist and are never a typing error, folded. */
  never: ReadonlySet<string>;
}

export interface TypingMatcher {
  /** The word that the tokens, run together, are a typing error of; null when there is none. An exact word counts too. */
  match(tokens: readonly Token[], more?: readonly string[]): string | null;
}

/** From this length on two errors are forgiven: words so long have no neighbours. */
const TWO_ERRORS_FROM = 9;
const MOST_ERRORS = 2;
/** From this length on it may also be written in any pieces with an error in it ("stip 2 end"). */
const LONG = 7;
/** A word of three letters allows a neighbouring key and nothing else. */
const SHORT = 3;
/** "stop to unsubscribe" run together, with some errors. */
const LONGEST = 24;
const MOST_TOKENS = 5;

/** A word that is looked for, with the letters that it holds, run together of its `pieces`. */
interface Known {
  word: string;
  letters: number;
  pieces: readonly string[];
}

/** Compiles the data; the time of a match depends on the number of words and not on the length of the text. */
export function compileTyping({ keyboards, words, never }: TypingData): TypingMatcher {
  const near = neighbours(keyboards);
  const knownAs = (pieces: readonly string[]): Known => {
    const word = pieces.join("");
    return { word, letters: lettersOf(word), pieces };
  };
  const known = [...new Set(words)].map((phrase) => knownAs(phrase.split(" ")));
  const byLength = Map.groupBy(known, ({ word }) => word.length);
  return {
    match(tokens, more = []) {
      if (tokens.length === 0 || tokens.length > MOST_TOKENS) return null;
      const text = tokens.map((token) => token.text).join("");
      if (more.includes(text)) return text;
      if (text.length > LONGEST || text.length < SHORT) return null;
      if (never.has(text)) return null;
      const typed = knownAs(tokens.map((token) => token.text));
      const isMeant = (known: Known) => isTypingErrorOf(typed, known, near);
      const offered = more.map((word) => knownAs([word])).find(isMeant);
      if (offered !== undefined) return offered.word;
      for (let by = -MOST_ERRORS; by <= MOST_ERRORS; by++) {
        const found = byLength.get(text.length + by)?.find(isMeant);
        if (found !== undefined) return found.word;
      }
      return null;
    },
  };
}

function isTypingErrorOf(typed: Known, meant: Known, near: Near): boolean {
  const [text, word] = [typed.word, meant.word];
  if (text === word) return true;
  // A short word in two pieces may be two words: "to p", "un sub". Not so a short phrase of which only one word is wrong: "opt our".
  const unsure = word.length < LONG && typed.pieces.length > 1 && !isAllButOne(typed.pieces, meant.pieces);
  const allowed = word.length >= TWO_ERRORS_FROM ? MOST_ERRORS : unsure ? 0 : 1;
  if (allowed === 0 || Math.abs(text.length - word.length) > allowed) return false;
  // Of nearly all pairs it is untrue, which this tells at once: an error takes one letter away and brings another at most.
  if (bitsOf(typed.letters ^ meant.letters) > 2 * allowed) return false;
  return errorsBetween(text, 0, word, 0, allowed, near) <= allowed;
}

/** Whether as many words stand in the same places, and all but one are the same. */
function isAllButOne(typed: readonly string[], meant: readonly string[]): boolean {
  return typed.length === meant.length && typed.filter((piece, at) => piece !== meant[at]).length === 1;
}

/** The letters of a word as bits, several letters to a bit: words of the same letters have the same. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

function bitsOf(letters: number): number {
  let count = 0;
  for (let rest = letters; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Whether a single word may be another with one typing error in it, on one of `keyboards`. Both are folded. */
export function slipTest(keyboards: readonly (readonly string[])[]): (typed: string, meant: string) => boolean {
  const near = neighbours(keyboards);
  return (typed, meant) =>
    Math.abs(typed.length - meant.length) <= 1 && isOneEdit(typed, meant) &&
    errorsBetween(typed, 0, meant, 0, 1, near) <= 1;
}

/** Whether two words differ in one place, of two letters at most: asked first, because of nearly all pairs it is untrue. */
function isOneEdit(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  return Math.max(a.length, b.length) - head - tail <= 2;
}

/** Whether two letters, as UTF-16 code units, are hit for one another; NaN, the end of a word, is near to nothing. */
type Near = (a: number, b: number) => boolean;

/**
 * Fewest typing errors that make the rest of `text` from `i` on of the rest of `word` from `j` on, up to `limit` (more is told as more);
 * recursion of depth `limit`.
 */
function errorsBetween(text: string, i: number, word: string, j: number, limit: number, near: Near): number {
  const short = word.length - j === SHORT && text.length - i === SHORT;
  const begun = j;
  while (i < text.length && text.charCodeAt(i) === word.charCodeAt(j)) i++, j++;
  if (i === text.length && j === word.length) return 0;
  if (limit === 0) return 1;
  const typed = text.charCodeAt(i), meant = word.charCodeAt(j);
  const before = j > begun ? word.charCodeAt(j - 1) : NaN;
  let fewest = limit + 1;
  const allows = (nextI: number, nextJ: number) => {
    fewest = Math.min(fewest, 1 + errorsBetween(text, nextI, word, nextJ, limit - 1, near));
  };
  if (near(typed, meant)) allows(i + 1, j + 1);
  if (!short) {
    if (i < text.length && typed === word.charCodeAt(j + 1) && text.charCodeAt(i + 1) === meant) allows(i + 2, j + 2);
    if (j < word.length) allows(i, j + 1);
    // A letter too many is a doubled one or a neighbouring key hit together with it.
    if (i < text.length && (typed === before || near(typed, meant) || near(typed, before))) allows(i + 1, j);
  }
  return fewest;
}

/** `0` beside `o` is on the keyboard; `$` and `5` look like `s`. */
const LOOKALIKES = ["o0", "0o", "s5", "5s", "s$", "$s", "i1", "1i", "l1", "1l"];

function pairOf(letters: string): number {
  return letters.charCodeAt(0) * 0x10000 + letters.charCodeAt(1);
}

function neighbours(keyboards: readonly (readonly string[])[]): Near {
  const pairs = new Set(LOOKALIKES.map(pairOf));
  for (const rows of keyboards) {
    rows.forEach((row, line) =>
      [...row].forEach((key, column) => {
        const beside = [row[column - 1], row[column + 1]];
        const below = rows[line + 1] ?? "";
        for (const other of [...beside, below[column - 1], below[column]]) {
          if (other === undefined) continue;
          pairs.add(pairOf(key + other));
          pairs.add(pairOf(other + key));
        }
      })
    );
  }
  return (a, b) => pairs.has(a * 0x10000 + b);
}
