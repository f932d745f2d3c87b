import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { jsonLog, mask } from "../src/log.ts";

describe("mask()", () => {
  test.each([
    ["+33612345678", "+*********78"],
    ["to 33612345678 failed", "to *********78 failed"],
    ["06 12 34 56 78", "** ** ** ** 78"],
    ["(415) 555-0101", "(***) ***-**01"],
    ["short code 36105", "short code 36105"],
    ["2026-11-24T09:00:00.000Z", "2026-11-24T09:00:00.000Z"],
    ["msg_01kb3n5m2w00000000abcdefgh", "msg_01kb3n5m2w00000000abcdefgh"],
    ["rb_32c843c0938fd63485c0", "rb_32c843c0938fd63485c0"],
    ["port 8787 after 12 ms", "port 8787 after 12 ms"],
  ])("%j becomes %j", (line, masked) => expect(mask(line)).toBe(masked));

  test("never lets a whole E.164 number through, whatever stands around it", () => {
    fc.assert(fc.property(
      fc.bigInt({ min: 1_000_000n, max: 999_999_999_999_999n }),
      fc.constantFrom(" ", '"', ",", "(", "=", " to "),
      (number, around) => {
        expect(mask(`${around}+${number}${around}`)).not.toContain(String(number));
      },
    ));
  });
});

test("a line is JSON, with its instant, level and event", () => {
  const lines: string[] = [];
  jsonLog((line) => lines.push(line), () => Date.parse("2026-11-24T09:00:00Z"))("warn", "report.unmatched", {
    carrier: "kannel",
    number: "+33612345678",
  });
  expect(JSON.parse(lines[0]!)).toEqual({
    at: "2026-11-24T09:00:00.000Z",
    level: "warn",
    event: "report.unmatched",
    carrier: "kannel",
    number: "+*********78",
  });
});
