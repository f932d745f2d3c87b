import { parseArguments } from "../../arguments.ts";
import { checkRulebook, problemLine } from "../check.ts";
import { exampleCases } from "../examples.ts";
import { parseSources } from "../parse.ts";
import { CommandError, sourcesOf, VERSION_HELP } from "./stored.ts";
import type { Command } from "./command.ts";

/** `deno task rules test`: runs the examples and says for each rule and country how they came out. */
export const testExamples: Command = {
  usage: "[version] [--only TEXT]",
  summary: "run the examples; tells how those of each rule and country came out",
  details: `  --only TEXT   only rules and files whose name holds TEXT: \`--only consent.\`, \`--only fr.yaml\`

${VERSION_HELP} Without one, the rules folder. Exit code 1 when an example fails.`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { only: { type: "string" } }, 1);
    const ref = positionals[0] ?? io.rulesDir;
    const sources = await sourcesOf(ref, io);
    const { problems } = await checkRulebook(sources);
    const { files, lines } = parseSources(sources);
    const groups = Map.groupBy(
      exampleCases(files, lines),
      ({ file, rule }) => rule === null ? file : `${file} ${rule}`,
    );
    const wanted = [...groups].filter(([name]) => values.only === undefined || name.includes(values.only));
    if (wanted.length === 0) throw new CommandError(`There are no examples of "${values.only ?? ref}"`);
    let failing = 0;
    for (const [name, cases] of wanted) {
      const failed = problems.filter(({ file, rule }) => (rule === null ? file : `${file} ${rule}`) === name);
      failing += failed.length;
      io.print(`${failed.length === 0 ? "ok    " : "FAILED"} ${name}: ${cases.length} examples`);
      for (const problem of failed) io.print(`         ${problemLine(problem)}`);
    }
    // What keeps the examples from being run at all is no example's fault.
    const others = problems.filter(({ file, rule }) => !groups.has(rule === null ? file : `${file} ${rule}`));
    for (const problem of others) io.print(problemLine(problem));
    return failing + others.length === 0 ? 0 : 1;
  },
};
