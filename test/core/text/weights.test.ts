import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenize } from "../../../src/core/text/text.ts";
import { compileWeights, type Trait, TRAITS, WeightError, weightKeys } from "../../../src/core/text/weights.ts";

const table = (words: Record<string, number>, traits: Partial<Record<Trait, number>> = {}) =>
  compileWeights([{ traits, words }]);
const sum = (text: string, words: Record<string, number>, traits: Partial<Record<Trait, number>> = {}) =>
  table(words, traits).weigh(text, tokenize(text)).reduce((total, { weight }) => total + weight, 0);

describe("weigh()", () => {
  test.each<[string, string, Record<string, number>, number]>([
    ["a word", "Grand SALE today", { sale: 2 }, 2],
    ["a word each time it comes", "sale, sale and sale", { sale: 2 }, 6],
    ["a word without its accents", "Soldes d'été", { ete: 1.5 }, 1.5],
    ["a pair beside its words", "your order shipped", { order: -1, "your order": -2 }, -3],
    ["no pair the other way round", "order your", { "your order": -2 }, 0],
    ["the beginning of a longer word", "livraison prévue", { "livra*": -1 }, -1],
    ["no beginning of a word as short as it", "livra", { "livra*": -1 }, 0],
    ["a shape", "coats from $20", { "<money>": 1, "from <money>": 0.5 }, 1.5],
    ["figures with letters", "only 150p or 10p", { "#p": 2 }, 4],
    ["nothing of what is not in the table", "hello there", { sale: 2 }, 0],
  ])("counts %s", (_, text, words, expected) => {
    expect(sum(text, words)).toBe(expected);
  });

  test.each<[Trait, string, string]>([
    ["exclamation", "Come in!", "Come in."],
    ["question", "Ready?", "Ready."],
    ["capitals", "ONLY TODAY IN ALL OUR STORES", "Only Today In All Our Stores"],
    ["capitals", "SOLDES MONSTRES EN MAGASIN ce jour", "STOP"],
    ["masked_number", "card XX1234", "size XL 42"],
    ["masked_number", "card **** 4417", "7 * 8"],
    ["masked_number", "account ...7781", "wait... 3"],
    ["code_number", "482913", "12 items"],
    ["code_number", "enter 0417", "0123456789"],
    ["long_number", "ref 123456789012", "ref 12345678"],
  ])("sees the trait %s in %j and not in %j", (trait, there, absent) => {
    expect([sum(there, {}, { [trait]: 1 }), sum(absent, {}, { [trait]: 1 })]).toEqual([1, 0]);
  });

  test("says where the words stand", () => {
    const text = "Big SALE today";
    expect(table({ sale: 2 }).weigh(text, tokenize(text))).toEqual([{ from: 1, to: 2, trait: null, weight: 2 }]);
  });
});

describe("compileWeights()", () => {
  test.each(["two words more", "Sale", "été", "sa*", "livrai*", "<money", "150p", "<age>", "a-b", "", "sale "])(
    "refuses %j, which no text could hold",
    (key) => {
      expect(() => table({ [key]: 1 })).toThrow(WeightError);
    },
  );

  test("refuses a word that two tables weigh", () => {
    expect(() => compileWeights([{ traits: {}, words: { sale: 1 } }, { traits: {}, words: { sale: 2 } }])).toThrow(
      `"sale" has a weight already`,
    );
  });
});

test("what the trainer counts is what the gateway counts, whatever the text", () => {
  const words = fc.constantFrom(
    "sale",
    "votre",
    "commande",
    "livraison",
    "20%",
    "€5",
    "150p",
    "XX1234",
    "!",
    "12:30",
    "é",
  );
  const text = fc.oneof(fc.array(words).map((parts) => parts.join(" ")), fc.string({ unit: "grapheme" }));
  fc.assert(fc.property(text, (text) => {
    const tokens = tokenize(text);
    const keys = weightKeys(text, tokens);
    const points = Object.fromEntries(keys.words.map((key, index) => [key, index + 1]));
    const traits = Object.fromEntries(TRAITS.map((trait, index) => [trait, index / 8]));
    const counted = keys.words.reduce((total, key) => total + points[key]!, 0) +
      keys.traits.reduce((total, trait) => total + traits[trait]!, 0);
    const weighed = compileWeights([{ traits, words: points }]).weigh(text, tokens);
    expect(weighed.reduce((total, { weight }) => total + weight, 0)).toBeCloseTo(counted, 6);
  }));
});
