import { describe, expect, test } from "vitest";
import { z } from "zod";
import { REASON_WORDS } from "../../src/core/decide.ts";
import { HOLD_REASONS } from "../../src/core/message.ts";
import { CONFIDENCES } from "../../src/core/message.ts";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "../../src/core/rulebook/fact_names.ts";
import {
  Event,
  Expectation,
  REFUSAL_CODES,
  REPLY_KINDS,
  Rule,
  RuleFile,
  Scenario,
  STAGES,
} from "../../src/core/rulebook/rulebook_schema.ts";
import { checkRulebook, problemLine } from "../../src/rules/check.ts";
import { readSources } from "../../src/rules/files.ts";
import { CHECK_NAMES } from "../../src/rules/lint/mod.ts";

const README = Deno.readTextFileSync("rules/README.md");
/** Every word between backticks, outside blocks of code. */
const NAMED = new Set(
  [...README.replace(/^```[^]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].flatMap((match) =>
    match[1]!.match(/[\w-]+/g) ?? []
  ),
);
/** Tables as they are meant: the formatter pads their cells. */
const COMPACT = README.replace(/ +/g, " ");

const FACTS = [...Object.values(OUTBOUND_FACTS), ...Object.values(INBOUND_FACTS)].flatMap((stage) =>
  Object.entries(stage as Record<string, string>)
);
const OPERATORS = operatorsIn(z.toJSONSchema(Rule, { io: "input" }));
const WORDS: Record<string, readonly string[]> = {
  "stage": STAGES,
  "event": Event.options.map(({ shape }) => shape.type.value),
  "file kind": RuleFile.options.map(({ shape }) => shape.kind.value),
  "operator": OPERATORS,
  "refusal code": REFUSAL_CODES,
  "hold reason": HOLD_REASONS,
  "reply kind": REPLY_KINDS,
  "confidence": CONFIDENCES,
  "key of a rule": Object.keys(Rule.shape),
  ...Object.fromEntries(
    RuleFile.options.map(({ shape }) => [`key of a ${shape.kind.value} file`, Object.keys(shape)]),
  ),
  "key of an example": Object.keys(Scenario.shape),
  "expectation": Object.keys(Expectation.shape),
  "check of the lint": CHECK_NAMES,
};

describe("rules/README.md", () => {
  test.each(FACTS)("tells the fact %s with its meaning", (name, meaning) => {
    expect(COMPACT).toContain(`| \`${name}\` | ${meaning} |`);
  });

  test.each(Object.entries(WORDS).flatMap(([what, names]) => names.map((name) => ({ what, name }))))(
    "names the $what $name",
    ({ name }) => {
      expect(NAMED).toContain(name);
    },
  );

  test.each(REASON_WORDS.map((word) => ({ word })))("names the reason word $word", ({ word }) => {
    expect(README).toContain(`\`{${word}}\``);
  });

  test("tells no fact that does not exist", () => {
    const section = COMPACT.slice(COMPACT.indexOf("## Facts"), COMPACT.indexOf("## Conditions"));
    const told = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(told).toEqual(FACTS.map(([name]) => name));
  });

  test("shows a rule that can be added to the shipped ones as it stands", async () => {
    const shown = /```yaml rule\n([^]*?)```/.exec(README)?.[1] ?? "";
    const { rulebook, problems } = await checkRulebook({ ...await readSources("rules"), "outbound/house.yaml": shown });
    expect(problems.map(problemLine)).toEqual([]);
    expect(rulebook?.country("BR").stages.permit.map(({ id }) => id)).toContain("house.no_advertising_to_brazil");
  });
});

test("shows a flow that can be added to the shipped files as it stands", async () => {
  const shown = /```yaml flows\n([^]*?)```/.exec(README)?.[1] ?? "";
  const { rulebook, problems } = await checkRulebook({ ...await readSources("rules"), "flows_winter.yaml": shown });
  expect(problems.map(problemLine)).toEqual([]);
  expect(rulebook?.flows.has("winter.join")).toBe(true);
});

/** The operators are an enum deep inside the recursive shape of a condition. */
function operatorsIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { operator } = schema as { operator?: { enum?: string[] } };
  if (Array.isArray(operator?.enum)) return operator.enum;
  return Object.values(schema).flatMap((part, index, parts) =>
    parts.slice(0, index).some((earlier) => operatorsIn(earlier).length > 0) ? [] : operatorsIn(part)
  );
}
