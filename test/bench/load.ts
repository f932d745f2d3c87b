import { loadWithDeno } from "./load_client.ts";

/**
 * Load for every system that is measured, from one generator: `wrk` where it is installed, else a client of our own in a process
 * of its own. Requests are made beforehand and read from a file, so that the generator, which shares the machine with the
 * server, only copies bytes: each request is the length of its bytes in eight digits, a line break, and the bytes.
 */

export interface LoadOptions {
  /** `http://127.0.0.1:8787` */
  origin: string;
  connections: number;
  /** Not measured. */
  warmUpSeconds: number;
  seconds: number;
}

export interface LoadResult {
  connections: number;
  requests: number;
  seconds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Answers with a status of 400 or more. */
  refused: number;
  /** Connections that failed, answers that were cut off or did not come within two seconds. */
  socketErrors: number;
  /** How often the file was read to its end and begun again: later requests then repeat earlier ones. */
  repeats: number;
}

/** What one run of a generator tells; `offset` is where the next run goes on reading. */
export interface Run extends Omit<LoadResult, "connections" | "perSecond"> {
  offset: number;
}

export interface RunOptions {
  origin: string;
  file: string;
  offset: number;
  connections: number;
  seconds: number;
}

export type Generator = (options: RunOptions) => Promise<Run>;

/** One HTTP/1.1 request as bytes on the wire. */
export function rawRequest(method: string, path: string, headers: Record<string, string>, body = ""): string {
  const lines = Object.entries({ Host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body !== "") lines.push(`Content-Length: ${new TextEncoder().encode(body).length}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** The generator of this machine, and its name. */
export async function findGenerator(): Promise<{ name: string; generator: Generator }> {
  try {
    const { stdout } = await new Deno.Command("wrk", { args: ["-v"], stderr: "null" }).output();
    return { name: new TextDecoder().decode(stdout).split(" Copyright")[0]!.trim(), generator: loadWithWrk };
  } catch {
    return { name: "own client on Deno (wrk is not installed: apt-get install wrk)", generator: loadWithDeno };
  }
}

/** Warms up, then measures. `requests` should be more than can be asked in that time. */
export async function measure(
  generator: Generator,
  requests: Iterable<string>,
  { origin, connections, warmUpSeconds, seconds }: LoadOptions,
): Promise<LoadResult> {
  const file = await Deno.makeTempFile({ prefix: "parley-load-" });
  try {
    await writeRequests(file, requests);
    const warm = await generator({ origin, file, offset: 0, connections, seconds: warmUpSeconds });
    const { offset: _, ...run } = await generator({ origin, file, offset: warm.offset, connections, seconds });
    return { ...run, connections, perSecond: run.requests / run.seconds, repeats: warm.repeats + run.repeats };
  } finally {
    await Deno.remove(file);
  }
}

const CHUNK_CHARS = 1 << 20;

async function writeRequests(path: string, requests: Iterable<string>): Promise<void> {
  using file = await Deno.open(path, { write: true, truncate: true });
  const encoder = new TextEncoder();
  const writer = file.writable.getWriter();
  let chunk = "";
  for (const request of requests) {
    chunk += `${String(encoder.encode(request).length).padStart(8, "0")}\n${request}`;
    if (chunk.length < CHUNK_CHARS) continue;
    await writer.write(encoder.encode(chunk));
    chunk = "";
  }
  await writer.write(encoder.encode(chunk));
  writer.releaseLock();
}

const SCRIPT = `
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function init(args)
  file = assert(io.open(args[1], "rb"))
  file:seek("set", tonumber(args[2]))
  repeats = 0
  taken = tonumber(args[2])
end
function request()
  local length = file:read(9)
  if not length then
    file:seek("set", 0)
    repeats = repeats + 1
    taken = 0
    length = file:read(9)
  end
  local bytes = tonumber(length)
  taken = taken + 9 + bytes
  return file:read(bytes)
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f,"maxMs":%f,"refused":%d,"socketErrors":%d,"repeats":%d,"offset":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    threads[1]:get("repeats"), threads[1]:get("taken")))
end
`;

async function loadWithWrk({ origin, file, offset, connections, seconds }: RunOptions): Promise<Run> {
  const script = await Deno.makeTempFile({ suffix: ".lua" });
  try {
    await Deno.writeTextFile(script, SCRIPT);
    const { success, stdout, stderr } = await new Deno.Command("wrk", {
      // One thread: it is far from its limit, and a second would take turns with the server.
      args: ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, origin, "--", file, String(offset)],
    }).output();
    const line = /^RESULT (.*)$/m.exec(new TextDecoder().decode(stdout))?.[1];
    if (!success || line === undefined) throw new Error(`wrk failed: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(line) as Run;
  } finally {
    await Deno.remove(script);
  }
}
