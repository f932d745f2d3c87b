import { parseArguments } from "../../arguments.ts";
import { checkRulebook, problemLine } from "../check.ts";
import { readSources } from "../files.ts";
import type { Command } from "./command.ts";

/** `deno task rules check`: the gate that a folder must pass before it becomes active. */
export const check: Command = {
  usage: "[folder]",
  summary: "read, compile and test every rule file",
  details: "Exit code 1 when something is wrong: these files cannot become active.",
  async run(args, io) {
    const { positionals: [folder = io.rulesDir] } = parseArguments(args, {}, 1);
    const started = performance.now();
    const { rulebook, problems, rules, countries, examples } = await checkRulebook(await readSources(folder));
    for (const problem of problems) io.print(`${folder}/${problemLine(problem)}`);
    const took = Math.round(performance.now() - started);
    io.print(
      rulebook
        ? `ok: rulebook ${rulebook.hash}, ${rules} rules, ${countries} country files, ${examples} examples in ${took} ms`
        : `${problems.length} problem${problems.length === 1 ? "" : "s"}: these rules cannot become active`,
    );
    return rulebook ? 0 : 1;
  },
};
