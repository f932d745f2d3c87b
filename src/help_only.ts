import { parseArgs } from "node:util";

/**
 * For tasks that know no argument but `--help`: what is asked of them by guessing must not be done without it. Returns the exit
 * code when that is all there is to do, null when there is no argument.
 */
export function helpOnly(args: string[], help: string, print: (text: string) => void): number | null {
  try {
    const { values } = parseArgs({ args, options: { help: { type: "boolean", short: "h" } } });
    if (!values.help) return null;
    print(help);
    return 0;
  } catch (error) {
    // node:util names the option that it does not know, and goes on about positional arguments.
    print(`${(error as Error).message.split(". To specify")[0]}\n\n${help}`);
    return 2;
  }
}
