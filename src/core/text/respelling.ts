import type { Token } from "./text.ts";

/**
 * Second readings of a text whose words the phrases do not know: a long word with one typing error ("mesages"), or words run
 * together ("nomasmensajes", "menvoyez"). Only words that no phrase uses are read otherwise, and only as words that phrases use,
 * so a reading means something only when it makes a whole phrase.
 */
export interface Respelling {
  /** Other readings, the likeliest first and at most `MOST_READINGS`; none for a text of known words, or a long one. */
  readings(tokens: readonly Token[]): Token[][];
}

/** Longer texts are messages of their own, in which people spell out what they want. */
const MOST_TOKENS = 16;
const MOST_READINGS = 8;
/**
 * A shorter word is too near to too many others to be taken for one of them. The first letter is rarely wrong, and a word that
 * only ends otherwise is another form of it.
 */
const MIN_CORRECTED = 4;
/** A shorter word is rarely two of them. */
const MIN_SPLIT = 6;
const LONGEST = 32;
/** A text with more words that no phrase uses speaks of something else, or another language. */
const MOST_UNKNOWN = 4;
/** Letters of an average part: anything can be cut into words of one letter. */
const MEAN_PART = 3;
/** Other readings of one word. */
const MOST_CHOICES = 6;
/** Words whose other readings are remembered: people use few words, and finding what one may be takes as long as all the rest. */
const MOST_REMEMBERED = 5_000;
/** Words that one may be made of, and ways to reach the same letter: what a hostile text can cost. */
const MOST_PARTS = 7;
const MOST_WAYS = 3;

/**
 * `vocabulary` is asked once, at the first text. `isSlip` tells whether a word may be another with one typing error in it
 * (typing.ts). `existing`: words that are what they are.
 */
export function compileRespelling(
  vocabulary: () => ReadonlySet<string>,
  isSlip: (typed: string, meant: string) => boolean,
  existing: ReadonlySet<string>,
): Respelling {
  let known: ReadonlySet<string> | undefined;
  let alike: Map<string, string[]> | undefined;
  const remembered = new Map<string, readonly string[][]>();
  const choicesFor = (text: string, words: ReadonlySet<string>): readonly string[][] => {
    if (text.length > LONGEST || !/^\p{L}+$/u.test(text)) return [];
    const before = remembered.get(text);
    if (before !== undefined) return before;
    const choices = findChoices(text, words);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(text, choices);
    return choices;
  };
  const findChoices = (text: string, words: ReadonlySet<string>): string[][] => {
    alike ??= Map.groupBy(words, (word) => word.length + word[0]!);
    const corrected = text.length < MIN_CORRECTED
      ? []
      : [0, 1, -1].flatMap((by) =>
        alike!.get(text.length + by + text[0]!)?.filter((word) =>
          word.length >= MIN_CORRECTED && isSlip(text, word) && !text.startsWith(word) && !word.startsWith(text)
        ) ?? []
      );
    const split = text.length < MIN_SPLIT ? [] : splits(text, words);
    return [...split, ...corrected.map((word) => [word])].slice(0, MOST_CHOICES);
  };
  return {
    readings(tokens) {
      if (tokens.length > MOST_TOKENS) return [];
      const words = known ??= vocabulary();
      const isUnknown = ({ text, shape }: Token) => shape === null && !words.has(text) && !existing.has(text);
      const unknown = tokens.filter(isUnknown).length;
      if (unknown === 0 || unknown > MOST_UNKNOWN) return [];
      let readings: Token[][] = [[]];
      let changed = false;
      for (const token of tokens) {
        const choices = isUnknown(token) ? choicesFor(token.text, words) : [];
        if (choices.length === 0) { for (const reading of readings) reading.push(token); }
        else {
          changed = true;
          readings = choices.flatMap((choice) =>
            readings.map((reading) => [...reading, ...choice.map((text) => ({ ...token, text }))])
          ).slice(0, MOST_READINGS);
        }
      }
      return changed ? readings : [];
    },
  };
}

/** Ways to cut `text` into known words, those of the fewest words and of one more. */
function splits(text: string, words: ReadonlySet<string>): string[][] {
  let fewest: string[][] = [];
  let reached: { at: number; parts: string[] }[] = [{ at: 0, parts: [] }];
  for (let count = 0; count < MOST_PARTS && reached.length > 0; count++) {
    const next: typeof reached = [];
    const seen = new Map<number, number>();
    for (const { at, parts } of reached) {
      for (let end = text.length; end > at; end--) {
        const ways = seen.get(end) ?? 0;
        if (ways >= MOST_WAYS || !words.has(text.slice(at, end))) continue;
        seen.set(end, ways + 1);
        next.push({ at: end, parts: [...parts, text.slice(at, end)] });
      }
    }
    if ((count + 1) * MEAN_PART > text.length + 1) break;
    const whole = next.filter(({ at }) => at === text.length).map(({ parts }) => parts);
    // "keinesms mehr" is shorter, "keine sms mehr" is the phrase.
    if (fewest.length > 0) return [...fewest, ...whole];
    fewest = whole;
    reached = next.filter(({ at }) => at < text.length);
  }
  return fewest;
}
