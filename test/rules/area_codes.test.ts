import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RuleFile } from "../../src/core/rulebook/rulebook_schema.ts";
import { isKnownZone } from "../../src/core/time/zone_clock.ts";
import { distinctClocks } from "../../src/core/time/zones.ts";
import { areaCodesFile, northAmericanAreas, readStringTable } from "../../src/rules/area_codes.ts";

const path = "rules/numbering/north_america.yaml";

function read(text: string) {
  const file = RuleFile.parse(parse(text));
  if (file.kind !== "area_codes") throw new Error(`${path} is of kind ${file.kind}`);
  return file.areas;
}

const areas = read(Deno.readTextFileSync(path));

describe(path, () => {
  test.each([
    ["212", "US", "NY", ["America/New_York"]],
    ["203", "US", "CT", ["America/New_York"]],
    ["201", "US", "NJ", ["America/New_York"]],
    ["202", "US", "DC", ["America/New_York"]],
    ["310", "US", "CA", ["America/Los_Angeles"]],
    ["312", "US", "IL", ["America/Chicago"]],
    ["602", "US", "AZ", ["America/Phoenix"]],
    ["689", "US", "FL", ["America/New_York"]],
    ["713", "US", "TX", ["America/Chicago"]],
    ["915", "US", "TX", ["America/Denver"]],
    ["808", "US", "HI", ["Pacific/Honolulu"]],
    ["907", "US", "AK", ["America/Adak", "America/Anchorage"]],
    ["604", "CA", "BC", ["America/Vancouver"]],
    ["905", "CA", "ON", ["America/Toronto"]],
    ["709", "CA", "NL", ["America/Halifax", "America/St_Johns"]],
    ["902", "CA", undefined, ["America/Halifax"]],
    ["684", "AS", undefined, ["Pacific/Pago_Pago"]],
    ["671", "GU", undefined, ["Pacific/Guam"]],
    ["670", "MP", undefined, ["Pacific/Saipan"]],
    ["787", "PR", undefined, ["America/Puerto_Rico"]],
    ["939", "PR", undefined, ["America/Puerto_Rico"]],
    ["340", "VI", undefined, ["America/St_Thomas"]],
    ["876", "JM", undefined, ["America/Jamaica"]],
    ["658", "JM", undefined, ["America/Jamaica"]],
    ["809", "DO", undefined, ["America/Santo_Domingo"]],
    ["829", "DO", undefined, ["America/Santo_Domingo"]],
    ["849", "DO", undefined, ["America/Santo_Domingo"]],
    ["441", "BM", undefined, ["Atlantic/Bermuda"]],
  ])("%s is in %s, %s", (code, country, region, zones) => {
    expect({ region: undefined, ...areas[code] }).toEqual({ country, region, zones });
  });

  // docs/compliance.md, section 4.4.
  test.each([
    "208 219 250 270 308 418 423 541 574 605 606 620 701 709 775 785 807 812 850 867 879 906 907 928 986",
    // The codes laid over them.
    "236 257 273 364 367 448 458 581 672 778 930",
  ])("may be in several zones: %s", (codes) => {
    for (const code of codes.split(" ")) expect(areas[code]?.zones.length, code).toBeGreaterThan(1);
  });

  test("every other code but those of Saskatchewan is in one", () => {
    const several = Object.keys(areas).filter((code) => areas[code]!.zones.length > 1);
    expect(several).toHaveLength(25 + 11 + 3);
  });

  test("leaves out codes of no place", () => {
    const none = ["200", "500", "600", "700", "800", "833", "844", "855", "866", "877", "888", "900", "911"];
    expect(none.filter((code) => code in areas)).toEqual([]);
  });

  test("has all states, provinces and countries of the plan", () => {
    const of = (country: string) => Object.values(areas).filter((area) => area.country === country);
    expect(new Set(of("US").map((area) => area.region)).size).toBe(51);
    expect(new Set(of("CA").map((area) => area.region))).toEqual(
      new Set(["AB", "BC", "MB", "NB", "NL", "ON", "QC", "SK", undefined]),
    );
    expect(new Set(Object.values(areas).map((area) => area.country)).size).toBe(25);
  });

  test("names zones that exist, each clock once", () => {
    for (const [code, { zones }] of Object.entries(areas)) {
      expect(zones.every(isKnownZone), code).toBe(true);
      expect(distinctClocks(zones), code).toEqual(zones);
    }
  });
});

describe("northAmericanAreas()", () => {
  const zones = new Map([
    ["1", "America/New_York&Pacific/Honolulu"],
    ["1850", "America/New_York"],
    ["185023", "America/Chicago"],
    ["1689", "America/Chicago"],
    ["1407", "America/New_York"],
    ["1605", "America/Denver&America/North_Dakota/Center"],
    ["16053", "America/Chicago"],
    ["1246", "America/Barbados"],
    ["1902", "America/Halifax"],
    ["33", "Europe/Paris"],
  ]);
  const places = new Map(Object.entries({
    "850": "Florida",
    "407": "Florida",
    "605": "South Dakota",
    "605341": "Rapid City, SD",
    "246": "Barbados",
    "902": "Nova Scotia/Prince Edward Island",
  }));
  const made = northAmericanAreas(zones, places);

  test("takes the union of the zones of all finer prefixes, each clock once", () => {
    expect(made.get("850")).toEqual({ country: "US", region: "FL", zones: ["America/Chicago", "America/New_York"] });
    expect(made.get("605")?.zones).toEqual(["America/Chicago", "America/Denver"]);
  });

  test("gives an overlay the zones of its ground", () => {
    expect(made.get("448")).toEqual(made.get("850"));
    expect(made.get("689")?.zones).toEqual(["America/New_York"]);
  });

  test("gives no region where there are several, or none", () => {
    expect(made.get("902")).toEqual({ country: "CA", zones: ["America/Halifax"] });
    expect(made.get("246")).toEqual({ country: "BB", zones: ["America/Barbados"] });
  });

  test("refuses a code that it cannot place", () => {
    expect(() => northAmericanAreas(new Map([["1212", "America/New_York"]]), places)).toThrow("area code 212");
  });

  test("writes a rule file that reads back the same", () => {
    expect(read(areaCodesFile(made, "2026-11-22"))).toEqual(Object.fromEntries(made));
  });
});

describe("readStringTable()", () => {
  test("reads a BSON document of strings", () => {
    const document = [22, 0, 0, 0, 2, 0x31, 0, 5, 0, 0, 0, 0x69, 0xc3, 0xa9, 0x61, 0, 2, 0x32, 0, 1, 0, 0, 0, 0, 0];
    expect(readStringTable(Uint8Array.from(document))).toEqual(new Map([["1", "iéa"], ["2", ""]]));
  });

  test("refuses any other value", () => {
    expect(() => readStringTable(Uint8Array.from([8, 0, 0, 0, 0x10, 0x31, 0, 1, 0, 0, 0, 0]))).toThrow("BSON type 16");
  });
});
