import fc from "fast-check";
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { locate, type LocationTables } from "../../src/core/location.ts";
import { RuleFile } from "../../src/core/rulebook/rulebook_schema.ts";
import { zonesOfCountry } from "../../src/core/time/zones.ts";

const file = RuleFile.parse(parse(Deno.readTextFileSync("rules/numbering/north_america.yaml")));
const areas = new Map(file.kind === "area_codes" ? Object.entries(file.areas) : []);
const tables: LocationTables = { areas, zonesOf: zonesOfCountry };

describe("locate()", () => {
  test.each([
    ["+12125550101", "US", "NY", ["America/New_York"]],
    ["+14155550101", "US", "CA", ["America/Los_Angeles"]],
    ["+18505550101", "US", "FL", ["America/Chicago", "America/New_York"]],
    ["+14485550101", "US", "FL", ["America/Chicago", "America/New_York"]],
    ["+15065550101", "CA", "NB", ["America/Halifax"]],
    ["+19025550101", "CA", null, ["America/Halifax"]],
    ["+17875550101", "PR", null, ["America/Puerto_Rico"]],
    ["+18765550101", "JM", null, ["America/Jamaica"]],
    ["+33612345678", "FR", null, ["Europe/Paris"]],
    ["+34612345678", "ES", null, ["Atlantic/Canary", "Europe/Madrid"]],
    ["+262692123456", "RE", null, ["Asia/Dubai"]],
    ["+447911123456", "GG", null, zonesOfCountry("GG")],
    ["+77011234567", "KZ", null, ["Asia/Almaty"]],
  ])("%s is in %s, %s", (e164, country, region, zones) => {
    expect(locate(e164, tables)).toEqual({ country, region, zones });
  });

  test.each(["+18005550101", "+18885550101", "+12005550101"])(
    "%s has no place: every zone of the United States, with Alaska and Hawaii",
    (e164) => {
      const { country, region, zones } = locate(e164, tables);
      expect({ country, region }).toEqual({ country: "US", region: null });
      expect(zones).toEqual(zonesOfCountry("US"));
      expect(zones).toEqual(expect.arrayContaining(["America/New_York", "America/Adak", "Pacific/Honolulu"]));
    },
  );

  test("an Australian mobile may be in Perth", () => {
    expect(locate("+61491570156", tables).zones).toEqual(
      expect.arrayContaining(["Australia/Perth", "Australia/Sydney"]),
    );
  });

  test("a range that several countries share has the main one, and the clocks of all", () => {
    expect(locate("+447700900123", tables)).toEqual({ country: "GB", region: null, zones: ["Europe/London"] });
  });

  test.each(["+870773111632", "+999123456789", "36105", "PARLEY", ""])("nothing is known of %j", (address) => {
    expect(locate(address, tables)).toEqual({ country: null, region: null, zones: [] });
  });

  test("tells the country that libphonenumber tells, whatever digits follow the calling code", () => {
    const codes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))].filter((code) =>
      code !== "1"
    );
    const numbers = fc.tuple(fc.constantFrom(...codes), fc.stringMatching(/^\d{1,15}$/)).map(([code, rest]) =>
      `+${code}${rest}`
    );
    fc.assert(
      fc.property(fc.oneof(numbers, fc.stringMatching(/^\+\d{1,18}$/)), (e164) => {
        fc.pre(!e164.startsWith("+1"));
        const number = parsePhoneNumberFromString(e164);
        const possible = number?.country ? [number.country] : number?.getPossibleCountries() ?? [];
        const zones = [...new Set(possible.flatMap((country) => zonesOfCountry(country)))];
        expect(locate(e164, tables)).toEqual({ country: possible[0] ?? null, region: null, zones });
      }),
      { numRuns: 20_000, seed: 20261122 },
    );
  });
});
