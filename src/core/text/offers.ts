import type { PhraseMatcher } from "./phrases.ts";
import { tokenize } from "./text.ts";

/** Where the word to answer with stands in our own texts: between `before` and `after`, or after `alone`. */
export type OfferPattern = "before" | "after" | "alone";

/** An offered word has at most this many tokens ("STOP to END"). */
const LONGEST = 3;
/** And no more letters than this, run together. */
const MOST_LETTERS = 16;

/**
 * The words that `texts` offered as a way out ("Reply Quit2End to stop", "envoyez FIN au 36105"), folded and without spaces. They
 * count as opt-out words for the answer: what a message asks for is what comes back.
 */
export function offeredWords(texts: readonly string[], patterns: PhraseMatcher<OfferPattern>): string[] {
  const offered = new Set<string>();
  for (const text of texts) {
    const tokens = tokenize(text);
    const found = patterns.match(tokens);
    for (const { value, to: from } of found) {
      if (value === "after") continue;
      for (let to = from + 1; to <= Math.min(from + LONGEST, tokens.length); to++) {
        const closed = found.some((other) => other.value === "after" && other.from === to);
        if (!closed && (value === "before" || to > from + 1)) continue;
        const words = tokens.slice(from, to);
        const word = words.map((token) => token.text).join("");
        // A number or a link is where to write, not what.
        if (words.every(({ shape }) => shape === null || shape === "code") && word.length <= MOST_LETTERS) {
          offered.add(word);
        }
        break;
      }
    }
  }
  return [...offered];
}
