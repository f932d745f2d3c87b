import { decideInbound, decideOutbound } from "../core/decide.ts";
import { rulesOfFlow } from "../core/flows.ts";
import type { Rulebook } from "../core/rulebook/rulebook.ts";
import type { NamedFile } from "../core/rulebook/rulebook_files.ts";
import type { Example, Expectation, Rule, Scenario } from "../core/rulebook/rulebook_schema.ts";
import { exampleName, type Lines, type Problem } from "./parse.ts";
import { scenarioInput } from "./scenario.ts";

/** One example to run: of a rule (it must fire, or must not) or of a country (what must come out). */
export interface ExampleCase {
  file: string;
  rule: string | null;
  line: number | null;
  direction: "outbound" | "inbound";
  scenario: Scenario;
  fires: boolean | null;
  expect: Expectation | null;
}

/** Every example in the files, in the order in which they stand there. */
export function exampleCases(files: readonly NamedFile[], lines: Lines): ExampleCase[] {
  return files.flatMap(({ path, content }) => {
    if (content.kind === "rules") {
      return content.rules.flatMap((rule) => ruleCases(path, rule, content.stage, lines));
    }
    if (content.kind === "flows") {
      return content.flows.flatMap((flow) =>
        rulesOfFlow(flow).flatMap(({ stage, rule }) => ruleCases(path, rule, stage, lines, flow.id))
      );
    }
    if (content.kind !== "country") return [];
    return [
      ...(content.rules ?? []).flatMap((rule) => ruleCases(path, rule, rule.stage, lines)),
      ...content.examples.map((example, index): ExampleCase => ({
        file: path,
        rule: null,
        line: lines.get(`${path}#${exampleName(index)}`) ?? null,
        direction: directionOf(example),
        scenario: example,
        fires: null,
        expect: example.expect,
      })),
    ];
  });
}

/** `at`: what stands in the file, where that is a flow. */
function ruleCases(file: string, rule: Rule, stage: string, lines: Lines, at = rule.id): ExampleCase[] {
  const line = lines.get(`${file}#${at}`) ?? null;
  const usual = stage === "understand" || stage === "respond" ? "inbound" : "outbound";
  const cases = (scenarios: Scenario[], fires: boolean) =>
    scenarios.map((scenario): ExampleCase => ({
      file,
      rule: rule.id,
      line,
      direction: scenario.direction ?? usual,
      scenario,
      fires,
      expect: null,
    }));
  return [...cases(rule.examples.matches, true), ...cases(rule.examples.does_not_match, false)];
}

/** An example that speaks of intents, suppressions or replies is about a message from a person. */
function directionOf({ direction, expect }: Example): "outbound" | "inbound" {
  if (direction !== undefined) return direction;
  const { intent, suppresses, reply, review } = expect;
  return intent !== undefined || suppresses !== undefined || reply !== undefined ||
      (review !== undefined && review !== "category_conflict")
    ? "inbound"
    : "outbound";
}

/** Runs one example through the real decision; null when it comes out as promised. */
export function runExample(one: ExampleCase, rulebook: Rulebook): Problem | null {
  const told = scenarioInput(one.scenario, rulebook, one.direction);
  const outcome = told.direction === "outbound" ? outboundFacts(decideOutbound(told.input, rulebook)) : inboundFacts(
    decideInbound(told.input, rulebook),
  );
  const problem = (text: string): Problem => ({
    file: one.file,
    line: one.line,
    rule: one.rule,
    problem: `example ${JSON.stringify(one.scenario.text)}${one.scenario.why ? ` (${one.scenario.why})` : ""}: ${text}`,
  });
  const fired = outcome.rules.length === 0 ? "no rule fired" : `fired: ${outcome.rules.join(", ")}`;
  if (one.fires !== null && outcome.rules.includes(one.rule ?? "") !== one.fires) {
    return problem(one.fires ? `must match, but ${fired}` : "must not match, but it does");
  }
  for (const [key, promised] of Object.entries(one.expect ?? {})) {
    const actual = outcome.values[key as keyof Expectation];
    const same = key === "hold_until" ? Date.parse(String(promised)) === actual : promised === actual;
    if (same) continue;
    const shown = key === "hold_until" && typeof actual === "number"
      ? new Date(actual).toISOString()
      : JSON.stringify(actual);
    return problem(`${key} must be ${JSON.stringify(promised)}, is ${shown} (${fired})`);
  }
  return null;
}

interface Outcome {
  rules: string[];
  values: Partial<Record<keyof Expectation, unknown>>;
}

function outboundFacts(verdict: ReturnType<typeof decideOutbound>): Outcome {
  return {
    rules: verdict.decision.rules.map((rule) => rule.id),
    values: {
      outcome: verdict.decision.outcome,
      code: verdict.code,
      hold_reason: verdict.hold_reason,
      hold_until: verdict.hold_until,
      category: verdict.category,
      final_text: verdict.text,
      segments: verdict.segments,
      encoding: verdict.encoding,
      review: verdict.review?.kind ?? null,
    },
  };
}

function inboundFacts(verdict: ReturnType<typeof decideInbound>): Outcome {
  const suppress = verdict.effects.find((effect) => effect.type === "suppress");
  const reply = verdict.effects.find((effect) => effect.type === "reply");
  const review = verdict.effects.find((effect) => effect.type === "open_review");
  return {
    rules: verdict.decision.rules.map((rule) => rule.id),
    values: {
      intent: verdict.intent,
      suppresses: suppress?.type === "suppress" ? suppress.scope : "nothing",
      reply: reply?.type === "reply" ? reply.text : null,
      review: review?.type === "open_review" ? review.kind : null,
    },
  };
}
