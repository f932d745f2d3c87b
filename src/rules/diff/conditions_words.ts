import type { Condition, Event, Leaf } from "../../core/rulebook/rulebook_schema.ts";
import { same } from "./changes.ts";

/** `category is commercial and consent is not granted`. */
export function sayCondition(condition: Condition): string {
  return say(condition, false);
}

/** What is asked otherwise; the whole of both only where they have nothing in common. */
export function sayConditionChange(from: Condition, to: Condition): string {
  for (const [way, gained, lost] of [["all", "fewer", "more"], ["any", "more", "fewer"]] as const) {
    const before = partsOf(from, way), after = partsOf(to, way);
    if (before === null || after === null) continue;
    const missing = (these: readonly Condition[], those: readonly Condition[]) =>
      these.filter((one) => !those.some((other) => same(one, other)));
    const added = missing(after, before), removed = missing(before, after);
    if (added.length === after.length || added.length + removed.length === 0) continue;
    const [now, no] = [added, removed].map((parts) => joinedBy(way === "all" ? "and" : "or", parts, false)) as [
      string,
      string,
    ];
    const that = way === "all" ? "asks that" : "holds when";
    if (removed.length === 0) return `now also ${that} ${now}, so it counts for ${gained} messages`;
    if (added.length === 0) return `no longer ${that} ${no}, so it counts for ${lost} messages`;
    return `now ${that} ${now}, no longer ${way === "all" ? "that" : "when"} ${no}`;
  }
  return `now when ${sayCondition(to)}; before, when ${sayCondition(from)}`;
}

function partsOf(condition: Condition, way: "all" | "any"): readonly Condition[] | null {
  if (way === "all") return "all" in condition ? condition.all : null;
  return "any" in condition ? condition.any : null;
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
