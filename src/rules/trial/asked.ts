import { compileCondition, reader } from "../../core/rulebook/conditions.ts";
import { factsOf } from "../../core/rulebook/rule_compiler.ts";
import type { Condition, Leaf, Stage } from "../../core/rulebook/rulebook_schema.ts";

/** What a rule asked of a message, and what it was told. */
export interface AskedFact {
  fact: string;
  path: string | null;
  operator: Leaf["operator"];
  /** What it is compared with; of another fact, what that one says. */
  value: unknown;
  /** The other fact that it is compared with; null for a value that stands in the rule. */
  other: string | null;
  actual: unknown;
  /** It stands under a `not`: the rule holds because this does not. */
  negated: boolean;
}

type Frame = { readonly [fact: string]: unknown };

/** The comparisons because of which a condition holds: all of them, and of several that would do, those that do. */
export function askedFacts(condition: Condition, stage: Stage, frame: Frame): AskedFact[] {
  return asked(condition, factsOf(stage), frame, false);
}

function asked(condition: Condition, facts: ReadonlySet<string>, frame: Frame, negated: boolean): AskedFact[] {
  if ("not" in condition) return asked(condition.not, facts, frame, !negated);
  if ("all" in condition || "any" in condition) {
    const parts = "all" in condition ? condition.all : condition.any;
    const matter = parts.filter((part) => compileCondition(part, facts)(frame) !== negated);
    return matter.flatMap((part) => asked(part, facts, frame, negated));
  }
  const { fact, path, operator, value } = condition;
  const other = typeof value === "object" && value !== null && "fact" in value ? value : null;
  return [{
    fact,
    path: path ?? null,
    operator,
    value: other === null ? value : shown(reader(other.fact, other.path, facts)(frame)),
    other: other === null ? null : other.path === undefined ? other.fact : `${other.fact} ${other.path}`,
    actual: shown(reader(fact, path, facts)(frame)),
    negated,
  }];
}

/** A fact with parts is asked by one of them; as a whole it says nothing that a reader could compare. */
function shown(value: unknown): unknown {
  return value === undefined || (typeof value === "object" && !Array.isArray(value)) ? null : value;
}
