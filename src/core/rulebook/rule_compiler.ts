import type { CompiledFlow } from "../flows.ts";
import { compileCondition, ConditionError } from "./conditions.ts";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "./fact_names.ts";
import type { CompiledRule } from "./rulebook.ts";
import { RulebookError } from "./rulebook_files.ts";
import type { Condition, Country, Event, Rule, Stage } from "./rulebook_schema.ts";

/** One rule, compiled: what it may ask about and do in its stage, and the source that a country gives it. */

export interface StagedRule {
  /** Of its file. */
  path: string;
  concern: string;
  stage: Stage;
  rule: Rule;
}

/** A rule that may stand on the source that the country's file gives. */
export type UnsourcedRule = Omit<CompiledRule, "sourceText" | "confidence">;

const OUTBOUND_STAGES = ["classify", "permit", "compose", "release"] as const;
const INBOUND_STAGES = ["understand", "respond"] as const;

/** Names of the facts that a rule of `stage` may ask about: those of its own stage and of earlier ones. */
export function factsOf(stage: Stage): ReadonlySet<string> {
  const names = new Set<string>();
  const inbound = (INBOUND_STAGES as readonly string[]).includes(stage);
  for (const one of inbound ? INBOUND_STAGES : OUTBOUND_STAGES) {
    const group = inbound ? INBOUND_FACTS[one as "understand"] : OUTBOUND_FACTS[one as "classify"];
    for (const name of Object.keys(group)) names.add(name);
    if (one === stage) break;
  }
  return names;
}

/** Which effects a stage may have; a refusal in `respond` or an intent in `permit` would silently do nothing. */
export const EVENTS_OF: Record<Stage, readonly Event["type"][]> = {
  classify: ["classify", "note"],
  permit: ["refuse", "hold", "note"],
  compose: ["append_mention", "refuse", "note"],
  release: ["refuse", "hold", "note"],
  understand: ["intent", "note"],
  respond: [
    "suppress",
    "lift_suppression",
    "record_consent",
    "withdraw_consent",
    "dispute_consent",
    "confirm_consent",
    "remove_contact",
    "flow_reply",
    "flow_consent",
    "flow_contact",
    "open_review",
    "reply",
    "note",
  ],
};

/** @throws RulebookError for facts, effects and flows that are not there for it. */
export function compileRule(
  { path, concern, stage, rule }: StagedRule,
  flows: ReadonlyMap<string, CompiledFlow>,
): UnsourcedRule {
  if (!EVENTS_OF[stage].includes(rule.event.type)) {
    throw new RulebookError(
      path,
      rule.id,
      `a rule of the stage ${stage} cannot have the effect ${rule.event.type}; it can ${EVENTS_OF[stage].join(", ")}`,
    );
  }
  if ("params" in rule.event && rule.event.params !== undefined && "flow" in rule.event.params) {
    const { flow } = rule.event.params;
    if (!flows.has(flow)) throw new RulebookError(path, rule.id, `there is no flow "${flow}"`);
  }
  try {
    return {
      id: rule.id,
      concern,
      rule,
      test: compileCondition(rule.conditions, factsOf(stage)),
      event: rule.event,
      signs: signsIn(rule.conditions),
      priority: rule.priority ?? 1,
      from: rule.effective_from ? Date.parse(rule.effective_from) : -Infinity,
      to: rule.effective_to ? Date.parse(rule.effective_to) : Infinity,
    };
  } catch (error) {
    if (error instanceof ConditionError) throw new RulebookError(path, rule.id, error.message);
    throw error;
  }
}

/** The rule as it holds in a country. @throws RulebookError when the country's file, at `path`, lacks the source it stands on. */
export function withCountry(
  rule: UnsourcedRule,
  table: Country,
  path: string,
): CompiledRule {
  const ref = rule.rule.source;
  if (typeof ref !== "string") return { ...rule, sourceText: ref.text, confidence: ref.confidence };
  const section = ref.slice("country.".length);
  const source = section === "quiet_hours"
    ? table.quiet_hours.profiles[table.quiet_hours.profile]?.source
    : table[section as "opt_out" | "consent" | "mention" | "frequency" | "senders"].source;
  if (!source) throw new RulebookError(path, rule.id, `the country file gives no source for ${section}`);
  return { ...rule, sourceText: source.text, confidence: source.confidence };
}

function signsIn(condition: Condition): string[] {
  if ("all" in condition) return condition.all.flatMap(signsIn);
  if ("any" in condition) return condition.any.flatMap(signsIn);
  if ("not" in condition) return [];
  return condition.fact === "signs" && condition.operator === "contains" ? [String(condition.value)] : [];
}
