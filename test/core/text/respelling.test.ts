import { describe, expect, test } from "vitest";
import { compileRespelling } from "../../../src/core/text/respelling.ts";
import { tokenize } from "../../../src/core/text/text.ts";
import { slipTest } from "../../../src/core/text/typing.ts";

const WORDS = ["no", "mas", "mensajes", "m", "envoyez", "keine", "keines", "sms", "mehr", "ms", "plus"];
const QWERTY = [["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]];
const respelling = compileRespelling(() => new Set(WORDS), slipTest(QWERTY), new Set(["plusms"]));
const readings = (text: string) =>
  respelling.readings(tokenize(text)).map((tokens) => tokens.map((token) => token.text).join(" "));

describe("readings()", () => {
  test.each([
    ["one typing error in a long word", "no mas mensakes", ["no mas mensajes"]],
    ["a letter left out", "no mas mensjes", ["no mas mensajes"]],
    ["words run together", "nomasmensajes", ["no mas mensajes"]],
    ["an apostrophe left out", "ne menvoyez plus", ["ne m envoyez plus"]],
    ["the fewest words first, and those of one more", "keinesmsmehr", ["keines ms mehr", "keine sms mehr"]],
  ])("reads %s", (_, text, expected) => {
    expect(readings(text)).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    ["words that phrases use", "no mas mensajes"],
    ["another form of a word", "no mas mensaje"],
    ["a wrong first letter", "no mas nensajes"],
    ["two typing errors", "no mas mwnsakes"],
    ["short words", "no maz"],
    ["words that exist", "plusms"],
    ["figures", "12345678"],
    ["a cut into single letters", "mmmmmmmm"],
    ["many unknown words", "mensakes mensakes mensakes mensakes mensakes"],
    ["nothing", ""],
  ])("leaves %s alone", (_, text) => {
    expect(readings(text)).toEqual([]);
  });

  test("leaves long texts alone, and a very long word", () => {
    expect(readings("mensakes " + "no ".repeat(16))).toEqual([]);
    expect(readings("no".repeat(40))).toEqual([]);
  });

  test("gives a few readings, however many words could be read otherwise", () => {
    expect(readings("keinesms keinesms keinesms keinesms").length).toBeLessThanOrEqual(8);
  });

  test("every word of a reading points at what the person wrote", () => {
    const text = "ne menvoyez plus";
    const [reading] = respelling.readings(tokenize(text));
    expect(reading!.map(({ start, end }) => text.slice(start, end))).toEqual(["ne", "menvoyez", "menvoyez", "plus"]);
  });
});
