import { isKnownZone, offsetAndLimit } from "./zone_clock.ts";

export { isKnownZone };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Beyond this an offer is stale: a message that could only leave later is held for a person to look at. */
const HORIZON = 14 * DAY;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** When advertising may leave on one day: ms after local midnight, half-open. */
interface Window {
  opens: number;
  closes: number;
}

/** Seven days from Sunday; null is closed all day. */
export type WeekHours = readonly (Window | null)[];

export interface OpeningHours {
  week: WeekHours;
  /** Public holidays, by local date such as `2026-12-25`. */
  closedOn: (isoDate: string) => boolean;
}

export interface QuietAnswer {
  /** True when advertising must wait. */
  quiet: boolean;
  /** First instant (ms) at or after the one asked about at which it may leave; null when there is none within 14 days. */
  until: number | null;
  /** When it may leave now: the instant (ms) at which it no longer may; null when quiet, or when open for 14 days on end. */
  allowedUntil: number | null;
}

/**
 * Reads the `open` map of a quiet-hours profile: `{ "mon-fri": "08:00-20:00", sat: "10:00-18:00", sun: "closed" }`.
 * A day that is not named is closed. A window that ends before it starts, or after 24:00, is a RangeError.
 */
export function compileWeek(open: Record<string, string>): WeekHours {
  const week: (Window | null)[] = WEEKDAYS.map(() => null);
  for (const [days, hours] of Object.entries(open)) {
    const window = readWindow(days, hours);
    for (const day of readDays(days)) week[day] = window;
  }
  return week;
}

function readDays(days: string): number[] {
  const [first, last = first] = days.split("-").map((day) => WEEKDAYS.indexOf(day));
  if (first === undefined || last === undefined || first < 0 || last < 0) {
    throw new RangeError(`quiet hours: "${days}" is no day of the week; days are like mon, sat or mon-fri`);
  }
  const count = (last - first + 7) % 7 + 1;
  return Array.from({ length: count }, (_, i) => (first + i) % 7);
}

function readWindow(days: string, hours: string): Window | null {
  if (hours === "closed") return null;
  const times = /^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/.exec(hours)?.slice(1).map(Number);
  if (times) {
    const [h1, m1, h2, m2] = times as [number, number, number, number];
    const window = { opens: (h1 * 60 + m1) * MINUTE, closes: (h2 * 60 + m2) * MINUTE };
    if (window.opens < window.closes && window.closes <= DAY) return window;
  }
  throw new RangeError(
    `quiet hours: "${days}: ${hours}" is no window of one day; give an earlier and a later time up to 24:00, ` +
      `such as 08:00-20:00, or closed`,
  );
}

/**
 * Whether advertising must wait at an instant (ms): it may leave only if the local time is inside the window in every zone
 * the person may be in, for every set of hours (country and region) that applies (compliance.md 4.4).
 * With no zone, an unknown zone or no hours nothing is known to be allowed, so everything waits and `until` is null.
 */
export function quiet(at: number, zones: readonly string[], profiles: readonly OpeningHours[]): QuietAnswer {
  if (zones.length === 0 || profiles.length === 0 || !zones.every(isKnownZone)) {
    return { quiet: true, until: null, allowedUntil: null };
  }
  const end = at + HORIZON;
  const now = state(at, zones, profiles);
  if (!now.open) return { quiet: true, until: firstOpen(now.until, end, zones, profiles), allowedUntil: null };
  let closes = now.until;
  while (closes <= end) {
    const next = state(closes, zones, profiles);
    if (!next.open) return { quiet: false, until: at, allowedUntil: closes };
    closes = next.until;
  }
  return { quiet: false, until: at, allowedUntil: null };
}

function firstOpen(from: number, end: number, zones: readonly string[], profiles: readonly OpeningHours[]) {
  for (let at = from; at <= end;) {
    const here = state(at, zones, profiles);
    if (here.open) return at;
    at = here.until;
  }
  return null;
}

/** Open in all places at `at`, or not; and an instant up to which that certainly stays so. */
function state(
  at: number,
  zones: readonly string[],
  profiles: readonly OpeningHours[],
): { open: boolean; until: number } {
  let openUntil = Infinity;
  let closedUntil = at;
  for (const zone of zones) {
    const { offset, until } = offsetAndLimit(zone, at);
    const local = at + offset;
    const day = Math.floor(local / DAY);
    const time = local - day * DAY;
    for (const profile of profiles) {
      const window = windowOn(day, profile);
      const isOpen = window !== null && time >= window.opens && time < window.closes;
      if (isOpen) {
        openUntil = Math.min(openUntil, until, at + window.closes - time);
      } else {
        const next = window !== null && time < window.opens ? window.opens : DAY;
        closedUntil = Math.max(closedUntil, Math.min(until, at + next - time));
      }
    }
  }
  return closedUntil > at ? { open: false, until: closedUntil } : { open: true, until: openUntil };
}

function windowOn(day: number, { week, closedOn }: OpeningHours): Window | null {
  const window = week[(((day + EPOCH_WEEKDAY) % 7) + 7) % 7] ?? null;
  return window !== null && closedOn(isoDate(day)) ? null : window;
}

const dates = new Map<number, string>();

/** Days since 1970 as `2026-11-22`. Asked for the same few days over and over. */
function isoDate(day: number): string {
  let date = dates.get(day);
  if (date === undefined) {
    if (dates.size >= 1000) dates.clear();
    date = new Date(day * DAY).toISOString().slice(0, 10);
    dates.set(day, date);
  }
  return date;
}
