import type { PhraseMatcher } from "./phrases.ts";
import { type Token, tokenize } from "./text.ts";

/**
 * Tells what a person wrote from what they only quote: a phone's reaction ("Liked “Promo … STOP au 36123”"), a copy of our own
 * text above the answer. What is quoted was said by us and must not opt anybody out (docs/compliance.md 2.3).
 */
export interface OwnWords {
  /** What is left to understand. */
  tokens: Token[];
  /** True when something was taken away. */
  quoted: boolean;
}

const QUOTES = /["“”„«»‟″]/gu;
/** A copy shorter than this is words that anybody may write, our mention above all ("STOP au 36105" is an opt-out). */
const SHORTEST_COPY = 6;

/**
 * `reactions` are patterns of what phones write before a quotation. `answered` are our last texts in the thread, newest first. A
 * quotation is taken away after such words or when it is a copy of one of these texts; without quotation marks only a copy of
 * most of a text is.
 */
export function ownWords(raw: string, reactions: PhraseMatcher<unknown>, answered: readonly string[]): OwnWords {
  const tokens = tokenize(raw);
  const spans = quotations(raw);
  const ours = answered.map((text) => tokenize(text).map((token) => token.text));
  const gone = new Uint8Array(tokens.length);
  const takeAway = (from: number, to: number) => gone.fill(1, from, to);

  const begins = spans.length === 0 ? [] : reactions.match(tokens).filter(({ from }) => from === 0);
  for (const { start, end } of spans) {
    const from = tokens.findIndex((token) => token.start >= start);
    const to = from === -1 ? -1 : tokens.findLastIndex((token) => token.end <= end) + 1;
    if (from === -1 || to <= from) continue;
    const reaction = begins.find((one) => one.to === from);
    if (reaction !== undefined) takeAway(0, to);
    else if (ours.some((text) => contains(text, tokens, from, to))) takeAway(from, to);
  }
  for (const text of ours) {
    const copy = longestCopy(text, tokens);
    if (copy !== null && copy.to - copy.from >= Math.max(SHORTEST_COPY, Math.ceil(text.length * 0.6))) {
      takeAway(copy.from, copy.to);
    }
  }
  const left = tokens.filter((_, at) => gone[at] === 0);
  return { tokens: left, quoted: left.length < tokens.length };
}

/** Ranges between quotation marks, the first with the last: phones do not escape the marks of what they quote. */
function quotations(raw: string): { start: number; end: number }[] {
  const marks = [...raw.matchAll(QUOTES)].map((match) => match.index);
  const first = marks[0], last = marks.at(-1);
  return first === undefined || last === undefined || first === last ? [] : [{ start: first, end: last + 1 }];
}

/** Whether tokens `from` to `to` stand in `text` as they are; a quotation may be cut at its end. */
function contains(text: readonly string[], tokens: readonly Token[], from: number, to: number): boolean {
  for (let start = 0; start + (to - from) <= text.length; start++) {
    let at = from;
    while (at < to && tokens[at]!.text === text[start + at - from]) at++;
    if (at === to) return true;
  }
  return false;
}

/** Longer texts than any SMS are not compared beyond this many words, so that the time stays linear in the text. */
const MOST_WORDS = 200;

/** The longest run of tokens that stands in `text`; null when none does. */
function longestCopy(text: readonly string[], tokens: readonly Token[]): { from: number; to: number } | null {
  const ours = text.slice(0, MOST_WORDS);
  let lengths = new Uint16Array(ours.length + 1);
  let best: { from: number; to: number } | null = null;
  for (let at = 0; at < tokens.length; at++) {
    const next = new Uint16Array(ours.length + 1);
    for (let k = 0; k < ours.length; k++) {
      if (tokens[at]!.text !== ours[k]) continue;
      const length = lengths[k]! + 1;
      next[k + 1] = length;
      if (best === null || length > best.to - best.from) best = { from: at + 1 - length, to: at + 1 };
    }
    lengths = next;
  }
  return best;
}
