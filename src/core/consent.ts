import type { Country } from "./rulebook/rulebook_schema.ts";

/** What is agreed to apart from each other (GDPR art. 4(11), compliance.md 6.2): one covers no other. */
export type PurposeKind = "own" | "partner" | "informative";

/** Of `commercial`, `partner:NAME` or `informative:TYPE`. */
export function purposeKind(purpose: string): PurposeKind {
  if (purpose.startsWith("partner:")) return "partner";
  return purpose.startsWith("informative:") ? "informative" : "own";
}

/** A consent that was given, as far as its expiry depends on it. */
export interface GivenConsent {
  /** ms. */
  at: number;
  /** The soft opt-in of an own customer. */
  soft: boolean;
}

/**
 * When a consent runs out by itself in a country (ms), or null where its file names no period: some months from the day on which it was
 * given, or from `heard_at` (ms), the person's last sign of life, where that is later (compliance.md 6.3 and 8.4). A soft opt-in
 * counts from the sale alone, because writing to a shop is no purchase.
 */
export function lapsesAt(
  { at, soft }: GivenConsent,
  purpose: string,
  { lapse }: Country["consent"],
  heard_at: number | null,
): number | null {
  const months = monthsOf(soft, purpose, lapse);
  if (months === undefined) return null;
  return monthsLater(soft ? at : Math.max(at, heard_at ?? at), months);
}

function monthsOf(soft: boolean, purpose: string, lapse: Country["consent"]["lapse"]): number | undefined {
  return soft ? lapse?.customer_relationship : lapse?.[purposeKind(purpose)];
}

const SHORTEST_MONTH = 28 * 86_400_000;

/** Whether it has run out by itself at the instant `now` (ms). Most have not by far, and need no calendar to tell. */
export function hasLapsed(
  given: GivenConsent,
  purpose: string,
  consent: Country["consent"],
  heard_at: number | null,
  now: number,
): boolean {
  const months = monthsOf(given.soft, purpose, consent.lapse);
  if (months === undefined || now < given.at + months * SHORTEST_MONTH) return false;
  return lapsesAt(given, purpose, consent, heard_at)! <= now;
}

/** The same day and time some months on, or the last day of a month that has none of that number. */
export function monthsLater(at: number, months: number): number {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}
