import { parseArguments, required } from "../../arguments.ts";
import { explain, type Explanation } from "../explain.ts";
import { mask } from "../../log.ts";
import type { Command } from "./command.ts";
import { CommandError } from "./stored.ts";

/** `deno task rules explain`: why a message became what it is. */
export const explainMessage: Command = {
  usage: "MESSAGE_ID [--json]",
  summary: "why a message became what it is: each rule with its text as it stood then",
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: "boolean" } }, 1);
    const id = required(positionals, 0, "MESSAGE_ID");
    const explanation = await explain(await io.database(), id);
    if (explanation === null) throw new CommandError(`There is no message ${id}`);
    if (values.json) io.print(JSON.stringify(explanation, null, 2));
    else for (const line of explanationLines(explanation)) io.print(line);
    return 0;
  },
};

function explanationLines({ message, decision, rulebook_stored, rules }: Explanation): string[] {
  const { id, direction, from, to, created_at, text, status, category } = message;
  const inbound = direction === "inbound";
  const kept = rulebook_stored ? "" : ", which is not stored: its rules are told without their text";
  return [
    `${id}: ${direction} ${inbound ? `from ${mask(from)} to ${to}` : `from ${from} to ${mask(to)}`}, ${created_at}`,
    JSON.stringify(text),
    inbound
      ? `understood as ${decision.intent}`
      : `${decision.outcome} as ${category} (${
        decision.category_source === "declared" ? "as declared" : "as the rules see it"
      }), now ${status}`,
    `decided by ${decision.rulebook}${kept}`,
    ...rules.flatMap((rule) => [
      "",
      `${rule.id}: ${rule.effect}`,
      `  ${rule.reason}`,
      ...(rule.matched === null ? [] : [`  by the words ${rule.matched}`]),
      `  source (${rule.confidence}): ${rule.source}`,
      ...[rule, ...rule.country].flatMap(({ file, line, text }) =>
        text === null ? [] : [`  ${file}:${line}`, ...text.split("\n").map((one) => `    ${one}`)]
      ),
    ]),
  ];
}
