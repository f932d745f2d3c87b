import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { edgesOf } from "../../../src/core/text/edges.ts";
import { compileSets, PatternError } from "../../../src/core/text/phrase_patterns.ts";
import { compilePatterns } from "../../../src/core/text/phrases.ts";
import { tokenize, words } from "../../../src/core/text/text.ts";

const matches = (pattern: string, text: string) =>
  compilePatterns([{ pattern, value: true }]).match(tokenize(text)).map(({ from, to }) => [from, to]);

describe("a pattern matches", () => {
  test.each([
    ["stop by", "Can you stop by?", [[2, 4]]],
    ["stop by", "stop-by", [[0, 2]]],
    ["ARRÊT", "un arret ici", [[1, 2]]],
    ["opt-out", "please OPT OUT now", [[1, 3]]],
    ["don't text", "Don’t text me, dont text me", [[0, 2], [3, 5]]],
    ["arrêtez de m'envoyer", "Arretez de m’envoyer ça", [[0, 4]]],
    ["[please] stop [sms|pub]", "please stop sms", [[0, 2], [0, 3], [1, 2], [1, 3]]],
    ["remove me [from|off the] list", "remove me off the list", [[0, 5]]],
    ["remove me [from|off the] list", "remove me off list", []],
    ["ne|plus m'écrivez", "plus m'ecrivez", [[0, 3]]],
    ["rembours*", "remboursé vos remboursements rembour", [[0, 1], [2, 3]]],
    ["m'envo*", "m'envoyer m envois", [[0, 2], [2, 4]]],
    ["code promo <code>", "CODE PROMO: MERCI10", [[0, 3]]],
    ["<percent> sur", "-20 % sur tout", [[0, 2]]],
    ["<money>|<percent> offert*", "5 € offerts", [[0, 2]]],
    ["au <number>", "STOP au 36123", [[1, 3]]],
    ["24/7", "open 24/7", [[1, 2]]],
    ["🛑", "no🛑!", [[1, 2]]],
    ["stop", "", []],
  ])("%s in %j at %j", (pattern, text, expected) => {
    expect(matches(pattern, text).toSorted()).toEqual(expected.toSorted());
  });

  test("and each entry that matches a range in two ways is given once", () => {
    expect(matches("[a] [a] stop*|stop", "stop")).toEqual([[0, 1]]);
  });

  test("and every entry is told apart by its value", () => {
    const matcher = compilePatterns([
      { pattern: "stop", value: "word" },
      { pattern: "stop", value: "again" },
      { pattern: "sto*", value: "prefix" },
      { pattern: "stop by", value: "guard" },
    ]);
    expect(matcher.match(tokenize("stop by")).map(({ value }) => value).toSorted()).toEqual([
      "again",
      "guard",
      "prefix",
      "word",
    ]);
  });
});

describe("a malformed pattern is refused", () => {
  test.each([
    ["", "is empty"],
    ["  ", "is empty"],
    ["[please] [sms]", "only of optional parts"],
    ["stop [sms", "[ without its ]"],
    ["stop sms]", "] without its ["],
    ["stop [a [b] c]", "brackets inside brackets"],
    ["stop []", "empty choice"],
    ["a| b", "empty choice"],
    ["a || b", "empty choice"],
    ["<colour>", "<colour> is not a shape"],
    ["<number", "neither a word nor a shape"],
    ["st*p", "not at the end"],
    ["*", "no letter or digit"],
    ["re*", "at least 3 letters"],
    ["n'ac*", "at least 3 letters"],
    ["stop !!!", "no letter or digit"],
    ["20 euros", "is read as <money>"],
    ["[a] [b] [c] [d] [e] [f] [g] h", "more than 64 phrases"],
  ])("%j: %s", (pattern, problem) => {
    expect(() => compilePatterns([{ pattern, value: 1 }])).toThrow(PatternError);
    expect(() => compilePatterns([{ pattern, value: 1 }])).toThrow(problem);
    expect(() => compilePatterns([{ pattern, value: 1 }])).toThrow(`Pattern "${pattern}"`);
  });

  test("64 variants are allowed", () => {
    expect(matches("[a1] [b1] [c1] [d1] [e1] [f1] h", "a1 c1 h")).toEqual([[0, 3], [1, 3], [2, 3]]);
  });
});

/** Backtracks over the pattern as written, one part after the other. */
function naive(pattern: string, text: string): Set<string> {
  const tokens = tokenize(text);
  const parts = pattern.match(/\[[^\]]*\]|\S+/g) ?? [];
  const found = new Set<string>();
  const one = (part: string, at: number): boolean => {
    const token = tokens[at];
    if (token === undefined) return false;
    if (part.startsWith("<")) return token.shape === part.slice(1, -1);
    if (part.endsWith("*")) return token.text.startsWith(part.slice(0, -1));
    return token.text === part;
  };
  const after = (phrase: string, at: number): number | null => {
    for (const word of phrase.split(" ")) if (!one(word, at++)) return null;
    return at;
  };
  const go = (part: number, from: number, at: number): void => {
    const current = parts[part];
    if (current === undefined) {
      found.add(`${from}-${at}`);
      return;
    }
    if (current.startsWith("[")) go(part + 1, from, at);
    for (const choice of current.replace(/^\[|\]$/g, "").split("|")) {
      const next = after(choice, at);
      if (next !== null) go(part + 1, from, next);
    }
  };
  for (let from = 0; from < tokens.length; from++) go(0, from, from);
  return found;
}

