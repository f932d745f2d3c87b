import { keywordsOf } from "../../../core/rulebook/country_compiler.ts";
import { compileKeywords } from "../../../core/text/keywords.ts";
import { tokenize } from "../../../core/text/text.ts";
import { type Check, type Draft, filesOf } from "../finding.ts";

/** A number in the place of `{number}`, so that the wording is read as it will be sent. */
const NUMBER = "36105";

/** A mention that asks for a word which nobody here understands: the person's STOP would be lost. */
export const mentionWords: Check = (book) => {
  const general = filesOf(book, "keywords").flatMap(({ content }) => content.entries);
  return book.countries.flatMap(({ file, table }) => {
    const keywords = compileKeywords(keywordsOf(table, general), []);
    return (["number", "reply"] as const).flatMap((way) =>
      table.mention[way].flatMap((wording, index): Draft[] => {
        if (keywords.mentions(tokenize(wording.replace("{number}", NUMBER)), "opt_out")) return [];
        return [{
          file,
          at: ["mention", way, index],
          severity: "error",
          problem: `"${wording}" names no opt-out keyword that is understood from people of ${table.name}`,
          advice: "Name STOP, or add the word to the keywords of this country.",
        }];
      })
    );
  });
};

/** Answers that must tell the way out (CTIA: HELP says how to stop) in a word that is understood. */
export const replyWords: Check = (book) => {
  const general = filesOf(book, "keywords").flatMap(({ content }) => content.entries);
  return filesOf(book, "replies").flatMap(({ path, content }) => {
    const understood = general.filter(({ language }) => ["und", "en", content.language].includes(language));
    const keywords = compileKeywords(understood, []);
    return (["help", "opt_in_confirmation"] as const).flatMap((name): Draft[] => {
      if (keywords.mentions(tokenize(content.templates[name]), "opt_out")) return [];
      return [{
        file: path,
        at: ["templates", name],
        severity: "warning",
        problem: `${name} does not say with which word to stop`,
        advice: "Name STOP, or another opt-out keyword of this language.",
      }];
    });
  });
};
