import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holidayCalendar } from "../../../src/core/time/holidays.ts";
import { compileWeek, isKnownZone, type OpeningHours, quiet } from "../../../src/core/time/quiet_hours.ts";
import { zonesOfCountry } from "../../../src/core/time/zones.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const at = (iso: string) => Date.parse(iso);

const noHolidays = () => false;
const hours = (open: Record<string, string>, closedOn: OpeningHours["closedOn"] = noHolidays): OpeningHours => ({
  week: compileWeek(open),
  closedOn,
});
const daily = (window: string) => hours({ "mon-sun": window });

const france = hours({ "mon-sat": "08:00-20:00", sun: "closed" }, holidayCalendar("FR"));
const federal = daily("08:00-21:00");
const florida = daily("08:00-20:00");
const eastern = "America/New_York";
const continental = [eastern, "America/Chicago", "America/Denver", "America/Los_Angeles"];

describe("compileWeek()", () => {
  test("gives every day its hours, in ms after midnight, from Sunday", () => {
    const hour = 60 * MINUTE;
    const weekday = { opens: 8 * hour, closes: 20.5 * hour };
    expect(compileWeek({ "mon-fri": "08:00-20:30", sat: "10:00-24:00", sun: "closed" })).toEqual(
      [null, weekday, weekday, weekday, weekday, weekday, { opens: 10 * hour, closes: 24 * hour }],
    );
  });

  test("takes a day that is not named for closed, and a run of days over the weekend", () => {
    expect(compileWeek({ "sat-mon": "10:00-12:00" }).map((window) => window !== null)).toEqual(
      [true, true, false, false, false, false, true],
    );
  });

  test.each(["20:00-08:00", "08:00-08:00", "08:00-24:30", "8-20", "open", ""])("refuses the window %j", (window) => {
    expect(() => compileWeek({ "mon-fri": window })).toThrow(RangeError);
  });

  test.each(["monday", "mon-fry", "", "mon-"])("refuses the day %j", (day) => {
    expect(() => compileWeek({ [day]: "08:00-20:00" })).toThrow(RangeError);
  });
});

