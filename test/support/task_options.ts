import { parseArgs, type ParseArgsConfig } from "node:util";

/** Why a task does not begin: told with its help, exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/**
 * What a task was asked for. `read` makes its settings of the options and positional arguments, and throws UsageError for values that
 * are none. Ends the process for `--help` (0) and for anything that the task does not know (2): a misspelt option must not start
 * minutes of work with other settings.
 */
export function taskOptions<O extends Options, Settings>(
  help: string,
  options: O,
  read: (parsed: Parsed<O>) => Settings,
): Settings {
  const told = { help: { type: "boolean", short: "h" } } as const;
  try {
    const parsed = parseArgs({ args: Deno.args, options: { ...options, ...told }, allowPositionals: true });
    if ((parsed.values as { help?: boolean }).help) end(help, 0);
    return read(parsed as Parsed<O>);
  } catch (error) {
    // node:util names the option that it does not know, and goes on about positional arguments.
    if (error instanceof UsageError || error instanceof TypeError && "code" in error) {
      end(`${error.message.split(". To specify")[0]}\n\n${help}`, 2);
    }
    throw error;
  }
}

/** None are known. @throws UsageError. */
export function noArguments(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'`);
}

/** @throws UsageError unless the option is a whole number from `least` to `most`. */
export function wholeNumber(name: string, value: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(value);
  const below = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new UsageError(`--${name} takes a whole number from ${least}${below}, not '${value}'`);
}

function end(text: string, code: number): never {
  // deno-lint-ignore no-console
  console.log(text);
  Deno.exit(code);
}
