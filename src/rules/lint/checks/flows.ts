import type { InboundInput } from "../../../core/decide.ts";
import { InboundFrame } from "../../../core/inbound_frame.ts";
import type { Rulebook } from "../../../core/rulebook/rulebook.ts";
import type { Flow } from "../../../core/rulebook/rulebook_schema.ts";
import { variantsOf } from "../../../core/text/phrase_patterns.ts";
import { scenarioInput } from "../../scenario.ts";
import { type Check, type Draft, filesOf, type LintBook } from "../finding.ts";

interface FlowWord {
  file: string;
  at: readonly PropertyKey[];
  flow: Flow;
  word: string;
}

/**
 * A word of a flow that is understood as something else by people of some country (an opt-out always wins, and so do START and HELP), or
 * that starts another flow: this one would not begin.
 */
export const flowWords: Check = (book) => {
  const words = wordsOf(book);
  return words.flatMap((one, index): Draft[] => {
    const { file, at, flow, word } = one;
    const found = (problem: string): Draft => ({
      file,
      at,
      rule: flow.id,
      severity: "error",
      problem: `"${word}" ${problem}`,
      advice: "Choose another word.",
    });
    const twin = words.slice(0, index).find((other) =>
      other.flow !== flow && isSame(other.word, word) && meet(other.flow, flow)
    );
    if (twin !== undefined) return [found(`already starts "${twin.flow.id}" (${twin.file}) for the same sender`)];
    const meanings = new Map<string, string[]>();
    for (const { table } of book.countries) {
      const meaning = understood(one, table.code, book.rulebook);
      if (meaning !== null) meanings.set(meaning, [...meanings.get(meaning) ?? [], table.name]);
    }
    return [...meanings].map(([meaning, countries]) =>
      found(`is understood as ${meaning} in ${countries.join(", ")}, which wins`)
    );
  });
};

/** What a person of a country asks for with the word, when it is not the flow; null when it is. */
function understood({ flow, word }: FlowWord, country: string, rulebook: Rulebook): string | null {
  const { input } = scenarioInput({ text: word, to: flow.senders?.[0] }, rulebook, "inbound") as {
    input: InboundInput;
  };
  const place = { country: country === "default" ? null : country, region: null, zones: [] };
  const frame = new InboundFrame(
    input.message,
    input.sender,
    input.person,
    place,
    rulebook.country(place.country),
    rulebook,
    dayOf(flow) ?? input.now,
  );
  const [rule] = frame.book.stages.understand.filter(({ event, test }) => event.type === "intent" && test(frame));
  if (rule?.event.type !== "intent") return "nothing at all";
  return rule.id === `${flow.id}.word` ? null : rule.event.params.intent;
}

/** A language in which the flow is started and not answered. */
export const flowLanguages: Check = (book) =>
  filesOf(book, "flows").flatMap(({ path, content }) =>
    content.flows.flatMap((flow, index): Draft[] => {
      const { words = {}, reply } = flow;
      if (reply === undefined) return [];
      const missing = Object.keys(words).filter((language) => language !== "und" && !(language in reply));
      if (missing.length === 0) return [];
      return [{
        file: path,
        at: ["flows", index, "reply"],
        rule: flow.id,
        severity: "warning",
        problem: `the words are in ${missing.join(", ")} as well, the answer is not`,
        advice: "Write the answer in every language of the words.",
      }];
    })
  );

function wordsOf(book: LintBook): FlowWord[] {
  return filesOf(book, "flows").flatMap(({ path, content }) =>
    content.flows.flatMap((flow, index) =>
      Object.entries(flow.words ?? {}).flatMap(([language, words]) =>
        words.map((word, place): FlowWord => ({
          file: path,
          at: ["flows", index, "words", language, place],
          flow,
          word,
        }))
      )
    )
  );
}

/** An instant at which a flow with dates is in force (ms). */
function dayOf({ effective_from: from, effective_to: to }: Flow): number | null {
  if (from !== undefined) return Date.parse(from);
  return to === undefined ? null : Date.parse(to) - 1;
}

/** Whether both belong to some sender on some day. */
function meet(one: Flow, other: Flow): boolean {
  const together = (one.effective_from ?? "") < (other.effective_to ?? "9999") &&
    (other.effective_from ?? "") < (one.effective_to ?? "9999");
  const { senders } = other;
  return together &&
    (one.senders === undefined || senders === undefined || one.senders.some((address) => senders.includes(address)));
}

function isSame(a: string, b: string): boolean {
  const forms = new Set(variantsOf(a).map((steps) => JSON.stringify(steps)));
  return variantsOf(b).some((steps) => forms.has(JSON.stringify(steps)));
}
