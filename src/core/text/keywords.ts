import type { KeywordEntry, Source } from "../rulebook/rulebook_schema.ts";
import { STOP_EMOJI } from "./fold.ts";
import { compilePatterns, type PhraseMatch, type PhraseMatcher } from "./phrases.ts";
import { type Token, tokenize } from "./text.ts";

/** T1: the whole text is a keyword. T2: a keyword with a short, meaningless tail (docs/compliance.md 2.3). */
export type KeywordTier = "T1" | "T2";

export interface KeywordMatch {
  intent: string;
  tier: KeywordTier;
  language: string;
  /** The keyword as in the rule file. */
  words: string;
  source: Source;
  /** Range of the tokens given, `to` exclusive, where it stands first. */
  from: number;
  to: number;
  /** Counts only while the person is opted out: an ordinary answer otherwise. */
  conditional: boolean;
}

export interface KeywordContext {
  /** Whether a suppression stands; opens the entries that count only then (YES, JA, OUI). */
  optedOut: boolean;
  /** What a person may name after the keyword: the sender's address, its brand, its STOP number. */
  tails: readonly string[];
}

export interface KeywordMatcher {
  match(tokens: readonly Token[], context: KeywordContext): KeywordMatch | null;
  /** True when a keyword of `intent` stands anywhere in the text. */
  mentions(tokens: readonly Token[], intent: string): boolean;
}

interface Keyword {
  entry: KeywordEntry;
  words: string;
  isEmoji: boolean;
}
interface Range {
  from: number;
  to: number;
}

/** Where an opt-out may be meant, it wins: missing one is worse than any other mistake. */
const INTENT_ORDER = ["opt_out", "help", "opt_in"];

/** Our mention repeated with a brand and politeness is shorter; more than this is a message of its own. */
const MAX_T2_TOKENS = 32;

/**
 * Compiles the keywords that apply to a person. `tailWords` are patterns as in phrases.ts, so that a text which only repeats our
 * own mention can be described: `to opt out`, `au <number>`, `reply`. They may also stand before the keyword ("please
 * stop"). Throws a `PatternError` for a malformed keyword or tail.
 */
export function compileKeywords(entries: readonly KeywordEntry[], tailWords: readonly string[]): KeywordMatcher {
  const keywords = compilePatterns(
    entries.flatMap((entry) =>
      entry.words.map((words) => ({ pattern: words, value: { entry, words, isEmoji: isStopEmoji(words) } }))
    ),
  );
  const tails = compilePatterns(tailWords.map((pattern) => ({ pattern, value: pattern })));
  return {
    match(written, { optedOut, tails: names }) {
      const tokens = unglued(written, names);
      const found = keywords.match(tokens).filter(({ value }) => optedOut || !value.entry.only_when_opted_out);
      if (found.length === 0) return null;
      const glued = tokens.length - written.length;
      return best("T1", wholeText(tokens, found), found, glued) ??
        best("T2", withTails(tokens, found, tails, names), found, glued);
    },
    mentions: (tokens, intent) => keywords.match(tokens).some(({ value }) => value.entry.intent === intent),
  };
}

/** "STOP36123" with the number that our messages name, or any of a short code's length: people overlook the space. */
function unglued(tokens: readonly Token[], names: readonly string[]): readonly Token[] {
  const first = tokens[0];
  const glued = first === undefined ? null : /^(\D+)(\d{3,15})$/.exec(first.text);
  if (!first || !glued?.[1] || !glued[2]) return tokens;
  if (!/^\d{5,6}$/.test(glued[2]) && !names.some((name) => name.replace("+", "") === glued[2])) return tokens;
  return [{ ...first, text: glued[1], shape: null }, { ...first, text: glued[2], shape: "number" }, ...tokens.slice(1)];
}

function isStopEmoji(words: string): boolean {
  const tokens = tokenize(words);
  return tokens.length === 1 && STOP_EMOJI.has(tokens[0]?.text ?? "");
}

/** The keyword of the most important intent; the first in the rule files among equals. */
function best(
  tier: KeywordTier,
  candidates: Keyword[],
  found: readonly PhraseMatch<Keyword>[],
  glued: number,
): KeywordMatch | null {
  let winner: Keyword | null = null;
  for (const candidate of candidates) {
    if (winner === null || rank(candidate) < rank(winner)) winner = candidate;
  }
  if (winner === null) return null;
  const { intent, language, source, only_when_opted_out } = winner.entry;
  const place = found.find(({ value }) => value === winner)!;
  // What was unglued is one token of the text as it is written.
  const from = Math.max(0, place.from - glued), to = Math.max(1, place.to - (place.from === 0 ? 0 : glued));
  return { intent, tier, language, words: winner.words, source, from, to, conditional: only_when_opted_out ?? false };
}

function rank({ entry }: Keyword): number {
  const order = INTENT_ORDER.indexOf(entry.intent);
  return order === -1 ? INTENT_ORDER.length : order;
}

/** Keywords that, repeated or beside stop emoji of the same intent, are all there is. A word says more than an emoji. */
function wholeText(tokens: readonly Token[], found: PhraseMatch<Keyword>[]): Keyword[] {
  const keywords = [...new Set(found.map(({ value }) => value))].filter((keyword) =>
    isCovered(
      found.filter(({ value }) => value === keyword || (value.isEmoji && value.entry.intent === keyword.entry.intent)),
      0,
      tokens.length,
    )
  );
  const inWords = keywords.filter(({ isEmoji }) => !isEmoji);
  return inWords.length > 0 ? inWords : keywords;
}

/** Keywords that allow a tail, with nothing before but tail words and nothing after but those, names or the same intent. */
function withTails(
  tokens: readonly Token[],
  found: PhraseMatch<Keyword>[],
  tails: PhraseMatcher<string>,
  names: readonly string[],
): Keyword[] {
  if (tokens.length > MAX_T2_TOKENS) return [];
  const open = found.filter(({ value }) => value.entry.tail !== false);
  if (open.length === 0) return [];
  const filler: Range[] = tails.match(tokens).filter(({ to }) => !isQuantity(tokens[to - 1]));
  const named = namesIn(tokens, names);
  return open.filter(({ value, from, to }) =>
    isCovered(filler, 0, from) &&
    isCovered(
      [...filler, ...named, ...open.filter((o) => o.value.entry.intent === value.entry.intent)],
      to,
      tokens.length,
    )
  ).map(({ value }) => value);
}

/** "stop 5", "stop 2": one or two digits count something, a number to write to has more. */
function isQuantity(token: Token | undefined): boolean {
  return token?.shape === "number" && token.text.length < 3;
}

/** Tokens that belong to one of `names`: any of its words ("STOP ACME" for Acme Paris), or all of them glued together. */
function namesIn(tokens: readonly Token[], names: readonly string[]): Range[] {
  const known = new Set<string>();
  for (const name of names) {
    const texts = tokenize(name).map(({ text }) => text);
    known.add(texts.join(""));
    for (const text of texts) known.add(text);
  }
  return tokens.flatMap(({ text }, at) => known.has(text) ? [{ from: at, to: at + 1 }] : []);
}

/** Whether tokens `from` to `to` can be laid end to end from `ranges`. */
function isCovered(ranges: readonly Range[], from: number, to: number): boolean {
  const reached = new Set([from]);
  for (let at = from; at < to; at++) {
    if (!reached.has(at)) continue;
    for (const range of ranges) if (range.from === at && range.to <= to) reached.add(range.to);
  }
  return reached.has(to);
}
