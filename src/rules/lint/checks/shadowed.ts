import type { Condition, Event, Stage } from "../../../core/rulebook/rulebook_schema.ts";
import type { Check, Draft, PlacedRule } from "../finding.ts";
import { nowhere, outlasts, worldsOf } from "../meetings.ts";
import { createLogic, type Logic } from "../worlds.ts";

/**
 * Rules that never make a difference: whenever they hold, stronger ones hold that have said it all. They stand in decisions
 * and change nothing, and whoever edits them believes that they do.
 */
export const shadowed: Check = (book) => {
  const logic = createLogic(book);
  const reachable = book.rules.filter((placed) =>
    !nowhere(logic, placed.stage, [placed.rule.conditions], worldsOf(book, placed))
  );
  return reachable.flatMap((placed): Draft[] => {
    const stronger = reachable.filter((other) =>
      other !== placed && outlasts(other, placed) && covers(other, placed, reachable) &&
      (other.country === null || other.country === placed.country)
    );
    const single = stronger.find((other) => implied(placed, [other], logic, worldsOf(book, placed, other)));
    if (single !== undefined) return [draft(placed, [single], isTwin(placed, single, logic))];
    // Together they may leave nothing over, though none does by itself.
    const worlds = worldsOf(book, placed, ...stronger);
    if (stronger.length < 2 || !implied(placed, stronger, logic, worlds)) return [];
    return [draft(placed, needed(placed, stronger, logic, worlds), false)];
  });

  function isTwin(a: PlacedRule, b: PlacedRule, l: Logic): boolean {
    return same(a.rule.event, b.rule.event) && implied(b, [a], l, worldsOf(book, a, b));
  }
};

/** Whether whenever `placed` holds one of `others` does. */
function implied(
  placed: PlacedRule,
  others: readonly PlacedRule[],
  logic: Logic,
  worlds: ReturnType<typeof worldsOf>,
): boolean {
  const none: Condition[] = others.map(({ rule }) => ({ not: rule.conditions }));
  return nowhere(logic, placed.stage, [placed.rule.conditions, ...none], worlds);
}

/** Leaves out the rules without which the others still say it all. */
function needed(
  placed: PlacedRule,
  others: readonly PlacedRule[],
  logic: Logic,
  worlds: ReturnType<typeof worldsOf>,
): PlacedRule[] {
  return others.reduce<PlacedRule[]>((kept, other) => {
    const without = kept.filter((one) => one !== other);
    return implied(placed, without, logic, worlds) ? without : kept;
  }, [...others]);
}

const LATER_THAN_PERMIT: readonly Stage[] = ["compose", "release"];

/** Whether `a`, when it holds as well, leaves nothing for `b` to decide. */
function covers(a: PlacedRule, b: PlacedRule, order: readonly PlacedRule[]): boolean {
  const [first, second] = [a.rule.event, b.rule.event];
  if (second.type === "note") return first.type === "note" && a.stage === b.stage && isFirst(a, b, order);
  // After a refusal in `permit` the later stages are not run.
  if (first.type === "refuse" && a.stage === "permit" && LATER_THAN_PERMIT.includes(b.stage)) return true;
  if (a.stage !== b.stage) return false;
  const wins = a.priority > b.priority || (same(first, second) && a.priority === b.priority && isFirst(a, b, order));
  switch (second.type) {
    case "classify":
    case "intent":
      return first.type === second.type && wins;
    case "refuse":
      return first.type === "refuse" && wins;
    case "hold":
    case "append_mention":
      return first.type === "refuse" || (same(first, second) && (wins || isFirst(a, b, order)));
    default:
      // Effects of `respond` are all performed, whatever their priority: one of two equal ones is too many.
      return same(first, second) && (wins || isFirst(a, b, order));
  }
}

/** Of two equal rules the later one is the one to report. */
function isFirst(a: PlacedRule, b: PlacedRule, order: readonly PlacedRule[]): boolean {
  return order.indexOf(a) < order.indexOf(b);
}

function same(a: Event, b: Event): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function draft({ file, at, rule }: PlacedRule, by: readonly PlacedRule[], isCopy: boolean): Draft {
  const names = by.map((other) => `"${other.rule.id}" (${other.file})`).join(", ");
  return {
    file,
    at,
    rule: rule.id,
    severity: "warning",
    problem: isCopy
      ? `says the same as ${names}: both hold on the same messages and do the same`
      : `never decides anything: whenever it holds, ${names} ${by.length === 1 ? "holds" : "hold"} and ${
        by.length === 1 ? "is" : "are"
      } stronger`,
    advice: isCopy ? "Delete one of them." : "Raise its priority above them, narrow them, or delete it.",
  };
}
