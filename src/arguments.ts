import { parseArgs, type ParseArgsConfig } from "node:util";

/** Arguments of the command line, for all tasks that take any. */

/** The command line says something that the task does not know; exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

export type TaskOptions = NonNullable<ParseArgsConfig["options"]>;

/** Options and positional arguments; at most `most` of the latter. @throws UsageError for anything else. */
export function parseArguments<T extends TaskOptions>(args: string[], options: T, most: number) {
  const parsed = (() => {
    try {
      return parseArgs({ args, options, allowPositionals: true, strict: true });
    } catch (error) {
      // node:util names the option that it does not know, and goes on about positional arguments.
      throw new UsageError((error as Error).message.split(". To specify")[0]!);
    }
  })();
  const extra = parsed.positionals[most];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'`);
  return parsed;
}

/** The positional argument at `index`. @throws UsageError when it is missing. */
export function required(positionals: readonly string[], index: number, name: string): string {
  const value = positionals[index];
  if (value === undefined) throw new UsageError(`Missing argument ${name}`);
  return value;
}

/** A whole number of an option between 1 and `most`. @throws UsageError. */
export function wholeNumber(value: string | undefined, name: string, usual: number, most: number): number {
  if (value === undefined) return usual;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new UsageError(`--${name} must be a whole number from 1 to ${most}, not '${value}'`);
}
