import { parseArguments } from "../../arguments.ts";
import { problemLine } from "../check.ts";
import { type Change, diffSources } from "../diff/mod.ts";
import type { Command } from "./command.ts";
import { CommandError, sourcesOf, VERSION_HELP } from "./stored.ts";

/** Sentences of one subject that are shown. */
const SHOWN = 20;

/** `deno task rules diff`: what changes, in plain language. */
export const diff: Command = {
  usage: "[before] [after] [--json]",
  summary: "what changes from one version to another, in plain language",
  details: `${VERSION_HELP} Without any, from the active version to the rules folder.`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: "boolean" } }, 2);
    const [before = "active", after = io.rulesDir] = positionals;
    const difference = diffSources(await sourcesOf(before, io), await sourcesOf(after, io));
    if ("unreadable" in difference) {
      const { which, problems } = difference.unreadable;
      const ref = which === "before" ? before : after;
      throw new CommandError([`${ref} cannot be read:`, ...problems.map(problemLine)].join("\n"));
    }
    const { changes } = difference;
    if (values.json) io.print(JSON.stringify(changes, null, 2));
    else for (const line of changeLines(changes)) io.print(line);
    return 0;
  },
};

/** One sentence a line; a subject with very many (a table of weights) is cut short. */
export function changeLines(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["No difference."];
  return [...Map.groupBy(changes, ({ kind, id }) => `${kind} ${id}`).values()].flatMap((of) => {
    const more = of.length - SHOWN;
    return [
      ...of.slice(0, SHOWN).map(({ words }) => words),
      ...(more > 0 ? [`${of[0]!.name}: and ${more} more changes`] : []),
    ];
  });
}
