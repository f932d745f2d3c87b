import { expect, test } from "vitest";
import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { compileRulebook } from "../../src/core/rulebook/rulebook_compiler.ts";
import { type ExampleCase, exampleCases } from "../../src/rules/examples.ts";
import { disagreements } from "../../src/rules/oracle.ts";
import { parseSources } from "../../src/rules/parse.ts";
import { shippedRules } from "../support/rulebook.ts";

const RULE = "consent.advertising_needs_consent";
const FILE = "outbound/4_consent.yaml";

/** The shipped rules with one that asks in words of its own, so that nothing is known of it yet; what it asks comes to the same. */
async function withOwnRule(name: string): Promise<{ rulebook: Rulebook; one: ExampleCase }> {
  const { sources } = await shippedRules();
  const { files, lines } = parseSources({
    ...sources,
    [FILE]: sources[FILE]!.replace(
      "operator: notEqual, value: granted }",
      (asked) => `${asked}\n        - { fact: purpose, operator: notEqual, value: ${name} }`,
    ),
  });
  const one = exampleCases(files, lines).find(({ rule, fires }) => rule === RULE && fires === true)!;
  return { rulebook: compileRulebook(files, name), one };
}

/** As if the compiler had got it wrong. */
function falsify(rulebook: Rulebook, country: string): void {
  const rule = rulebook.country(country).stages.permit.find(({ id }) => id === RULE)!;
  const { test } = rule;
  Object.assign(rule, { test: (frame: Parameters<typeof test>[0]) => !test(frame) });
}

test("a rule that does not do what its condition means keeps the rulebook out, whenever it is asked", async () => {
  const { rulebook, one } = await withOwnRule("first");
  for (const code of [...rulebook.countries, "default"]) falsify(rulebook, code);
  for (let time = 0; time < 2; time++) {
    expect(await disagreements(one, rulebook)).toEqual([{
      file: FILE,
      line: one.line,
      rule: RULE,
      problem: expect.stringMatching(/^example ".*": json-rules-engine says true, the compiled rule says false$/),
    }]);
  }
});

test("what was agreed of other values says nothing of these", async () => {
  const { rulebook, one } = await withOwnRule("second");
  const consented: ExampleCase = { ...one, scenario: { ...one.scenario, consent: "granted" } };
  expect(await disagreements(consented, rulebook)).toEqual([]);
  for (const code of [...rulebook.countries, "default"]) falsify(rulebook, code);
  expect(await disagreements(one, rulebook)).toHaveLength(1);
});
