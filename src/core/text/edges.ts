import type { Edges, PhraseMatcher } from "./phrases.ts";
import type { Token } from "./text.ts";

/** What ends a part of what is said. Quotation marks and brackets do not: people put them around single words. */
const PUNCTUATION = /[.,;:!?…\n\r\-–—/|=*~¡¿]/u;
/** Anything between two words that is no letter, digit, space, apostrophe or bracket: an emoji ends a sentence too. */
const SYMBOL = /[^\p{L}\p{N}\s'’"“”«»()[\]]/u;

/**
 * Where the parts of `raw` begin and end, for patterns with `^` and `$`: at punctuation, and where only `polite` words (greetings,
 * thanks, "please") stand between that and the words looked at. A hyphen or an equals sign inside a word is no punctuation.
 */
export function edgesOf(raw: string, tokens: readonly Token[], polite: PhraseMatcher<unknown>): Edges {
  const count = tokens.length;
  const breaks = Array.from({ length: count + 1 }, (_, at) => {
    const before = tokens[at - 1], after = tokens[at];
    if (before === undefined || after === undefined) return true;
    const between = raw.slice(before.end, after.start);
    return between.length === 1 && /[-'’/=.]/.test(between) ? false : PUNCTUATION.test(between) || SYMBOL.test(between);
  });
  const starts = [...breaks];
  const ends = [...breaks];
  const fillers = polite.match(tokens);
  for (const { from, to } of fillers) if (starts[from]) starts[to] = true;
  for (const { from, to } of fillers.toReversed()) if (ends[to]) ends[from] = true;
  return { starts, ends, breaks };
}
