import { parseArguments, type TaskOptions, UsageError } from "../../src/arguments.ts";

type Parsed<O extends TaskOptions> = ReturnType<typeof parseArguments<O>>;

/**
 * What a task was asked for: options, and at most `most` positional arguments, of which `read` makes its settings. Ends the process for
 * `--help` (0) and for anything that the task does not know (2): a misspelt option must not start minutes of work with other settings.
 */
export function taskOptions<O extends TaskOptions, Settings>(
  help: string,
  options: O,
  most: number,
  read: (parsed: Parsed<O>) => Settings,
): Settings {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) end(help, 0);
  try {
    return read(parseArguments(Deno.args, options, most));
  } catch (error) {
    if (error instanceof UsageError) end(`${error.message}\n\n${help}`, 2);
    throw error;
  }
}

function end(text: string, code: number): never {
  // deno-lint-ignore no-console
  console.log(text);
  Deno.exit(code);
}
