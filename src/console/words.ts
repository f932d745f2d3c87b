/** Words of the console: each page has its own, in every language side by side. */

export const LANGUAGES = ["en", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Languages in themselves. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", fr: "Français" };

/** A text, a text made of what is passed in, or a table of texts by the API's own names (`status.delivered`). */
type Word = string | ((...given: never[]) => string) | { readonly [name: string]: string };

/** The same words in another language: none missing, none more, made of the same things. */
type Translated<W> = {
  readonly [K in keyof W]: W[K] extends string ? string
    : W[K] extends (...given: infer G) => string ? (...given: G) => string
    : { readonly [N in keyof W[K]]: string };
};

/** `words(language)`: a page's words in the reader's language. What one language lacks is an error of types. */
export function inLanguages<const W extends { readonly [key: string]: Word }>(
  en: W,
  fr: Translated<W>,
): (language: Language) => Translated<W> {
  const words: Record<Language, Translated<W>> = { en: en as unknown as Translated<W>, fr };
  return (language) => words[language];
}

/** The first language asked for that there is: chosen before anything else, then the browser's own. */
export function languageFor(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const language = LANGUAGES.find((one) => one === wish.toLowerCase().split("-")[0]);
    if (language !== undefined) return language;
  }
  return "en";
}
