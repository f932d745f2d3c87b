import {
  decideInbound,
  inboundFrame,
  type InboundInput,
  type InboundVerdict,
  outboundFrame,
  type OutboundInput,
  type OutboundVerdict,
  outboundVerdict,
  replyIn,
} from "../../core/decide.ts";
import type { InboundFrame } from "../../core/inbound_frame.ts";
import type { ReplyKind, RuleTrace, Sender } from "../../core/message.ts";
import type { CountryBook, Place, Rulebook } from "../../core/rulebook/rulebook.ts";
import { type Stage, STAGES } from "../../core/rulebook/rulebook_schema.ts";
import { measure } from "../../core/text/segment.ts";
import { type AskedFact, askedFacts } from "./asked.ts";

/**
 * A message that is only tried: the decision of `decide`, with what each rule asked and where in the text it was found. Made beside
 * the decision and not in it, so that messages on their way pay nothing for it.
 */

/** A rule that held, in the order in which they ran. */
export interface TriedRule extends RuleTrace {
  stage: Stage;
  description: string;
  /** What it asked about, and was told. */
  facts: AskedFact[];
}

/** A place in the text that counted. Offsets in UTF-16 units, `end` exclusive. */
export interface Mark {
  start: number;
  end: number;
  /** Outbound `advertising` or `information`; inbound `keyword`, `whole`, `guard`, `reported`, or a sign such as `opt_out`. */
  kind: string;
  /** Points, of words that count as advertising or information. */
  weight: number | null;
}

interface TrialFields {
  rulebook: string;
  /** Of the person: ISO code of the country, the code of the file that says what holds there, the part of it, and the zones. */
  place: { country: string | null; file: string; name: string; region: string | null; zones: readonly string[] };
  rules: TriedRule[];
  marks: Mark[];
}

export interface OutboundTrial extends TrialFields {
  direction: "outbound";
  verdict: OutboundVerdict;
  content: { category: string; score: number; commercial: number; informative: number; traits: TriedTrait[] };
}

/** Something about the text as a whole that counted: that it is written in capitals, for example. */
export interface TriedTrait {
  trait: string;
  weight: number;
}

export interface InboundTrial extends TrialFields {
  direction: "inbound";
  verdict: InboundVerdict;
  keyword: { intent: string; tier: string; language: string; words: string } | null;
  reply: TriedReply | null;
}

/** The automatic answer as the rules give it; it is decided itself before it leaves. */
export interface TriedReply {
  kind: ReplyKind;
  text: string;
  /** Null for the answer of a flow, whose languages are its own. */
  language: string | null;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
}

/** Words that are shown; what weighs less explains nothing. */
const MOST_MARKS = 60;

export function tryOutbound(input: OutboundInput, rulebook: Rulebook): OutboundTrial {
  const { frame, rules } = outboundFrame(input, rulebook);
  const verdict = outboundVerdict(frame, rules);
  const { category, score } = frame.content;
  const { commercial, informative } = rulebook.thresholds;
  const parts = frame.content.parts(MOST_MARKS);
  return {
    direction: "outbound",
    rulebook: rulebook.hash,
    place: placeIn(frame.place, frame.book),
    verdict,
    rules: triedRules(verdict.decision.rules, frame, frame.book),
    content: {
      category,
      score,
      commercial,
      informative,
      traits: parts.flatMap(({ trait, weight }) => trait === null ? [] : [{ trait, weight: rounded(weight) }]),
    },
    marks: parts.filter(({ trait }) => trait === null).map(({ from, to, weight }) => ({
      start: frame.tokens[from]?.start ?? 0,
      end: frame.tokens[to - 1]?.end ?? 0,
      kind: weight > 0 ? "advertising" : "information",
      weight: rounded(weight),
    })),
  };
}

export function tryInbound(input: InboundInput, rulebook: Rulebook): InboundTrial {
  const verdict = decideInbound(input, rulebook);
  const frame = inboundFrame(input, rulebook);
  frame.intent = verdict.intent;
  const { keyword } = frame;
  return {
    direction: "inbound",
    rulebook: rulebook.hash,
    place: placeIn(frame.place, frame.book),
    verdict,
    rules: triedRules(verdict.decision.rules, frame, frame.book),
    keyword: keyword === null
      ? null
      : { intent: keyword.intent, tier: keyword.tier, language: keyword.language, words: keyword.words },
    reply: replyOf(verdict, frame, input.sender),
    marks: frame.marks().map((mark) => ({ ...mark, weight: null })),
  };
}

function placeIn({ country, region, zones }: Place, { table }: CountryBook): TrialFields["place"] {
  return { country, file: table.code, name: table.name, region, zones };
}

function triedRules(
  traces: readonly RuleTrace[],
  frame: { readonly [fact: string]: unknown },
  book: CountryBook,
): TriedRule[] {
  const known = new Map(
    STAGES.flatMap((stage) => book.stages[stage].map((rule) => [rule.id, { stage, rule: rule.rule }] as const)),
  );
  return traces.map((trace) => {
    const { stage, rule } = known.get(trace.id)!;
    return { ...trace, stage, description: rule.description, facts: askedFacts(rule.conditions, stage, frame) };
  });
}

function replyOf({ effects }: InboundVerdict, frame: InboundFrame, sender: Sender | null): TriedReply | null {
  for (const effect of effects) {
    if (effect.type === "request_consent") return measured("opt_in_request", effect.text, null);
    if (effect.type !== "reply" || sender === null) continue;
    const { kind, text } = effect;
    const everything = effects.some((one) => one.type === "suppress" && one.scope === "all" && one.sender === null);
    return measured(kind, text, isFlow(kind) ? null : replyIn(kind, frame, sender, everything).language);
  }
  return null;
}

function measured(kind: ReplyKind, text: string, language: string | null): TriedReply {
  const { encoding, segments } = measure(text);
  return { kind, text, language, encoding, segments };
}

function isFlow(kind: ReplyKind): kind is Extract<ReplyKind, `flow:${string}`> {
  return kind.startsWith("flow:");
}

function rounded(weight: number): number {
  return Math.round(weight * 100) / 100;
}
