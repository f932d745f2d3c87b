/** @jsxImportSource hono/jsx */
import type { CountryRead, RuleRead } from "../../../api/rules/rulebook_reading.ts";
import type { Country } from "../../../core/rulebook/rulebook_schema.ts";
import type { Reader } from "../../console.ts";
import { browseWords } from "./browse_words.ts";
import { SourceLine } from "./frame.tsx";
import { termWords } from "./terms_words.ts";

/** Parts of a country's page that are folded up: what holds in a part of it, and what could be chosen. */

export interface PartProps {
  table: Country;
  reader: Reader;
}

export function OtherHours({ read, table, reader }: PartProps & { read: CountryRead }) {
  const words = browseWords(reader.language);
  const others = Object.entries(table.quiet_hours.profiles).filter(([name]) => name !== read.hours.profile);
  return others.length === 0 ? null : (
    <details>
      <summary>{words.profiles}</summary>
      {others.map(([name, { open, source }]) => (
        <>
          <p>
            <code>{name}</code>: {sayWeek(open, reader)}
          </p>
          <SourceLine source={asSource(source)} reader={reader} />
        </>
      ))}
    </details>
  );
}

/** They hold there beside those of the country (`country_compiler.ts`). */
export function RegionalHours({ table, reader }: PartProps) {
  const words = browseWords(reader.language);
  const regions = Object.entries(table.quiet_hours.regions ?? {}).map(([name, { open, holidays, source }]) => {
    const said = `${sayWeek(open, reader)}. ${holidays === "closed" ? words.holidays_closed : ""}`;
    return { name, said, source };
  });
  return <Regions summary={words.regional_hours} text={words.regional_hours_text} regions={regions} reader={reader} />;
}

/** They hold there instead of that of the country. */
export function RegionalCaps({ table, reader }: PartProps) {
  const words = browseWords(reader.language);
  const regions = Object.entries(table.frequency.regions ?? {}).map(([name, { source, ...cap }]) => {
    const said = [cap, ...cap.also ?? []].map(({ max, hours }) => words.cap(max, hours)).join(" ");
    return { name, said, source };
  });
  return <Regions summary={words.regional_caps} text={words.regional_caps_text} regions={regions} reader={reader} />;
}

interface RegionsProps {
  summary: (count: number) => string;
  text: string;
  regions: { name: string; said: string; source: Country["consent"]["source"] }[];
  reader: Reader;
}

function Regions({ summary, text, regions, reader }: RegionsProps) {
  return regions.length === 0 ? null : (
    <details>
      <summary>{summary(regions.length)}</summary>
      <p>{text}</p>
      {regions.map(({ name, said, source }) => (
        <>
          <p>
            <strong>{name}</strong>: {said}
          </p>
          <SourceLine source={asSource(source)} reader={reader} />
        </>
      ))}
    </details>
  );
}

export function asSource(source: Country["consent"]["source"]): RuleRead["source"] {
  return { section: null, ...source, url: source.url ?? null };
}

function sayWeek(open: Readonly<Record<string, string>>, reader: Reader): string {
  const { closed } = browseWords(reader.language);
  return Object.entries(open).map(([days, hours]) =>
    `${sayDays(days, reader)} ${hours === "closed" ? closed : hours.replace("-", " – ")}`
  ).join(", ");
}

/** `mon-fri` as `Monday – Friday`. */
function sayDays(days: string, reader: Reader): string {
  const names = termWords(reader.language).days as Record<string, string>;
  return days.split("-").map((day) => names[day] ?? day).join(" – ");
}
