import type { Condition, Event, Leaf } from "../../core/rulebook_schema.ts";

/** `category is commercial and consent is not granted`. */
export function sayCondition(condition: Condition): string {
  return say(condition, false);
}

function say(condition: Condition, nested: boolean): string {
  if ("all" in condition) {
    return condition.all.length === 0 ? "always" : joinedBy("and", condition.all, nested);
  }
  if ("any" in condition) return joinedBy("or", condition.any, nested);
  if ("not" in condition) return `not (${say(condition.not, false)})`;
  return sayLeaf(condition);
}

function joinedBy(word: "and" | "or", parts: readonly Condition[], nested: boolean): string {
  const said = parts.map((part) => say(part, parts.length > 1)).join(` ${word} `);
  return nested && parts.length > 1 ? `(${said})` : said;
}

const OPERATORS: Record<Leaf["operator"], string> = {
  equal: "is",
  notEqual: "is not",
  in: "is one of",
  notIn: "is none of",
  contains: "holds",
  doesNotContain: "does not hold",
  lessThan: "is less than",
  lessThanInclusive: "is at most",
  greaterThan: "is more than",
  greaterThanInclusive: "is at least",
};

function sayLeaf({ fact, path, operator, value }: Leaf): string {
  const name = path === undefined ? fact : `${fact} ${path.replace(/^\$\.?/, "")}`;
  const told = Array.isArray(value)
    ? value.join(", ")
    : typeof value === "object" && value !== null
    ? `the ${value.fact}${value.path === undefined ? "" : ` ${value.path.replace(/^\$\.?/, "")}`}`
    : String(value);
  return `${name} ${OPERATORS[operator]} ${told}`;
}

/** `refuse consent_missing`. */
export function sayEvent(event: Event): string {
  const params = "params" in event ? Object.values(event.params as Record<string, unknown>).map(String) : [];
  return [event.type, ...params].join(" ").replaceAll("_", " ");
}
