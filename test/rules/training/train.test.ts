import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RuleFile } from "../../../src/core/rulebook/rulebook_schema.ts";
import { evaluationSets } from "../../../src/rules/evaluation_files.ts";
import type { LabelledText } from "../../../src/rules/evaluation_set.ts";
import { nearDuplicates } from "../../../src/rules/training/clusters.ts";
import { learn } from "../../../src/rules/training/learn.ts";
import { byLanguage, pointsOf, prepare, train } from "../../../src/rules/training/train.ts";
import { validate } from "../../../src/rules/training/validate.ts";
import { weightFile } from "../../../src/rules/training/weight_file.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { rulebook } = await shippedRules();
const OFFERS = ["boots", "coats", "hats", "bags", "lamps", "rugs"];
const ORDERS = ["parcel", "letter", "ticket", "invoice", "chair", "table"];
const made = (texts: string[], label: string, own: boolean) =>
  texts.map((text) => ({ text, label, lang: "en", source: own ? "own" : "given", split: null, own }));
const texts = [
  ...made(OFFERS.map((what) => `zilch flimflam ${what}`), "commercial", true),
  ...made(ORDERS.map((what) => `quorum bumper ${what}`), "informative", true),
];
const rowsOf = (given: (LabelledText & { own: boolean })[]) =>
  prepare(given, nearDuplicates(given.map(({ text }) => text)), rulebook);

describe("nearDuplicates()", () => {
  test.each([
    [
      "the same words with other figures and links",
      "Pay 12 at https://a.example now",
      "pay 99 at https://b.example/x NOW",
      true,
    ],
    ["three of five words shared", "one two three four", "one two three five", true],
    ["two of six words shared", "one two three four", "one two five six", false],
    ["texts without words", "123", "456", false],
  ])("%s", (_, a, b, same) => {
    const [first, second] = nearDuplicates([a, b]);
    expect(first === second).toBe(same);
  });

  test("joins two texts through a third", () => {
    expect(new Set(nearDuplicates(["a b c d", "b c d e", "c d e f"])).size).toBe(1);
  });
});

describe("learn()", () => {
  const row = (label: 0 | 1, keys: string[], offset = 0) => ({ label, offset, keys, importance: 1 });

  test("gives a key the sign of the class that uses it, and zero to one that both use", () => {
    const learned = learn([
      row(1, ["ad", "the"]),
      row(1, ["ad", "the"]),
      row(0, ["info", "the"]),
      row(0, ["info", "the"]),
    ], [
      "ad",
      "info",
      "the",
    ]);
    expect(learned.get("ad")).toBeGreaterThan(0.3);
    expect(learned.get("info")).toBeLessThan(-0.3);
    expect(learned.get("the")).toBeCloseTo(0, 6);
  });

  test("learns little of what the signals say already", () => {
    const alone = learn([row(1, ["ad"])], ["ad"]).get("ad")!;
    expect(learn([row(1, ["ad"], 4)], ["ad"]).get("ad")!).toBeLessThan(alone / 5);
  });
});

describe("train()", () => {
  test("learns words that tell, and decides a text it has not seen", () => {
    const learned = train(rowsOf(texts), new Set());
    expect(learned.get("zilch")).toBeGreaterThan(0);
    expect(learned.get("quorum")).toBeLessThan(0);
    const [unseen] = rowsOf(made(["zilch for the umbrella"], "commercial", true));
    expect(pointsOf(unseen!, learned)).toBeGreaterThan(0);
  });

  test("keeps no word that only one text uses, and none that few given texts use", () => {
    expect(train(rowsOf(texts), new Set()).has("boots")).toBe(false);
    const given = made(["alpha beta zorro", "gamma delta zorro", "epsilon eta zorro"], "commercial", false);
    expect(train(rowsOf([...texts, ...given]), new Set()).has("zorro")).toBe(false);
    const own = given.map((row) => ({ ...row, own: true }));
    expect(train(rowsOf([...texts, ...own]), new Set()).has("zorro")).toBe(true);
  });

  test("counts near-duplicates once", () => {
    const same = made(["one zorro two three four", "one zorro two three four five"], "commercial", true);
    expect(train(rowsOf([...texts, ...same]), new Set()).has("zorro")).toBe(false);
  });

  test("leaves excluded words out, alone and in pairs", () => {
    const keys = [...train(rowsOf(texts), new Set(["flimflam"])).keys()];
    expect(keys.filter((key) => key.includes("flimflam"))).toEqual([]);
    expect(keys).toContain("zilch");
  });

  test("gives the same bytes for the same texts, and files that the schema takes", async () => {
    const own = (await evaluationSets("outbound")).filter(({ split, lang }) => split === "train" && lang === "it");
    const files = () => {
      const rows = rowsOf(own.map((row) => ({ ...row, own: true })));
      return [...byLanguage(train(rows, new Set()), rows)].map(([language, table]) => weightFile(language, table));
    };
    const first = files();
    expect(files()).toEqual(first);
    for (const file of first) expect(RuleFile.safeParse(parse(file)).success).toBe(true);
  });
});

test("validate() tells each text by a table that has not seen it", () => {
  const rows = rowsOf(texts);
  const [all] = validate(rows, new Set(), -0.25);
  expect(all).toMatchObject({ name: "all", figures: { rows: texts.length } });
});

describe("the project's own outbound sets", () => {
  test("hold no text on both sides", async () => {
    const rows = await evaluationSets("outbound");
    const clusters = nearDuplicates(rows.map(({ text }) => text));
    const train = new Set(rows.flatMap(({ split }, index) => split === "train" ? [clusters[index]] : []));
    expect(rows.filter(({ split }, index) => split === "test" && train.has(clusters[index])).map(({ text }) => text))
      .toEqual([]);
  });

  test.each(["en", "fr", "es", "de", "it", "pt", "nl"])(
    "have at least 120 texts in %s, half of them information",
    async (lang) => {
      const rows = (await evaluationSets("outbound")).filter((row) => row.lang === lang);
      expect(rows.length).toBeGreaterThanOrEqual(120);
      const share = rows.filter(({ label }) => label === "informative").length / rows.length;
      expect(share).toBeGreaterThan(0.4);
      expect(share).toBeLessThan(0.6);
    },
  );
});