describe("quiet() in one zone", () => {
  // Paris is at +01:00 in winter, +02:00 in summer.
  test.each([
    ["inside the window", "2026-11-24T10:00:00+01:00", null, "2026-11-24T20:00:00+01:00"],
    ["at the very opening", "2026-11-24T08:00:00+01:00", null, "2026-11-24T20:00:00+01:00"],
    ["a millisecond before opening", "2026-11-24T07:59:59.999+01:00", "2026-11-24T08:00:00+01:00", null],
    ["in the last millisecond", "2026-11-24T19:59:59.999+01:00", null, "2026-11-24T20:00:00+01:00"],
    ["at the very end", "2026-11-24T20:00:00+01:00", "2026-11-25T08:00:00+01:00", null],
    ["after midnight", "2026-11-25T00:30:00+01:00", "2026-11-25T08:00:00+01:00", null],
    ["on Saturday evening", "2026-11-28T21:00:00+01:00", "2026-11-30T08:00:00+01:00", null],
    ["on Sunday", "2026-11-29T12:00:00+01:00", "2026-11-30T08:00:00+01:00", null],
    ["on Easter Monday", "2026-04-06T10:00:00+02:00", "2026-04-07T08:00:00+02:00", null],
    ["on a Sunday before a holiday on Monday", "2026-04-05T10:00:00+02:00", "2026-04-07T08:00:00+02:00", null],
    ["on All Saints' Day, a Monday", "2027-11-01T10:00:00+01:00", "2027-11-02T08:00:00+01:00", null],
    ["on Christmas Day, a Friday", "2026-12-25T10:00:00+01:00", "2026-12-26T08:00:00+01:00", null],
    ["on Good Friday, a working day", "2026-04-03T10:00:00+02:00", null, "2026-04-03T20:00:00+02:00"],
    ["on New Year's Eve at night", "2026-12-31T23:00:00+01:00", "2027-01-02T08:00:00+01:00", null],
  ])("France %s", (_, now, until, allowedUntil) => {
    expect(quiet(at(now), ["Europe/Paris"], [france])).toEqual({
      quiet: until !== null,
      until: at(until ?? now),
      allowedUntil: allowedUntil && at(allowedUntil),
    });
  });

  test("waits through 25 December to Sunday the 27th where all are closed", () => {
    const alsace = hours({ "mon-sat": "08:00-20:00" }, holidayCalendar("FR", "67"));
    expect(quiet(at("2026-12-24T20:00:00+01:00"), ["Europe/Paris"], [alsace]).until).toBe(
      at("2026-12-28T08:00:00+01:00"),
    );
  });

  test("a window that ends at 24:00 runs on into one that starts at 00:00", () => {
    const nights = hours({ "mon-thu": "18:00-24:00", fri: "00:00-02:00", "sat-sun": "closed" });
    const { allowedUntil } = quiet(at("2026-11-26T22:00:00Z"), ["UTC"], [nights]);
    expect(allowedUntil).toBe(at("2026-11-27T02:00:00Z"));
    expect(quiet(at("2026-11-24T22:00:00Z"), ["UTC"], [nights]).allowedUntil).toBe(at("2026-11-25T00:00:00Z"));
  });

  test("no end is told where there is none for two weeks", () => {
    expect(quiet(at("2026-11-24T10:00:00Z"), ["Europe/Paris"], [daily("00:00-24:00")])).toEqual({
      quiet: false,
      until: at("2026-11-24T10:00:00Z"),
      allowedUntil: null,
    });
  });

  test("finds an opening 14 days ahead and none later", () => {
    const opensOn = (date: string) => hours({ "mon-sun": "10:00-20:00" }, (day) => day !== date);
    const now = at("2026-11-01T10:00:00Z");
    expect(quiet(now, ["UTC"], [opensOn("2026-11-15")]).until).toBe(at("2026-11-15T10:00:00Z"));
    expect(quiet(now + 1, ["UTC"], [opensOn("2026-11-16")]).until).toBeNull();
  });
});

describe("quiet() in the nights when the clock changes", () => {
  test.each([
    // Europe/Paris 2026-03-29: 02:00 becomes 03:00.
    [
      "spring: the opening comes after 23 hours",
      "Europe/Paris",
      "08:00-20:00",
      "2026-03-28T20:00:00+01:00",
      "2026-03-29T08:00:00+02:00",
    ],
    [
      "spring: an opening in the hour that is left out",
      "Europe/Paris",
      "02:15-04:00",
      "2026-03-29T01:59:00+01:00",
      "2026-03-29T03:00:00+02:00",
    ],
    // 2026-10-25: 03:00 becomes 02:00.
    [
      "autumn: the opening comes after 25 hours",
      "Europe/Paris",
      "08:00-20:00",
      "2026-10-24T20:00:00+02:00",
      "2026-10-25T08:00:00+01:00",
    ],
    [
      "autumn: closed in between when the hour comes twice",
      "Europe/Paris",
      "00:00-02:30",
      "2026-10-25T02:30:00+02:00",
      "2026-10-25T02:00:00+01:00",
    ],
    ["New York, spring", eastern, "08:00-21:00", "2026-03-07T21:00:00-05:00", "2026-03-08T08:00:00-04:00"],
    ["New York, autumn", eastern, "08:00-21:00", "2026-10-31T21:00:00-04:00", "2026-11-01T08:00:00-05:00"],
    // Lord Howe moves by 30 minutes: 2026-10-04 02:00 becomes 02:30, 2026-04-05 02:00 becomes 01:30.
    [
      "Lord Howe, spring",
      "Australia/Lord_Howe",
      "02:15-20:00",
      "2026-10-04T01:59:00+10:30",
      "2026-10-04T02:30:00+11:00",
    ],
    [
      "Lord Howe, autumn",
      "Australia/Lord_Howe",
      "01:45-01:50",
      "2026-04-05T01:50:00+11:00",
      "2026-04-05T01:45:00+10:30",
    ],
  ])("%s", (_, zone, window, now, until) => {
    expect(quiet(at(now), [zone], [daily(window)])).toEqual({ quiet: true, until: at(until), allowedUntil: null });
  });

  test("an end in the hour that comes twice comes twice", () => {
    const night = [daily("00:00-02:30")];
    const paris = ["Europe/Paris"];
    expect(quiet(at("2026-10-25T00:30:00+02:00"), paris, night).allowedUntil).toBe(at("2026-10-25T02:30:00+02:00"));
    expect(quiet(at("2026-10-25T02:00:00+01:00"), paris, night).allowedUntil).toBe(at("2026-10-25T02:30:00+01:00"));
  });

  test("British Columbia does not put its clocks back any more", () => {
    const { until } = quiet(at("2026-12-01T06:00:00Z"), ["America/Vancouver"], [daily("08:00-20:00")]);
    expect(until).toBe(at("2026-12-01T08:00:00-07:00"));
  });
});

