import { z } from "zod";

/** What an outbound message is, and what an inbound one asks for, as a person labelled it. */
export const OUTBOUND_LABELS = ["commercial", "informative"] as const;
export const INBOUND_LABELS = ["opt_out", "opt_in", "help", "none"] as const;
export type Task = "outbound" | "inbound";

export interface LabelledText {
  text: string;
  label: string;
  /** ISO 639-1, perhaps with a script (`ru-Latn`). */
  lang: string;
  /** Where the text comes from; the file's name when the row does not say. */
  source: string;
  /** `train` or `test` in the project's own sets, where the weights are learned from the former only. */
  split: "train" | "test" | null;
}

/** A line that is no labelled text; the message names file and line. */
export class EvaluationSetError extends Error {
  override name = "EvaluationSetError";
}

/**
 * Reads JSON Lines with `text`, `label`, `lang`, `source` and `split` (the last two optional; other fields are left alone).
 * Empty lines are skipped. `name` stands in errors and, for rows without one, as the source.
 *
 * @throws EvaluationSetError for a line that is no JSON, lacks a field or has a label that the task does not know.
 */
export function readLabelled(content: string, name: string, task: Task): LabelledText[] {
  const row = rowOf(task);
  return content.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const fail = (problem: string) => new EvaluationSetError(`${name}:${index + 1}: ${problem}`);
    let given: unknown;
    try {
      given = JSON.parse(line);
    } catch {
      throw fail("this line is no JSON object; every line is one, such as " + EXAMPLE[task]);
    }
    const parsed = row.safeParse(given);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw fail(`${issue?.path.join(".") || "the line"}: ${issue?.message}; a line is like ${EXAMPLE[task]}`);
    }
    const { text, label, lang, source = name, split = null } = parsed.data;
    return [{ text, label, lang, source, split }];
  });
}

const EXAMPLE: Record<Task, string> = {
  outbound: `{"text":"…","label":"commercial","lang":"en","source":"…"}`,
  inbound: `{"text":"…","label":"opt_out","lang":"en","source":"…"}`,
};

function rowOf(task: Task) {
  return z.object({
    text: z.string(),
    label: z.enum(task === "outbound" ? OUTBOUND_LABELS : INBOUND_LABELS),
    lang: z.string().min(2),
    source: z.string().min(1).optional(),
    split: z.enum(["train", "test"]).optional(),
  });
}
