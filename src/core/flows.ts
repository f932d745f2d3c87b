import type { PersonFacts } from "./message.ts";
import {
  type Condition,
  type Event,
  type Flow,
  intentOfFlow,
  type Rule,
  type Stage,
} from "./rulebook/rulebook_schema.ts";
import { compileKeywords, type KeywordMatcher } from "./text/keywords.ts";
import type { Token } from "./text/text.ts";
import { holidayCalendar } from "./time/holidays.ts";
import { compileWeek, type OpeningHours, quiet } from "./time/quiet_hours.ts";

/**
 * Flows are what staff write instead of rules: each stands for a few rules, which are checked, tried, explained and decided like all
 * others. What they need beside that, words of their own and office hours, is compiled here.
 */

export interface CompiledFlow {
  flow: Flow;
  words: KeywordMatcher | null;
  hours: OpeningHours | null;
  /** In force from the one instant (ms) until before the other. */
  from: number;
  to: number;
}

export interface FlowMatch {
  id: string;
  /** Of the word. */
  language: string;
}

const HOUR = 3_600_000;
/** Below every rule about leaving, coming back and help: what is none of those may be a word of a flow. */
const PRIORITY = 20;
/** Signs of somebody whom no machine should answer. */
const FOR_PEOPLE = ["doubt", "insult", "complaint", "health", "wrong_number", "never_signed_up"] as const;

/** `tails` as of keywords. @throws PatternError for a malformed word. */
export function compileFlow(flow: Flow, tails: readonly string[]): CompiledFlow {
  const { words, outside, source } = flow;
  return {
    flow,
    words: words === undefined ? null : compileKeywords(
      Object.entries(words).map(([language, words]) => ({ intent: "flow", language, words, source })),
      tails,
    ),
    hours: outside === undefined ? null : {
      week: compileWeek(outside.open),
      closedOn: outside.holidays === undefined
        ? () => false
        : holidayCalendar(outside.holidays.country, outside.holidays.region),
    },
    from: flow.effective_from === undefined ? -Infinity : Date.parse(flow.effective_from),
    to: flow.effective_to === undefined ? Infinity : Date.parse(flow.effective_to),
  };
}

type Flows = ReadonlyMap<string, CompiledFlow>;

/**
 * The first flow of this sender that is in force and one of whose words the text is: last winter's leaves its word to this winter's.
 * `names`: what a person may name beside it.
 */
export function matchFlow(
  flows: Flows,
  tokens: readonly Token[],
  sender: string | null,
  names: readonly string[],
  now: number,
): FlowMatch | null {
  for (const { flow, words, from, to } of flows.values()) {
    if (words === null || !isFor(flow, sender) || now < from || now >= to) continue;
    const found = words.match(tokens, { optedOut: false, tails: names });
    if (found !== null) return { id: flow.id, language: found.language };
  }
  return null;
}

export function closedFlows(flows: Flows, sender: string | null, now: number): string[] {
  return [...flows.values()].flatMap(({ flow, hours }) =>
    hours !== null && isFor(flow, sender) && quiet(now, [flow.outside!.zone], [hours]).quiet ? [flow.id] : []
  );
}

export function answeredFlows(flows: Flows, replies: PersonFacts["replies"], now: number): string[] {
  if (replies.length === 0) return [];
  return [...flows.values()].flatMap(({ flow: { id, every_hours = 0 } }) =>
    replies.some(({ kind, at }) => kind === `flow:${id}` && at > now - every_hours * HOUR) ? [id] : []
  );
}

function isFor({ senders }: Flow, sender: string | null): boolean {
  return sender !== null && (senders === undefined || senders.includes(sender));
}

/** The words of an answer in the first of `languages` that has them, else in English, else in the first that there is. */
export function flowText(texts: Readonly<Record<string, string>>, languages: readonly string[]): string {
  const language = [...languages, "en"].find((one) => one in texts) ?? Object.keys(texts)[0]!;
  return texts[language]!;
}

/** The rules that a flow stands for: one that gives its words an intent, and one for each thing that it does. */
export function rulesOfFlow(flow: Flow): { stage: Stage; rule: Rule }[] {
  const {
    id,
    description,
    source,
    effective_from,
    effective_to,
    words,
    outside,
    reply,
    consent,
    tags,
    list,
    hand_over,
  } = flow;
  const intent = intentOfFlow(id);
  const is = (fact: string, value: string | boolean): Condition => ({ fact, operator: "equal", value });
  const lacks = (fact: string, value: string): Condition => ({ fact, operator: "doesNotContain", value });
  const started: Condition[] = words !== undefined ? [is("intent", intent), is("flow", id)] : [
    is("intent", "none"),
    is("flow", "none"),
    is("text_kind", "words"),
    is("reported", false),
    { fact: "flows_closed", operator: "contains", value: id },
    ...FOR_PEOPLE.map((sign) => lacks("signs", sign)),
  ];
  const answerable: Condition[] = [
    is("stop_reply", "gateway"),
    is("from_kind", "msisdn"),
    { fact: "automatic_replies_24h", operator: "lessThan", value: 10 },
  ];
  // Only a START brings back who opted out (compliance.md 7.3), and who may not be written to is put on no list.
  const welcome: Condition[] = consent !== undefined || tags !== undefined || list !== undefined
    ? [is("opted_out", false)]
    : [];
  const made = (name: string, reason: string, conditions: Condition[], event: Event, priority?: number): Rule => ({
    id: `${id}.${name}`,
    description,
    source,
    reason,
    conditions: { all: conditions },
    event,
    ...(priority === undefined ? {} : { priority }),
    ...(effective_from === undefined ? {} : { effective_from }),
    ...(effective_to === undefined ? {} : { effective_to }),
    // The flow's examples are about what it does first; beside that it may do more, or less.
    examples: name === mainOf(flow) ? flow.examples : { matches: [], does_not_match: [] },
  });
  const respond: Rule[] = [];
  const why = outside === undefined ? "The text {matched} is a word of this flow." : "Nobody is there at this hour.";
  if (reply !== undefined) {
    respond.push(made("reply", why, [...started, ...welcome, ...answerable, lacks("flows_answered", id)], {
      type: "flow_reply",
      params: { flow: id },
    }));
  }
  if (consent !== undefined) {
    const asks = consent.opt_in === "double" ? answerable : [is("from_kind", "msisdn")];
    respond.push(
      made("consent", why, [...started, ...welcome, ...asks], { type: "flow_consent", params: { flow: id } }),
    );
  }
  if ((tags !== undefined || list !== undefined) && consent?.opt_in !== "double") {
    respond.push(made("contact", why, [...started, ...welcome, is("from_kind", "msisdn")], {
      type: "flow_contact",
      params: { flow: id },
    }));
  }
  if (hand_over) {
    respond.push(made("hand_over", why, started, { type: "open_review", params: { kind: "handover" } }));
  }
  return [
    ...(words === undefined ? [] : [{
      stage: "understand" as const,
      rule: made(
        "word",
        why,
        [is("flow", id), is("text_kind", "words")],
        { type: "intent", params: { intent } },
        PRIORITY,
      ),
    }]),
    ...respond.map((rule) => ({ stage: "respond" as const, rule })),
  ];
}

/** Name of the rule that the examples of a flow are about. */
function mainOf({ reply, consent, tags, list }: Flow): string {
  if (reply !== undefined) return "reply";
  if (consent !== undefined) return "consent";
  return tags !== undefined || list !== undefined ? "contact" : "hand_over";
}
