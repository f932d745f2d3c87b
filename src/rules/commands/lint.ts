import { parseArguments } from "../../arguments.ts";
import { readSources } from "../files.ts";
import { type Finding, lint } from "../lint/mod.ts";
import type { Command } from "./command.ts";

/** `deno task rules lint`: what a reviewer would miss. */
export const lintFolder: Command = {
  usage: "[folder] [--json]",
  summary: "find what a reviewer would miss",
  details:
    `Errors keep the files from becoming active (check tells them too) and make the exit code 1; warnings are for a person
to judge. --json prints {"findings": [{file, line, rule, check, severity, problem, advice}]}.`,
  async run(args, io) {
    const { positionals: [folder = io.rulesDir], values } = parseArguments(args, { json: { type: "boolean" } }, 1);
    const findings = lint(await readSources(folder), io.now());
    const errors = findings.filter(({ severity }) => severity === "error").length;
    if (values.json) io.print(JSON.stringify({ findings }, null, 2));
    else {
      for (const finding of findings) io.print(`${folder}/${findingLines(finding)}`);
      io.print(`${counted(errors, "error")}, ${counted(findings.length - errors, "warning")}`);
    }
    return errors === 0 ? 0 : 1;
  },
};

/** For people: `countries/fr.yaml:41 warning mention_length: …`, and what to do about it on a line of its own. */
function findingLines({ file, line, rule, check, severity, problem, advice }: Finding): string {
  const place = `${file}${line === null ? "" : `:${line}`}${rule === null ? "" : ` (rule ${rule})`}`;
  return `${place} ${severity} ${check}: ${problem}\n  ${advice}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
