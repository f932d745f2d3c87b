import { purposeKind } from "./consent.ts";
import type { Effect } from "./effects.ts";
import { flowText } from "./flows.ts";
import { InboundFrame } from "./inbound_frame.ts";
import { appendMention } from "./mention.ts";
import type {
  Category,
  Decision,
  FlowReply,
  HoldReason,
  InboundMessage,
  Intent,
  OutboundMessage,
  Outcome,
  PersonFacts,
  RefusalCode,
  ReplyKind,
  RuleTrace,
  Sender,
} from "./message.ts";
import { OutboundFrame } from "./outbound_frame.ts";
import type { CompiledRule, Place, ReplyTemplate, Rulebook } from "./rulebook/rulebook.ts";
import { type Country, DOUBLE_OPT_IN, type Flow, type Stage } from "./rulebook/rulebook_schema.ts";
import { measure } from "./text/segment.ts";

/**
 * The heart: the same message, facts, rulebook and instant always give the same decision, and the decision says which rules
 * made it. No I/O, no clock, no randomness; `now` and everything else comes in as an argument.
 */

export interface OutboundVerdict {
  decision: Decision;
  category: Category;
  /** Why it is refused; null unless the outcome is `refuse`. */
  code: RefusalCode | null;
  /** The text as it would leave, with the mention. */
  text: string;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** ms; null when nothing holds it, or when it waits for a person. */
  hold_until: number | null;
  hold_reason: HoldReason | null;
  /** A review of the message itself, with whose settlement it goes on; null when it needs none. */
  review: { kind: "category_conflict"; rule: string; words: string } | null;
  /** It must have left before this instant (ms), when its hours end, else it is decided again; null when it does not matter. */
  allowed_until: number | null;
}

export interface InboundVerdict {
  decision: Decision;
  intent: Intent;
  effects: Effect[];
  /** An ordinary message: an answer to it is conversation and not a campaign. */
  conversational: boolean;
}

export interface OutboundInput {
  message: OutboundMessage;
  sender: Sender;
  person: PersonFacts;
  /** ms since 1970. */
  now: number;
}

export interface InboundInput {
  message: InboundMessage;
  /** Null when the message came to an address that is no sender of ours: it is understood, but cannot be answered. */
  sender: Sender | null;
  person: PersonFacts;
  now: number;
}

/** Decides an MT: category, then permission, then the final text, then when it may leave. */
export function decideOutbound(input: OutboundInput, rulebook: Rulebook): OutboundVerdict {
  const { frame, rules } = outboundFrame(input, rulebook);
  return outboundVerdict(frame, rules);
}

/**
 * Decides an MO: what it asks for, then what follows from that. `settled`: what somebody on the staff says that it asks for, whose
 * judgment stands above what the rules understood.
 */
export function decideInbound(input: InboundInput, rulebook: Rulebook, settled?: Intent): InboundVerdict {
  const frame = inboundFrame(input, rulebook);
  const rules: RuleTrace[] = [];

  const understood = run("understand", frame, rules).find((rule) => rule.event.type === "intent");
  if (understood?.event.type === "intent") frame.intent = understood.event.params.intent;
  if (settled !== undefined) frame.intent = settled;

  const effects: Effect[] = [];
  const responding = run("respond", frame, rules);
  const everything = responding.some(({ event }) => event.type === "suppress" && event.params !== undefined);
  for (const rule of responding) {
    const effect = effectOf(rule, frame, everything);
    // Two rules may end the same: one suppression is enough.
    if (effect === null || effect.type === "suppress" && effects.some(({ type }) => type === "suppress")) continue;
    effects.push(effect);
    const joins = effect.type === "confirm_consent" ? joined(frame, effect.rule) : null;
    if (joins !== null) effects.push(joins);
  }
  return {
    decision: { rulebook: rulebook.hash, outcome: "allow", category_source: "rules", intent: frame.intent, rules },
    intent: frame.intent,
    effects,
    conversational: frame.conversational,
  };
}

/**
 * Runs the stages of an MT and keeps the frame, for those who look inside: the oracle compares each rule on it with
 * json-rules-engine.
 */
export function outboundFrame(input: OutboundInput, rulebook: Rulebook): { frame: OutboundFrame; rules: Matched[] } {
  const { message, sender, person, now } = input;
  const place = placeOf(message.to, person, rulebook);
  const frame = new OutboundFrame(message, sender, person, place, rulebook.country(place.country), rulebook, now);
  const rules: Matched[] = [];
  const matchedIn = (stage: Stage) => {
    const found = matches(stage, frame, now).map((rule) => ({ rule, trace: trace(rule, frame) }));
    rules.push(...found);
    return found.map((one) => one.rule);
  };

  // With no rule to say otherwise a message is advertising: the reading under which the most rules protect the person.
  const classified = matchedIn("classify").find((rule) => rule.event.type === "classify");
  frame.category = classified?.event.type === "classify" ? classified.event.params.category : "commercial";
  const permitted = !matchedIn("permit").some((rule) => rule.event.type === "refuse");
  if (permitted) {
    for (const rule of matchedIn("compose")) {
      if (rule.event.type !== "append_mention") continue;
      frame.composed = appendMention(message.text, sender, frame.country, message.unsubscribe_url);
    }
    matchedIn("release");
  }
  return { frame, rules };
}

