import Holidays from "date-holidays";

const DAY = 86_400_000;
const calendars = new Map<string, (isoDate: string) => boolean>();

/**
 * The public holidays of a country (ISO 3166 code), or of a part of it (`FL`, `67`: the suffix of ISO 3166-2): a function
 * that tells whether a local date such as `2026-12-25` is one. Substitute days count (a holiday that falls on a Saturday and
 * is kept on the Friday), half holidays count whole, bank, school and optional holidays do not.
 *
 * National holidays only, unless a region is given: Alsace-Moselle's two and the abolition days overseas need `67`, `RE` …
 * A country without a calendar (see `hasHolidayCalendar`) has no holidays; a region without one has its country's.
 */
export function holidayCalendar(country: string, region?: string): (isoDate: string) => boolean {
  const key = `${country}-${region ?? ""}`;
  let calendar = calendars.get(key);
  if (calendar === undefined) {
    calendar = createCalendar(country, region);
    calendars.set(key, calendar);
  }
  return calendar;
}

/** Whether there are data for the country and, when given, for that very region. */
export function hasHolidayCalendar(country: string, region?: string): boolean {
  const library = new Holidays();
  if (!Object.hasOwn(library.getCountries(), country)) return false;
  return region === undefined || Object.hasOwn(library.getStates(country) ?? {}, region);
}

function createCalendar(country: string, region: string | undefined): (isoDate: string) => boolean {
  let library: Holidays | undefined;
  const years = new Map<number, Set<string>>();
  return (isoDate) => {
    const year = Number(isoDate.slice(0, 4));
    let dates = years.get(year);
    if (dates === undefined) {
      library ??= region === undefined ? new Holidays(country) : new Holidays(country, region);
      dates = publicHolidays(library, year);
      years.set(year, dates);
    }
    return dates.has(isoDate);
  };
}

function publicHolidays(library: Holidays, year: number): Set<string> {
  const dates = new Set<string>();
  for (const holiday of library.getHolidays(year)) {
    if (holiday.type !== "public") continue;
    // `date` is local and may carry a time (half a day, or sunset); the length comes from the two instants.
    const first = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`);
    const days = Math.max(1, Math.round((holiday.end.getTime() - holiday.start.getTime()) / DAY));
    for (let i = 0; i < days; i++) dates.add(new Date(first + i * DAY).toISOString().slice(0, 10));
  }
  return dates;
}
