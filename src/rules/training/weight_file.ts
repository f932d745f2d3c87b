/** One word table as its file: a line a word, advertising first, so that a person can read it and a change can be compared. */
export function weightFile(
  language: string,
  { traits, words }: { traits: readonly [string, number][]; words: readonly [string, number][] },
): string {
  return [
    "# yaml-language-server: $schema=../../schema/weights.schema.json",
    "# Written by `deno task rules train`: what words were found to say, in points as in lexicons/signals/und.yaml.",
    "# Positive is advertising, negative information. Not edited by hand: the next training writes it anew. To correct the",
    "# classification, add a signal, or an example to test/evaluation/outbound and train.",
    "kind: weights",
    `language: ${language === "no" ? `"no"` : language}`,
    ...(traits.length === 0 ? [] : ["traits:", ...traits.map(([trait, points]) => `  ${trait}: ${points}`)]),
    ...(words.length === 0 ? ["words: {}"] : ["words:", ...words.map(([word, points]) => `  "${word}": ${points}`)]),
    "",
  ].join("\n");
}
