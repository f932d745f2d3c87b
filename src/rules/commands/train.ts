import { parseArguments } from "../../arguments.ts";
import { loadRulebook } from "../check.ts";
import { evaluationSets, fileRows } from "../evaluation_files.ts";
import { EvaluationSetError } from "../evaluation_set.ts";
import { readSources } from "../files.ts";
import { problemLine } from "../check.ts";
import { nearDuplicates } from "../training/clusters.ts";
import { byLanguage, prepare, train, type TrainingRow } from "../training/train.ts";
import { validate } from "../training/validate.ts";
import { weightFile } from "../training/weight_file.ts";
import type { Command } from "./command.ts";

const EXCLUDED = "test/evaluation/excluded.txt";
const WEIGHTS = "lexicons/weights";

/** `deno task rules train`: writes the word tables anew, the same bytes for the same texts. */
export const trainCommand: Command = {
  usage: "[file ...] [--validate] [--rules DIR]",
  summary: "learn the word tables of classification from labelled texts",
  details:
    `  Learns from the part "train" of test/evaluation/outbound and from the files given (JSON Lines with text, label, lang,
  source), and writes ${WEIGHTS}/*.yaml in the rules folder. The part "test" is never looked at. The same texts give the
  same bytes. Words listed in ${EXCLUDED} (names, places) are left out.

  --validate    write nothing; print how well it does on texts left out: five-fold over groups of near-duplicates, then
                every source left out in turn
  --rules DIR   rule files; PARLEY_RULES_DIR, or rules`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      validate: { type: "boolean" },
      rules: { type: "string" },
    }, Infinity);
    const folder = values.rules ?? io.rulesDir;
    const sources = await readSources(folder);
    const { rulebook, problems } = loadRulebook(
      Object.fromEntries(Object.entries(sources).filter(([path]) => !path.startsWith(`${WEIGHTS}/`))),
    );
    if (rulebook === null) {
      for (const problem of problems) io.print(`${folder}/${problemLine(problem)}`);
      return 1;
    }
    try {
      const own = (await evaluationSets("outbound")).filter(({ split }) => split === "train");
      const given = (await Promise.all(positionals.map((path) => fileRows(path, "outbound")))).flat();
      const texts = [...own.map((row) => ({ ...row, own: true })), ...given.map((row) => ({ ...row, own: false }))];
      const rows = prepare(texts, nearDuplicates(texts.map(({ text }) => text)), rulebook);
      const excluded = new Set((await Deno.readTextFile(EXCLUDED)).split(/\s+/).filter((word) => word !== ""));
      if (values.validate) {
        printValidation(rows, excluded, rulebook.thresholds.informative, io.print);
        return 0;
      }
      await write(`${folder}/${WEIGHTS}`, rows, excluded, io.print);
      return 0;
    } catch (error) {
      if (!(error instanceof EvaluationSetError)) throw error;
      io.print(error.message);
      return 1;
    }
  },
};

function printValidation(
  rows: TrainingRow[],
  excluded: ReadonlySet<string>,
  informative: number,
  print: (line: string) => void,
): void {
  const validations = validate(rows, excluded, informative);
  const width = Math.max(...validations.map(({ name }) => name.length));
  const cell = (value: number | null, digits = 3) => (value === null ? "-" : value.toFixed(digits)).padStart(11);
  print(
    `${"".padEnd(width)}${["rows", "precision", "recall", "F1", "false pos."].map((c) => c.padStart(11)).join("")}`,
  );
  for (const { name, figures } of validations) {
    const { rows, precision, recall, f1, false_positive_rate } = figures;
    print(name.padEnd(width) + cell(rows, 0) + cell(precision) + cell(recall) + cell(f1) + cell(false_positive_rate));
  }
}

async function write(
  folder: string,
  rows: TrainingRow[],
  excluded: ReadonlySet<string>,
  print: (line: string) => void,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const tables = byLanguage(train(rows, excluded), rows);
  for (const [language, table] of [...tables].sort(([a], [b]) => a < b ? -1 : 1)) {
    await Deno.writeTextFile(`${folder}/${language}.yaml`, weightFile(language, table));
    print(`${folder}/${language}.yaml: ${table.words.length} words`);
  }
  print(`learned from ${rows.length} texts`);
}
