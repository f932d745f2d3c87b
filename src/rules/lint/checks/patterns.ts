import type { RuleFile } from "../../../core/rulebook/rulebook_schema.ts";
import { variantsOf } from "../../../core/text/phrase_patterns.ts";
import type { Step } from "../../../core/text/phrase_trie.ts";
import { compilePatterns } from "../../../core/text/phrases.ts";
import type { Token } from "../../../core/text/text.ts";
import { type Check, type Draft, filesOf, type LintFiles } from "../finding.ts";
import { placedLeaves } from "../satisfiable.ts";

interface Placed {
  file: string;
  at: readonly PropertyKey[];
  pattern: string;
  language?: string;
}

/** Guards that say nothing new: wherever they match, a shorter one matches too. */
export const unusedGuard: Check = (book) => {
  const all = filesOf(book, "guards").flatMap(({ path, content }) =>
    content.entries.flatMap(({ patterns }, entry) =>
      patterns.map((pattern, index): Placed => ({ file: path, at: ["entries", entry, "patterns", index], pattern }))
    )
  );
  const matcher = compilePatterns(all.map((placed) => ({ pattern: placed.pattern, value: placed })));
  return all.flatMap((placed, order): Draft[] => {
    const forms = variantsOf(placed.pattern);
    const within = (form: Step[]) => {
      const found = matcher.match(form.map(asToken)).map(({ value, from, to }) => ({
        value,
        whole: to - from === form.length,
      }));
      // Of two that match the very same words the later one is the one to report.
      return found.find(({ value, whole }) => value !== placed && (!whole || all.indexOf(value) < order))?.value;
    };
    const others = forms.map(within);
    const first = others[0];
    if (first === undefined || others.some((other) => other === undefined)) return [];
    return [unused(placed, [first])];
  });
};

/** Words around a keyword that others of the language, or of none, already are, one after the other. */
export const unusedTail: Check = (book) => {
  const all = filesOf(book, "tails").flatMap(({ path, content }) =>
    content.entries.flatMap(({ words, language }, entry) =>
      words.map((pattern, index): Placed => ({ file: path, at: ["entries", entry, "words", index], pattern, language }))
    )
  );
  const matcher = compilePatterns(all.map((placed) => ({ pattern: placed.pattern, value: placed })));
  return all.flatMap((placed, order): Draft[] => {
    const others = variantsOf(placed.pattern).map((form) => {
      const found = matcher.match(form.map(asToken)).filter(({ value, from, to }) =>
        value !== placed && (value.language === placed.language || value.language === "und") &&
        (to - from < form.length || all.indexOf(value) < order)
      );
      return laidOut(found, form.length);
    });
    const first = others[0];
    if (first === undefined || first === null || others.some((other) => other === null)) return [];
    return [unused(placed, first)];
  });
};

/**
 * Signs whose words stand in their language already: their weights add up. One that only shares a choice with another is
 * left alone, unless one of the two advertises and the other informs.
 */
export const signalTwice: Check = (book) => {
  const seen = new Map<string, { weight: number; file: string; pattern: string }>();
  return filesOf(book, "signals").flatMap(({ path, content }) =>
    content.signals.flatMap(({ patterns, weight }, entry) =>
      patterns.flatMap((pattern, index): Draft[] => {
        const forms = variantsOf(pattern).map((form) => `${content.language} ${JSON.stringify(form)}`);
        const earlier = forms.map((form) => seen.get(form));
        for (const form of forms) seen.set(form, { weight, file: path, pattern });
        const opposite = earlier.find((one) => one !== undefined && Math.sign(one.weight) !== Math.sign(weight));
        const other = opposite ?? (earlier.every((one) => one !== undefined) ? earlier[0] : undefined);
        if (other === undefined) return [];
        const where = `"${other.pattern}"${other.file === path ? "" : ` in ${other.file}`}`;
        return [{
          file: path,
          at: ["signals", entry, "patterns", index],
          severity: "warning",
          problem: opposite
            ? `"${pattern}" weighs ${weight} and ${where}, which holds the same words, ${other.weight}`
            : `all of "${pattern}" stands there already, in ${where} and the like: its weights add up to ${
              weight + other.weight
            }`,
          advice: "Delete one of them.",
        }];
      })
    )
  );
};

