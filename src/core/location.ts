import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";

/** Where the holder of a number may be. Every zone counts: advertising waits until it may be received in all of them. */
export interface Location {
  /** ISO 3166 code; null when the number does not tell. */
  country: string | null;
  /** ISO 3166-2 suffix (`FL`, `ON`); null when unknown or when an area code spans several. */
  region: string | null;
  /** IANA names; empty when unknown, and then advertising is held ("zone unknown"). */
  zones: string[];
}

export interface Area {
  country: string;
  region?: string | undefined;
  zones: string[];
}

export interface LocationTables {
  /** Area codes of calling code 1 (rules/numbering/north_america.yaml). */
  areas: ReadonlyMap<string, Area>;
  /** Every zone of a country. */
  zonesOf: (country: string) => string[];
}

/**
 * Where a number (E.164) may be, as far as its digits can tell.
 *
 * Area codes of +1 tell a state and its zones; laws of Florida, Oklahoma and others presume residence from them
 * (compliance.md 4.4). A +1 code that belongs to no place (toll-free, or not yet in the table) gets the strictest
 * reading: all zones of the United States, Alaska and Hawaii included. Elsewhere mobile ranges are not geographic, so a
 * number counts for every zone of its country.
 */
export function locate(e164: string, tables: LocationTables): Location {
  if (e164.startsWith("+1")) {
    const area = tables.areas.get(e164.slice(2, 5));
    if (area) return { country: area.country, region: area.region ?? null, zones: area.zones };
    return { country: "US", region: null, zones: tables.zonesOf("US") };
  }
  const only = onlyCountryOf(e164);
  if (only !== null) return { country: only, region: null, zones: tables.zonesOf(only) };
  const number = parsePhoneNumberFromString(e164);
  if (number?.country) return { country: number.country, region: null, zones: tables.zonesOf(number.country) };
  // A range that several countries share (+44 7700 900 may be Jersey): the main one, and every clock among them.
  const possible = number?.getPossibleCountries() ?? [];
  const zones = [...new Set(possible.flatMap((country) => tables.zonesOf(country)))];
  return { country: possible[0] ?? null, region: null, zones };
}

/** Calling codes that belong to exactly one country: then the digits that follow tell nothing more. */
const OWN_CODES = ownCodes();
/** Lengths at which every number of such a code is one: shorter and longer ones are left to the library. */
const USUAL = /^\+[1-9]\d{8,14}$/;

function onlyCountryOf(e164: string): string | null {
  if (!USUAL.test(e164)) return null;
  // No calling code begins with another.
  return OWN_CODES.get(e164.slice(1, 3)) ?? OWN_CODES.get(e164.slice(1, 4)) ?? null;
}

function ownCodes(): Map<string, string> {
  const countries = new Map<string, string[]>();
  for (const country of getCountries()) {
    const code = getCountryCallingCode(country);
    countries.set(code, [...countries.get(code) ?? [], country]);
  }
  return new Map(
    [...countries].flatMap(([code, [first, ...others]]) =>
      first !== undefined && others.length === 0 ? [[code, first]] : []
    ),
  );
}