describe("quiet() in several zones (docs/compliance.md, section 4.4)", () => {
  test.each([
    ["08-21 is 11:00 to 21:00 Eastern", continental, federal, "2026-11-24T11:00:00-05:00", "2026-11-24T21:00:00-05:00"],
    ["08-20 is 11:00 to 20:00 Eastern", continental, florida, "2026-11-24T11:00:00-05:00", "2026-11-24T20:00:00-05:00"],
    [
      "with Hawaii from 13:00 Eastern in winter",
      zonesOfCountry("US"),
      federal,
      "2026-11-24T13:00:00-05:00",
      "2026-11-24T21:00:00-05:00",
    ],
    [
      "with Hawaii from 14:00 Eastern in summer",
      zonesOfCountry("US"),
      federal,
      "2026-07-14T14:00:00-04:00",
      "2026-07-14T21:00:00-04:00",
    ],
  ])("unknown +1: %s", (_, zones, profile, opens, closes) => {
    const before = at(opens) - 30 * MINUTE;
    expect(quiet(before, zones, [profile])).toEqual({ quiet: true, until: at(opens), allowedUntil: null });
    expect(quiet(at(opens), zones, [profile])).toEqual({ quiet: false, until: at(opens), allowedUntil: at(closes) });
    expect(quiet(at(closes), zones, [profile])).toEqual({ quiet: true, until: at(opens) + DAY, allowedUntil: null });
  });

  test("850 at 20:30 Eastern: allowed by the federal hours, held by Florida's until 08:00 Central", () => {
    const panhandle = [eastern, "America/Chicago"];
    const now = at("2026-11-24T20:30:00-05:00");
    expect(quiet(now, panhandle, [federal])).toEqual({
      quiet: false,
      until: now,
      allowedUntil: at("2026-11-24T21:00:00-05:00"),
    });
    expect(quiet(now, panhandle, [federal, florida])).toEqual({
      quiet: true,
      until: at("2026-11-25T09:00:00-05:00"),
      allowedUntil: null,
    });
  });

  test("a holiday of the country and one of the region both close", () => {
    const country = hours({ "mon-sun": "08:00-21:00" }, (day) => day === "2026-11-24");
    const region = hours({ "mon-sun": "09:00-20:00" }, (day) => day === "2026-11-25");
    expect(quiet(at("2026-11-24T12:00:00-05:00"), [eastern], [country, region]).until).toBe(
      at("2026-11-26T09:00:00-05:00"),
    );
  });

  test.each([
    ["no hour suits both", ["Europe/Paris", "Pacific/Auckland"], [daily("10:00-18:00")]],
    ["the country and the region never agree", ["UTC"], [daily("08:00-12:00"), daily("12:00-20:00")]],
    ["no day is open", ["UTC"], [hours({ "mon-sun": "closed" })]],
    ["no zone is known", [], [federal]],
    ["a zone is unknown", ["Europe/Paris", "Europe/Atlantis"], [federal]],
    ["no hours are known", ["Europe/Paris"], []],
  ])("waits for a person when %s", (_, zones, profiles) => {
    expect(quiet(at("2026-11-24T12:00:00Z"), zones, profiles)).toEqual({
      quiet: true,
      until: null,
      allowedUntil: null,
    });
  });
});

