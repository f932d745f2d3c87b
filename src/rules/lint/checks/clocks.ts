import { isSupportedCountry } from "libphonenumber-js/max";
import { hasHolidayCalendar } from "../../../core/time/holidays.ts";
import { isKnownZone } from "../../../core/time/zone_clock.ts";
import { zonesOfCountry } from "../../../core/time/zones.ts";
import { type Check, type Draft, filesOf } from "../finding.ts";

/** Hours that nobody can apply: no zone is known for the country, or one that does not exist is named. */
export const hoursWithoutZone: Check = (book) => {
  const named = [
    ...book.countries.map(({ file, table }) => ({ file, at: ["zones"], zones: table.zones ?? [] })),
    ...filesOf(book, "area_codes").flatMap(({ path, content }) =>
      Object.entries(content.areas).map(([code, { zones }]) => ({ file: path, at: ["areas", code, "zones"], zones }))
    ),
  ].flatMap(({ file, at, zones }) =>
    zones.flatMap((zone, index): Draft[] =>
      isKnownZone(zone) ? [] : [{
        file,
        at: [...at, index],
        severity: "error",
        problem: `"${zone}" is no time zone that is known here`,
        advice: "Write its IANA name, such as Europe/Paris.",
      }]
    )
  );
  // Codes of no country are told as such (`unknown_country`).
  const missing = book.countries.filter(({ table }) => table.code !== "default").flatMap(({ file, table }) => [
    ...(table.zones === undefined && isSupportedCountry(table.code) && zonesOfCountry(table.code).length === 0
      ? [{ file, at: ["quiet_hours"], code: table.code }]
      : []),
    ...(table.territories ?? []).flatMap((code, index) =>
      isSupportedCountry(code) && zonesOfCountry(code).length === 0 ? [{ file, at: ["territories", index], code }] : []
    ),
  ]);
  return [
    ...named,
    ...missing.map(({ file, at, code }): Draft => ({
      file,
      at,
      severity: "error",
      problem:
        `no time zone is known for ${code}, so its advertising hours cannot be told and advertising would wait for ever`,
      advice: "Name every zone a person there may be in under `zones`.",
    })),
  ];
};

/** Profiles that close on holidays of a calendar that the file does not name, or that nobody has. */
export const holidaysWithoutCalendar: Check = (book) =>
  book.countries.flatMap(({ file, table: { quiet_hours, holidays, name } }): Draft[] => {
    if (holidays !== undefined) {
      if (hasHolidayCalendar(holidays.country, holidays.region)) return [];
      return [{
        file,
        at: ["holidays"],
        severity: "error",
        problem: `there is no calendar of holidays for ${Object.values(holidays).join(", ")}`,
        advice: "Name a country, and a region, that the library date-holidays has.",
      }];
    }
    const closed = [
      ...Object.entries(quiet_hours.profiles).map(([key, profile]) => ({ at: ["profiles", key], profile })),
      ...Object.entries(quiet_hours.regions ?? {}).map(([key, profile]) => ({ at: ["regions", key], profile })),
    ].filter(({ profile }) => profile.holidays === "closed");
    return closed.map(({ at }) => ({
      file,
      at: ["quiet_hours", ...at],
      severity: "warning",
      problem: `closes on public holidays, but no calendar of holidays is named for ${name}`,
      advice: "Name it under `holidays`, as in `holidays: { country: FR }`, or say `holidays: open`.",
    }));
  });
