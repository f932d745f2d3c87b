import { type HandsetNetwork, messagesOf, udhData } from "./handset_network.ts";

/**
 * Kannel's own `fakesmsc` as the handset network. It sends what it was started with and then only receives, so each message from a
 * handset starts it anew; what it received is in its log: `Got message 1: <36111 33612345678 text Bonjour>`.
 */
export const FAKESMSC = "/usr/lib/kannel/test/fakesmsc";

export function fakesmscNetwork(port: number): HandsetNetwork {
  let log = "";
  const start = (message: string | null) => {
    const process = spawn(port, message);
    const read = async () => {
      for await (const chunk of process.stderr.pipeThrough(new TextDecoderStream())) log += chunk;
    };
    return { process, read: read() };
  };
  let running: ReturnType<typeof start> | null = null;
  const end = async () => {
    if (running === null) return;
    try {
      running.process.kill("SIGKILL");
    } catch {
      // It has ended with its Kannel.
    }
    await running.process.status;
    await running.read;
  };
  const send = async (message: string | null) => {
    await end();
    const before = log.length;
    running = start(message);
    while (message !== null && !log.includes("sent message 1", before)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return {
    connect: () => send(null),
    write: (from, to, text) => send(`${from} ${to} text ${text}`),
    async writeParts(from, to, reference, parts) {
      for (const part of parts) await send(`${from} ${to} ${udhData(reference, part)}`);
    },
    received: () =>
      messagesOf(Array.from(log.matchAll(/Got message \d+: <([^]*?)>\n(?=\d{4}-|$)/g), ([, line]) => line!)),
    close: end,
  };
}

function spawn(port: number, message: string | null): Deno.ChildProcess {
  const args = ["-H", "127.0.0.1", "-r", String(port), "-m", message === null ? "0" : "1", message ?? "0 0 text none"];
  return new Deno.Command(FAKESMSC, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
}
