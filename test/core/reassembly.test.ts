import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GAP, isPart, joinParts } from "../../src/core/reassembly.ts";

/** Any text, cut anywhere: also in the middle of an emoji. */
const cutText = fc.array(fc.string({ unit: "binary", maxLength: 20 }), { minLength: 2, maxLength: 12 }).chain(
  (texts) => {
    const text = texts.join("🙂");
    return fc.array(fc.nat(text.length), { minLength: 1, maxLength: 11 }).map((cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      return { text, parts: places.slice(1).map((end, at) => ({ number: at + 1, text: text.slice(places[at], end) })) };
    });
  },
);

describe("joinParts()", () => {
  test("gives back any text, in whatever order its parts come", () => {
    fc.assert(fc.property(
      cutText.chain(({ text, parts }) =>
        fc.shuffledSubarray(parts, { minLength: parts.length }).map((shuffled) => ({ text, shuffled }))
      ),
      ({ text, shuffled }) => {
        expect(joinParts(shuffled, shuffled.length)).toEqual({ text, missing: [] });
      },
    ));
  });

  test("names what is missing, keeps every part that came, and shows one gap for each run", () => {
    fc.assert(fc.property(
      fc.integer({ min: 2, max: 255 }).chain((total) =>
        fc.uniqueArray(fc.integer({ min: 1, max: total }), { maxLength: total - 1 }).map((came) => ({ total, came }))
      ),
      ({ total, came }) => {
        const { text, missing } = joinParts(came.map((number) => ({ number, text: `<${number}>` })), total);
        expect(missing).toEqual(
          Array.from({ length: total }, (_, at) => at + 1).filter((number) => !came.includes(number)),
        );
        const sorted = came.toSorted((a, b) => a - b);
        expect([...text.matchAll(/<(\d+)>/g)].map(([, number]) => Number(number))).toEqual(sorted);
        const runs = missing.filter((number) => !missing.includes(number - 1)).length;
        expect(text.split(GAP).length - 1).toBe(runs);
      },
    ));
  });

  test.each([
    { came: [[2, "b"], [3, "c"]], total: 3, text: "[…] bc", missing: [1] },
    { came: [[1, "a"], [4, "d"]], total: 5, text: "a […] d […]", missing: [2, 3, 5] },
    { came: [[1, "ST"], [3, "OP"]], total: 3, text: "ST […] OP", missing: [2] },
  ])("$text", ({ came, total, text, missing }) => {
    const parts = came.map(([number, part]) => ({ number: number as number, text: part as string }));
    expect(joinParts(parts, total)).toEqual({ text, missing });
  });
});

test.each([
  { place: { reference: "7", number: 2, total: 3 }, is: true },
  { place: { reference: "7", number: 255, total: 255 }, is: true },
  { place: { reference: "7", number: 1, total: 1 }, is: false },
  { place: { reference: "7", number: 4, total: 3 }, is: false },
  { place: { reference: "7", number: 0, total: 3 }, is: false },
  { place: { reference: "7", number: 1, total: 10_000 }, is: false },
  { place: { reference: "7", number: 1.5, total: 3 }, is: false },
  { place: { reference: "7", number: NaN, total: NaN }, is: false },
  { place: { reference: "", number: 1, total: 3 }, is: false },
  { place: { reference: "x".repeat(101), number: 1, total: 3 }, is: false },
])("isPart() is $is for $place", ({ place, is }) => {
  expect(isPart(place)).toBe(is);
});
