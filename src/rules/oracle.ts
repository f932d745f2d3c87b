import { Engine, type RuleProperties } from "json-rules-engine";
import { inboundFrame, outboundFrame } from "../core/decide.ts";
import type { InboundFrame } from "../core/inbound_frame.ts";
import type { OutboundFrame } from "../core/outbound_frame.ts";
import { factsOf } from "../core/rule_compiler.ts";
import type { CompiledRule, Rulebook } from "../core/rulebook.ts";
import type { Stage } from "../core/rulebook_schema.ts";
import type { ExampleCase } from "./examples.ts";
import type { Problem } from "./parse.ts";
import { scenarioInput } from "./scenario.ts";

/**
 * json-rules-engine is what a condition means; the compiled predicates are how it is run per message. Before a rulebook may
 * become active, every rule is evaluated by both on every example, and any difference keeps it out.
 */
export async function disagreements(one: ExampleCase, rulebook: Rulebook): Promise<Problem[]> {
  const told = scenarioInput(one.scenario, rulebook, one.direction);
  let frame: OutboundFrame | InboundFrame;
  let stages: Stage[];
  if (told.direction === "outbound") {
    frame = outboundFrame(told.input, rulebook).frame;
    stages = ["classify", "permit", "compose", "release"];
  } else {
    frame = inboundFrame(told.input, rulebook);
    stages = ["understand", "respond"];
  }
  const problems: Problem[] = [];
  for (const stage of stages) {
    const rules = frame.book.stages[stage];
    const meant = await holding(rules, frame, factsOf(stage));
    for (const rule of rules) {
      const compiled = rule.test(frame);
      if (compiled === meant.has(rule.id)) continue;
      problems.push({
        file: one.file,
        line: one.line,
        rule: rule.id,
        problem: `example ${JSON.stringify(one.scenario.text)}: json-rules-engine says ${meant.has(rule.id)}, ` +
          `the compiled rule says ${compiled}`,
      });
    }
  }
  return problems;
}

/** Ids of the rules that hold on `frame` according to json-rules-engine, with a fresh engine: a shared one loses rules. */
export async function holding(
  rules: readonly Pick<CompiledRule, "id" | "rule">[],
  frame: { readonly [fact: string]: unknown },
  facts: Iterable<string>,
): Promise<Set<string>> {
  if (rules.length === 0) return new Set();
  const engine = new Engine([], { allowUndefinedFacts: false });
  for (const { id, rule } of rules) {
    engine.addRule({ conditions: rule.conditions, event: { type: id } } as unknown as RuleProperties);
  }
  for (const name of facts) engine.addFact(name, () => frame[name], { cache: true });
  const { events } = await engine.run();
  return new Set(events.map((event) => event.type));
}
