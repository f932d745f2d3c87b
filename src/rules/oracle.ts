import { Engine, type RuleProperties } from "json-rules-engine";
import { inboundFrame, outboundFrame } from "../core/decide.ts";
import type { InboundFrame } from "../core/inbound_frame.ts";
import type { OutboundFrame } from "../core/outbound_frame.ts";
import { type Frame, placesIn, reader } from "../core/rulebook/conditions.ts";
import { factsOf } from "../core/rulebook/rule_compiler.ts";
import type { CompiledRule, Rulebook } from "../core/rulebook/rulebook.ts";
import type { Stage } from "../core/rulebook/rulebook_schema.ts";
import type { ExampleCase } from "./examples.ts";
import type { Problem } from "./parse.ts";
import { scenarioInput } from "./scenario.ts";

/**
 * json-rules-engine is what a condition means; the compiled predicates are how it is run per message. Before a rulebook may
 * become active, every rule is evaluated by both on every example, and any difference keeps it out. What both said of a
 * condition and the values that it reads is not asked again: json-rules-engine would take half of the two seconds in which a change must
 * apply (design 3), and a change leaves most rules as they were.
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
    const asked = frame.book.stages[stage].flatMap((rule) => {
      const { agreed, readers } = agreement(rule, stage);
      const values = JSON.stringify(readers.map((read) => read(frame)), exact);
      return agreed.has(values) ? [] : [{ rule, agreed, values }];
    });
    const meant = await holding(asked.map(({ rule }) => rule), frame, factsOf(stage));
    for (const { rule, agreed, values } of asked) {
      const compiled = rule.test(frame);
      if (compiled === meant.has(rule.id)) {
        agreed.add(values);
        continue;
      }
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

interface Agreement {
  /** One for each place in which the condition reads a fact. */
  readers: ((frame: Frame) => unknown)[];
  /** Values of these, as JSON, of which both said the same. */
  agreed: Set<string>;
}

/** By stage and conditions: two rules that ask the same are compiled to the same. */
const agreements = new Map<string, Agreement>();
/** Ten times those that are shipped: drafts bring their own. */
const MOST = 2_000;

function agreement({ rule: { conditions } }: CompiledRule, stage: Stage): Agreement {
  const key = `${stage} ${JSON.stringify(conditions)}`;
  let known = agreements.get(key);
  if (known === undefined) {
    if (agreements.size >= MOST) agreements.clear();
    const facts = factsOf(stage);
    const readers = placesIn(conditions).map(({ fact, path }) => reader(fact, path, facts));
    agreements.set(key, known = { readers, agreed: new Set() });
  }
  return known;
}

/** JSON has neither of the two, and conditions tell them from null. */
function exact(_key: string, value: unknown): unknown {
  return value === undefined || Number.isNaN(value) ? { is: String(value) } : value;
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
