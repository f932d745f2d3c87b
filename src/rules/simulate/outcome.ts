import { decideInbound, decideOutbound, type InboundInput, type OutboundInput } from "../../core/decide.ts";
import type { Effect } from "../../core/effects.ts";
import type { RuleTrace } from "../../core/message.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";

/** A message with the facts under which both rulebooks decide it. */
export type Replayed = { direction: "outbound"; input: OutboundInput } | { direction: "inbound"; input: InboundInput };

/** What a rulebook makes of one message, in the terms in which two of them are compared. */
export interface SimulatedOutcome {
  /** `allow`, `hold quiet_hours`, `refuse consent_missing`; for an inbound message its intent. */
  outcome: string;
  category: "commercial" | "informative" | null;
  /** RFC 3339. */
  hold_until: string | null;
  /** Outbound: the text as it would leave. Inbound: the automatic answer, null when there is none. */
  text: string | null;
  /** Inbound: what else follows (`suppress commercial`). */
  effects: string[];
  rules: RuleTrace[];
}

/** Decides one message. Pure. */
export function outcomeOf(message: Replayed, rulebook: Rulebook): SimulatedOutcome {
  if (message.direction === "outbound") {
    const { decision, category, code, hold_reason, hold_until, text } = decideOutbound(message.input, rulebook);
    const why = code ?? hold_reason;
    return {
      outcome: why === null ? decision.outcome : `${decision.outcome} ${why}`,
      category,
      hold_until: hold_until === null ? null : new Date(hold_until).toISOString(),
      text,
      effects: [],
      rules: decision.rules,
    };
  }
  const { decision, intent, effects } = decideInbound(message.input, rulebook);
  const reply = effects.find((effect) => effect.type === "reply");
  return {
    outcome: intent,
    category: null,
    hold_until: null,
    text: reply?.type === "reply" ? reply.text : null,
    effects: effects.filter(({ type }) => type !== "reply").map(effectName),
    rules: decision.rules,
  };
}

function effectName(effect: Effect): string {
  return "scope" in effect ? `${effect.type} ${effect.scope}` : effect.type;
}
