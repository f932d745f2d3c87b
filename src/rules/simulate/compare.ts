import type { RuleTrace } from "../../core/message.ts";
import type { SimulatedOutcome } from "./outcome.ts";

/** In what two outcomes of one message differ. */
export interface OutcomeChange {
  /** `allow -> hold quiet_hours`, `none -> opt_out`, `text`, `hold_until` … */
  change: string;
  /** Rules behind it: those that match now and did not, or the other way round; else the one whose effect differs. */
  rules: { id: string; now: "matches" | "no longer matches" | "differs" }[];
}

/** Null when a person would notice no difference; that other rules were recorded is none. Pure. */
export function compareOutcomes(before: SimulatedOutcome, after: SimulatedOutcome): OutcomeChange | null {
  const change = changeOf(before, after);
  return change === null ? null : { change, rules: rulesBehind(change, before, after) };
}

function changeOf(before: SimulatedOutcome, after: SimulatedOutcome): string | null {
  if (before.outcome !== after.outcome) return `${before.outcome} -> ${after.outcome}`;
  if (before.category !== after.category) return `${before.category} -> ${after.category}`;
  if (before.hold_until !== after.hold_until) return "hold_until";
  const [lost, gained] = [without(before.effects, after.effects), without(after.effects, before.effects)];
  if (lost.length + gained.length > 0) return `${lost.join(", ") || "nothing"} -> ${gained.join(", ") || "nothing"}`;
  if (before.text !== after.text) {
    return before.text === null ? "answer" : after.text === null ? "no answer" : "text";
  }
  return null;
}

function without(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((one) => !others.includes(one));
}

function rulesBehind(change: string, before: SimulatedOutcome, after: SimulatedOutcome): OutcomeChange["rules"] {
  const had = new Map(before.rules.map((rule) => [rule.id, rule]));
  const has = new Map(after.rules.map((rule) => [rule.id, rule]));
  const gained = after.rules.filter(({ id }) => !had.has(id));
  const lost = before.rules.filter(({ id }) => !has.has(id));
  // Of all that came and went, what has the effect that the change is about; a note explains nothing.
  const about = (rule: RuleTrace) => ACTS[change]?.some((effect) => does(rule, effect)) ?? makes(rule, change);
  const pointed = [...gained, ...lost].some(about);
  const counts = (rule: RuleTrace) => pointed ? about(rule) : rule.effect !== "note";
  const found = [
    ...gained.filter(counts).map(({ id }) => ({ id, now: "matches" as const })),
    ...lost.filter(counts).map(({ id }) => ({ id, now: "no longer matches" as const })),
  ];
  if (found.length > 0) return found;
  // The same rules, and yet another outcome: a country's table or a word list that one of them asks.
  return after.rules.filter(about).map(({ id }) => ({ id, now: "differs" as const }));
}

/** Whether a rule makes one of the outcomes or effects that a change names. */
function makes(rule: RuleTrace, change: string): boolean {
  return change.split(/ -> |, /).some((one) =>
    does(rule, one) || one.startsWith(`${rule.effect} `) || rule.effect.split(" ").includes(one) ||
    MADE_BY[one.split(" ")[0]!]?.some((effect) => does(rule, effect))
  );
}

function does({ effect }: RuleTrace, what: string): boolean {
  return effect === what || effect.startsWith(`${what} `);
}

/** Effects of rules by the effects of a message that bear another name. */
const MADE_BY: Readonly<Record<string, readonly string[]>> = {
  record_consent: ["flow_consent"],
  request_consent: ["flow_consent"],
  save_contact: ["flow_contact", "confirm_consent"],
  // Of a message of ours.
  open_review: ["hold needs_review"],
};

/** Effects that show in a change which does not name them. */
const ANSWERS = ["reply", "flow_reply", "flow_consent"];
const ACTS: Readonly<Record<string, readonly string[]>> = {
  hold_until: ["hold"],
  text: ["append_mention", ...ANSWERS],
  answer: ANSWERS,
  "no answer": ANSWERS,
};
