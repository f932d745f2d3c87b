import { describe, expect, test } from "vitest";
import { hasHolidayCalendar, holidayCalendar } from "../../../src/core/time/holidays.ts";

function daysOf(year: number, country: string, region?: string): string[] {
  const isHoliday = holidayCalendar(country, region);
  const dates = Array.from({ length: 366 }, (_, i) => new Date(Date.UTC(year, 0, 1 + i)).toISOString().slice(0, 10));
  return dates.filter((date) => date.startsWith(`${year}-`) && isHoliday(date)).map((date) => date.slice(5));
}

describe("holidayCalendar()", () => {
  test("France: the 11 national holidays (Code du travail, L3133-1)", () => {
    expect(daysOf(2026, "FR")).toEqual(
      ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"],
    );
    expect(daysOf(2027, "FR")).toEqual(
      ["01-01", "03-29", "05-01", "05-06", "05-08", "05-17", "07-14", "08-15", "11-01", "11-11", "12-25"],
    );
  });

  test.each(["57", "67", "68"])("Alsace-Moselle (%s) adds Good Friday and 26 December", (department) => {
    const added = daysOf(2026, "FR", department).filter((day) => !daysOf(2026, "FR").includes(day));
    expect(added).toEqual(["04-03", "12-26"]);
  });

  test("Réunion adds the abolition of slavery", () => {
    expect(holidayCalendar("FR", "RE")("2026-12-20")).toBe(true);
    expect(holidayCalendar("FR")("2026-12-20")).toBe(false);
  });

  test("United States: the federal holidays, and the Friday or Monday kept for one on a weekend", () => {
    expect(daysOf(2026, "US")).toEqual(
      ["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11", "11-26", "12-25"],
    );
    // 2028-01-01 is a Saturday.
    expect(holidayCalendar("US")("2027-12-31")).toBe(true);
  });

  test("a state has its own holidays and the federal ones, even one that it does not keep", () => {
    const florida = holidayCalendar("US", "FL");
    expect(florida("2026-11-27")).toBe(true);
    expect(florida("2026-10-12")).toBe(true);
    expect(holidayCalendar("US")("2026-11-27")).toBe(false);
  });

  test("a region without a calendar has its country's", () => {
    expect(daysOf(2026, "US", "ZZ")).toEqual(daysOf(2026, "US"));
  });

  test("observances that are no public holidays do not count", () => {
    // Pentecost Sunday and Mother's Day.
    expect(holidayCalendar("FR")("2026-05-24")).toBe(false);
    expect(holidayCalendar("FR")("2026-05-31")).toBe(false);
  });

  test("a feast of several days counts on each, also over the turn of the year", () => {
    const turkey = holidayCalendar("TR");
    expect(["2026-03-19", "2026-03-20", "2026-03-21", "2026-03-22", "2026-03-24"].map(turkey)).toEqual(
      [false, true, true, true, false],
    );
    expect(holidayCalendar("SZ")("2027-01-02")).toBe(true);
  });

  test("a holiday on the day on which the clock is put back is one day", () => {
    // 2026-11-01, the last night of daylight saving in Haiti.
    expect(holidayCalendar("HT")("2026-11-01")).toBe(true);
    expect(holidayCalendar("HT")("2026-11-03")).toBe(false);
  });

  test("an unknown country has none", () => {
    expect(daysOf(2026, "XX")).toEqual([]);
  });
});

describe("hasHolidayCalendar()", () => {
  test.each([
    ["FR", undefined, true],
    ["FR", "67", true],
    ["US", "FL", true],
    ["FR", "75", false],
    ["XX", undefined, false],
    ["toString", undefined, false],
  ])("%s %s: %s", (country, region, known) => {
    expect(hasHolidayCalendar(country, region)).toBe(known);
  });
});