interface Matched {
  rule: CompiledRule;
  trace: RuleTrace;
}

/** What the rules that held make of a message together. */
export function outboundVerdict(frame: OutboundFrame, matched: readonly Matched[]): OutboundVerdict {
  let code: RefusalCode | null = null;
  let refusalPriority = -1;
  let holds = false;
  let hold_until: number | null = null;
  let hold_reason: HoldReason | null = null;
  let review: OutboundVerdict["review"] = null;
  for (const { rule, trace } of matched) {
    if (rule.event.type === "refuse" && rule.priority > refusalPriority) {
      code = rule.event.params.code;
      refusalPriority = rule.priority;
    }
    if (rule.event.type !== "hold") continue;
    const { reason, until } = rule.event.params;
    if (rule.event.params.review !== undefined) {
      review ??= { kind: rule.event.params.review, rule: rule.id, words: trace.reason };
    }
    const instant = until === undefined ? null : frame[until] as number | null;
    // The last of several holds ends them all, and one that only a person can end outlasts every instant.
    if (!holds || hold_until !== null && (instant === null || instant > hold_until)) {
      hold_until = instant;
      hold_reason = reason;
    }
    holds = true;
  }
  const outcome: Outcome = code !== null ? "refuse" : holds ? "hold" : "allow";
  const { text, encoding, segments } = frame.measured;
  const timed = frame.zones_known && outcome === "allow";
  const ends = timed
    ? [frame.category === "commercial" ? frame.window.allowedUntil : null, frame.sending?.allowedUntil]
    : [];
  const closes = ends.filter((end) => end !== null && end !== undefined);
  return {
    decision: {
      rulebook: frame.rulebook.hash,
      outcome,
      category_source: frame.message.category === frame.category ? "declared" : "rules",
      intent: null,
      rules: matched.map((one) => one.trace),
    },
    category: frame.category,
    code,
    text,
    encoding,
    segments,
    hold_until: outcome === "hold" ? hold_until : null,
    hold_reason: outcome === "hold" ? hold_reason : null,
    review: outcome === "hold" ? review : null,
    allowed_until: closes.length === 0 ? null : Math.min(...closes),
  };
}

export function inboundFrame({ message, sender, person, now }: InboundInput, rulebook: Rulebook): InboundFrame {
  const place = placeOf(message.from, person, rulebook);
  return new InboundFrame(message, sender, person, place, rulebook.country(place.country), rulebook, now);
}

/** A zone that the person or the operator gave beats every guess from the number (compliance.md 4.4, order of trust). */
export function placeOf(address: string, person: PersonFacts, rulebook: Rulebook): Place {
  if (!address.startsWith("+")) return { country: null, region: null, zones: [] };
  const place = rulebook.locate(address);
  return person.time_zone === null ? place : { ...place, zones: [person.time_zone] };
}

/** Rules of a stage that hold, strongest first. */
function matches(stage: Stage, frame: OutboundFrame | InboundFrame, now: number): CompiledRule[] {
  const found: CompiledRule[] = [];
  for (const rule of frame.book.stages[stage]) {
    if (rule.from <= now && now < rule.to && rule.test(frame)) found.push(rule);
  }
  return found;
}

function run(stage: Stage, frame: InboundFrame, traces: RuleTrace[]): CompiledRule[] {
  const found = matches(stage, frame, frame.now);
  for (const rule of found) traces.push(trace(rule, frame));
  return found;
}

function trace(rule: CompiledRule, frame: OutboundFrame | InboundFrame): RuleTrace {
  return {
    id: rule.id,
    reason: fill(rule.rule.reason, (name) => reasonWord(name, frame, rule)),
    source: rule.sourceText,
    confidence: rule.confidence,
    effect: effectWords(rule),
  };
}

/** What a rule does, as decisions tell it: `refuse consent_missing`, `hold quiet_hours`, `append_mention`. */
export function effectWords({ event }: Pick<CompiledRule, "event">): string {
  switch (event.type) {
    case "classify":
      return `classify ${event.params.category}`;
    case "refuse":
      return `refuse ${event.params.code}`;
    case "hold":
      return `hold ${event.params.reason}`;
    case "intent":
      return `intent ${event.params.intent}`;
    case "reply":
      return `reply ${event.params.kind}`;
    case "record_consent":
    case "withdraw_consent":
      return `${event.type} ${event.params.purpose}`;
    case "dispute_consent":
      return `dispute_consent ${event.params.purpose}`;
    case "open_review":
      return `open_review ${event.params.kind}`;
    case "append_mention":
    case "suppress":
    case "lift_suppression":
    case "confirm_consent":
    case "remove_contact":
    case "note":
      return event.type;
    case "flow_reply":
    case "flow_consent":
    case "flow_contact":
      return `${event.type} ${event.params.flow}`;
  }
}

