import { fileURLToPath } from "node:url";
import { type Call, callerOf } from "./call.ts";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** Longer than a gateway waits for the lock of its database. */
const START_DEADLINE_MS = 200_000;

export interface Child {
  pid: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Resolves with the match once the output holds it. @throws when the process ends first, with what it printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: Deno.Signal): void;
  /** Exit code; 128 and more after a signal. */
  ended: Promise<number>;
}

/** This Deno with `args`, in `cwd` (the project unless given), and with no environment but `env` and what Deno itself needs. */
export function startDeno(args: string[], env: Record<string, string>, cwd = PROJECT): Child {
  const kept = ["PATH", "HOME", "DENO_DIR", "TMPDIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const process = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  let exited = false;
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) output += chunk;
  };
  const ended = Promise.all([process.status, read(process.stdout), read(process.stderr)]).then(([{ code }]) => {
    exited = true;
    return code;
  });
  return {
    pid: process.pid,
    output: () => output,
    async printed(pattern) {
      const deadline = performance.now() + START_DEADLINE_MS;
      while (true) {
        const match = pattern.exec(output);
        if (match) return match;
        if (exited || performance.now() > deadline) throw new Error(`never printed ${pattern}:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    kill(signal) {
      if (!exited) process.kill(signal);
    },
    ended,
  };
}

/** Permissions and flags of a task in deno.json, so that a test runs what the task runs. */
export async function taskArguments(task: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${PROJECT}/deno.json`));
  const [deno, ...args] = (tasks[task].command as string).split(" ");
  if (deno !== "deno") throw new Error(`the task ${task} does not start with deno`);
  return args;
}

/** Calls the gateway at `url` with a key. */
export function caller(url: string, key: string): Call {
  return callerOf((path, init) => fetch(url + path, init), key);
}

/** A folder in which `startGateway` finds what the project has, and in which a database of its own is made. */
export async function gatewayFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "parley-e2e-" });
  for (const name of ["rules", "migrations"]) await Deno.symlink(`${PROJECT}${name}`, `${folder}/${name}`);
  return folder;
}

/** What `deno task start` runs, with the permissions of that task; its only writable folder is `data` below `folder`. */
export async function startGateway(
  folder: string,
  key: string,
  env: Record<string, string>,
): Promise<{ child: Child; url: string; call: ReturnType<typeof caller> }> {
  const args = (await taskArguments("start")).map((arg) => arg === "src/main.ts" ? `${PROJECT}src/main.ts` : arg);
  const child = startDeno([...args.slice(0, 1), "--no-prompt", ...args.slice(1)], {
    PORT: "0",
    PARLEY_ADMIN_KEY: key,
    ...env,
  }, folder);
  const [, url] = await child.printed(/^Parley listens on (\S+)$/m);
  return { child, url: url!, call: caller(url!, key) };
}
