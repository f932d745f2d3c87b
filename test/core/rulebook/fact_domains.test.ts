import { describe, expect, test } from "vitest";
import { inboundFrame, outboundFrame } from "../../../src/core/decide.ts";
import { compileCondition } from "../../../src/core/rulebook/conditions.ts";
import {
  type Domain,
  INBOUND_DOMAINS,
  INBOUND_TRUTHS,
  OUTBOUND_DOMAINS,
  OUTBOUND_TRUTHS,
} from "../../../src/core/rulebook/fact_domains.ts";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "../../../src/core/rulebook/fact_names.ts";
import { exampleCases } from "../../../src/rules/examples.ts";
import { scenarioInput } from "../../../src/rules/scenario.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { parsed, rulebook } = await shippedRules();
const CASES = exampleCases(parsed.files, parsed.lines);

/** Frames of every example of the shipped rules. */
function framesOf(direction: "outbound" | "inbound"): { readonly [fact: string]: unknown }[] {
  return CASES.filter((one) => one.direction === direction).map((one) => {
    const told = scenarioInput(one.scenario, rulebook, one.direction);
    return told.direction === "outbound"
      ? outboundFrame(told.input, rulebook).frame
      : inboundFrame(told.input, rulebook);
  });
}

/** Undefined when `value` is within the domain, else what is wrong. */
function outside(value: unknown, domain: Domain): string | undefined {
  const wrong = `${JSON.stringify(value)} is no ${JSON.stringify(domain)}`;
  switch (domain.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : wrong;
    case "one_of":
      return domain.values.includes(value as string) ? undefined : wrong;
    case "number":
      if (value === null) return domain.nullable ? undefined : wrong;
      return typeof value === "number" && value >= (domain.min ?? value) &&
          (!domain.integer || Number.isInteger(value))
        ? undefined
        : wrong;
    case "text":
      if (value === null) return domain.nullable ? undefined : wrong;
      return typeof value === "string" && (domain.pattern?.test(value) ?? true) ? undefined : wrong;
    case "list":
      return Array.isArray(value) ? undefined : wrong;
    case "object":
      return Object.entries(domain.paths).map(([path, part]) =>
        outside((value as Record<string, unknown>)[path.slice(2)], part)
      ).find((one) => one !== undefined);
    case "country_code":
      return /^([A-Z]{2}|unknown)$/.test(String(value)) ? undefined : wrong;
    case "country_file":
      return typeof value === "object" ? undefined : wrong;
    case "keyword_intent":
    case "intent":
      return typeof value === "string" ? undefined : wrong;
  }
}

const DIRECTIONS = [
  { direction: "outbound", domains: OUTBOUND_DOMAINS, truths: OUTBOUND_TRUTHS, facts: OUTBOUND_FACTS },
  { direction: "inbound", domains: INBOUND_DOMAINS, truths: INBOUND_TRUTHS, facts: INBOUND_FACTS },
] as const;

describe.each(DIRECTIONS)("$direction facts", ({ direction, domains, truths, facts }) => {
  const frames = framesOf(direction);
  const names = Object.values(facts).flatMap((stage) => Object.keys(stage));

  test("are what their domains say, on every example", () => {
    expect(frames.length).toBeGreaterThan(50);
    const wrong = frames.flatMap((frame) =>
      Object.entries(domains).flatMap(([fact, domain]) => {
        const problem = outside(frame[fact], domain);
        return problem === undefined ? [] : [`${fact}: ${problem}`];
      })
    );
    expect([...new Set(wrong)]).toEqual([]);
  });

  test("all have a domain, and there is no domain of another", () => {
    expect(Object.keys(domains).sort()).toEqual([...new Set(names)].sort());
  });

  test.each(truths.map((truth) => ({ truth, words: JSON.stringify(truth) })))(
    "always meet $words",
    ({ truth }) => {
      const holds = compileCondition(truth, new Set(names));
      expect(frames.filter((frame) => !holds(frame))).toEqual([]);
    },
  );
});
