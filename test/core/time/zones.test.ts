import { getAllCountries } from "countries-and-timezones";
import { describe, expect, test } from "vitest";
import { isKnownZone, offsetAt } from "../../../src/core/time/zone_clock.ts";
import { distinctClocks, zonesOfCountry } from "../../../src/core/time/zones.ts";

describe("zonesOfCountry()", () => {
  test.each([
    ["FR", ["Europe/Paris"]],
    ["GB", ["Europe/London"]],
    ["ES", ["Atlantic/Canary", "Europe/Madrid"]],
    ["PT", ["Atlantic/Azores", "Europe/Lisbon"]],
    ["ID", ["Asia/Jakarta", "Asia/Jayapura", "Asia/Makassar"]],
    ["KZ", ["Asia/Almaty"]],
    // Indian/Reunion is an alias of it.
    ["RE", ["Asia/Dubai"]],
    ["US", [
      "America/Adak",
      "America/Anchorage",
      "America/Chicago",
      "America/Denver",
      "America/Los_Angeles",
      "America/New_York",
      "America/Phoenix",
      "Pacific/Honolulu",
    ]],
    ["XX", []],
  ])("%s", (country, zones) => {
    expect(zonesOfCountry(country)).toEqual(zones);
  });

  test("includes Perth, which no mobile number of Australia tells apart from Sydney", () => {
    expect(zonesOfCountry("AU")).toEqual(expect.arrayContaining(["Australia/Perth", "Australia/Sydney"]));
  });

  test("leaves out no clock of any country, compared on every day of two years", () => {
    const days = Array.from({ length: 730 }, (_, i) => Date.UTC(2026, 10, 22, 12) + i * 86_400_000);
    const clock = (zone: string) => days.map((at) => offsetAt(zone, at)).join();
    for (const { id, timezones } of Object.values(getAllCountries())) {
      if (timezones.length < 2) continue;
      const kept = new Set(zonesOfCountry(id).map(clock));
      for (const zone of timezones.filter(isKnownZone)) expect(kept.has(clock(zone)), `${id} ${zone}`).toBe(true);
    }
  });

  test("knows at least one zone for every country", () => {
    const without = Object.keys(getAllCountries()).filter((id) => zonesOfCountry(id).length === 0);
    // Two uninhabited territories.
    expect(without).toEqual(["BV", "HM"].filter((id) => without.includes(id)));
  });
});

describe("distinctClocks()", () => {
  test("names a place that people know", () => {
    expect(distinctClocks(["America/Detroit", "America/New_York", "America/Boise", "America/Denver"])).toEqual(
      ["America/Denver", "America/New_York"],
    );
  });

  test("keeps zones that agree in winter only", () => {
    expect(distinctClocks(["America/Phoenix", "America/Denver"])).toEqual(["America/Denver", "America/Phoenix"]);
  });

  test("keeps a single zone as it is", () => {
    expect(distinctClocks(["America/Puerto_Rico"])).toEqual(["America/Puerto_Rico"]);
    expect(distinctClocks([])).toEqual([]);
  });
});
