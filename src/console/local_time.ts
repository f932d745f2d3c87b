/** Times as somebody types them at their place. */

/** Instant (RFC 3339) of `2026-11-25T10:00` in a zone; undefined when it is no time.. */
export function instantOf(local: string, zone: string): string | undefined {
  const read = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d)?$/.exec(local);
  const asUtc = read === null ? NaN : Date.parse(`${read[1]}:00Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const first = asUtc - offset(asUtc, zone);
  return new Date(asUtc - offset(first, zone)).toISOString();
}

/** What a field for date and time shows of an instant: `2026-11-25T10:00`. */
export function localOf(instant: string, zone: string): string {
  const at = Date.parse(instant);
  return new Date(at + offset(at, zone)).toISOString().slice(0, 16);
}

function offset(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const [month, day, year, hour, minute, second] = format.format(at).match(/\d+/g)!.map(Number) as number[];
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - Math.floor(at / 1_000) * 1_000;
}
