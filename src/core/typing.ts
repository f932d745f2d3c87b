import type { Token } from "./text.ts";

/**
 * Typing errors of a few known words (docs/compliance.md 2.3, tier T4): a neighbouring key, two letters swapped, one left out or
 * doubled, `0` for `o`. The comparison is with whole short texts, and a word that exists is never taken for another.
 */

export interface TypingData {
  /** Rows of keys, as on the keyboards people use; neighbours are beside, above and below. */
  keyboards: readonly (readonly string[])[];
  /** What is looked for, folded and without spaces. */
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
/** From this length on it may also be written in pieces with an error in it ("stip 2 end"). */
const LONG = 7;
/** A word of three letters allows a neighbouring key and nothing else. */
const SHORT = 3;
/** "stop to unsubscribe" run together, with some errors. */
const LONGEST = 24;
const MOST_TOKENS = 5;

/** Compiles the data; the time of a match depends on the number of words and not on the length of the text. */
export function compileTyping({ keyboards, words, never }: TypingData): TypingMatcher {
  const near = neighbours(keyboards);
  const byLength = Map.groupBy(new Set(words), (word) => word.length);
  return {
    match(tokens, more = []) {
      if (tokens.length === 0 || tokens.length > MOST_TOKENS) return null;
      const text = tokens.map((token) => token.text).join("");
      if (more.includes(text)) return text;
      if (text.length > LONGEST || text.length < SHORT) return null;
      if (never.has(text)) return null;
      const candidates = [-2, -1, 0, 1, 2].flatMap((by) => byLength.get(text.length + by) ?? []);
      return [...more, ...candidates].find((word) => isTypingErrorOf(text, word, tokens.length, near)) ?? null;
    },
  };
}

function isTypingErrorOf(text: string, word: string, tokens: number, near: Near): boolean {
  if (text === word) return true;
  // A short word in two pieces may be two words: "to p", "un sub".
  const allowed = word.length >= TWO_ERRORS_FROM ? 2 : tokens > 1 && word.length < LONG ? 0 : 1;
  if (allowed === 0 || Math.abs(text.length - word.length) > allowed) return false;
  return errorsBetween(text, word, allowed, near) <= allowed;
}

/** Whether a single word may be another with one typing error in it, on one of `keyboards`. Both are folded. */
export function slipTest(keyboards: readonly (readonly string[])[]): (typed: string, meant: string) => boolean {
  const near = neighbours(keyboards);
  return (typed, meant) =>
    Math.abs(typed.length - meant.length) <= 1 && isOneEdit(typed, meant) && errorsBetween(typed, meant, 1, near) <= 1;
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

type Near = (a: string, b: string) => boolean;

/** Fewest typing errors that make `text` of `word`, up to `limit` (more is told as more); recursion of depth `limit`. */
function errorsBetween(text: string, word: string, limit: number, near: Near): number {
  let at = 0;
  while (at < text.length && text[at] === word[at]) at++;
  if (at === text.length && at === word.length) return 0;
  if (limit === 0) return 1;
  const rest = (textFrom: number, wordFrom: number) =>
    1 + errorsBetween(text.slice(textFrom), word.slice(wordFrom), limit - 1, near);
  const typed = text[at] ?? "", meant = word[at] ?? "";
  const before = word[at - 1] ?? "";
  const short = word.length === SHORT && text.length === SHORT;
  const errors = [limit + 1];
  if (near(typed, meant)) errors.push(rest(at + 1, at + 1));
  if (!short) {
    if (typed !== "" && typed === word[at + 1] && text[at + 1] === meant) errors.push(rest(at + 2, at + 2));
    if (meant !== "") errors.push(rest(at, at + 1));
    // A letter too many is a doubled one or a neighbouring key hit together with it.
    if (typed !== "" && (typed === before || near(typed, meant) || near(typed, before))) errors.push(rest(at + 1, at));
  }
  return Math.min(...errors);
}

/** `0` beside `o` is on the keyboard; `$` and `5` look like `s`. */
const LOOKALIKES = new Set(["o0", "0o", "s5", "5s", "s$", "$s", "i1", "1i", "l1", "1l"]);

function neighbours(keyboards: readonly (readonly string[])[]): Near {
  const pairs = new Set(LOOKALIKES);
  for (const rows of keyboards) {
    rows.forEach((row, line) =>
      [...row].forEach((key, column) => {
        const beside = [row[column - 1], row[column + 1]];
        const below = rows[line + 1] ?? "";
        for (const other of [...beside, below[column - 1], below[column]]) {
          if (other === undefined) continue;
          pairs.add(key + other);
          pairs.add(other + key);
        }
      })
    );
  }
  return (a, b) => pairs.has(a + b);
}