/** Names that a reason may use between braces. */
export const REASON_WORDS = [
  "country",
  "sender",
  "matched",
  "hours",
  "content_score",
  "copies",
  "advertising_count",
  "advertising_limit",
  "advertising_hours",
  "segments",
  "max_segments",
] as const;

/** Names that an automatic answer may use between braces. */
export const REPLY_WORDS = ["brand", "sender", "contact"] as const;

function reasonWord(name: string, frame: OutboundFrame | InboundFrame, rule: CompiledRule): string | null {
  switch (name as (typeof REASON_WORDS)[number]) {
    case "country":
      return frame.country.code === "default" ? "this country" : frame.country.name;
    case "sender":
      return frame.sender?.address ?? "an address that is no sender here";
    case "matched":
      if (frame instanceof OutboundFrame) return frame.matched;
      return quotedWords(frame.wordsOf(rule.signs));
    case "hours":
      return Object.entries(frame.country.quiet_hours.profiles[frame.country.quiet_hours.profile]?.open ?? {})
        .map(([days, open]) => `${days} ${open}`).join(", ");
    case "max_segments":
      return frame instanceof OutboundFrame ? String(frame.message.max_segments) : null;
    default:
      return frame instanceof OutboundFrame && frame[name] !== undefined ? String(frame[name]) : null;
  }
}

function quotedWords(words: string | null): string {
  return words === null ? "nothing" : `"${words}"`;
}

/** Fills `{name}`; a name without a value is left as it stands. */
function fill(template: string, valueOf: (name: string) => string | null): string {
  return template.includes("{") ? template.replace(/\{([a-z_0-9]+)\}/g, (all, name) => valueOf(name) ?? all) : template;
}

/** `everything`: a rule ends everything from every sender, so another that ends less adds nothing. */
function effectOf(rule: CompiledRule, frame: InboundFrame, everything: boolean): Effect | null {
  const { event, id } = rule;
  const sender = frame.sender?.address ?? null;
  switch (event.type) {
    case "suppress":
      if (event.params !== undefined) return { type: "suppress", scope: "all", sender: null, rule: id };
      if (everything) return null;
      return frame.country.opt_out.scope === "everything_from_sender"
        ? { type: "suppress", scope: "all", sender, rule: id }
        : { type: "suppress", scope: "commercial", sender: null, rule: id };
    case "lift_suppression":
      return sender === null ? null : { type: "lift_suppression", sender, rule: id };
    case "record_consent": {
      // It returns to the sender that offered it; nobody else's account can bring it back.
      if (sender === null) return null;
      const offer = frame.person.replies.find((reply) => reply.kind === "opt_out_confirmation");
      return {
        type: "record_consent",
        purpose: event.params.purpose,
        wording: offer?.text ?? frame.message.text,
        rule: id,
      };
    }
    case "confirm_consent": {
      const { question } = frame.person;
      return question === null
        ? null
        : { type: "confirm_consent", request: question.id, purpose: question.purpose, rule: id };
    }
    case "withdraw_consent":
      return { type: "withdraw_consent", purpose: event.params.purpose, rule: id };
    case "dispute_consent":
      return { type: "dispute_consent", purpose: event.params.purpose, rule: id };
    case "open_review":
      return { type: "open_review", kind: event.params.kind, words: frame.wordsOf(rule.signs) ?? "", rule: id };
    case "remove_contact":
      return { type: "remove_contact", rule: id };
    case "flow_reply":
    case "flow_consent":
    case "flow_contact":
      return flowEffect(event.type, frame.rulebook.flows.get(event.params.flow)!.flow, frame, id);
    case "reply": {
      const { kind } = event.params;
      // Nobody to speak as: the message came to an address that is no sender of ours.
      if (frame.sender === null) return null;
      const { text } = replyIn(kind, frame, frame.sender, everything);
      return {
        type: "reply",
        kind,
        text,
        rule: id,
        once: kind === "opt_out_confirmation" ? !frame.opted_out : confirms(frame),
      };
    }
    case "classify":
    case "refuse":
    case "hold":
    case "append_mention":
    case "intent":
    case "note":
      return null;
  }
}

/**
 * Words in the language of the keyword when that is one of the country's (ARRET in Canada is answered in French, STOP in
 * English: CWTA short code guidelines), else in the person's, else in the country's own.
 */
