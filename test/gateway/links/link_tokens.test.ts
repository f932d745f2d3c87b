import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linkTokens } from "../../../src/gateway/links/link_tokens.ts";

const [OLD, NEW] = ["an old key of thirty-two letters", "a new key of thirty-two letters."];
const tokens = linkTokens([OLD]);

describe("linkTokens()", () => {
  test("a token has 22 characters of a URL, is its maker's own, and is never made twice", () => {
    const made = Array.from({ length: 1_000 }, () => tokens.make());
    expect(new Set(made).size).toBe(1_000);
    for (const token of made) {
      expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(tokens.genuine(token)).toBe(true);
    }
  });

  test("whatever differs from it in one character is refused: also in the bits that base64 leaves over", () => {
    const token = tokens.make();
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (let at = 0; at < token.length; at++) {
      for (const other of alphabet) {
        if (other === token[at]) continue;
        expect(tokens.genuine(token.slice(0, at) + other + token.slice(at + 1)), `${at} ${other}`).toBe(false);
      }
    }
  });

  test.each([
    ["nothing", () => ""],
    ["the beginning", (token: string) => token.slice(0, -1)],
    ["more than it", (token: string) => `${token}A`],
    ["upper case", (token: string) => token.toUpperCase()],
    ["lower case", (token: string) => token.toLowerCase()],
    ["padding", (token: string) => `${token}==`],
    ["other letters of base64", (token: string) => `${token.slice(0, 21)}+`],
    ["letters that look alike", (token: string) => `${token.slice(0, 21)}А`],
  ])("%s is no token", (_, altered) => {
    // A token in which both cases and a letter occur, so that each alteration alters it.
    expect(tokens.genuine(altered("Zm9vYmFyYmF6cXV4Zm9vYg"))).toBe(false);
    let token = tokens.make();
    while (altered(token) === token) token = tokens.make();
    expect(tokens.genuine(altered(token))).toBe(false);
  });

  test("wild input is refused and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 22, maxLength: 22 })), (wild) => {
        expect(tokens.genuine(wild)).toBe(false);
        expect(tokens.formChecked(tokens.make(), wild)).toBe(false);
      }),
    );
  });

  test("a key that comes first signs, those behind it are still recognised, others never were", () => {
    const changed = linkTokens([NEW, OLD]);
    const [before, after] = [tokens.make(), changed.make()];
    expect(changed.genuine(before)).toBe(true);
    expect(changed.genuine(after)).toBe(true);
    expect(tokens.genuine(after)).toBe(false);
    expect(changed.formChecked(before, tokens.formCheck(before))).toBe(true);
    expect(tokens.formChecked(before, changed.formCheck(before))).toBe(false);
  });

  test("what a form carries belongs to one token, and is none itself", () => {
    const [one, other] = [tokens.make(), tokens.make()];
    const check = tokens.formCheck(one);
    expect(tokens.formChecked(one, check)).toBe(true);
    expect(tokens.formChecked(other, check)).toBe(false);
    expect(tokens.formChecked(one, one)).toBe(false);
    expect(tokens.genuine(check)).toBe(false);
  });

  test("the same chance gives the same token: nothing else goes into it", () => {
    const fixed = () => linkTokens([OLD], (bytes) => void bytes.fill(7)).make();
    expect(fixed()).toBe(fixed());
    expect(() => linkTokens([])).toThrow("need a key");
  });
});
