import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { CarrierAccount, ConfiguredSender, Settings } from "../settings.ts";

/** An account that may carry a sender. */
export interface Route {
  carrier_id: string;
  /** Countries of recipients that it may be used for; empty means every country of the sender. */
  countries: string[];
}

/** A pause longer than this is a reason to take another route; a shorter one is waited for. */
export const LONG_PAUSE_MS = 60_000;

/** Accounts that may carry a message of `sender` to `to` (E.164), in the sender's order. */
export function routesTo({ routes }: ConfiguredSender, to: string, rulebook: Rulebook): string[] {
  const anywhere = routes.every(({ countries }) => countries.length === 0);
  // As with the countries of a sender: a route for a country serves the territories that follow its file.
  const country = anywhere ? null : rulebook.locate(to).country;
  const codes = country === null ? [] : [country, rulebook.country(country).table.code];
  return routes
    .filter(({ countries }) => countries.length === 0 || codes.some((code) => countries.includes(code)))
    .map(({ carrier_id }) => carrier_id);
}

/**
 * The account that a new message waits for: the first one in service, else the first one. Where no route is for the country (the
 * number does not tell one), the sender's own.
 */
export function firstRoute(sender: ConfiguredSender, to: string, settings: Settings, now: number): string {
  if (sender.routes.length === 1) return sender.carrier_id;
  const fitting = routesTo(sender, to, settings.rulebook);
  return fitting.find((id) => inService(settings.carriers.get(id), now)) ?? fitting[0] ?? sender.carrier_id;
}

/** The account after `from` that is in service, round about; null when there is no other. */
export function nextRoute(
  sender: ConfiguredSender,
  to: string,
  from: string | null,
  settings: Settings,
  now: number,
): string | null {
  if (sender.routes.length === 1 && sender.carrier_id === from) return null;
  const fitting = routesTo(sender, to, settings.rulebook);
  const place = from === null ? -1 : fitting.indexOf(from);
  return [...fitting.slice(place + 1), ...fitting.slice(0, Math.max(place, 0))]
    .find((id) => inService(settings.carriers.get(id), now)) ?? null;
}

/**
 * False while its circuit breaker is open or it is paused for long. Once it is due to be tried it counts as in service: were every
 * message sent elsewhere, none would ever find out that it is back. As of the last reading of the settings: a hint, not a promise.
 */
export function inService(account: CarrierAccount | undefined, now: number): boolean {
  if (account === undefined || account.paused_until > now + LONG_PAUSE_MS) return false;
  return account.opened_at === null || (account.probe_at ?? 0) <= now;
}
