import { REASON_WORDS, REPLY_WORDS } from "../../../core/decide.ts";
import { factsOf } from "../../../core/rulebook/rule_compiler.ts";
import type { Stage } from "../../../core/rulebook/rulebook_schema.ts";
import { type Check, type Draft, filesOf } from "../finding.ts";

/** What only an outbound message has: its text is measured and counted, an inbound one is answered. */
const INBOUND_WORDS = ["country", "sender", "matched", "hours"] satisfies (typeof REASON_WORDS)[number][];

/** A name between braces that nothing fills in: people would read `{sendr}` on their phones, or staff in a reason. */
export const placeholders: Check = (book) => [
  ...book.rules.flatMap(({ file, at, stage, rule }) =>
    unfilled(rule.reason, reasonWords(stage)).map((name) => ({ ...told(file, [...at, "reason"], name), rule: rule.id }))
  ),
  ...filesOf(book, "replies").flatMap(({ path, content }) =>
    Object.entries(content.templates).flatMap(([template, text]) =>
      unfilled(text, replyWords(template)).map((name) => told(path, ["templates", template], name))
    )
  ),
  ...filesOf(book, "flows").flatMap(({ path, content }) =>
    content.flows.flatMap(({ id, reply = {} }, index) =>
      Object.entries(reply).flatMap(([language, text]) =>
        unfilled(text, REPLY_WORDS).map((name) => ({
          ...told(path, ["flows", index, "reply", language], name),
          rule: id,
        }))
      )
    )
  ),
  ...book.countries.flatMap(({ file, table: { mention, reporting } }) => [
    ...(["number", "reply", "link"] as const).flatMap((way) =>
      mention[way].flatMap((wording, index) =>
        unfilled(wording, way === "reply" ? [] : [way]).map((name) => told(file, ["mention", way, index], name))
      )
    ),
    ...Object.entries(reporting?.help ?? {}).flatMap(([language, sentence]) =>
      unfilled(sentence, ["number"]).map((name) => told(file, ["reporting", "help", language], name))
    ),
  ]),
];

/** A question of a double opt-in that is not about the company's own advertising names what it is about. */
function replyWords(template: string): readonly string[] {
  return /^opt_in_request_/.test(template) ? [...REPLY_WORDS, "purpose"] : REPLY_WORDS;
}

function reasonWords(stage: Stage): readonly string[] {
  return stage === "understand" || stage === "respond" ? INBOUND_WORDS : [...REASON_WORDS, ...factsOf(stage)];
}

interface Unfilled {
  written: string;
  known: readonly string[];
}

function unfilled(text: string, known: readonly string[]): Unfilled[] {
  const names = [...text.matchAll(/\{([^{}]*)\}/g)].filter((match) => !known.includes(match[1]!));
  return names.map(([written]) => ({ written, known }));
}

function told(file: string, at: readonly PropertyKey[], { written, known }: Unfilled): Draft {
  const names = known.map((name) => `{${name}}`).join(", ");
  return {
    file,
    at,
    severity: "error",
    problem: `nothing is filled in for ${written}, so that people would read it as it stands`,
    advice: known.length === 0 ? "Write it out: nothing is filled in here." : `There are: ${names}.`,
  };
}
