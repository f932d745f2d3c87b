import { describe, expect, test } from "vitest";
import { exampleCases, runExample } from "../../src/rules/examples.ts";
import { disagreements } from "../../src/rules/oracle.ts";
import { shippedRules } from "../support/rulebook.ts";

const { parsed, rulebook } = await shippedRules();
const cases = exampleCases(parsed.files, parsed.lines);

describe("every example in the rule files comes out as promised", () => {
  test.each(
    cases.map((one, index) => ({
      one,
      name: `${index} ${one.file} ${one.rule ?? ""} ${one.scenario.text.slice(0, 40)}`,
    })),
  )(
    "$name",
    async ({ one }) => {
      expect(runExample(one, rulebook)).toBeNull();
      expect(await disagreements(one, rulebook)).toEqual([]);
    },
  );
});

test("every rule is met by an example in which it fires", () => {
  const rules = parsed.files.flatMap(({ content }) =>
    "rules" in content ? (content.rules ?? []).map((rule) => rule.id) : []
  );
  const fired = new Set(cases.filter((one) => one.fires === true).map((one) => one.rule));
  expect(rules.filter((id) => !fired.has(id))).toEqual([]);
});

test("the countries of this release have files of their own", () => {
  expect([...rulebook.countries].sort()).toEqual(
    expect.arrayContaining(["AT", "BE", "CA", "CH", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PT", "US"]),
  );
  expect(rulebook.country("JP").table.code).toBe("default");
});