export function replyIn(
  kind: Exclude<ReplyKind, FlowReply>,
  frame: InboundFrame,
  sender: Sender,
  everything: boolean,
): { text: string; language: string } {
  const { languages, opt_out } = frame.country;
  const spoken = frame.keyword?.language;
  const first = spoken !== undefined && spoken !== "und" && languages.includes(spoken) ? [spoken] : [];
  const own = frame.person.language === null ? [] : [frame.person.language];
  const template: ReplyTemplate = kind === "help" || kind === "opt_in_request"
    ? kind
    : kind === "opt_in_confirmation"
    ? confirms(frame) ? "opt_in_done" : kind
    : everything || opt_out.scope === "everything_from_sender"
    ? "opt_out_everything"
    : "opt_out_commercial";
  const words = replyWords(sender, frame.rulebook);
  const reply = frame.rulebook.reply(template, [...first, ...own, ...languages]);
  const answer = fill(reply.text, (name) => words[name] ?? null);
  const text = kind === "help" ? withReporting(answer, reply.language, frame.country) : answer;
  return { text, language: reply.language };
}

type Words = Readonly<Record<string, string>>;
function replyWords(sender: Sender, { deployment }: Rulebook): Words & Record<(typeof REPLY_WORDS)[number], string> {
  return { brand: sender.brand, sender: sender.address, contact: deployment.contact };
}

/** One thing that a flow does; null where the message came to an address that is no sender of ours. */
function flowEffect(
  type: "flow_reply" | "flow_consent" | "flow_contact",
  flow: Flow,
  frame: InboundFrame,
  rule: string,
): Effect | null {
  const { sender, now, person, rulebook, country } = frame;
  if (sender === null) return null;
  const word = frame.flowMatch?.language;
  const languages = [word, person.language].filter((one) =>
    one !== undefined && one !== null && one !== "und"
  ) as string[];
  if (type === "flow_contact") {
    const once = flow.consent !== undefined;
    return { type: "save_contact", tags: flow.tags ?? [], list: flow.list ?? null, rule, once };
  }
  if (type === "flow_reply") {
    if (flow.reply === undefined) return null;
    const words = replyWords(sender, rulebook);
    const text = fill(flowText(flow.reply, [...languages, ...country.languages]), (name) => words[name] ?? null);
    const period = flow.every_hours;
    return {
      type: "reply",
      kind: `flow:${flow.id}`,
      text,
      rule,
      once: flow.consent !== undefined,
      ...(period === undefined ? {} : { not_since: now - period * HOUR }),
    };
  }
  if (flow.consent === undefined) return null;
  const { purpose, opt_in, wording } = flow.consent;
  if (opt_in === "single") return { type: "record_consent", purpose, wording, rule, unless_suppressed: true };
  const { answer_hours, again_hours } = rulebook.deployment.double_opt_in ?? DOUBLE_OPT_IN;
  return {
    type: "request_consent",
    purpose,
    wording,
    text: optInRequest(purpose, sender, [...languages, ...country.languages], rulebook).text,
    flow: flow.id,
    answer_until: now + answer_hours * HOUR,
    not_since: now - again_hours * HOUR,
    rule,
  };
}
const HOUR = 3_600_000;

/** Where the flow that asked the question puts a person who says yes. */
function joined({ person, rulebook }: InboundFrame, rule: string): Effect | null {
  const { tags = [], list = null } = rulebook.flows.get(person.question?.flow ?? "")?.flow ?? {};
  return tags.length === 0 && list === null ? null : { type: "save_contact", tags, list, rule, once: true };
}

/** The person says yes to a question of ours, and is not somebody who comes back. */
function confirms(frame: InboundFrame): boolean {
  return frame.asked && frame.says_yes;
}

/** The question of a double opt-in, in the first of `languages` that has it: what it asks for is said in words, and nothing else. */
export function optInRequest(
  purpose: string,
  sender: Sender,
  languages: readonly string[],
  rulebook: Rulebook,
): { text: string; language: string } {
  const kind = purposeKind(purpose);
  const { text, language } = rulebook.reply(kind === "own" ? "opt_in_request" : `opt_in_request_${kind}`, languages);
  const words: Words = { ...replyWords(sender, rulebook), purpose: purpose.slice(purpose.indexOf(":") + 1) };
  return { text: fill(text, (name) => words[name] ?? null), language };
}

/** A HELP answer with where to report abuse, while it stays one SMS: who writes and how to stop come first. */
function withReporting(answer: string, language: string, { reporting }: Country): string {
  const sentence = reporting?.help[language];
  if (reporting === undefined || sentence === undefined) return answer;
  const longer = `${answer} ${sentence.replaceAll("{number}", reporting.number)}`;
  return measure(longer).segments === 1 ? longer : answer;
}
