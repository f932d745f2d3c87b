import { describe, expect, test } from "vitest";
import { weighContent } from "../../../src/core/text/content.ts";
import { compilePatterns } from "../../../src/core/text/phrases.ts";
import { tokenize } from "../../../src/core/text/text.ts";
import { compileWeights } from "../../../src/core/text/weights.ts";

const LIMITS = { commercial: 2, informative: -0.25, floor: -7, ceiling: 10 };

function weigh(
  text: string,
  signals: Record<string, number>,
  learned: Record<string, number> = {},
  about: ReadonlySet<string> = new Set(),
) {
  const tokens = tokenize(text);
  const matcher = compilePatterns(
    Object.entries(signals).map(([pattern, weight]) => ({
      pattern,
      value: { weight, why: "", language: "en", about: about.has(pattern) },
    })),
  );
  const weights = compileWeights([{ traits: { exclamation: 0.5 }, words: learned }]);
  return weighContent(text, tokens, matcher.match(tokens), weights, LIMITS);
}

describe("weighContent()", () => {
  test.each([
    ["nothing known", weigh("hello", {}), "unclear", 0],
    ["at the limit of advertising", weigh("new", { new: 2 }), "commercial", 2],
    ["just under it", weigh("new", { new: 1.99 }), "unclear", 1.99],
    ["at the limit of information", weigh("order", { order: -0.25 }), "informative", -0.25],
    ["signals and learned words together", weigh("new order!", { new: 3 }, { order: -1.5 }), "commercial", 2],
  ])("%s", (_, { category, score }, expected, points) => {
    expect([category, score]).toEqual([expected, points]);
  });

  test("signs of information count down to the floor", () => {
    expect(weigh("order order order", { order: -3 }).score).toBe(-7);
  });

  test("signs of advertising count up to the ceiling", () => {
    expect(weigh("new new new new new", { new: 3 }).score).toBe(10);
  });

  test("one clear offer makes a text commercial whatever else it says", () => {
    const { category, score } = weigh("order order order coupon", { coupon: 10, order: -3 }, { order: -4 });
    expect([category, score]).toEqual(["commercial", 2]);
  });

  test("a text that speaks about an offer is settled by its points, which count below the floor", () => {
    const signals = { prize: 10, order: -9, fake: -8, scam: -6 };
    const about = new Set(["fake", "scam"]);
    expect(weigh("fake prize", signals, {}, about)).toMatchObject({ category: "commercial", score: 2 });
    expect(weigh("fake scam prize order", signals, {}, about)).toMatchObject({ category: "informative", score: -5 });
    expect(weigh("fake prize shop", signals, { shop: 1 }, about).category).toBe("commercial");
    expect(weigh("fake prize", signals, { prize: -3 }, about).category).toBe("informative");
  });

  test("many small signs are no clear offer", () => {
    expect(weigh("new new order", { new: 5 }, { order: -12 }).category).toBe("informative");
  });

  test("tells the weightiest words as they were written, each with all that it weighs", () => {
    const { words } = weigh("NEW Order, new!", { new: 3 }, { order: -1, new: 0.25 });
    expect(words(3)).toEqual(['"NEW" +3.25', '"new" +3.25', '"Order" -1']);
    expect(words(9)).toContain("an exclamation mark +0.5");
  });
});
