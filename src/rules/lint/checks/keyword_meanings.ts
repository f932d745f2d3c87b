import { keywordsOf } from "../../../core/rulebook/country_compiler.ts";
import type { KeywordEntry } from "../../../core/rulebook/rulebook_schema.ts";
import { variantsOf } from "../../../core/text/phrase_patterns.ts";
import { tokenize } from "../../../core/text/text.ts";
import { type Check, type Draft, filesOf, type LintBook } from "../finding.ts";

interface Word {
  entry: KeywordEntry;
  word: string;
  file: string;
  at: readonly PropertyKey[];
}

/** One keyword that means two things to people of one country: which one counts would depend on the intent alone. */
export const keywordMeanings: Check = (book) => {
  const words = wordsOf(book);
  const found = new Map<string, { first: Word; second: Word; countries: string[] }>();
  for (const { table } of book.countries) {
    const entries = new Set(keywordsOf(table, filesOf(book, "keywords").flatMap(({ content }) => content.entries)));
    for (const [first, second] of pairs(words.filter(({ entry }) => entries.has(entry)))) {
      if (first.entry.intent === second.entry.intent) continue;
      const key = JSON.stringify([place(first), place(second)]);
      const known = found.get(key);
      if (known) known.countries.push(table.name);
      else found.set(key, { first, second, countries: [table.name] });
    }
  }
  return [...found.values()].map(({ first, second, countries }): Draft => ({
    file: second.file,
    at: second.at,
    severity: "error",
    problem: `"${second.word}" means ${second.entry.intent} (${second.entry.language}) and ${first.entry.intent} ` +
      `(${first.entry.language}, ${first.file}) in ${countries.join(", ")}`,
    advice: "Take the word out of one of the two, or out of the general list and into the countries where it is meant.",
  }));
};

/**
 * One keyword listed twice in one language. A country file may repeat a general one, to name its own source; it cannot
 * narrow it, since both count.
 */
export const keywordTwice: Check = (book) =>
  pairs(wordsOf(book)).flatMap(([first, second]): Draft[] => {
    if (first.entry.language !== second.entry.language || first.entry.intent !== second.entry.intent) return [];
    const differs = (first.entry.tail ?? true) !== (second.entry.tail ?? true) ||
      (first.entry.only_when_opted_out ?? false) !== (second.entry.only_when_opted_out ?? false);
    const [one, other] = [first.at[0], second.at[0]];
    // Words of two countries never meet.
    if (one === "keywords" && other === "keywords" && first.file !== second.file) return [];
    if (one !== other && !differs) return [];
    return [{
      file: second.file,
      at: second.at,
      severity: "warning",
      problem: `"${second.word}" (${second.entry.language}, ${second.entry.intent}) stands there already as ` +
        `"${first.word}" in ${first.file}${
          differs ? ", with another `tail` or `only_when_opted_out`: the wider one counts" : ""
        }`,
      advice: "Delete one of them.",
    }];
  });

/** An opt-out keyword in which a guard stands: with a tail it never counts. */
export const keywordGuarded: Check = (book) =>
  wordsOf(book).flatMap(({ entry, word, file, at }): Draft[] => {
    if (entry.intent !== "opt_out" || entry.tail === false) return [];
    const [guard] = book.rulebook.guards.match(tokenize(word));
    if (guard === undefined) return [];
    return [{
      file,
      at,
      severity: "warning",
      problem:
        `a guard (${guard.value.why}) stands in the keyword "${word}" itself, so it counts only as the whole message`,
      advice: "Narrow the guard, or say `tail: false`.",
    }];
  });

function wordsOf(book: LintBook): Word[] {
  const general = filesOf(book, "keywords").map(({ path, content }) => ({ file: path, key: "entries", content }));
  const own = book.countries.map(({ file, table }) => ({
    file,
    key: "keywords",
    content: { entries: table.keywords ?? [] },
  }));
  return [...general, ...own].flatMap(({ file, key, content }) =>
    content.entries.flatMap((entry, index) =>
      entry.words.map((word, at): Word => ({ entry, word, file, at: [key, index, "words", at] }))
    )
  );
}

const place = ({ file, at }: Word) => [file, ...at.map(String)];

/** Each two words of which some written form is the same. */
function pairs(words: readonly Word[]): [Word, Word][] {
  const byForm = new Map<string, Word[]>();
  const found: [Word, Word][] = [];
  for (const word of words) {
    const met = new Set<Word>();
    for (const form of new Set(variantsOf(word.word).map((steps) => JSON.stringify(steps)))) {
      const others = byForm.get(form) ?? [];
      for (const other of others) if (other !== word) met.add(other);
      byForm.set(form, [...others, word]);
    }
    found.push(...[...met].map((other): [Word, Word] => [other, word]));
  }
  return found;
}
