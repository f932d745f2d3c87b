import type { Condition, Leaf } from "./rulebook_schema.ts";

/**
 * Compiles a json-rules-engine condition document to a synchronous predicate. json-rules-engine itself costs 15 µs a rule and
 * loses rules when two runs overlap on one engine (docs/design.md), so it stays what the documents mean (the activation gate
 * runs every example through both, see `rules/oracle.ts`) and this is what runs per message.
 */

/** Facts by name. Reading a name that no fact has is a mistake in a rule and is found when the rulebook is compiled. */
export type Frame = { readonly [fact: string]: unknown };
export type Predicate = (frame: Frame) => boolean;

export class ConditionError extends Error {
  override name = "ConditionError";
}

/** @throws ConditionError naming the unknown fact, the unsupported path, or the value that is no list. */
export function compileCondition(condition: Condition, facts: ReadonlySet<string>): Predicate {
  if ("all" in condition) {
    const parts = condition.all.map((part) => compileCondition(part, facts));
    if (parts.length === 1) return parts[0]!;
    return (frame) => {
      for (const part of parts) if (!part(frame)) return false;
      return true;
    };
  }
  if ("any" in condition) {
    const parts = condition.any.map((part) => compileCondition(part, facts));
    return (frame) => {
      for (const part of parts) if (part(frame)) return true;
      return false;
    };
  }
  if ("not" in condition) {
    const part = compileCondition(condition.not, facts);
    return (frame) => !part(frame);
  }
  return compileLeaf(condition, facts);
}

/** Where a condition reads, on either side of a comparison. */
export type Place = Pick<Leaf, "fact" | "path">;

/** Every place in which a condition reads, as often as it does. */
export function placesIn(condition: Condition): Place[] {
  if ("all" in condition) return condition.all.flatMap(placesIn);
  if ("any" in condition) return condition.any.flatMap(placesIn);
  if ("not" in condition) return placesIn(condition.not);
  const { fact, path, value } = condition;
  const left: Place = { fact, path };
  return typeof value === "object" && value !== null && "fact" in value ? [left, value] : [left];
}

/** Facts that a condition names. */
export function factsIn(condition: Condition): Set<string> {
  return new Set(placesIn(condition).map(({ fact }) => fact));
}

function compileLeaf(leaf: Leaf, facts: ReadonlySet<string>): Predicate {
  const left = reader(leaf.fact, leaf.path, facts);
  const test = operators[leaf.operator];
  const { value } = leaf;
  if ((leaf.operator === "in" || leaf.operator === "notIn") && (typeof value !== "object" || value === null)) {
    throw new ConditionError(`"${leaf.operator}" on "${leaf.fact}" needs a list of values`);
  }
  if (typeof value === "object" && value !== null && "fact" in value) {
    const right = reader(value.fact, value.path, facts);
    return (frame) => test(left(frame), right(frame));
  }
  return (frame) => test(left(frame), value);
}

/** Reads what a condition asks for. @throws ConditionError when there is no such fact, or the path is not supported. */
export function reader(fact: string, path: string | undefined, facts: ReadonlySet<string>): (frame: Frame) => unknown {
  if (!facts.has(fact)) {
    throw new ConditionError(`there is no fact "${fact}" here; known facts are ${[...facts].sort().join(", ")}`);
  }
  if (path === undefined) return (frame) => frame[fact];
  if (!/^\$(\.[a-z_]+)+$/i.test(path)) {
    throw new ConditionError(`the path "${path}" is not supported; write it like $.section.name`);
  }
  const keys = path.slice(2).split(".");
  return (frame) => {
    let value = frame[fact];
    // Like json-rules-engine: a fact that is no object is compared as it is, and a path that leads nowhere is undefined.
    if (typeof value !== "object" || value === null) return value;
    for (const key of keys) {
      if (typeof value !== "object" || value === null) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  };
}

/** As in json-rules-engine 7, `engine-default-operators.js`. */
export const operators: Record<Leaf["operator"], (a: unknown, b: unknown) => boolean> = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  in: (a, b) => Array.isArray(b) && b.includes(a),
  notIn: (a, b) => !(Array.isArray(b) && b.includes(a)),
  contains: (a, b) => Array.isArray(a) && a.includes(b),
  doesNotContain: (a, b) => Array.isArray(a) && !a.includes(b),
  lessThan: (a, b) => isNumeric(a) && (a as number) < (b as number),
  lessThanInclusive: (a, b) => isNumeric(a) && (a as number) <= (b as number),
  greaterThan: (a, b) => isNumeric(a) && (a as number) > (b as number),
  greaterThanInclusive: (a, b) => isNumeric(a) && (a as number) >= (b as number),
};

/** What json-rules-engine lets into a comparison: it then compares as JavaScript does, text included. */
function isNumeric(value: unknown): boolean {
  return typeof value === "number" ? !Number.isNaN(value) : !Number.isNaN(Number.parseFloat(value as string));
}
