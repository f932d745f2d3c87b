import type { Category } from "../message.ts";
import type { Signal, Thresholds } from "../rulebook/rulebook.ts";
import type { PhraseMatch } from "./phrases.ts";
import type { Token } from "./text.ts";
import type { Trait, Weighed, WordWeights } from "./weights.ts";

/** What the words of a message say, with how many points and why. */
export interface Content {
  category: Category | "unclear";
  /** Points, rounded to hundredths; positive is advertising. */
  score: number;
  /** The weightiest words as written (or traits) with their points, at most `count`: `"20% off" +10`. */
  words(count: number): string[];
  /** The same as places in the text, for those who show it. */
  parts(count: number): ContentPart[];
}

/** Something of a text that counts as advertising (positive) or information. */
export interface ContentPart {
  /** Range of tokens, `to` exclusive; of a trait of the whole text, where it was found. */
  from: number;
  to: number;
  /** Null for words. */
  trait: Trait | null;
  weight: number;
}

/** A sign of this weight is a clear offer: mixed messages are commercial (CASL "one of the purposes"; ICO; CNIL). */
export const CLEAR_OFFER = 10;

/** How a trait is told to a reader. */
const TRAIT_WORDS: Record<Trait, string> = {
  exclamation: "an exclamation mark",
  question: "a question mark",
  capitals: "written in capitals",
  masked_number: "a masked account number",
  code_number: "a number of 4 to 8 digits",
  long_number: "a number of 9 digits or more",
};

/**
 * Adds up the hand-written signals and the learned words. Signs of advertising written by hand count up to `ceiling` and signs of
 * information down to `floor`, so that many of one kind never silence the learned words; a clear offer makes the text commercial whatever
 * else it says.
 */
export function weighContent(
  text: string,
  tokens: readonly Token[],
  signals: readonly PhraseMatch<Signal>[],
  learned: WordWeights,
  { commercial, informative, floor, ceiling }: Thresholds,
): Content {
  let score = 0;
  const { points, clearOffer } = signalPoints(signals, { floor, ceiling });
  const weighed = learned.weigh(text, tokens);
  for (const { weight } of weighed) score += weight;
  score = Math.round((score + points) * 100) / 100;
  if (clearOffer && score < commercial) score = commercial;
  return {
    category: score >= commercial ? "commercial" : score <= informative ? "informative" : "unclear",
    score,
    words: (count) => weightiest(signals, weighed, count).map((part) => told(part, text, tokens)),
    parts: (count) => weightiest(signals, weighed, count),
  };
}

/**
 * Points of the hand-written signals, and whether one of them decides alone. Where a text speaks about an offer and makes none, the strongest
 * sign of that counts on top of the floor, and the points alone decide: an advertisement that warns as well keeps more of them.
 */
export function signalPoints(
  signals: readonly PhraseMatch<Signal>[],
  { floor, ceiling }: Pick<Thresholds, "floor" | "ceiling">,
): { points: number; clearOffer: boolean } {
  let advertises = 0, informs = 0, strongest = 0, about = 0;
  for (const { value } of signals) {
    const { weight } = value;
    if (value.about) about = Math.min(about, weight);
    else if (weight > 0) advertises += weight;
    else informs += weight;
    if (weight > strongest) strongest = weight;
  }
  return {
    points: Math.min(advertises, ceiling) + Math.max(informs, floor) + about,
    clearOffer: strongest >= CLEAR_OFFER && about === 0,
  };
}

/** Parts that are the same words are told once, with what all of them weigh. */
function weightiest(
  signals: readonly PhraseMatch<Signal>[],
  weighed: readonly Weighed[],
  count: number,
): ContentPart[] {
  const parts: ContentPart[] = [];
  for (const { from, to, trait, weight } of weighed) parts.push({ from, to, trait, weight });
  for (const { from, to, value: { weight } } of signals) {
    const same = parts.find((part) => part.from === from && part.to === to && part.trait === null);
    if (same !== undefined) same.weight += weight;
    else parts.push({ from, to, trait: null, weight });
  }
  return parts.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, count);
}

function told({ from, to, trait, weight }: ContentPart, text: string, tokens: readonly Token[]): string {
  const words = trait === null
    ? `"${text.slice(tokens[from]?.start ?? 0, tokens[to - 1]?.end ?? 0)}"`
    : TRAIT_WORDS[trait];
  return `${words} ${weight > 0 ? "+" : ""}${Math.round(weight * 100) / 100}`;
}
