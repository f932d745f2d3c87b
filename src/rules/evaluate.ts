import { decideInbound, decideOutbound, outboundFrame } from "../core/decide.ts";
import type { Rulebook } from "../core/rulebook/rulebook.ts";
import type { LabelledText } from "./evaluation_set.ts";
import { scenarioInput } from "./scenario.ts";

/** How well one label is told from all others. Shares are between 0 and 1, and null where nothing could be counted. */
export interface Figures {
  /** Rows counted. */
  rows: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Share of the rows without the label that were given it. */
  false_positive_rate: number | null;
}

export interface Miss extends LabelledText {
  decided: string;
  /** Outbound: the score of the content; inbound: null. */
  score: number | null;
  /** The reason of the rule that decided, with the words that it saw. */
  why: string;
}

export interface Group {
  /** `all`, `lang en`, `source shop-texts`, `split test`. */
  name: string;
  figures: Figures;
  /** Outbound: words that tell nothing, and messages that wait for a person; zero for inbound. */
  unclear: number;
  held: number;
}

export interface Evaluation {
  /** The label whose figures these are. */
  positive: string;
  groups: Group[];
  misses: Miss[];
}

interface Decided {
  row: LabelledText;
  decided: string;
  score: number | null;
  why: string;
  unclear: boolean;
  held: boolean;
}

/**
 * Decides every text as the gateway would decide it, undeclared, from a name to somebody about whom nothing is known but the consent
 * to advertising. What is not informative is commercial, as there.
 */
export function evaluateOutbound(rows: readonly LabelledText[], rulebook: Rulebook): Evaluation {
  const decided = rows.map((row): Decided => {
    const told = scenarioInput(
      { text: row.text, to: recipientOf(row.lang), from: "PARLEY", consent: "granted" },
      rulebook,
      "outbound",
    );
    if (told.direction !== "outbound") throw new Error("unreachable: an outbound scenario gives an outbound input");
    const verdict = decideOutbound(told.input, rulebook);
    const { frame } = outboundFrame(told.input, rulebook);
    return {
      row,
      decided: verdict.category,
      score: frame.content_score,
      why: verdict.decision.rules.find((rule) => rule.effect.startsWith("classify "))?.reason ?? "no rule fired",
      unclear: frame.content_category === "unclear",
      held: verdict.hold_reason === "needs_review",
    };
  });
  return evaluation(decided, "commercial");
}

/** Decides every text as an answer from somebody who gets messages, and compares the intent; one evaluation per intent. */
export function evaluateInbound(rows: readonly LabelledText[], rulebook: Rulebook): Evaluation[] {
  const decided = rows.map((row): Decided => {
    const told = scenarioInput({ text: row.text, from: recipientOf(row.lang) }, rulebook, "inbound");
    if (told.direction !== "inbound") throw new Error("unreachable: an inbound scenario gives an inbound input");
    const { intent, decision } = decideInbound(told.input, rulebook);
    const why = decision.rules.find((rule) => rule.effect.startsWith("intent "))?.reason ?? "no rule fired";
    return { row, decided: intent, score: null, why, unclear: false, held: false };
  });
  return ["opt_out", "opt_in", "help"].map((intent) => evaluation(decided, intent));
}

function evaluation(decided: readonly Decided[], positive: string): Evaluation {
  const misses = decided.filter((one) => (one.row.label === positive) !== (one.decided === positive));
  const groupsBy = (what: string, key: (row: LabelledText) => string | null) =>
    [...Map.groupBy(decided, ({ row }) => key(row))]
      .flatMap(([name, members]) => name === null ? [] : [groupOf(`${what} ${name}`, members, positive)])
      .sort((a, b) => a.name < b.name ? -1 : 1);
  return {
    positive,
    groups: [
      groupOf("all", decided, positive),
      ...groupsBy("lang", (row) => row.lang),
      ...groupsBy("source", (row) => row.source),
      ...groupsBy("split", (row) => row.split),
    ],
    misses: misses.map(({ row, decided, score, why }) => ({ ...row, decided, score, why })),
  };
}

function groupOf(name: string, members: readonly Decided[], positive: string): Group {
  return {
    name,
    figures: figures(members.map(({ row, decided }) => ({ label: row.label, decided })), positive),
    unclear: members.filter((one) => one.unclear).length,
    held: members.filter((one) => one.held).length,
  };
}

/** Precision, recall and their kin for one label. */
export function figures(rows: readonly { label: string; decided: string }[], positive: string): Figures {
  let right = 0, missed = 0, wrong = 0, others = 0;
  for (const { label, decided } of rows) {
    if (label === positive) decided === positive ? right++ : missed++;
    else {
      others++;
      if (decided === positive) wrong++;
    }
  }
  const share = (part: number, whole: number) => whole === 0 ? null : part / whole;
  return {
    rows: rows.length,
    precision: share(right, right + wrong),
    recall: share(right, right + missed),
    f1: right + missed === 0 ? null : share(2 * right, 2 * right + missed + wrong),
    false_positive_rate: share(wrong, others),
  };
}

/** Somebody in a country where the language is at home; fictitious numbers. */
const RECIPIENTS: Record<string, string> = {
  en: "+12125550123",
  fr: "+33612000001",
  es: "+34612000001",
  de: "+4915112000001",
  it: "+393201200001",
  pt: "+351912000001",
  nl: "+31612000001",
  tr: "+905312000001",
  id: "+6281200000001",
  ru: "+79121200001",
  hi: "+919812000001",
  ko: "+821012000001",
  da: "+4520120001",
  ht: "+50934120001",
  tl: "+639171200001",
};

/** Somebody who may be written to in `lang`; the United States where nothing is known of the language. */
export function recipientOf(lang: string): string {
  return RECIPIENTS[lang.split("-")[0] ?? ""] ?? RECIPIENTS.en!;
}
