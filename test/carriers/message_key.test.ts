import fc from "fast-check";
import { expect, test } from "vitest";
import { type IdForm, messageKey } from "../../src/carriers/message_key.ts";

type Written = [id: string, form: IdForm];

test.each<[Written, Written]>([
  [["1A2B", "hexadecimal"], ["6699", "decimal"]],
  [["00001a2b", "hexadecimal"], ["0000006699", "decimal"]],
  [["18446744073709551617", "decimal"], ["10000000000000001", "hexadecimal"]],
  [["00AbC-1", "loose"], ["abc-1", "loose"]],
  [["000", "loose"], ["0", "loose"]],
  [["not a number", "hexadecimal"], ["NOT A NUMBER", "decimal"]],
])("%j and %j are one id", (answer, report) => {
  expect(messageKey(...answer)).toBe(messageKey(...report));
});

test.each<[Written, Written]>([
  [["10", "hexadecimal"], ["10", "decimal"]],
  [["AB", "exact"], ["ab", "exact"]],
  [["010", "exact"], ["10", "exact"]],
])("%j and %j are two", (one, other) => {
  expect(messageKey(...one)).not.toBe(messageKey(...other));
});

test("any number is found again in the other base, padded or not, in either case", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n }), fc.nat(10), fc.nat(10), (number, left, right) => {
    const hexadecimal = number.toString(16).padStart(left, "0");
    const decimal = "0".repeat(right) + number.toString();
    expect(messageKey(hexadecimal.toUpperCase(), "hexadecimal")).toBe(messageKey(decimal, "decimal"));
    expect(messageKey(hexadecimal, "hexadecimal")).toBe(messageKey(decimal, "decimal"));
  }));
});
