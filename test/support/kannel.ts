import { FAKESMSC, fakesmscNetwork } from "./fakesmsc.ts";

/**
 * A real Kannel (bearerbox and smsbox) on free loopback ports, with its store and log in a temporary folder. Its `fake` SMSC
 * speaks a protocol of one line a message; at its other end is Kannel's own `fakesmsc`, or the harness itself, which does the
 * same except that a handset can write at any moment and in any alphabet.
 */

export interface Sms {
  from: string;
  to: string;
  text: string;
}

export interface Kannel {
  sendsmsUrl: string;
  username: string;
  password: string;
  /** A handset writes (MO). Kannel gets what a network would give it: GSM text where the alphabet suffices, else UCS-2. */
  handsetSend(from: string, to: string, text: string): Promise<void>;
  /** What handsets have received (MT), oldest first; a long message once all its parts are there, joined. */
  handsetReceived(): Sms[];
  /** Ends both processes and removes the folder. */
  stop(): Promise<void>;
}

export interface KannelOptions {
  /** Where MOs go, with the key: `http://127.0.0.1:8787/carriers/acc_1/inbound?key=…`. */
  inboundUrl: string;
  /** How: `GET` with everything in the query (the default), or `POST` with headers and the text as body. */
  inboundMethod?: "GET" | "POST";
  /** Who plays the handset network: the harness (the default) or Kannel's own tool. */
  handsets?: "harness" | "fakesmsc";
}

/** The other end of `smsc = fake`. */
export interface HandsetNetwork {
  write(from: string, to: string, text: string): Promise<void>;
  received(): Sms[];
  close(): void | Promise<void>;
}

const BINARIES = ["/usr/sbin/bearerbox", "/usr/sbin/smsbox", FAKESMSC] as const;
const USERNAME = "parley";
const PASSWORD = "sendsms-secret";
const ADMIN_PASSWORD = "admin-secret";
const START_DEADLINE_MS = 10_000;
/** Another process may take a free port between our look and Kannel's start. */
const START_ATTEMPTS = 3;

/** Printable characters of GSM 03.38 that need no escape: as much as a French or English handset sends in 7 bits. */
const GSM_TEXT = /^[ -Z_a-z¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü€]*$/;

