import { keywordsOf } from "../../../core/rulebook/country_compiler.ts";
import { compilePatterns } from "../../../core/text/phrases.ts";
import { tokenize } from "../../../core/text/text.ts";
import { type Check, type Draft, filesOf, type LintBook } from "../finding.ts";

/** Intents for which every language of a country needs a word of its own. */
const INTENTS = ["opt_out", "opt_in", "help"];

/** Languages of a country in which something cannot be said or understood: answers, keywords, lexicons, the mention. */
export const translations: Check = (book) => [...missingFiles(book), ...missingMentions(book)];

function missingFiles(book: LintBook): Draft[] {
  const written = {
    replies: new Set(filesOf(book, "replies").map(({ content }) => content.language)),
    signals: new Set(filesOf(book, "signals").map(({ content }) => content.language)),
    tails: new Set(filesOf(book, "tails").flatMap(({ content }) => content.entries.map(({ language }) => language))),
    guards: new Set(filesOf(book, "guards").flatMap(({ content }) => content.entries.map(({ language }) => language))),
  };
  const general = filesOf(book, "keywords").flatMap(({ content }) => content.entries);
  return book.countries.flatMap(({ file, table }) =>
    table.languages.flatMap((language, index): Draft[] => {
      const entries = keywordsOf(table, general).filter((entry) => entry.language === language);
      const missing = [
        ...Object.entries(written).filter(([, languages]) => !languages.has(language)).map(([kind]) => kind),
        ...INTENTS.filter((intent) => !entries.some((entry) => entry.intent === intent))
          .map((intent) => `a keyword for ${intent}`),
      ];
      if (language === "und" || missing.length === 0) return [];
      return [{
        file,
        at: ["languages", index],
        severity: "warning",
        problem: `people of ${table.name} write and read "${language}", in which there is no: ${missing.join(", ")}`,
        advice: `Write what is missing, or take "${language}" out of the languages of this country.`,
      }];
    })
  );
}

/** A wording is in a language when it holds one of the words that surround keywords, or a keyword, of that language. */
function missingMentions(book: LintBook): Draft[] {
  const entries = [
    ...filesOf(book, "keywords").flatMap(({ content }) => content.entries),
    ...filesOf(book, "tails").flatMap(({ content }) => content.entries),
  ];
  return book.countries.flatMap(({ file, table }) => {
    const wordings = [...table.mention.number, ...table.mention.reply, ...table.mention.link]
      .map((wording) => tokenize(wording.replace("{number}", "36105").replace("{link}", "")));
    const missing = (table.mention.languages ?? table.languages).filter((language) => {
      const words = compilePatterns(
        [...entries, ...(table.keywords ?? [])].filter((entry) => entry.language === language)
          .flatMap((entry) => entry.words.map((pattern) => ({ pattern, value: pattern }))),
      );
      return !wordings.some((tokens) => words.match(tokens).length > 0);
    });
    if (missing.length === 0) return [];
    return [{
      file,
      at: ["mention"],
      severity: "warning",
      problem: `no wording of the mention is in ${missing.map((language) => `"${language}"`).join(" or ")}`,
      advice: "Add it to a wording, or say in `mention.languages` in which languages the mention speaks.",
    }];
  });
}
