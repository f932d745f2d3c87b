import { EvaluationSetError, type LabelledText, readLabelled, type Task } from "./evaluation_set.ts";

/** The project's own labelled texts; test/ because they test the rules, and `train` parts teach them too. */
export const OWN_SETS = "test/evaluation";

/** The rows of one file. @throws EvaluationSetError when there is none, or for a line that is no labelled text. */
export async function fileRows(path: string, task: Task): Promise<LabelledText[]> {
  try {
    return readLabelled(await Deno.readTextFile(path), path, task);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new EvaluationSetError(`${path}: there is no such file (${task})`);
    throw error;
  }
}

/** The project's own sets, one file per language; a task without any yet has no rows. */
export async function evaluationSets(task: Task): Promise<LabelledText[]> {
  const folder = `${OWN_SETS}/${task}`;
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".jsonl")) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const files = await Promise.all(names.sort().map((name) => fileRows(`${folder}/${name}`, task)));
  // One source for all of them: the language stands beside it anyway.
  return files.flat().map((row) => row.source.startsWith(folder) ? { ...row, source: "own" } : row);
}