/** True when this machine has the Debian packages `kannel` and `kannel-extras`. */
export function kannelInstalled(): boolean {
  return BINARIES.every((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/**
 * Starts Kannel and resolves once it takes messages and has its handset network, in about a second.
 * @throws when it does not come up, with the end of its log.
 */
export async function startKannel(options: KannelOptions): Promise<Kannel> {
  for (let attempt = 1;; attempt++) {
    try {
      return await start(options);
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function start(options: KannelOptions): Promise<Kannel> {
  const folder = await Deno.makeTempDir({ prefix: "parley-kannel-" });
  const [adminPort, boxPort, smscPort, sendsmsPort] = freePorts();
  const config = `${folder}/kannel.conf`;
  await Deno.writeTextFile(config, configuration(folder, { adminPort, boxPort, smscPort, sendsmsPort }, options));

  const children: Deno.ChildProcess[] = [];
  let network: HandsetNetwork | undefined;
  const stop = async () => {
    await network?.close();
    for (const child of children) kill(child);
    await Promise.all(children.map((child) => child.status));
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const deadline = Date.now() + START_DEADLINE_MS;
    children.push(spawn(BINARIES[0], config));
    await until(deadline, () => connects(boxPort));
    children.push(spawn(BINARIES[1], config));
    network = options.handsets === "fakesmsc"
      ? fakesmscNetwork(smscPort)
      : new LineNetwork(await Deno.connect({ hostname: "127.0.0.1", port: smscPort }));
    await until(deadline, async () => ready(await adminStatus(adminPort)) && await connects(sendsmsPort));
  } catch (error) {
    const log = await Deno.readTextFile(`${folder}/kannel.log`).catch(() => "no log");
    await stop();
    throw new Error(`Kannel did not start: ${log.slice(-2000)}`, { cause: error });
  }

  const handsets = network;
  return {
    sendsmsUrl: `http://127.0.0.1:${sendsmsPort}/cgi-bin/sendsms`,
    username: USERNAME,
    password: PASSWORD,
    handsetSend: (from, to, text) => handsets.write(from, to, text),
    handsetReceived: () => handsets.received(),
    stop,
  };
}

interface Ports {
  adminPort: number;
  boxPort: number;
  smscPort: number;
  sendsmsPort: number;
}

/** Groups end at a blank line. */
function configuration(folder: string, ports: Ports, options: KannelOptions): string {
  const service = options.inboundMethod === "POST"
    ? `post-url = "${options.inboundUrl}&id=%I"\nsend-sender = true`
    : `get-url = "${options.inboundUrl}&id=%I&from=%p&to=%P&text=%b&charset=%C&coding=%c"`;
  return `
group = core
admin-port = ${ports.adminPort}
admin-interface = 127.0.0.1
admin-password = ${ADMIN_PASSWORD}
smsbox-port = ${ports.boxPort}
smsbox-interface = 127.0.0.1
store-type = spool
store-location = ${folder}
dlr-storage = internal
log-file = ${folder}/kannel.log
log-level = 2

group = smsc
smsc = fake
smsc-id = handsets
port = ${ports.smscPort}
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = ${ports.boxPort}
sendsms-port = ${ports.sendsmsPort}
sendsms-interface = 127.0.0.1
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = ${USERNAME}
password = ${PASSWORD}
concatenation = true
max-messages = 20

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
${service}
`;
}

/** Lines of `sender receiver type data`. */
class LineNetwork implements HandsetNetwork {
  #connection: Deno.TcpConn;
  #lines: string[] = [];

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#read();
  }

  async write(from: string, to: string, text: string): Promise<void> {
    const line = GSM_TEXT.test(text) ? `${from} ${to} text ${text}\n` : `${from} ${to} ucs2 ${escaped(utf16(text))}\n`;
    const writer = this.#connection.writable.getWriter();
    try {
      await writer.write(new TextEncoder().encode(line));
    } finally {
      writer.releaseLock();
    }
  }

  received(): Sms[] {
    return messagesOf(this.#lines);
  }

  close(): void {
    this.#connection.close();
  }

  async #read(): Promise<void> {
    let rest = "";
    try {
      for await (const chunk of this.#connection.readable.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          // A text may hold line breaks, and the protocol does not escape them.
          if (HEADER.test(line)) this.#lines.push(line);
          else this.#lines.push(`${this.#lines.pop() ?? ""}\n${line}`);
        }
      }
    } catch (error) {
      // `close()` interrupts the read.
      if (!(error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** The messages that lines of the protocol carry; a long one once all its parts are there, joined. */
export function messagesOf(lines: readonly string[]): Sms[] {
  const messages: Sms[] = [];
  const parts = new Map<string, Uint8Array[]>();
  for (const line of lines) {
    const [, from = "", to = "", type, rest = ""] = HEADER.exec(line) ?? [];
    if (type === "text") messages.push({ from, to, text: rest });
    if (type === "data") messages.push({ from, to, text: new TextDecoder("windows-1252").decode(unescaped(rest)) });
    if (type === "ucs-2") messages.push({ from, to, text: new TextDecoder("utf-16be").decode(unescaped(rest)) });
    if (type !== "udh") continue;
    const [udh = "", data = ""] = rest.split(" data ");
    // 05 00 03, reference, number of parts, this part.
    const [, , , reference = 0, total = 0, part = 0] = unescaped(udh);
    const key = `${from} ${to} ${reference}`;
    const known = parts.get(key) ?? [];
    parts.set(key, known);
    known[part - 1] = unescaped(data);
    if (Object.keys(known).length === total) messages.push({ from, to, text: joined(known) });
  }
  return messages;
}

const HEADER = /^(\S+) (\S+) (text|data|ucs-2|udh) ([^]*)$/;

/** Parts do not say what they are written in. UTF-16 of what tests write holds zero bytes or is no UTF-8; GSM text is UTF-8. */
function joined(parts: Uint8Array[]): string {
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  try {
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Falls through to UTF-16.
  }
  return new TextDecoder("utf-16be").decode(bytes);
}

function utf16(text: string): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: text.length }, (_, i) => [text.charCodeAt(i) >> 8, text.charCodeAt(i) & 255]).flat(),
  );
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function unescaped(data: string): Uint8Array {
  const bytes = data.replaceAll("+", " ").matchAll(/%([0-9A-Fa-f]{2})|([^])/g);
  return Uint8Array.from(bytes, ([, hex, char]) => hex ? parseInt(hex, 16) : (char ?? "").charCodeAt(0));
}

function freePorts(): [number, number, number, number] {
  const listeners = [0, 0, 0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const [a = 0, b = 0, c = 0, d = 0] = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return [a, b, c, d];
}

function spawn(path: string, config: string): Deno.ChildProcess {
  // -v 4: nothing but panics on the console, which is thrown away as well.
  return new Deno.Command(path, { args: ["-v", "4", config], stdin: "null", stdout: "null", stderr: "null" }).spawn();
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

async function connects(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

async function adminStatus(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/status.txt?password=${ADMIN_PASSWORD}`).catch(() => null);
  return await response?.text() ?? "";
}

function ready(status: string): boolean {
  return /smsbox:.*\(on-line /.test(status) && /handsets\[handsets\].*\(online /.test(status);
}

async function until(deadline: number, condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error("it took too long");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
