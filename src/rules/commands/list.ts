import { parseArguments } from "../../arguments.ts";
import { checkRulebook, problemLine } from "../check.ts";
import { readSources } from "../files.ts";
import type { Command } from "./command.ts";

/** `deno task rules list`: every generic rule with its source. */
export const list: Command = {
  usage: "[folder]",
  summary: "the rules, by stage, with their sources",
  async run(args, io) {
    const { positionals: [folder = io.rulesDir] } = parseArguments(args, {}, 1);
    const { rulebook, problems } = await checkRulebook(await readSources(folder));
    if (!rulebook) {
      for (const problem of problems) io.print(`${folder}/${problemLine(problem)}`);
      return 1;
    }
    for (const [stage, rules] of Object.entries(rulebook.country(null).stages)) {
      io.print(`\n${stage}`);
      for (const { id, rule, sourceText, confidence } of rules) {
        io.print(`  ${id}\n    ${rule.description.trim()}\n    source (${confidence}): ${sourceText}`);
      }
    }
    return 0;
  },
};