describe("compilePatterns()", () => {
  const word = fc.constantFrom("stop", "stopping", "store", "by", "me", "sto*", "stop*", "<number>", "<percent>");
  const choice = fc.array(word, { minLength: 1, maxLength: 2 }).map((choices) => choices.join("|"));
  const option = fc.array(fc.array(word, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
    .map((phrases) => `[${phrases.map((phrase) => phrase.join(" ")).join("|")}]`);
  const pattern = fc.tuple(
    fc.array(fc.oneof(choice, option), { maxLength: 2 }),
    word,
    fc.array(option, { maxLength: 1 }),
  )
    .map(([before, middle, after]) => [...before, middle, ...after].join(" "));
  const message = fc.array(fc.constantFrom("stop", "stopping", "store", "stops", "by", "me", "7", "50%", "x"), {
    maxLength: 8,
  }).map((texts) => `x ${texts.join(" ")}`);

  test("agrees with a backtracking matcher, many patterns at once", () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), message, (patterns, text) => {
        const found = compilePatterns(patterns.map((pattern, value) => ({ pattern, value }))).match(tokenize(text));
        const shown = found.map(({ value, from, to }) => `${value}:${from}-${to}`);
        const expected = patterns.flatMap((pattern, value) => [...naive(pattern, text)].map((at) => `${value}:${at}`));
        expect(shown.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  test("compiles or refuses any string with a PatternError, and matches its own words", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."abcé [|]<>*'-.5%🛑"), maxLength: 12 }), (pattern) => {
        let matcher;
        try {
          matcher = compilePatterns([{ pattern, value: true }]);
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
          return;
        }
        if (!/[[\]|<>*]/.test(pattern)) expect(matcher.match(words(pattern))).not.toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("time of a match, with ten and a thousand patterns, is printed", ({ annotate }) => {
    const tokens = tokenize(
      "ACME : -20% sur toute la boutique jusqu'à dimanche, profitez-en vite sur acme.example/b avec le code MERCI10",
    );
    const time = (count: number) => {
      const matcher = compilePatterns(
        Array.from({ length: count }, (_, i) => ({ pattern: `sur|avec mot${i} [le] debut${i}*`, value: i })),
      );
      for (let i = 0; i < 5_000; i++) matcher.match(tokens);
      const started = performance.now();
      for (let i = 0; i < 5_000; i++) matcher.match(tokens);
      return ((performance.now() - started) / 5).toFixed(2);
    };
    expect(tokens.length).toBeGreaterThan(15);
    return annotate(`match: ${time(10)} µs with 10 patterns, ${time(1000)} µs with 1,000`);
  });
});

describe("sets, gaps and edges", () => {
  const sets = compileSets({ send: ["send", "sending", "text me"], msgs: ["message*", "sms"] });
  const edges = (text: string) => edgesOf(text, tokenize(text), compilePatterns([{ pattern: "please", value: 0 }]));
  const found = (pattern: string, text: string) =>
    compilePatterns([{ pattern, value: 1, sets }]).match(tokenize(text), edges(text)).length > 0;

  test.each([
    ["dont {send} {msgs}", "dont text me messages"],
    ["dont {send} {msgs}", "please dont send SMS"],
    ["dont ... {msgs}", "dont you dare send messages"],
    ["dont ... {msgs}", "dont sms"],
    ["^ stop $", "stop"],
    ["^ stop $", "No way! Stop. Bye"],
    ["^ stop $", "please stop please"],
    ["^ stop $", "(stop)"],
    ["a|b|c|d {send}", "d sending"],
    ["no [{msgs}|calls] $", "no calls"],
  ])("%j is found in %j", (pattern, text) => expect(found(pattern, text)).toBe(true));

  test.each([
    ["dont {send} {msgs}", "dont read messages"],
    ["dont ... {msgs}", "dont you ever again send messages"],
    ["dont ... {msgs}", "dont. Send messages"],
    ["^ stop $", "stop it"],
    ["^ stop $", "the stop"],
  ])("%j is not found in %j", (pattern, text) => expect(found(pattern, text)).toBe(false));

  test.each([
    ["{none} stop", "is no set of this file; there are {send} {msgs}"],
    ["^ $", "holds no word"],
    ["...", "holds no word"],
    ["dont ...", "begins or ends with ..."],
    ["... dont", "begins or ends with ..."],
    ["dont [...]", "begins or ends with ..."],
  ])("%j is refused: %s", (pattern, problem) => {
    expect(() => compilePatterns([{ pattern, value: 1, sets }])).toThrow(problem);
  });

  test("a set is made of phrases alone", () => {
    expect(() => compileSets({ send: ["^ send"] })).toThrow(PatternError);
    expect(() => compileSets({ send: ["send ... me"] })).toThrow(PatternError);
  });
});

test("the vocabulary is every word that patterns spell out, those of sets too", () => {
  const sets = compileSets({ send: ["send", "keep <number> sending"], other: ["unused"] });
  const matcher = compilePatterns([{ pattern: "^ dont {send} [any|more|sms] ... rembours* ever $", value: 1, sets }]);
  expect([...matcher.vocabulary()].sort()).toEqual(["any", "dont", "ever", "keep", "more", "send", "sending", "sms"]);
});
