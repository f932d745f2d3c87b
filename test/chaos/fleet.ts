import type { Reply as Answered } from "../support/call.ts";
import { PROJECT, startGateway } from "../support/child.ts";
import { type Sqld, startSqld } from "../support/sqld.ts";

/** Gateways as `deno task start` runs them, on one database, that are killed and started again. */

export interface Fleet {
  /** Processes of the instances that are up. */
  pids(): number[];
  /** What the database is, for the tools that read it. */
  databaseUrl: string;
  /** Folder in which the tools find rules and migrations. */
  folder: string;
  /** Calls some instance that is up; rejects when it dies meanwhile or none is up. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** The same without a key, as carriers do. */
  webhook(path: string): Promise<{ status: number }>;
  /** Kills one instance (SIGKILL) and starts it again; resolves once it answers. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export type Reply = Pick<Answered, "status" | "text" | "body">;

const KEY = "pk_chaos_admin_key";

type Running = Awaited<ReturnType<typeof startGateway>>;

/**
 * `file`: one instance on an embedded file. `server`: two on a libSQL server. Advertising hours are open all the time in the rules
 * that they get, whatever the hour at which this runs; everything else is shipped.
 */
export async function startFleet(kind: "file" | "server", random: () => number): Promise<Fleet> {
  const folder = await Deno.makeTempDir({ prefix: "parley-chaos-" });
  await copyRules(folder);
  await Deno.symlink(`${PROJECT}migrations`, `${folder}/migrations`);
  const server: Sqld | null = kind === "server" ? await startSqld() : null;
  const databaseUrl = server?.url ?? `file:${folder}/data/parley.db`;
  const start = () =>
    startGateway(folder, KEY, { PARLEY_DATABASE_URL: databaseUrl, PARLEY_PUBLIC_URL: "http://127.0.0.1:9" });
  const instances: (Running | null)[] = [];
  for (let index = 0; index < (kind === "server" ? 2 : 1); index++) instances.push(await start());
  const up = () => {
    const running = instances.filter((one) => one !== null);
    if (running.length === 0) throw new Error("no instance is up");
    return running[Math.floor(random() * running.length)]!;
  };
  const ended = async (signal: Deno.Signal, index: number) => {
    const { child } = instances[index]!;
    instances[index] = null;
    child.kill(signal);
    await child.ended;
  };

  return {
    pids: () => instances.flatMap((one) => one === null ? [] : [one.child.pid]),
    databaseUrl,
    folder,
    call: async (...args) => await up().call(...args),
    async webhook(path) {
      const response = await fetch(up().url + path);
      await response.body?.cancel();
      return { status: response.status };
    },
    async kill() {
      const index = Math.floor(random() * instances.length);
      await ended("SIGKILL", index);
      instances[index] = await start();
    },
    async stop() {
      for (const [index, running] of instances.entries()) if (running) await ended("SIGKILL", index);
      await server?.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const ALWAYS = `    always:
      open: { mon-sun: "00:00-24:00" }
      holidays: open
      source: { text: "For tests: any hour", confidence: design, reviewed: 2026-11-22 }
`;

async function copyRules(folder: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-r", `${PROJECT}rules`, `${folder}/rules`] }).output();
  if (!success) throw new Error("the rules could not be copied");
  const change = async (file: string, from: RegExp, to: string) => {
    const path = `${folder}/rules/${file}`;
    const text = await Deno.readTextFile(path);
    if (!from.test(text)) throw new Error(`${file} no longer holds ${from}`);
    await Deno.writeTextFile(path, text.replace(from, to));
  };
  await change("countries/fr.yaml", /^ {4}fr-strict:$/m, `${ALWAYS}    fr-strict:`);
  await change("deployment.yaml", /^brand:/m, "quiet_hours: { FR: always }\nbrand:");
}
