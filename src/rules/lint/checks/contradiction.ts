import type { Event } from "../../../core/rulebook/rulebook_schema.ts";
import type { Check, Draft, PlacedRule } from "../finding.ts";
import { nowhere, overlap, worldsOf } from "../meetings.ts";
import { createLogic } from "../worlds.ts";

/** Two rules that can hold on one message, want different things, and nothing says which of them wins. */
export const contradiction: Check = (book) => {
  const logic = createLogic(book);
  const found: Draft[] = [];
  book.rules.forEach((first, index) => {
    for (const second of book.rules.slice(index + 1)) {
      if (first.stage !== second.stage || !overlap(first, second)) continue;
      const conflict = conflictOf(first, second);
      if (conflict === null) continue;
      const worlds = worldsOf(book, first, second);
      if (worlds.length === 0) continue;
      if (nowhere(logic, first.stage, [first.rule.conditions, second.rule.conditions], worlds)) continue;
      found.push({
        file: second.file,
        at: second.at,
        rule: second.rule.id,
        severity: conflict.severity,
        problem: `can hold together with "${first.rule.id}" (${first.file}), and ${conflict.says}`,
        advice: conflict.advice,
      });
    }
  });
  return found;
};

type Conflict = Pick<Draft, "severity" | "advice"> & { says: string };

function conflictOf(a: PlacedRule, b: PlacedRule): Conflict | null {
  const [first, second] = [a.rule.event, b.rule.event];
  const isTie = a.priority === b.priority;
  const ranked = "Give one of them the higher priority, or let their conditions exclude each other.";
  if (first.type === "classify" && second.type === "classify") {
    if (!isTie || first.params.category === second.params.category) return null;
    return {
      severity: "error",
      says: `one says ${first.params.category}, the other ${second.params.category}, both with priority ${a.priority}`,
      advice: ranked,
    };
  }
  if (first.type === "intent" && second.type === "intent") {
    if (!isTie || first.params.intent === second.params.intent) return null;
    return {
      severity: "error",
      says: `one says ${first.params.intent}, the other ${second.params.intent}, both with priority ${a.priority}`,
      advice: ranked,
    };
  }
  if (first.type === "refuse" && second.type === "refuse") {
    if (!isTie || first.params.code === second.params.code) return null;
    return {
      severity: "warning",
      says: `both refuse with priority ${a.priority}: whether ${first.params.code} or ${second.params.code} is told ` +
        "depends on their names",
      advice: ranked,
    };
  }
  if (first.type === "reply" && second.type === "reply" && first.params.kind !== second.params.kind) {
    return {
      severity: "error",
      says: `one message would get two answers, ${first.params.kind} and ${second.params.kind}`,
      advice: "Let their conditions exclude each other: one message gets one automatic answer.",
    };
  }
  if (isOpposite(first, second) || isOpposite(second, first)) {
    return {
      severity: "error",
      says: `one does what the other undoes: ${first.type} and ${second.type}`,
      advice: "Let their conditions exclude each other: all effects are performed, whatever their priority.",
    };
  }
  return null;
}

function isOpposite(a: Event, b: Event): boolean {
  return (a.type === "suppress" && b.type === "lift_suppression") ||
    (a.type === "withdraw_consent" && b.type === "record_consent");
}
