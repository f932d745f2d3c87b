import { parseArguments, UsageError } from "./arguments.ts";

/**
 * For tasks that know no argument but `--help`: what is asked of them by guessing must not be done without it. Returns the exit
 * code when that is all there is to do, null when there is no argument.
 */
export function helpOnly(args: string[], help: string, print: (text: string) => void): number | null {
  try {
    const { values } = parseArguments(args, { help: { type: "boolean", short: "h" } }, 0);
    if (!values.help) return null;
    print(help);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(`${error.message}\n\n${help}`);
    return 2;
  }
}
