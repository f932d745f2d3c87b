import { type Child, PROJECT, startDeno } from "./child.ts";

/** The gateway as `deno task start` runs it, on an embedded file in a temporary folder, with its dispatcher. */
export interface Gateway extends Child {
  key: string;
  /** Throws unless the answer is 2xx. */
  call(method: string, path: string, body: unknown, contentType?: string): Promise<void>;
}

/** `database`: a file of its own unless given. `clock`: RFC 3339 instant at which its clock starts; the gateway refuses real carriers then. */
export async function startGateway({ clock, database }: { clock?: string; database?: string } = {}): Promise<Gateway> {
  const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
  const key = `pk_bench_${crypto.randomUUID()}`;
  const { tasks } = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`)) as {
    tasks: { start: { command: string } };
  };
  const [, ...args] = tasks.start.command.split(" ");
  const child = await startDeno(
    () => args,
    (port) => ({
      PORT: String(port),
      HOST: "127.0.0.1",
      PARLEY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      PARLEY_DATABASE_URL: database ?? `file:${folder}/parley.db`,
      PARLEY_ADMIN_KEY: key,
      ...(clock === undefined ? {} : { PARLEY_TEST_CLOCK: clock }),
    }),
    "/readyz",
  );
  return {
    ...child,
    key,
    async call(method, path, body, contentType = "application/json") {
      const response = await fetch(child.origin + path, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": contentType },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    },
    async stop() {
      await child.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** French mobiles, each given out once. Nothing of a bench leaves the machine. */
export function phoneNumbers(): () => string {
  let count = 0;
  return () => `+336${String(count++).padStart(8, "0")}`;
}
