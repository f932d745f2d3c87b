import { operators } from "../../core/rulebook/conditions.ts";
import type { Condition, Leaf } from "../../core/rulebook/rulebook_schema.ts";

/**
 * Whether a condition can hold at all: a search over the values of its facts that its comparisons can tell apart. Domains
 * are finite or are cut into finitely many pieces by the constants of the condition, so the search is complete; one that
 * would take too long is answered "it may", so that a doubt is never reported as a mistake.
 */

/** Values that a fact may have, given the constants it is compared with and how many facts it is compared with. */
export type Candidates = (constants: readonly unknown[], linked: number) => readonly unknown[];

/** What a leaf speaks of: the key of its fact and the fact's candidates; null makes the leaf itself the unknown. */
export interface Variable {
  key: string;
  candidates: Candidates;
  /** `number`: always one, or null where there is none. `list`: any list; its members are independent of each other. */
  type: "number" | "list" | "other";
}
export type VariableOf = (fact: string, path: string | undefined) => Variable | null;

/** Nodes of one search; the shipped rules need some hundreds. */
const MAX_STEPS = 50_000;

/** True when some values of the facts make every one of `conditions` hold, and when nobody can say within the budget. */
export function satisfiable(conditions: readonly Condition[], variableOf: VariableOf): boolean {
  const values = collect(conditions, variableOf);
  const assigned = new Map<string, unknown>();
  let steps = 0;
  const search = (): boolean => {
    if (++steps > MAX_STEPS) return true;
    // The next fact to settle is one that an undecided condition waits for; the others do not matter here.
    let next: string | null = null;
    for (const condition of conditions) {
      const holds = truth(condition, assigned, variableOf);
      if (holds === false) return false;
      if (typeof holds === "string") next ??= holds;
    }
    if (next === null) return true;
    for (const value of values.get(next)!) {
      assigned.set(next, value);
      if (search()) return true;
    }
    assigned.delete(next);
    return false;
  };
  return search();
}

/** Every leaf of a condition, in order. */
export function leavesOf(condition: Condition): Leaf[] {
  return placedLeaves(condition, []).map(({ leaf }) => leaf);
}

/** Every leaf with its path; that of the condition itself is `at`. */
export function placedLeaves(
  condition: Condition,
  at: readonly PropertyKey[],
): { leaf: Leaf; at: readonly PropertyKey[] }[] {
  if ("all" in condition) return condition.all.flatMap((part, index) => placedLeaves(part, [...at, "all", index]));
  if ("any" in condition) return condition.any.flatMap((part, index) => placedLeaves(part, [...at, "any", index]));
  if ("not" in condition) return placedLeaves(condition.not, [...at, "not"]);
  return [{ leaf: condition, at }];
}

export function isFactRef(value: unknown): value is { fact: string; path?: string } {
  return typeof value === "object" && value !== null && "fact" in value;
}

/** Whether it holds, or the key of a fact that it waits for. */
function truth(condition: Condition, assigned: ReadonlyMap<string, unknown>, variableOf: VariableOf): boolean | string {
  if ("all" in condition || "any" in condition) {
    const [parts, decides] = "all" in condition ? [condition.all, false] : [condition.any, true];
    let waits: string | null = null;
    for (const part of parts) {
      const holds = truth(part, assigned, variableOf);
      if (holds === decides) return decides;
      if (typeof holds === "string") waits ??= holds;
    }
    return waits ?? !decides;
  }
  if ("not" in condition) {
    const holds = truth(condition.not, assigned, variableOf);
    return typeof holds === "string" ? holds : !holds;
  }
  const sides = sidesOf(condition, variableOf);
  if ("whole" in sides) {
    const holds = assigned.get(sides.whole);
    return holds === undefined ? sides.whole : holds !== sides.negated;
  }
  const { left, right } = sides;
  if (!assigned.has(left.key)) return left.key;
  if (right !== null && !assigned.has(right.key)) return right.key;
  const value = right === null ? condition.value : assigned.get(right.key);
  return operators[condition.operator](assigned.get(left.key), value);
}

/**
 * The facts of a leaf, or a name for the leaf as a whole: when nothing is known of one of its facts, when it asks for a member
 * of a list, and when it compares the size of what is no number (which reads figures out of texts as JavaScript does; nobody
 * means that).
 */
function sidesOf(leaf: Leaf, variableOf: VariableOf): Sides {
  const left = variableOf(leaf.fact, leaf.path);
  const bySize = leaf.operator.includes("Than");
  if (left === null || (bySize && left.type !== "number")) return whole(leaf);
  if (left.type === "list" && leaf.operator === "doesNotContain") {
    return { ...whole({ ...leaf, operator: "contains" }), negated: true };
  }
  if (left.type === "list") return whole(leaf);
  if (!isFactRef(leaf.value)) return bySize && typeof leaf.value !== "number" ? whole(leaf) : { left, right: null };
  const right = variableOf(leaf.value.fact, leaf.value.path);
  const isAsked = right !== null && right.type !== "list" && (!bySize || right.type === "number");
  return isAsked ? { left, right } : whole(leaf);
}

type Sides = { left: Variable; right: Variable | null } | { whole: string; negated: boolean };

function whole(leaf: Leaf): { whole: string; negated: boolean } {
  return { whole: JSON.stringify(leaf, ["fact", "path", "operator", "value"]), negated: false };
}

/** The values to try for every fact, and for every leaf that counts as a whole. */
function collect(conditions: readonly Condition[], variableOf: VariableOf): Map<string, readonly unknown[]> {
  const found = new Map<string, { variable: Variable; constants: unknown[]; linked: Set<string> }>();
  const values = new Map<string, readonly unknown[]>();
  const slot = (variable: Variable) => {
    let entry = found.get(variable.key);
    if (!entry) found.set(variable.key, entry = { variable, constants: [], linked: new Set() });
    return entry;
  };
  for (const leaf of conditions.flatMap(leavesOf)) {
    const sides = sidesOf(leaf, variableOf);
    if ("whole" in sides) {
      values.set(sides.whole, [true, false]);
      continue;
    }
    const left = slot(sides.left);
    if (sides.right === null) left.constants.push(...(Array.isArray(leaf.value) ? leaf.value : [leaf.value]));
    else {
      left.linked.add(sides.right.key);
      slot(sides.right).linked.add(left.variable.key);
    }
  }
  // Facts that are compared with each other must be able to meet: each knows the other's constants and own values.
  const group = (key: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(key)) return seen;
    seen.add(key);
    for (const other of found.get(key)!.linked) group(other, seen);
    return seen;
  };
  for (const [key, { variable }] of found) {
    const members = [...group(key)];
    const constants = members.flatMap((member) => {
      const entry = found.get(member)!;
      return member === key ? entry.constants : [...entry.constants, ...entry.variable.candidates([], 0).flat()];
    });
    values.set(key, variable.candidates([...new Set(constants)], members.length));
  }
  return values;
}
