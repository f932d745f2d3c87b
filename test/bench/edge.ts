import { startSqld } from "../support/sqld.ts";
import { PROJECT, startDeno } from "./child.ts";

/**
 * Time from the start of an edge instance (a new process, only network and environment) to its first answer from the database: from
 * the sources as they are, and from the one file that `deno task bundle` makes.
 */
export async function measureColdStart(times: number): Promise<{ sourcesMs: number; bundleMs: number }> {
  const database = await startSqld();
  try {
    const env = { PARLEY_DATABASE_URL: database.url };
    await task("migrate", env);
    await task("bundle", env);
    return { sourcesMs: await median("src/edge.ts", times, env), bundleMs: await median("dist/edge.js", times, env) };
  } finally {
    await database.stop();
  }
}

async function median(file: string, times: number, env: Record<string, string>): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const started = performance.now();
    const edge = await startDeno(
      (port) => ["serve", "--quiet", "--allow-net", "--allow-env", "--host", "127.0.0.1", "--port", `${port}`, file],
      () => env,
      "/readyz",
    );
    taken.push(performance.now() - started);
    await edge.stop();
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

async function task(name: string, env: Record<string, string>): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: ["task", name], cwd: PROJECT, env })
    .output();
  if (!success) throw new Error(`deno task ${name} failed: ${new TextDecoder().decode(stderr)}`);
}
