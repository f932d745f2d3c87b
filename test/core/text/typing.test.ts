import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenize } from "../../../src/core/text/text.ts";
import { compileTyping } from "../../../src/core/text/typing.ts";

const typing = compileTyping({
  keyboards: [["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]],
  words: ["stop", "end", "unsubscribe", "stop2end", "opt out"],
  never: new Set(["shop", "step", "subscribe"]),
});
const match = (text: string, offered?: string[]) => typing.match(tokenize(text), offered);

describe("one typing error", () => {
  test.each([
    ["stpo", "two letters swapped", "stop"],
    ["stp", "one left out", "stop"],
    ["stopp", "one doubled", "stop"],
    ["srop", "a neighbouring key", "stop"],
    ["st0p", "a figure that looks alike", "stop"],
    ["stiop", "a neighbouring key hit as well", "stop"],
    ["emd", "a neighbouring key in three letters", "end"],
    ["unsuscribe", "one left out of a long word", "unsubscribe"],
    ["unsubcsribe", "two swapped in a long word", "unsubscribe"],
    ["stop 2 emd", "in pieces", "stop2end"],
    ["st op", "a space inside", "stop"],
    ["opt iut", "a neighbouring key in one word of a short phrase", "optout"],
    ["otp out", "two swapped in one word of a short phrase", "optout"],
    ["opt outt", "one doubled in one word of a short phrase", "optout"],
  ])("%j: %s", (text, _, word) => expect(match(text)).toBe(word));

  test.each([
    ["shop", "a word that exists"],
    ["subscribe", "a long word that exists"],
    ["stxp", "a key that is not near"],
    ["srpp", "two errors in four letters"],
    ["ed", "too short"],
    ["enda", "three letters allow no letter more"],
    ["to p", "two words with an error between them"],
    ["op tiut", "a short phrase parted elsewhere, with an error"],
    ["ipt iut", "an error in each word of a short phrase"],
    ["stop the bus now please ok", "too many words"],
    ["", "nothing"],
  ])("%j is none: %s", (text) => expect(match(text)).toBeNull());
});

test("a word that was offered counts exactly, however short, and before all others", () => {
  expect(match("9", ["9"])).toBe("9");
  expect(match("shop", ["shop"])).toBe("shop");
  expect(match("finn", ["fin"])).toBe("fin");
});

test("the word itself is always found, and a text without its letters never", () => {
  fc.assert(fc.property(fc.constantFrom("stop", "unsubscribe", "stop2end"), (word) => {
    expect(match(word)).toBe(word);
  }));
  fc.assert(fc.property(fc.stringMatching(/^[жшщ]{3,24}$/), (text) => {
    expect(match(text)).toBeNull();
  }));
});
