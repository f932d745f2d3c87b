import { checkRulebook, problemLine } from "./check.ts";
import { readSources } from "./files.ts";

const HELP = `deno task rules <command>

  check [folder]   read, compile and test every rule file; exit 1 when something is wrong
  list [folder]    the rules, by stage, with their sources

The folder is PARLEY_RULES_DIR, or rules.`;

const [command = "--help", folder = Deno.env.get("PARLEY_RULES_DIR") ?? "rules"] = Deno.args;
Deno.exit(await main());

async function main(): Promise<number> {
  switch (command) {
    case "check":
      return await check();
    case "list":
      return await list();
    case "--help":
    case "-h":
    case "help":
      print(HELP);
      return 0;
    default:
      print(`unknown command "${command}"\n\n${HELP}`);
      return 2;
  }
}

async function check(): Promise<number> {
  const started = performance.now();
  const { rulebook, problems, rules, countries, examples } = await checkRulebook(await readSources(folder));
  for (const problem of problems) print(`${folder}/${problemLine(problem)}`);
  const took = Math.round(performance.now() - started);
  print(
    rulebook
      ? `ok: rulebook ${rulebook.hash}, ${rules} rules, ${countries} country files, ${examples} examples in ${took} ms`
      : `${problems.length} problem${problems.length === 1 ? "" : "s"}: these rules cannot become active`,
  );
  return rulebook ? 0 : 1;
}

async function list(): Promise<number> {
  const { rulebook, problems } = await checkRulebook(await readSources(folder));
  if (!rulebook) {
    for (const problem of problems) print(`${folder}/${problemLine(problem)}`);
    return 1;
  }
  for (const [stage, rules] of Object.entries(rulebook.country(null).stages)) {
    print(`\n${stage}`);
    for (const { id, rule, sourceText, confidence } of rules) {
      print(`  ${id}\n    ${rule.description.trim()}\n    source (${confidence}): ${sourceText}`);
    }
  }
  return 0;
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
