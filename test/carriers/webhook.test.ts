import { describe, expect, test } from "vitest";
import { checkUrlKey, isRecent, jsonBody, malformed, understood } from "../../src/carriers/webhook.ts";
import { NOW, webhook } from "./support.ts";

describe("isRecent()", () => {
  const second = NOW / 1000;
  test.each<[string | number, boolean]>([
    [second, true],
    [String(second), true],
    [second - 300, true],
    [second - 301, false],
    [second + 300, true],
    [second + 301, false],
    [0, false],
    ["", false],
    ["soon", false],
    ["1e9", false],
    ["-1", false],
    [` ${second}`, false],
    [Number.NaN, false],
  ])("%o: %s", (timestamp, expected) => expect(isRecent(timestamp, NOW)).toBe(expected));
});

describe("understood()", () => {
  const parse = (item: unknown) => item === "bad" ? malformed("items: bad") : { ok: true as const, value: [item] };
  test.each([
    ["all of it", ["a", "b"], { ok: true, value: ["a", "b"] }],
    ["some of it: the rest is told of", ["bad", "a", "bad"], {
      ok: true,
      value: ["a"],
      lost: { items: 2, detail: "items: bad" },
    }],
    ["nothing", ["bad", "bad"], malformed("items: bad")],
    ["nothing of nothing", [], { ok: true, value: [] }],
  ])("%s", (_, items, expected) => expect(understood(items, parse)).toEqual(expected));
});

describe("checkUrlKey()", () => {
  const secret = "0123456789abcdef";
  test.each<[string, number | undefined]>([
    [`?key=${secret}`, undefined],
    [`?a=1&key=${secret}&b=2`, undefined],
    [`?key=${secret}&key=x`, undefined],
    [`?key=x&key=${secret}`, 403],
    [`?key=${secret}x`, 403],
    [`?KEY=${secret}`, 401],
    ["?key=", 401],
    ["?key=%00", 403],
    ["", 401],
    [`#?key=${secret}x`, 403],
  ])("%s: %s", (query, status) => {
    const refusal = checkUrlKey(`https://sms.example.com/x${query}`, secret);
    expect(refusal?.status).toBe(status);
    expect(JSON.stringify(refusal)).not.toContain(secret);
  });
});

test.each<[string | Uint8Array, unknown]>([
  ['{"a":"é"}', { a: "é" }],
  ["null", null],
  ["{", undefined],
  ["", undefined],
  [Uint8Array.of(0x22, 0xff, 0x22), undefined],
])("jsonBody() of %o", (body, expected) => expect(jsonBody(webhook({ body }))).toEqual(expected));
