import Holidays from "date-holidays";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const calendars = new Map<string, (isoDate: string) => boolean>();

/**
 * The public holidays of a country (ISO 3166 code), or of a part of it (`FL`, `67`: the suffix of ISO 3166-2): a function
 * that tells whether a local date such as `2026-12-25` is one. Substitute days count (a holiday that falls on a Saturday and
 * is kept on the Friday), half holidays count whole, bank, school and optional holidays do not.
 *
 * National holidays only, unless a region is given: Alsace-Moselle's two and the abolition days overseas need `67`, `RE` …
 * In a region both count, also where it does not keep a national one (Columbus Day in Florida): the strictest reading.
 * A country without a calendar (see `hasHolidayCalendar`) has no holidays; a region without one has its country's.
 */
export function holidayCalendar(country: string, region?: string): (isoDate: string) => boolean {
  const key = `${country}-${region ?? ""}`;
  let calendar = calendars.get(key);
  if (calendar === undefined) {
    const here = createCalendar(country, region);
    const national = region === undefined ? undefined : holidayCalendar(country);
    calendar = national ? (isoDate) => national(isoDate) || here(isoDate) : here;
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
  const years = new Set<number>();
  const dates = new Set<string>();
  const load = (year: number) => {
    if (years.has(year)) return;
    library ??= region === undefined ? new Holidays(country) : new Holidays(country, region);
    for (const date of publicHolidays(library, year)) dates.add(date);
    years.add(year);
  };
  return (isoDate) => {
    const year = Number(isoDate.slice(0, 4));
    if (!years.has(year)) {
      // A feast of several days may have begun in December.
      load(year - 1);
      load(year);
    }
    return dates.has(isoDate);
  };
}

function publicHolidays(library: Holidays, year: number): string[] {
  return library.getHolidays(year).filter(({ type }) => type === "public").flatMap(({ date, start, end }) => {
    // `date` is local and may carry a time (half a day); an hour's grace for a holiday on which the clock is put back.
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
    const days = Math.max(1, Math.ceil((end.getTime() - start.getTime() - HOUR) / DAY));
    return Array.from({ length: days }, (_, i) => new Date(first + i * DAY).toISOString().slice(0, 10));
  });
}