describe("quiet() whatever the hours", () => {
  const zone = fc.constantFrom(
    "Europe/Paris",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Atlantic/Azores",
    "Asia/Kathmandu",
    "Pacific/Honolulu",
  );
  const window = fc.tuple(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 1, max: 96 })).map(([a, b]) => {
    const [first, last] = a < b ? [a, b] : [b - 1, a + 1];
    const clock = (q: number) => `${String(q >> 2).padStart(2, "0")}:${String((q & 3) * 15).padStart(2, "0")}`;
    return `${clock(first)}-${clock(last)}`;
  });
  const profile = fc.record({
    open: fc.record({
      "mon-fri": window,
      sat: fc.oneof(window, fc.constant("closed")),
      sun: fc.oneof(window, fc.constant("closed")),
    }),
    closedDays: fc.array(fc.integer({ min: 1, max: 31 }), { maxLength: 5 }),
  }).map(({ open, closedDays }) => ({
    open,
    hours: hours(open, (day) => closedDays.includes(Number(day.slice(8)))),
  }));
  const instant = fc.oneof(
    fc.integer({ min: at("2025-01-01"), max: at("2029-01-01") }),
    // Nights of change, and a day around them.
    fc.tuple(
      fc.constantFrom("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04"),
      fc.integer({ min: -DAY, max: DAY }),
    ).map(([day, shift]) => at(day) + shift),
  );
  const cases = [
    instant,
    fc.uniqueArray(zone, { minLength: 1, maxLength: 3 }),
    fc.array(profile, {
      minLength: 1,
      maxLength: 2,
    }),
  ] as const;

  /** The definition, by Intl alone. */
  function allowed(instant: number, zones: string[], profiles: { hours: OpeningHours }[]): boolean {
    return zones.every((timeZone) => {
      const local = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" })
        .format(instant);
      const [date, time] = local.split(" ") as [string, string];
      const [h, m, s] = time.split(":").map(Number) as [number, number, number];
      const passed = (h * 3600 + m * 60 + s) * 1000;
      return profiles.every(({ hours: { week, closedOn } }) => {
        const window = week[new Date(date).getUTCDay()];
        return window && !closedOn(date) && passed >= window.opens && passed < window.closes;
      });
    });
  }

  test("says what its definition says", () => {
    fc.assert(fc.property(...cases, (now, zones, profiles) => {
      expect(quiet(now, zones, profiles.map((p) => p.hours)).quiet).toBe(!allowed(now, zones, profiles));
    }));
  });

  test("`until` is the first instant that is allowed, `allowedUntil` the first that is not", () => {
    fc.assert(fc.property(...cases, fc.nat(), (now, zones, profiles, seed) => {
      const ask = (instant: number) => quiet(instant, zones, profiles.map((p) => p.hours));
      const answer = ask(now);
      const turn = answer.quiet ? answer.until : answer.allowedUntil;
      if (!answer.quiet) expect(answer.until).toBe(now);
      const stop = turn ?? now + 14 * DAY;
      if (turn !== null) {
        expect(turn).toBeGreaterThan(now);
        expect(ask(turn).quiet).toBe(!answer.quiet);
        expect(allowed(turn, zones, profiles)).toBe(answer.quiet);
      }
      // Up to there nothing changes: just before, a minute before, and at some instants between.
      const between = [1, 2, 3, 5, 7].map((n) => now + (seed * n * 7919) % (stop - now));
      for (const instant of [stop - 1, Math.max(now, stop - MINUTE), ...between]) {
        expect(ask(instant).quiet).toBe(answer.quiet);
        expect(allowed(instant, zones, profiles)).toBe(!answer.quiet);
      }
    }));
  });
});

test("isKnownZone() is told with the hours", () => {
  expect(isKnownZone("Europe/Paris")).toBe(true);
  expect(isKnownZone("Europe/Atlantis")).toBe(false);
});
