import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { approve, publishProposal, reject, rollbackVersion, withdraw } from "./decide.ts";
import { diff } from "./diff.ts";
import { evaluate } from "./eval.ts";
import { explainMessage } from "./explain.ts";
import { lintFolder } from "./lint.ts";
import { list } from "./list.ts";
import { schema } from "./schema.ts";
import { proposeVersion } from "./propose.ts";
import { pull } from "./pull.ts";
import { simulate } from "./simulate.ts";
import { testExamples } from "./test.ts";
import { proposals, versions } from "./versions.ts";
import { trainCommand } from "./train.ts";

/** Every command of `deno task rules`, in the order of `--help`: one line each. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  check,
  lint: lintFolder,
  test: testExamples,
  list,
  eval: evaluate,
  train: trainCommand,
  schema,
  diff,
  simulate,
  explain: explainMessage,
  versions,
  proposals,
  propose: proposeVersion,
  approve,
  reject,
  withdraw,
  publish: publishProposal,
  rollback: rollbackVersion,
  pull,
};