/** What only a regular expression has: an escaped class, a quantified group, a range of letters, any run of characters. */
const EXPRESSION = /\\[bBdDwWsS.]|\.[*+]|\(\?|\([^()]*\)[?*+{]|\[(?:[a-z0-9]-[a-z0-9])+\]|^\^(?! )|^\/.+\/[a-z]*$/;

/**
 * Regular expressions, where words are meant. There are none in rule files: patterns are words, matched in linear time, and a
 * condition compares values. One would be compared letter by letter, and silently never match.
 */
export const regularExpressions = (book: LintFiles): Draft[] =>
  [...patternsIn(book), ...valuesIn(book)].filter(({ pattern }) => EXPRESSION.test(pattern)).map((placed): Draft => ({
    file: placed.file,
    at: placed.at,
    severity: "error",
    problem:
      `"${placed.pattern}" is written as a regular expression; there are none in rule files, so that no rule can hang ` +
      "the gateway",
    advice: "Write the words as people do: `[a|b]` may be there or not, `a|b` is a choice, `rembours*` a beginning.",
  }));

function patternsIn(book: LintFiles): Placed[] {
  return book.files.flatMap(({ path, content }) => stringsUnder(content, [], path));
}

/** Keys of every kind of file under which patterns stand. */
const PATTERN_KEYS: ReadonlySet<PropertyKey> = new Set(["patterns", "words", "number", "reply", "negation", "closing"]);

function stringsUnder(node: unknown, at: readonly PropertyKey[], file: string): Placed[] {
  if (typeof node === "string") {
    return typeof at.at(-1) === "number" && PATTERN_KEYS.has(at.at(-2)!) ? [{ file, at, pattern: node }] : [];
  }
  if (typeof node !== "object" || node === null) return [];
  const children = Array.isArray(node) ? [...node.entries()] : Object.entries(node as RuleFile);
  return children.flatMap(([key, child]) => stringsUnder(child, [...at, key], file));
}

function valuesIn(book: LintFiles): Placed[] {
  return book.rules.flatMap(({ file, at, rule }) =>
    placedLeaves(rule.conditions, [...at, "conditions"]).flatMap(({ leaf: { value }, at: place }) =>
      (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string")
        .map((pattern) => ({ file, at: place, pattern }))
    )
  );
}

/** Ranges laid end to end from 0 to `length`; null when there is a gap. */
function laidOut(
  ranges: readonly { value: Placed; from: number; to: number }[],
  length: number,
): Placed[] | null {
  const reached = new Map<number, Placed[]>([[0, []]]);
  for (let at = 0; at < length; at++) {
    const so = reached.get(at);
    if (so === undefined) continue;
    for (const { value, from, to } of ranges) if (from === at && !reached.has(to)) reached.set(to, [...so, value]);
  }
  return reached.get(length) ?? null;
}

/** A step of a pattern as a token of a text that it matches; what is no word as a word that no other pattern has. */
function asToken(step: Step): Token {
  const place = { start: 0, end: 0 };
  if ("shape" in step) return { text: `<${step.shape}>`, shape: step.shape, ...place };
  const text = "word" in step ? step.word : "prefix" in step ? `${step.prefix}\u0000` : "\u0000";
  return { text, shape: null, ...place };
}

function unused(placed: Placed, others: readonly Placed[]): Draft {
  const names = others.map(({ pattern }) => `"${pattern}"`).join(" and ");
  return {
    file: placed.file,
    at: placed.at,
    severity: "warning",
    problem: `"${placed.pattern}" says nothing new: ${names} ${
      others.length === 1 ? "matches" : "match"
    } wherever it does`,
    advice: "Delete it.",
  };
}
