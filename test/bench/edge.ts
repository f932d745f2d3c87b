import { startSqld } from "../support/sqld.ts";
import { PROJECT, startDeno } from "./child.ts";

/** Time from the start of an edge instance (a new process, only network and environment) to its first answer from the database. */
export async function measureColdStart(times: number): Promise<{ medianMs: number }> {
  const database = await startSqld();
  try {
    const env = { PARLEY_DATABASE_URL: database.url };
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "migrate"],
      cwd: PROJECT,
      env,
    })
      .output();
    if (!success) throw new Error(`migrate failed: ${new TextDecoder().decode(stdout)}`);
    const taken: number[] = [];
    for (let index = 0; index < times; index++) {
      const started = performance.now();
      const edge = await startDeno(
        (
          port,
        ) => [
          "serve",
          "--quiet",
          "--allow-net",
          "--allow-env",
          "--host",
          "127.0.0.1",
          "--port",
          `${port}`,
          "src/edge.ts",
        ],
        () => env,
        "/readyz",
      );
      taken.push(performance.now() - started);
      await edge.stop();
    }
    return { medianMs: taken.sort((a, b) => a - b)[Math.floor(times / 2)]! };
  } finally {
    await database.stop();
  }
}
