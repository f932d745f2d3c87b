/** Servers that are measured run in processes of their own. */

export interface Child {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  pid: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

export const PROJECT = new URL("../../", import.meta.url).pathname;

/** Starts `deno` with `args` and resolves once `path` answers 2xx. `port` is the one it shall listen on. */
export async function startDeno(
  args: (port: number) => readonly string[],
  env: (port: number) => Record<string, string>,
  path: string,
): Promise<Child> {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args(port)],
    cwd: PROJECT,
    env: env(port),
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let ended = false;
  const status = child.status.then(() => {
    ended = true;
  });
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (ended) return;
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await status;
    clearTimeout(late);
  };
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!await answers(origin + path)) {
    if (ended || performance.now() > deadline) {
      await stop();
      throw new Error(`${args(port).at(-1)} did not answer within ${READY_WITHIN_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { origin, pid: child.pid, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
