import type { Run, RunOptions } from "./load.ts";

/** The load generator for machines without wrk: a process of its own that writes raw requests and reads just enough of answers. */

const TIMEOUT_MS = 2_000;
const HEADER_BYTES = 9;

/** Runs this file in a process of its own. */
export async function loadWithDeno(options: RunOptions): Promise<Run> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net", "--allow-read", import.meta.filename!, JSON.stringify(options)],
  }).output();
  if (!success) throw new Error(`the load client failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Run;
}

if (import.meta.main) {
  const run = await drive(JSON.parse(Deno.args[0]!) as RunOptions);
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(run)));
  Deno.exit(0);
}

async function drive({ origin, file, offset, connections, seconds }: RunOptions): Promise<Run> {
  const bytes = await Deno.readFile(file);
  const { hostname, port } = new URL(origin);
  const latencies: number[] = [];
  let [refused, socketErrors, repeats, at] = [0, 0, 0, offset];
  const next = (): Uint8Array => {
    if (at >= bytes.length) {
      at = 0;
      repeats++;
    }
    const length = Number(String.fromCharCode(...bytes.subarray(at, at + HEADER_BYTES)));
    at += HEADER_BYTES + length;
    return bytes.subarray(at - length, at);
  };
  const started = performance.now();
  const end = started + seconds * 1000;

  const ask = async (connection: Deno.TcpConn, buffer: Uint8Array): Promise<void> => {
    const asked = performance.now();
    const request = next();
    for (let sent = 0; sent < request.length;) sent += await connection.write(request.subarray(sent));
    let text = "";
    while (!complete(text)) {
      const count = await connection.read(buffer);
      if (count === null) throw new Error("closed");
      for (let index = 0; index < count; index++) text += String.fromCharCode(buffer[index]!);
    }
    latencies.push(performance.now() - asked);
    if (Number(text.slice(9, 12)) >= 400) refused++;
  };
  const worker = async (): Promise<void> => {
    const buffer = new Uint8Array(16_384);
    while (performance.now() < end) {
      try {
        using connection = await Deno.connect({ hostname, port: Number(port) });
        connection.setNoDelay(true);
        while (performance.now() < end) await within(TIMEOUT_MS, ask(connection, buffer));
      } catch {
        socketErrors++;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  latencies.sort((a, b) => a - b);
  const percentile = (part: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  return {
    requests: latencies.length,
    seconds: (performance.now() - started) / 1000,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    maxMs: latencies.at(-1) ?? 0,
    refused,
    socketErrors,
    repeats,
    offset: at,
  };
}

/** Whether a whole answer is there: by its length, or by the last chunk. */
function complete(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2))?.[1];
  return length === undefined ? text.endsWith("0\r\n\r\n") : text.length >= head + 4 + Number(length);
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => timer = setTimeout(() => reject(new Error("late")), ms));
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
