import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress, parseMsisdn } from "../../src/core/msisdn.ts";

describe("parseMsisdn()", () => {
  test.each([
    ["+33612345678", "+33612345678", "FR"],
    [" +33 6 12 34 56 78 ", "+33612345678", "FR"],
    ["+33.6.12.34.56.78", "+33612345678", "FR"],
    ["+33 (0)6-12-34-56-78", "+33612345678", "FR"],
    ["0033612345678", "+33612345678", "FR"],
    ["00 33 612 345 678", "+33612345678", "FR"],
    ["+1 (415) 555-0101", "+14155550101", "US"],
    ["+12125550123", "+12125550123", "US"],
    ["+14165550199", "+14165550199", "CA"],
    ["+262692000001", "+262692000001", "RE"],
    ["+447911123456", "+447911123456", "GG"],
    ["+870773111632", "+870773111632", null],
    ["+77011234567", "+77011234567", "KZ"],
  ])("reads %s", (input, e164, country) => {
    expect(parseMsisdn(input)).toEqual({ ok: true, e164, country });
  });

  test.each([
    ["", "nothing"],
    ["hello", "5 characters (letters)"],
    ["0612345678", "10 characters (digits)"],
    ["33612345678", "11 characters (digits)"],
    ["+33612345678 or so", "letters"],
    ["tel:+33612345678", "letters, digits, signs"],
    ["++33612345678", "13 characters"],
    ["+33612345678;ext=2", "letters"],
    ["+", "1 character (signs)"],
    ["+33", "no known country code"],
    ["+999123456789", "no known country code"],
    ["+003361234567", "no known country code"],
    ["+3361234", "too short or too long"],
    ["+336123456782345", "too short or too long"],
    ["+12005550", "country code +1"],
  ])("refuses %j", (input, detail) => {
    const parsed = parseMsisdn(input);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed.ok ? "" : parsed.detail).toContain(detail);
  });

  test.each(["+33639980001", "+447700900123", "+12005550101"])(
    "takes %s, whose range is kept for fiction or not assigned",
    (input) => {
      expect(parseMsisdn(input)).toMatchObject({ ok: true, e164: input });
    },
  );

  test("never repeats the number it refuses, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^(\+|00)?[\d .()-]{4,24}$/)),
        (input) => {
          const parsed = parseMsisdn(input);
          if (parsed.ok) expect(parsed.e164).toMatch(/^\+[1-9]\d{6,14}$/);
          // The country code is told, and lengths are; four digits in a row never are.
          else expect(parsed.detail).not.toMatch(/\d{4}/);
        },
      ),
      { examples: [["+310000(0)"]] },
    );
  });

  test("reads its own answer again unchanged", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 99_999_999 }), (n) => {
      const first = parseMsisdn(`00336${String(n).padStart(8, "0")}`);
      if (first.ok) expect(parseMsisdn(first.e164)).toEqual(first);
    }));
  });
});

describe("parseAddress()", () => {
  test.each([
    ["33612345678", undefined, "msisdn", "+33612345678"],
    ["+33612345678", undefined, "msisdn", "+33612345678"],
    ["0033612345678", undefined, "msisdn", "+33612345678"],
    ["+33 6 12 34 56 78", undefined, "msisdn", "+33612345678"],
    ["14155550101", undefined, "msisdn", "+14155550101"],
    ["0612345678", "FR", "msisdn", "+33612345678"],
    ["4155550101", "US", "msisdn", "+14155550101"],
    ["33612345678", "FR", "msisdn", "+33612345678"],
    ["36105", undefined, "short_code", "36105"],
    ["+36105", undefined, "short_code", "36105"],
    ["911", undefined, "short_code", "911"],
    ["12345678", undefined, "short_code", "12345678"],
    ["PARLEY", undefined, "name", "PARLEY"],
    [" La Poste ", undefined, "name", "La Poste"],
    ["3M", undefined, "name", "3M"],
    ["12", undefined, "name", "12"],
    ["", undefined, "name", ""],
    ["0612345678", undefined, "name", "0612345678"],
    ["0612345678", "XX", "name", "0612345678"],
    ["1234567890123456789", undefined, "name", "1234567890123456789"],
  ])("reads %j (in %s) as a %s", (input, country, kind, address) => {
    expect(parseAddress(input, country)).toEqual({ kind, address });
  });

  test("keeps a long number of an unknown range a number, so that its holder can opt out", () => {
    expect(parseMsisdn("+999123456789").ok).toBe(false);
    expect(parseAddress("12005550101")).toEqual({ kind: "msisdn", address: "+12005550101" });
  });
});
