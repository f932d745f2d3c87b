import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MOST_LINKS } from "../../../src/core/text/template.ts";
import { shortTokens } from "../../../src/gateway/campaigns/short_tokens.ts";
import { idMaker } from "../../../src/gateway/ids.ts";

const [OLD, NEW] = ["an old key of thirty-two letters", "a new key of thirty-two letters."];
const tokens = shortTokens([OLD]);
const NOW = Date.parse("2026-11-24T09:00:00Z");
const newId = idMaker(() => NOW);

describe("shortTokens()", () => {
  test("a token has 16 characters of a URL, finds its message and names its link", () => {
    const ids = Array.from({ length: 2_000 }, () => newId("msg"));
    const all = ids.flatMap((id) => tokens.of(id, MOST_LINKS));
    expect(new Set(all).size).toBe(2_000 * MOST_LINKS);
    for (const [index, token] of all.entries()) {
      const id = ids[Math.floor(index / MOST_LINKS)]!;
      expect(token).toMatch(/^[\w-]{15}[A-Za-z0-9]$/);
      expect(id.startsWith(tokens.idsOf(token)!)).toBe(true);
      expect(tokens.linkOf(token, id)).toBe(index % MOST_LINKS);
    }
    expect(tokens.of(ids[0]!, 1)).toEqual(tokens.of(ids[0]!, 3).slice(0, 1));
  });

  test("of two messages of one moment, as two instances make them, each has its own", () => {
    const [one, other] = [newId("msg"), newId("msg")];
    const twin = one.slice(0, 18) + other.slice(18);
    const [token] = tokens.of(one, 1);
    expect(tokens.idsOf(tokens.of(twin, 1)[0]!)).toBe(tokens.idsOf(token!));
    expect(tokens.linkOf(token!, one)).toBe(0);
    expect(tokens.linkOf(token!, twin)).toBe(null);
  });

  test("whatever differs from it in one character is none", () => {
    const id = newId("msg");
    const own = tokens.of(id, MOST_LINKS);
    const [token = ""] = own;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (let at = 0; at < token.length; at++) {
      for (const other of alphabet) {
        const altered = token.slice(0, at) + other + token.slice(at + 1);
        if (!own.includes(altered)) expect(tokens.linkOf(altered, id), `${at} ${other}`).toBe(null);
      }
    }
  });

  test("wild input never throws, and is of no message", () => {
    const id = newId("msg");
    const letters = fc.constantFrom(..."AZaz09-_+/=. é");
    const wild = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: letters, minLength: 14, maxLength: 18 }));
    fc.assert(fc.property(wild, (token) => {
      expect(tokens.idsOf(token) ?? "msg_00000000000000").toMatch(/^msg_[0-9a-z]{14}$/);
      expect(tokens.linkOf(token, id)).toBe(null);
    }));
  });

  test.each([
    "2000-01-01T00:00:00.000Z",
    "2026-11-24T09:00:00.511Z",
    "2026-11-24T09:00:00.512Z",
    "2069-01-01T00:00:00Z",
  ])(
    "messages of %s are found",
    (instant) => {
      const made = idMaker(() => Date.parse(instant));
      for (const id of Array.from({ length: 300 }, () => made("msg"))) {
        const [token] = tokens.of(id, 1);
        expect(tokens.idsOf(token!)).toBe(id.slice(0, 18));
      }
    },
  );

  test("a key that comes first signs, those behind it are still recognised, others never were", () => {
    const id = newId("msg");
    const changed = shortTokens([NEW, OLD]);
    expect(changed.linkOf(tokens.of(id, 2)[1]!, id)).toBe(1);
    expect(changed.linkOf(changed.of(id, 2)[1]!, id)).toBe(1);
    expect(tokens.linkOf(changed.of(id, 2)[1]!, id)).toBe(null);
  });
});
