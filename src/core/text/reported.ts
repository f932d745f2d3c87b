import type { PhraseMatcher } from "./phrases.ts";
import type { Token } from "./text.ts";

/**
 * Words that somebody else said: `She wrote "stop texting me" and left`. A quotation that is all there is, or that has nothing but
 * politeness beside it, is what the person means to say: people copy what we told them to write, with the marks around it.
 */
export interface Range {
  /** Range of tokens, `to` exclusive. */
  from: number;
  to: number;
}

/** Quick no for nearly every text. */
const ANY_MARK = /["“”„«»‟″'’‘‚]/;
const DOUBLE = `"“”„«»‟″`;
/** An apostrophe at the beginning of a word opens and at the end of one closes; those inside words are letters ("don't", "l'offre"). */
const SINGLE = `'’‘‚`;
const WORD = /[\p{L}\p{N}]/u;

/**
 * The quotations of `raw` that stand beside other words than `polite` ones; `tokens` are its tokens or a part of them. Nothing is
 * given for marks without a partner.
 */
export function reportedIn(raw: string, tokens: readonly Token[], polite: PhraseMatcher<unknown>): Range[] {
  if (!ANY_MARK.test(raw)) return [];
  const quoted = spansOf(raw).flatMap(({ start, end }) => {
    const from = tokens.findIndex((token) => token.start >= start);
    const to = tokens.findLastIndex((token) => token.end <= end) + 1;
    return from !== -1 && to > from ? [{ from, to }] : [];
  });
  if (quoted.length === 0) return [];
  const own = new Uint8Array(tokens.length).fill(1);
  for (const { from, to } of quoted) own.fill(0, from, to);
  for (const { from, to } of polite.match(tokens)) own.fill(0, from, to);
  return own.includes(1) ? quoted : [];
}

/** What stands between two marks of a kind, in characters. */
function spansOf(raw: string): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (const marks of [DOUBLE, SINGLE]) {
    let opened: number | null = null;
    for (let at = 0; at < raw.length; at++) {
      if (!marks.includes(raw[at]!)) continue;
      const afterWord = WORD.test(raw[at - 1] ?? " "), beforeWord = WORD.test(raw[at + 1] ?? " ");
      if (marks === SINGLE && (afterWord && beforeWord)) continue;
      if (opened === null) { if (!afterWord && (marks === DOUBLE || beforeWord)) opened = at + 1; }
      else if (marks === DOUBLE || !beforeWord) {
        spans.push({ start: opened, end: at });
        opened = null;
      }
    }
  }
  return spans;
}
