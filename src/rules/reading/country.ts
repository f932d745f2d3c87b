import { keywordsOf } from "../../core/rulebook/country_compiler.ts";
import type { Country } from "../../core/rulebook/rulebook_schema.ts";
import { holidayCalendar } from "../../core/time/holidays.ts";
import { expandWeek } from "../diff/week.ts";
import { inCountry, profileOf, type Reading, type ReadRule } from "./mod.ts";

/** What holds for the people of a country, after what the deployment chose for itself. */
export interface CountryReading {
  file: string;
  /** The file's own content. */
  table: Country;
  hours: {
    profile: string;
    /** By the deployment instead of by the country's file. */
    chosen: boolean;
    /** `mon` … `sun` to `08:00-20:00` or `closed`. */
    week: Record<string, string>;
    holidays: "closed" | "open";
    /** Local dates of the next public holidays, where those are closed. */
    next_holidays: string[];
  };
  /** Caps on advertising that all hold. */
  caps: { max: number; hours: number; by: "country" | "deployment" }[];
  /** Words by what they ask for. `home`: of the country's own languages; the others are understood as well. */
  keywords: { intent: string; language: string; words: string[]; home: boolean; only_when_opted_out: boolean }[];
  /** Automatic answers in the languages of the country, as their files word them. */
  replies: { language: string; templates: Record<string, string> }[];
  /** Rules of this country alone. */
  own_rules: ReadRule[];
}

const DAY = 86_400_000;
const HOLIDAYS_TOLD = 6;

/** `now`: ms since 1970, from which the next holidays are counted. */
export function readCountry(
  reading: Reading,
  { file, table }: Reading["countries"][number],
  now: number,
): CountryReading {
  const { files, deployment } = reading;
  const profile = profileOf(reading, table);
  const hours = table.quiet_hours.profiles[profile];
  const chosen = deployment.frequency ?? {};
  const general = files.flatMap(({ content }) => content.kind === "keywords" ? content.entries : []);
  const home = new Set(["und", ...table.languages]);
  return {
    file,
    table,
    hours: {
      profile,
      chosen: deployment.quiet_hours?.[table.code] !== undefined,
      week: expandWeek(hours?.open ?? {}),
      holidays: hours?.holidays ?? "open",
      next_holidays: hours?.holidays === "closed" && table.holidays !== undefined
        ? nextHolidays(table.holidays, now)
        : [],
    },
    caps: [
      ...[table.frequency, ...table.frequency.also ?? []].map(({ max, hours }) => ({
        max,
        hours,
        by: "country" as const,
      })),
      ...[...chosen["any"] ?? [], ...chosen[table.code] ?? []].map((cap) => ({ ...cap, by: "deployment" as const })),
    ],
    keywords: keywordsOf(table, general).map((entry) => ({
      intent: entry.intent,
      language: entry.language,
      words: entry.words,
      home: home.has(entry.language),
      only_when_opted_out: entry.only_when_opted_out ?? false,
    })),
    replies: files.flatMap(({ content }) =>
      content.kind === "replies" && table.languages.includes(content.language)
        ? [{ language: content.language, templates: content.templates }]
        : []
    ),
    own_rules: reading.rules.filter(({ country }) => country === table.code).map((rule) =>
      inCountry(rule, reading, table)
    ),
  };
}

function nextHolidays({ country, region }: NonNullable<Country["holidays"]>, now: number): string[] {
  const isHoliday = holidayCalendar(country, region);
  const found: string[] = [];
  for (let day = 0; day < 366 && found.length < HOLIDAYS_TOLD; day++) {
    const date = new Date(now + day * DAY).toISOString().slice(0, 10);
    if (isHoliday(date)) found.push(date);
  }
  return found;
}
