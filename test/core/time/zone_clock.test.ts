import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKnownZone, offsetAndLimit, offsetAt } from "../../../src/core/time/zone_clock.ts";

const MINUTE = 60_000;
const at = (iso: string) => Date.parse(iso);

describe("isKnownZone()", () => {
  test.each([
    ["Europe/Paris", true],
    ["America/Argentina/Buenos_Aires", true],
    ["Canada/Pacific", true],
    ["UTC", true],
    ["Europe/Atlantis", false],
    ["+05:00", false],
    ["", false],
    ["toString", false],
  ])("%j: %s", (zone, known) => {
    expect(isKnownZone(zone)).toBe(known);
  });
});

describe("offsetAt()", () => {
  test.each([
    ["Europe/Paris", "2026-03-29T00:59:59.999Z", 60],
    ["Europe/Paris", "2026-03-29T01:00:00Z", 120],
    ["Europe/Paris", "2026-10-25T00:59:59.999Z", 120],
    ["Europe/Paris", "2026-10-25T01:00:00Z", 60],
    ["America/New_York", "2026-03-08T06:59:59Z", -300],
    ["America/New_York", "2026-03-08T07:00:00Z", -240],
    ["Australia/Lord_Howe", "2026-04-04T14:59:59Z", 660],
    ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", 630],
    ["Australia/Lord_Howe", "2026-10-03T15:29:59Z", 630],
    ["Australia/Lord_Howe", "2026-10-03T15:30:00Z", 660],
    ["America/St_Johns", "2026-07-01T12:00:00Z", -150],
    ["Asia/Kathmandu", "2026-07-01T12:00:00Z", 345],
    ["Pacific/Kiritimati", "2026-07-01T23:59:59Z", 840],
    ["Europe/Paris", "1969-12-31T23:59:59.500Z", 60],
  ])("%s at %s is %i minutes", (zone, iso, minutes) => {
    expect(offsetAt(zone, at(iso)) / MINUTE).toBe(minutes);
  });

  test("knows the laws of 2026 that time-zone data of runtimes do not have yet", () => {
    expect(offsetAt("America/Vancouver", at("2026-02-01T12:00:00Z")) / MINUTE).toBe(-480);
    expect(offsetAt("America/Vancouver", at("2026-11-01T08:59:59Z")) / MINUTE).toBe(-420);
    expect(offsetAt("America/Vancouver", at("2026-11-01T09:00:00Z")) / MINUTE).toBe(-420);
    expect(offsetAt("America/Vancouver", at("2027-01-15T12:00:00Z")) / MINUTE).toBe(-420);
    expect(offsetAt("Canada/Pacific", at("2027-07-15T12:00:00Z")) / MINUTE).toBe(-420);
    expect(offsetAt("America/Edmonton", at("2026-11-01T08:00:00Z")) / MINUTE).toBe(-360);
    expect(offsetAt("America/Yellowknife", at("2027-01-15T12:00:00Z")) / MINUTE).toBe(-360);
    expect(offsetAt("America/Los_Angeles", at("2027-01-15T12:00:00Z")) / MINUTE).toBe(-480);
  });

  test("refuses an unknown zone", () => {
    expect(() => offsetAt("Europe/Atlantis", 0)).toThrow(RangeError);
  });

  test("agrees with Intl anywhere, at any minute", () => {
    const zones = ["Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca", "Atlantic/Azores"];
    fc.assert(fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: at("2020-01-01") / MINUTE, max: at("2030-01-01") / MINUTE }),
      (zone, minute) => {
        const instant = minute * MINUTE;
        const local = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" })
          .format(instant);
        expect(offsetAt(zone, instant)).toBe(Date.parse(`${local.replace(" ", "T")}Z`) - instant);
      },
    ));
  });
});

describe("offsetAndLimit()", () => {
  test("tells the very instant of a change", () => {
    expect(offsetAndLimit("Europe/Paris", at("2026-10-25T00:00:00Z"))).toEqual({
      offset: 120 * MINUTE,
      until: at("2026-10-25T01:00:00Z"),
    });
  });

  test("never promises beyond a change", () => {
    fc.assert(fc.property(
      fc.constantFrom("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"),
      fc.integer({ min: at("2026-01-01") / MINUTE, max: at("2028-01-01") / MINUTE }),
      (zone, minute) => {
        const { offset, until } = offsetAndLimit(zone, minute * MINUTE);
        expect(until).toBeGreaterThan(minute * MINUTE);
        expect(offsetAt(zone, until - 1)).toBe(offset);
      },
    ));
  });
});
