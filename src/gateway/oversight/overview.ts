import { HANDED_OVER } from "../../core/message.ts";
import { offsetAt } from "../../core/time/zone_clock.ts";
import type { DeliveryRow, HourRow, LinkRow } from "../../store/oversight/overview.ts";
import { HOUR_MS } from "../../store/oversight/totals.ts";

/** Totals as the overview shows them: added up over time, by carrier and country, and as a distribution. Pure. */

/** What became of outbound messages. `queued`: also what is being handed over. */
export const BECAME = [
  "queued",
  "held",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "refused",
  "expired",
  "canceled",
  "unknown",
] as const;
export type Became = (typeof BECAME)[number];

export type Sums = Record<Became | "accepted", number>;
export interface Inbound {
  messages: number;
  opt_outs: number;
  /** People who left by a link, without a message. */
  left_by_link: number;
}
export interface Slot {
  /** Its beginning, ms. */
  at: number;
  outbound: Sums;
  inbound: Inbound;
}

const DAY_MS = 24 * HOUR_MS;

/** Totals are kept by the full hour (UTC): the hours that a period touches, as [from, to) in ms. */
export function fullHours(from: number, to: number): { from: number; to: number } {
  return { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: Math.ceil(to / HOUR_MS) * HOUR_MS };
}

/** When the day of an instant began in a zone, to the full hour (ms). */
export function startOfDay(at: number, zone: string): number {
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  const day = localDay(hour, zone);
  let start = hour;
  while (localDay(start - HOUR_MS, zone) === day) start -= HOUR_MS;
  return start;
}

/** When so many days began of which that of an instant is the last (ms). */
export function startOfDays(at: number, days: number, zone: string): number {
  let start = startOfDay(at, zone);
  for (let day = 1; day < days; day++) start = startOfDay(start - 1, zone);
  return start;
}

function localDay(at: number, zone: string): number {
  return Math.floor((at + offsetAt(zone, at)) / DAY_MS);
}

/** Every hour of a period, or every day of a zone, with its totals: also those in which nothing happened. */
export function slotsOf(
  { hours, links }: { hours: readonly HourRow[]; links: readonly LinkRow[] },
  { from, to, by, zone }: { from: number; to: number; by: "hour" | "day"; zone: string },
): Slot[] {
  const slots: Slot[] = [];
  const slotAt = new Map<number, Slot>();
  let day: number | null = null;
  for (let hour = from; hour < to; hour += HOUR_MS) {
    const today = by === "hour" ? hour : localDay(hour, zone);
    if (today !== day) slots.push({ at: hour, outbound: noSums(), inbound: noInbound() });
    day = today;
    slotAt.set(hour, slots.at(-1)!);
  }
  for (const [hour, direction, status, n, opted_out] of hours) {
    const slot = slotAt.get(hour);
    if (slot === undefined) continue;
    if (direction === "inbound") {
      slot.inbound.messages += n;
      slot.inbound.opt_outs += opted_out;
    } else if (isBecame(status)) {
      slot.outbound.accepted += n;
      slot.outbound[status] += n;
    }
  }
  for (const [hour, n] of links) {
    const slot = slotAt.get(hour);
    if (slot !== undefined) slot.inbound.left_by_link += n;
  }
  return slots;
}

function isBecame(status: string): status is Became {
  return (BECAME as readonly string[]).includes(status);
}

export function noSums(): Sums {
  return Object.fromEntries(["accepted", ...BECAME].map((name) => [name, 0])) as Sums;
}

function noInbound(): Inbound {
  return { messages: 0, opt_outs: 0, left_by_link: 0 };
}

/** The totals of all slots together. */
export function together(slots: readonly Slot[]): { outbound: Sums; inbound: Inbound } {
  const outbound = noSums();
  const inbound = noInbound();
  for (const slot of slots) {
    for (const name of Object.keys(outbound) as (keyof Sums)[]) outbound[name] += slot.outbound[name];
    for (const name of Object.keys(inbound) as (keyof Inbound)[]) inbound[name] += slot.inbound[name];
  }
  return { outbound, inbound };
}

/** Of a hundred, to two digits; null of nothing. */
export function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round(part * 10_000 / whole) / 100;
}

/** How many messages of a sum were handed over to a carrier. */
export function handedOver(sums: Sums): number {
  return HANDED_OVER.reduce((all, status) => all + sums[status], 0);
}

export interface Delivery {
  carrier_id: string | null;
  /** Null where the number tells none. */
  country: string | null;
  handed_over: number;
  delivered: number;
  delivery_percent: number | null;
  /** Why others did not arrive, the most frequent first: `unreported` where no report came yet. */
  reasons: { code: string; count: number }[];
}

/** What was handed over, by carrier account and country, the most first. */
export function deliveriesOf(rows: readonly DeliveryRow[]): Delivery[] {
  const found = new Map<string, { line: Delivery; reasons: Map<string, number> }>();
  for (const [carrier_id, country, status, reason, n] of rows) {
    const key = `${carrier_id}\n${country}`;
    let one = found.get(key);
    if (one === undefined) {
      const known = { carrier_id: carrier_id || null, country: country || null };
      one = {
        line: { ...known, handed_over: 0, delivered: 0, delivery_percent: null, reasons: [] },
        reasons: new Map(),
      };
      found.set(key, one);
    }
    one.line.handed_over += n;
    if (status === "delivered") one.line.delivered += n;
    else {
      const code = status === "sent" ? "unreported" : reason || status;
      one.reasons.set(code, (one.reasons.get(code) ?? 0) + n);
    }
  }
  return [...found.values()].map(({ line, reasons }) => ({
    ...line,
    delivery_percent: percent(line.delivered, line.handed_over),
    reasons: [...reasons].map(([code, count]) => ({ code, count }))
      .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
  })).sort((a, b) => b.handed_over - a.handed_over || (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf({ carrier_id, country }: Delivery): string {
  return `${carrier_id ?? ""} ${country ?? ""}`;
}

/** Of times counted as `[ms, how often]`, the shortest first. Null of none. */
export function distribution(
  counts: readonly (readonly [ms: number, n: number])[],
): { measured: number; median_ms: number | null; p95_ms: number | null; max_ms: number | null } {
  const measured = counts.reduce((sum, [, n]) => sum + n, 0);
  const at = (share: number): number | null => {
    let left = Math.ceil(measured * share);
    for (const [ms, n] of counts) if ((left -= n) <= 0) return ms;
    return null;
  };
  return {
    measured,
    median_ms: measured === 0 ? null : at(0.5),
    p95_ms: measured === 0 ? null : at(0.95),
    max_ms: counts.at(-1)?.[0] ?? null,
  };
}
