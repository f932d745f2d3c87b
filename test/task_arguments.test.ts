import { expect, onTestFinished, test } from "vitest";
import { PROJECT, startDeno, taskArguments } from "./support/child.ts";

/** Runs a task with these arguments; `made`: what it left where its database would be. */
async function run(task: string, args: string[]): Promise<{ code: number; output: string; made: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "parley-help-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  const env = { PARLEY_DATABASE_URL: `file:${folder}/parley.db`, PORT: "0" };
  const child = startDeno([...await taskArguments(task), ...args], env, PROJECT);
  onTestFinished(() => child.kill("SIGKILL"));
  const code = await child.ended;
  return { code, output: child.output(), made: [...Deno.readDirSync(folder)].map(({ name }) => name) };
}

test.each(["start", "migrate"])("deno task %s explains itself and does nothing else", async (task) => {
  for (const option of ["--help", "-h"]) {
    const { code, output, made } = await run(task, [option]);
    expect([code, output]).toEqual([0, expect.stringMatching(`^deno task ${task}\n`)]);
    expect(output).toContain("PARLEY_DATABASE_URL");
    expect(made).toEqual([]);
  }
});

test.each([
  ["start", "--port=8080"],
  ["start", "8080"],
  ["migrate", "--dry-run"],
  ["migrate", "status"],
])("deno task %s %s is refused, and nothing is done", async (task, argument) => {
  const { code, output, made } = await run(task, [argument]);
  expect([code, made]).toEqual([2, []]);
  expect(output).toMatch(/^Un(known option '--[a-z-]+'|expected argument '\w+'.*)\n\n/);
  expect(output).toContain(`\n\ndeno task ${task}\n`);
});

test.each([
  ["bench", ["nothing"]],
  ["chaos", ["--kills", "some"]],
  ["soak", ["--minutes", "0"]],
  ["screenshots", ["--misspelt"]],
])("deno task %s, which takes minutes, does not begin with %j", async (task, args) => {
  const { code, output } = await run(task, args);
  expect(code).toBe(2);
  expect(output.split("\n\n")[0]).toContain(args[0]);
  expect(output).toContain(`deno task ${task} [`);
});

test.each(["bench", "chaos", "soak", "screenshots"])("deno task %s explains itself", async (task) => {
  const { code, output } = await run(task, ["--help"]);
  expect([code, output]).toEqual([0, expect.stringContaining(`deno task ${task} [`)]);
});
