/**
 * Local time by zone. Intl knows the rules but needs microseconds to format, so each zone keeps, for every UTC day asked
 * about, its offset at the start and, on the rare day of a change, when it changes.
 */

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** Days remembered per zone before starting over: a bound on memory for processes that run for years. */
const REMEMBERED_DAYS = 400;
/** There are about 600 names; more can only be spellings of them from outside. */
const REMEMBERED_ZONES = 1000;

/** Within one UTC day: `before` until `change`, `after` from then on (ms to add to UTC). */
interface DayClock {
  before: number;
  change: number;
  after: number;
}

interface Zone {
  read: (at: number) => number;
  days: Map<number, DayClock>;
}

/**
 * Clocks fixed by law in 2026, later than the time-zone data of current runtimes (tzdata 2026b to 2026d): from the night
 * of 2026-11-01 the winter offset does not come back. Without this, advertising would be an hour off all winter.
 * British Columbia: news.gov.bc.ca/releases/2026AG0013-000209; Alberta: alberta.ca/albertas-new-time-system; Northwest
 * Territories: tzdata 2026d NEWS. Read 2026-11-22. Harmless, and to be dropped, once runtimes know.
 */
const FIXED_SINCE = new Map<string, { since: number; offset: number }>([
  ...["America/Vancouver", "Canada/Pacific"].map((name) => fixed(name, 9, -7)),
  ...["America/Edmonton", "America/Yellowknife", "Canada/Mountain", "America/Inuvik"].map((name) => fixed(name, 8, -6)),
]);

function fixed(name: string, utcHour: number, hours: number): [string, { since: number; offset: number }] {
  return [name, { since: Date.UTC(2026, 10, 1, utcHour), offset: hours * 60 * MINUTE }];
}

const zones = new Map<string, Zone>();

/** Whether the runtime knows this IANA zone name. */
export function isKnownZone(zone: string): boolean {
  return find(zone) !== null;
}

/** Offset of local time from UTC (ms; positive east) at an instant (ms). An unknown zone is a RangeError. */
export function offsetAt(zone: string, at: number): number {
  const { before, change, after } = dayOf(known(zone), at);
  return at < change ? before : after;
}

/** Offset at an instant, and an instant (ms) up to which it certainly does not change. */
export function offsetAndLimit(zone: string, at: number): { offset: number; until: number } {
  const day = dayOf(known(zone), at);
  if (at < day.change) return { offset: day.before, until: day.change };
  return { offset: day.after, until: (Math.floor(at / DAY) + 1) * DAY };
}

function known(name: string): Zone {
  const zone = find(name);
  if (zone === null) throw new RangeError(`"${name}" is not an IANA time zone that this runtime knows`);
  return zone;
}

function find(name: string): Zone | null {
  const remembered = zones.get(name);
  if (remembered) return remembered;
  // Intl also takes "+05:00", which says nothing of daylight-saving time.
  const zone = /^[A-Za-z]/.test(name) ? open(name) : null;
  if (zone) {
    if (zones.size >= REMEMBERED_ZONES) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}

function open(name: string): Zone | null {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    const fixedSince = FIXED_SINCE.get(format.resolvedOptions().timeZone);
    return {
      read: (at) => fixedSince && at >= fixedSince.since ? fixedSince.offset : readOffset(format, at),
      days: new Map(),
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const [month, day, year, hour, minute, second] = format.format(at).match(/\d+/g)!.map(Number) as number[];
  const local = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  return local - Math.floor(at / 1000) * 1000;
}

function dayOf(zone: Zone, at: number): DayClock {
  const day = Math.floor(at / DAY);
  let clock = zone.days.get(day);
  if (clock === undefined) {
    if (zone.days.size >= REMEMBERED_DAYS) zone.days.clear();
    clock = readDay(zone, day * DAY);
    zone.days.set(day, clock);
  }
  return clock;
}

/** No zone changes twice within one UTC day, and changes fall on quarter hours. */
function readDay(zone: Zone, start: number): DayClock {
  const before = zone.read(start);
  const after = zone.read(start + DAY - QUARTER);
  if (before === after) return { before, change: start, after };
  let low = 0;
  let high = DAY / QUARTER - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (zone.read(start + middle * QUARTER) === before) low = middle;
    else high = middle;
  }
  return { before, change: start + high * QUARTER, after };
}
