import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCondition, ConditionError } from "../../../src/core/rulebook/conditions.ts";
import type { Condition } from "../../../src/core/rulebook/rulebook_schema.ts";
import { holding } from "../../../src/rules/oracle.ts";

const FACTS = ["alpha", "beta", "gamma", "delta"] as const;
const KEYS = ["x", "y", "z_z"] as const;
const OPERATORS = [
  ...["equal", "notEqual", "in", "notIn", "contains", "doesNotContain"],
  ...["lessThan", "lessThanInclusive", "greaterThan", "greaterThanInclusive"],
] as const;

// Few values, so that equal ones meet often.
const scalar = fc.oneof(
  fc.constantFrom<string | number | boolean | null>("a", "b", "", "10", "2", 0, 1, 2, 10, -1, 2.5, true, false, null),
  fc.integer({ min: -3, max: 12 }),
);
const list = fc.array(fc.constantFrom<string | number>("a", "b", "10", 0, 1, 2, 10), { maxLength: 4 });
const section = fc.dictionary(
  fc.constantFrom(...KEYS),
  fc.oneof(scalar, list, fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(scalar, list), { noNullPrototype: true })),
  { noNullPrototype: true },
);
const frame = fc.record({ alpha: fc.oneof(scalar, list, section), beta: scalar, gamma: list, delta: section });
const path = fc.option(
  fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }).map((keys) => `$.${keys.join(".")}`),
  { nil: undefined },
);
const reference = fc.record({ fact: fc.constantFrom(...FACTS), path }).map(withoutUndefined);
const leaf = fc.record({
  fact: fc.constantFrom(...FACTS),
  path,
  operator: fc.constantFrom(...OPERATORS),
  value: fc.oneof(scalar, list, reference),
}).map(withoutUndefined);

/** `in` and `notIn` look into lists alone: json-rules-engine throws on anything else, and a rule cannot be compiled with it. */
const LISTS: readonly string[] = ["in", "notIn"];
const wellFormed = <T extends { operator: string; value: unknown }>(one: T): T =>
  !LISTS.includes(one.operator) || Array.isArray(one.value) ? one : { ...one, value: { fact: "gamma" } };
const { condition } = fc.letrec<{ condition: unknown; group: unknown }>((tie) => ({
  condition: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf.map(wellFormed), tie("group")),
  group: fc.oneof(
    fc.record({ all: fc.array(tie("condition"), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
  ),
}));

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

const known = new Set<string>(FACTS);
/** json-rules-engine asks for a group at the top. */
const agree = async (inner: unknown, facts: Record<string, unknown>) => {
  const document = { all: [inner as Condition] };
  const compiled = compileCondition(document, known)(facts);
  const meant = await holding([{ id: "r", rule: { conditions: document } as never }], facts, FACTS);
  expect(compiled).toBe(meant.has("r"));
};

describe("compiled conditions mean what json-rules-engine means", () => {
  test.each(OPERATORS)("%s, on every kind of value", async (operator) => {
    await fc.assert(
      fc.asyncProperty(leaf.map((one) => wellFormed({ ...one, operator })), frame, agree),
      { numRuns: 400, seed: 1 },
    );
  });

  test("nested groups, paths and values that are facts", async () => {
    await fc.assert(fc.asyncProperty(condition, frame, agree), { numRuns: 2_500, seed: 2 });
  });

  test("an empty `all` holds", async () => {
    expect(compileCondition({ all: [] }, known)({})).toBe(true);
    await agree({ all: [] }, { alpha: 1, beta: 1, gamma: [], delta: {} });
  });
});

describe("what cannot be compiled is named", () => {
  test.each([
    [
      { fact: "nothing", operator: "equal", value: 1 },
      'there is no fact "nothing" here; known facts are alpha, beta, delta, gamma',
    ],
    [{ fact: "alpha", operator: "equal", value: { fact: "nothing" } }, 'there is no fact "nothing"'],
    [{ fact: "alpha", operator: "in", value: "commercial" }, '"in" on "alpha" needs a list of values'],
    [{ fact: "alpha", path: "$.x[0]", operator: "equal", value: 1 }, 'the path "$.x[0]" is not supported'],
    [{ fact: "alpha", path: "$..x", operator: "equal", value: 1 }, 'the path "$..x" is not supported'],
    [{ fact: "alpha", path: "$", operator: "equal", value: 1 }, 'the path "$" is not supported'],
  ])("%j", (leaf, message) => {
    const compile = () => compileCondition({ any: [{ not: leaf as Condition }] }, known);
    expect(compile).toThrow(ConditionError);
    expect(compile).toThrow(message);
  });
});
