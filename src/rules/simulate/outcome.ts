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
  /** Outbound: the text as it would leave. Inbound: the automatic answer, or the question of a double opt-in; null when there is none. */
  text: string | null;
  /** What else follows (`suppress commercial`, `open_review complaint`). */
  effects: string[];
  rules: RuleTrace[];
}

/** Decides one message. Pure. */
export function outcomeOf(message: Replayed, rulebook: Rulebook): SimulatedOutcome {
  if (message.direction === "outbound") {
    const { decision, category, code, hold_reason, hold_until, text, review } = decideOutbound(message.input, rulebook);
    const why = code ?? hold_reason;
    return {
      outcome: why === null ? decision.outcome : `${decision.outcome} ${why}`,
      category,
      hold_until: hold_until === null ? null : new Date(hold_until).toISOString(),
      text,
      effects: review === null ? [] : [`open_review ${review.kind}`],
      rules: decision.rules,
    };
  }
  const { decision, intent, effects } = decideInbound(message.input, rulebook);
  const said = effects.flatMap((effect) =>
    effect.type === "reply" || effect.type === "request_consent" ? [effect.text] : []
  );
  return {
    outcome: intent,
    category: null,
    hold_until: null,
    text: said.length === 0 ? null : said.join("\n"),
    effects: effects.filter(({ type }) => type !== "reply").map(effectName),
    rules: decision.rules,
  };
}

/**
 * What an effect is called: two that do something else have two names. Of several words in a name that people gave, only no-break spaces
 * stand between them: a change tells names with `, ` and ` -> ` between them.
 */
export function effectName(effect: Effect): string {
  return [effect.type, ...particulars(effect)].map((word) => word.replaceAll(" ", "\u00a0")).join(" ");
}

function particulars(effect: Effect): string[] {
  switch (effect.type) {
    case "suppress":
      if (effect.scope === "commercial") return [effect.scope];
      return [effect.scope, effect.sender === null ? "every_sender" : "this_sender"];
    case "record_consent":
    case "confirm_consent":
    case "withdraw_consent":
    case "dispute_consent":
      return [effect.purpose];
    case "request_consent":
      return [effect.purpose, `flow:${effect.flow}`];
    case "save_contact":
      return [...effect.tags.map((tag) => `tag:${tag}`), ...(effect.list === null ? [] : [`list:${effect.list}`])];
    case "open_review":
    case "reply":
      return [effect.kind];
    case "lift_suppression":
    case "remove_contact":
      return [];
  }
}
