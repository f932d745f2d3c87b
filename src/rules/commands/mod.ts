import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { evaluate } from "./eval.ts";
import { lintFolder } from "./lint.ts";
import { list } from "./list.ts";
import { schema } from "./schema.ts";

/** Every command of `deno task rules`, in the order of `--help`: one line each. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  check,
  lint: lintFolder,
  list,
  eval: evaluate,
  schema,
};
