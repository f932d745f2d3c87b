import { factsIn } from "../../core/rulebook/conditions.ts";
import type { Condition, Country } from "../../core/rulebook/rulebook_schema.ts";
import type { LintBook, PlacedRule } from "./finding.ts";
import type { Logic } from "./worlds.ts";

/** Facts whose values depend on which country file is the person's. */
const LOCAL_FACTS = ["country", "to_country", "from_country"];

/**
 * The worlds in which all of `rules` are asked: one country for a rule of its own, every country for generic rules that
 * ask about it, and one world for all where the country does not matter. Empty when they never meet.
 */
export function worldsOf(book: LintBook, ...rules: readonly PlacedRule[]): (Country | null)[] {
  const own = new Set(rules.flatMap(({ country }) => country === null ? [] : [country]));
  if (own.size > 1) return [];
  const tables = book.countries.map(({ table }) => table);
  if (own.size === 1) return tables.filter(({ code }) => own.has(code));
  const isLocal = rules.some(({ rule }) => LOCAL_FACTS.some((fact) => factsIn(rule.conditions).has(fact)));
  return isLocal ? tables : [null];
}

/** Whether in none of `worlds` the `conditions` hold together. */
export function nowhere(
  logic: Logic,
  stage: PlacedRule["stage"],
  conditions: readonly Condition[],
  worlds: readonly (Country | null)[],
): boolean {
  // What cannot be whatever a country says need not be looked at country by country.
  return !logic.holdTogether(stage, conditions, null) ||
    worlds.every((world) => world !== null && !logic.holdTogether(stage, conditions, world));
}

/** Days between which a rule counts, as comparable texts. */
function period({ rule }: PlacedRule): [string, string] {
  return [rule.effective_from ?? "", rule.effective_to ?? "9999"];
}

/** Whether there is a day on which both count. */
export function overlap(a: PlacedRule, b: PlacedRule): boolean {
  return period(a)[0] < period(b)[1] && period(b)[0] < period(a)[1];
}

/** Whether `a` counts on every day on which `b` does. */
export function outlasts(a: PlacedRule, b: PlacedRule): boolean {
  return period(a)[0] <= period(b)[0] && period(b)[1] <= period(a)[1];
}
