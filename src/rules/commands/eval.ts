import { parseArguments, UsageError } from "../../arguments.ts";
import { checkRulebook, problemLine } from "../check.ts";
import { evaluationLines } from "../eval_report.ts";
import { evaluateInbound, evaluateOutbound, type Evaluation } from "../evaluate.ts";
import { evaluationSets, fileRows, OWN_SETS } from "../evaluation_files.ts";
import { EvaluationSetError, type LabelledText, type Task } from "../evaluation_set.ts";
import { readSources } from "../files.ts";
import type { Command } from "./command.ts";

const DEFAULT_MISSES = 20;

/** `deno task rules eval`: only reads files. */
export const evaluate: Command = {
  usage: "[options]",
  summary: "how well the rules classify labelled texts",
  details:
    `  Tells advertising from information, and an opt-out from any other answer: precision, recall, F1 and false-positive
  rate over all, per language and per source, and the texts that were decided otherwise, with the words.

  --outbound FILE   labelled messages (commercial, informative); JSON Lines with text, label, lang, source
  --inbound FILE    labelled answers (opt_out, opt_in, help, none), likewise
  --rules DIR       rule files; PARLEY_RULES_DIR, or rules
  --misses N        how many misses to list; ${DEFAULT_MISSES}
  --split NAME      only the rows with this "split": train or test
  --json            everything as one JSON document

  With neither file it reads the project's own sets, ${OWN_SETS}/outbound/*.jsonl and ${OWN_SETS}/inbound/*.jsonl.`,
  async run(args, io) {
    const options = readOptions(args);
    const folder = options.rules ?? io.rulesDir;
    try {
      const sets = await readSets(options);
      const { rulebook, problems } = await checkRulebook(await readSources(folder));
      if (rulebook === null) {
        for (const problem of problems) io.print(`${folder}/${problemLine(problem)}`);
        return 1;
      }
      const outbound = sets.outbound.length > 0 ? evaluateOutbound(sets.outbound, rulebook) : null;
      const inbound = sets.inbound.length > 0 ? evaluateInbound(sets.inbound, rulebook) : [];
      if (options.json) io.print(JSON.stringify({ rulebook: rulebook.hash, outbound, inbound }, null, 2));
      else {
        io.print(`rulebook ${rulebook.hash}`);
        for (const line of report(outbound, inbound, options.misses)) io.print(line);
      }
      return 0;
    } catch (error) {
      if (!(error instanceof EvaluationSetError)) throw error;
      io.print(error.message);
      return 1;
    }
  },
};

interface Options {
  outbound: string | undefined;
  inbound: string | undefined;
  rules: string | undefined;
  split: "train" | "test" | undefined;
  misses: number;
  json: boolean;
}

function readOptions(args: string[]): Options {
  const { values } = parseArguments(args, {
    outbound: { type: "string" },
    inbound: { type: "string" },
    rules: { type: "string" },
    split: { type: "string" },
    misses: { type: "string" },
    json: { type: "boolean" },
  }, 0);
  const { outbound, inbound, rules, split, misses = String(DEFAULT_MISSES), json = false } = values;
  if (!/^\d+$/.test(misses)) throw new UsageError(`--misses must be a whole number, 0 or more, not '${misses}'`);
  if (split !== undefined && split !== "train" && split !== "test") {
    throw new UsageError(`--split must be train or test, not '${split}'`);
  }
  return { outbound, inbound, rules, json, split, misses: Number(misses) };
}

async function readSets(options: Options): Promise<Record<Task, LabelledText[]>> {
  const own = options.outbound === undefined && options.inbound === undefined;
  const rowsOf = async (task: Task) => {
    const path = options[task];
    const rows = own ? await evaluationSets(task) : path === undefined ? [] : await fileRows(path, task);
    return rows.filter((row) => options.split === undefined || row.split === options.split);
  };
  return { outbound: await rowsOf("outbound"), inbound: await rowsOf("inbound") };
}

function report(outbound: Evaluation | null, inbound: readonly Evaluation[], misses: number): string[] {
  const section = (title: string, evaluation: Evaluation | null) => [
    "",
    title,
    ...(evaluation === null ? ["  no rows"] : evaluationLines(evaluation, { misses })),
  ];
  return [
    ...section("outbound: commercial, decided as an undeclared message", outbound),
    ...(inbound.length === 0
      ? section("inbound", null)
      : inbound.flatMap((one) => section(`inbound: ${one.positive}`, one))),
  ];
}
