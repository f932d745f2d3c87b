import { getTimezonesForCountry } from "countries-and-timezones";
import { isKnownZone, offsetAt } from "./zone_clock.ts";

const DAY = 86_400_000;
/**
 * Instants at which two zones are compared: every two weeks over five years, a fixed range, so that the answer does not
 * depend on the day it is asked. Zones of one country that agree on all of them follow the same rules.
 */
const SAMPLES = Array.from({ length: 130 }, (_, i) => Date.UTC(2025, 11, 31, 12) + i * 14 * DAY);

/** Kept rather than another zone with the same clock, so that explanations name a place that people know. */
const WELL_KNOWN = new Set([
  "America/Anchorage",
  "America/Argentina/Buenos_Aires",
  "America/Chicago",
  "America/Denver",
  "America/Halifax",
  "America/Los_Angeles",
  "America/Mexico_City",
  "America/New_York",
  "America/Sao_Paulo",
  "America/Toronto",
  "America/Vancouver",
  "America/Winnipeg",
  "Asia/Jakarta",
  "Australia/Brisbane",
  "Australia/Sydney",
  "Europe/Lisbon",
  "Europe/Madrid",
  "Europe/Moscow",
]);

const known = new Map<string, string[]>();

/**
 * Every IANA zone a person in the country (ISO 3166 code) may live by, one name for each different clock; empty for an
 * unknown country. Names that the runtime's time-zone data lacks are left out.
 */
export function zonesOfCountry(iso: string): string[] {
  const cached = known.get(iso);
  if (cached) return cached;
  const names = (getTimezonesForCountry(iso) ?? []).map((zone) => zone.name).filter(isKnownZone);
  const zones = distinctClocks(names);
  known.set(iso, zones);
  return zones;
}

/** One zone for each different clock among `zones`, in alphabetical order. */
export function distinctClocks(zones: string[]): string[] {
  if (zones.length < 2) return [...zones];
  const byClock = new Map<string, string>();
  const preferred = [...zones].sort((a, b) => +WELL_KNOWN.has(b) - +WELL_KNOWN.has(a) || compare(a, b));
  for (const zone of preferred) {
    const clock = SAMPLES.map((at) => offsetAt(zone, at)).join();
    if (!byClock.has(clock)) byClock.set(clock, zone);
  }
  return [...byClock.values()].sort(compare);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
