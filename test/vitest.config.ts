import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Minutes pass at the end when a long file is begun last, beside a worker that has nothing more to do: these go first. */
const LONG = [
  "e2e/chaos.test.ts",
  "docs/commands.test.ts",
  "console/rules_browser.test.ts",
  "rules/cli.test.ts",
  "api/rules/rulebooks.test.ts",
  "e2e/start.test.ts",
  "gateway/dispatch/dispatch.test.ts",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((path) => moduleId.endsWith(path));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    // Files of one worker share what they import: reading all modules and compiling the rules anew for each of 200 took a third of the
    // time. No test may leave anything behind in a module; each has a database of its own.
    isolate: false,
    sequence: { sequencer: LongFirst },
    // Limits end what hangs; they are no measure of a machine's speed, which other work may halve at any moment.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
