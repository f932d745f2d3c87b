/** The gateway as `deno task start` runs it, in a process and with a database of its own. */
export interface ServedGateway {
  url: string;
  /** The admin key that the first start printed. */
  key: string;
  /** Address of its database, for what reads it from beside. */
  database: string;
  /**
   * Runs a script as a reader of the documentation would, in the project's folder, and resolves with what it prints. The
   * documented address and the documented stand-in for the key become the real ones.
   */
  bash(script: string): Promise<string>;
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 45_000;
const DOCUMENTED_URL = "http://127.0.0.1:8787";

/** Starts it with the permissions of the start task, except that it writes to a temporary folder instead of `data`. */
export async function serveGateway(env: Record<string, string>): Promise<ServedGateway> {
  const folder = await Deno.makeTempDir({ prefix: "parley-docs-" });
  const port = freePort();
  const database = `file:${folder}/parley.db`;
  const child = new Deno.Command(Deno.execPath(), {
    args: await startArguments(folder),
    env: {
      PORT: String(port),
      PARLEY_DATABASE_URL: database,
      HOST: "",
      PARLEY_ADMIN_KEY: "",
      PARLEY_PUBLIC_URL: "",
      PARLEY_RULES_DIR: "",
      PARLEY_TEST_CLOCK: "",
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
    await Deno.remove(folder, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const key = await adminKey(child.stdout).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    url,
    key,
    database,
    async bash(script) {
      const real = script.replaceAll(DOCUMENTED_URL, url).replaceAll("pk_…", key);
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: ["-u", "-c", real],
        env: { NO_COLOR: "1", PARLEY_DATABASE_URL: database },
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout).replaceAll(url, DOCUMENTED_URL) + new TextDecoder().decode(stderr);
    },
    stop,
  };
}

async function startArguments(folder: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json")) as { tasks: { start: { command: string } } };
  const [, ...args] = tasks.start.command.split(" ");
  return args.map((argument) => argument === "--allow-write=data" ? `--allow-write=${folder}` : argument);
}

/** Reads the greeting; the rest of the output is read on, so that the child never waits for a full pipe. */
function adminKey(output: ReadableStream<Uint8Array>): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    const late = setTimeout(() => reject(new Error(`the gateway did not start: ${seen}`)), START_DEADLINE_MS);
    const read = async () => {
      for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
        seen = (seen + chunk).slice(-10_000);
        const key = /Admin key {2}(pk_\S+)/.exec(seen)?.[1];
        if (key === undefined) continue;
        clearTimeout(late);
        resolve(key);
      }
      clearTimeout(late);
      reject(new Error(`the gateway ended: ${seen}`));
    };
    read().catch(reject);
  });
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
