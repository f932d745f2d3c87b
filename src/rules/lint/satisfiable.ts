import { operators } from "../../core/conditions.ts";
import type { Condition, Leaf } from "../../core/rulebook_schema.ts";

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
  /** Whether it is always a number, or null where there is none. */
  isNumber: boolean;
}
export type VariableOf = (fact: string, path: string | undefined) => Variable | null;

/** Nodes of one search; the shipped rules need some hundreds. */
const MAX_STEPS = 50_000;

/** True when some values of the facts make every one of `conditions` hold, and when nobody can say within the budget. */
export function satisfiable(conditions: readonly Condition[], variableOf: VariableOf): boolean {
  const variables = collect(conditions, variableOf);
  const order = [...variables.values()].sort((a, b) => a.values.length - b.values.length);
  const assigned = new Map<string, unknown>();
  let steps = 0;
  const search = (depth: number): boolean => {
    if (++steps > MAX_STEPS) return true;
    let open = false;
    for (const condition of conditions) {
      const holds = truth(condition, assigned, variableOf);
      if (holds === false) return false;
      if (holds === null) open = true;
    }
    const next = order[depth];
    if (!open || next === undefined) return true;
    for (const value of next.values) {
      assigned.set(next.key, value);
      if (search(depth + 1)) return true;
    }
    assigned.delete(next.key);
    return false;
  };
  return search(0);
}

/** Every leaf of a condition, in order. */
export function leavesOf(condition: Condition): Leaf[] {
  if ("all" in condition) return condition.all.flatMap(leavesOf);
  if ("any" in condition) return condition.any.flatMap(leavesOf);
  if ("not" in condition) return leavesOf(condition.not);
  return [condition];
}

export function isFactRef(value: unknown): value is { fact: string; path?: string } {
  return typeof value === "object" && value !== null && "fact" in value;
}

/** Three-valued: null while a fact that matters has no value yet. */
function truth(condition: Condition, assigned: ReadonlyMap<string, unknown>, variableOf: VariableOf): boolean | null {
  if ("all" in condition || "any" in condition) {
    const [parts, decides] = "all" in condition ? [condition.all, false] : [condition.any, true];
    let open = false;
    for (const part of parts) {
      const holds = truth(part, assigned, variableOf);
      if (holds === decides) return decides;
      if (holds === null) open = true;
    }
    return open ? null : !decides;
  }
  if ("not" in condition) {
    const holds = truth(condition.not, assigned, variableOf);
    return holds === null ? null : !holds;
  }
  const sides = sidesOf(condition, variableOf);
  if (sides === null) return assigned.has(keyOf(condition)) ? assigned.get(keyOf(condition)) as boolean : null;
  const { left, right } = sides;
  if (!assigned.has(left.key) || (right !== null && !assigned.has(right.key))) return null;
  const value = right === null ? condition.value : assigned.get(right.key);
  return operators[condition.operator](assigned.get(left.key), value);
}

/**
 * The facts of a leaf; null when one of them is unknown, and the leaf counts as a whole. So does a comparison by size of what
 * is no number: it reads figures out of texts as JavaScript does, and nobody means that.
 */
function sidesOf(leaf: Leaf, variableOf: VariableOf): { left: Variable; right: Variable | null } | null {
  const left = variableOf(leaf.fact, leaf.path);
  const bySize = leaf.operator.includes("Than");
  if (left === null || (bySize && !left.isNumber)) return null;
  if (!isFactRef(leaf.value)) return bySize && typeof leaf.value !== "number" ? null : { left, right: null };
  const right = variableOf(leaf.value.fact, leaf.value.path);
  return right === null || (bySize && !right.isNumber) ? null : { left, right };
}

const keyOf = (leaf: Leaf) => JSON.stringify(leaf);

interface Collected {
  key: string;
  values: readonly unknown[];
}

function collect(conditions: readonly Condition[], variableOf: VariableOf): Map<string, Collected> {
  const found = new Map<string, { variable: Variable; constants: unknown[]; linked: Set<string> }>();
  const wholes = new Map<string, Collected>();
  const slot = (variable: Variable) => {
    let entry = found.get(variable.key);
    if (!entry) found.set(variable.key, entry = { variable, constants: [], linked: new Set() });
    return entry;
  };
  for (const leaf of conditions.flatMap(leavesOf)) {
    const sides = sidesOf(leaf, variableOf);
    if (sides === null) {
      wholes.set(keyOf(leaf), { key: keyOf(leaf), values: [true, false] });
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
  const result = new Map<string, Collected>(wholes);
  for (const [key, { variable }] of found) {
    const members = [...group(key)];
    const constants = members.flatMap((member) => {
      const entry = found.get(member)!;
      return member === key ? entry.constants : [...entry.constants, ...entry.variable.candidates([], 0).flat()];
    });
    result.set(key, { key, values: variable.candidates([...new Set(constants)], members.length) });
  }
  return result;
}
