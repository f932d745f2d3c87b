import { describe, expect, test } from "vitest";
import { ownWords } from "../../../src/core/text/own_words.ts";
import { compilePatterns } from "../../../src/core/text/phrases.ts";

const reactions = compilePatterns(["liked", "laughed at"].map((pattern) => ({ pattern, value: pattern })));
const OURS = "Winter sale, 20% off all boots until Sunday. Reply STOP to opt out";
const left = (text: string, answered: string[] = [OURS]) => {
  const { tokens, quoted } = ownWords(text, reactions, answered);
  return { left: tokens.map((token) => token.text).join(" "), quoted };
};

describe("ownWords()", () => {
  test.each([
    [`Liked “${OURS}”`, ""],
    [`Laughed at "${OURS}"`, ""],
    ["Liked “something else that nobody knows”", ""],
    [`Liked "he said "hi" to me"`, ""],
    [OURS, ""],
    [`"${OURS}"`, ""],
    [`"${OURS}" stop it`, "stop it"],
    [`${OURS} no thanks`, "no thanks"],
    ["Winter sale, 20% off all boots until Sunday", ""],
  ])("%j leaves %j", (text, words) => expect(left(text)).toEqual({ left: words, quoted: true }));

  test.each([
    ["STOP to opt out", "stop to opt out"],
    ["I liked the boots", "i liked the boots"],
    ["liked it", "liked it"],
    [`my "friend" said stop`, "my friend said stop"],
    ["", ""],
  ])("%j is all the person's own", (text, words) => expect(left(text)).toEqual({ left: words, quoted: false }));

  test("without our text a quotation stays, unless a reaction stands before it", () => {
    expect(left(`"${OURS}"`, []).quoted).toBe(false);
    expect(left(`Liked "${OURS}"`, []).quoted).toBe(true);
  });
});
