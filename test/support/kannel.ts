import { FAKESMSC, fakesmscNetwork } from "./fakesmsc.ts";
import { type HandsetNetwork, LineNetwork, type Part, type Sms } from "./handset_network.ts";

/**
 * A real Kannel (bearerbox and smsbox) on free loopback ports, with its store and log in a temporary folder. Its `fake` SMSC
 * speaks a protocol of one line a message; at its other end is Kannel's own `fakesmsc`, or the harness itself, which does the
 * same except that a handset can write at any moment and in any alphabet.
 */

export interface Kannel {
  sendsmsUrl: string;
  username: string;
  password: string;
  /** A handset writes (MO). Kannel gets what a network would give it: GSM text where the alphabet suffices, else UCS-2. */
  handsetSend(from: string, to: string, text: string): Promise<void>;
  /** What handsets have received (MT), oldest first; a long message once all its parts are there, joined. */
  handsetReceived(): Sms[];
  /** A handset writes a long message, of which the network brings the parts in the order given. */
  handsetSendParts(from: string, to: string, reference: number, parts: readonly Part[]): Promise<void>;
  /** What waits in bearerbox's store, a line each. */
  stored(): Promise<string[]>;
  /** `kill -9`. */
  kill(boxes: readonly Box[]): Promise<void>;
  /** Starts what was killed and resolves once Kannel takes messages again. */
  restart(): Promise<void>;
  /** Ends both processes and removes the folder. */
  stop(): Promise<void>;
}

export type Box = "bearerbox" | "smsbox";

export interface KannelOptions {
  /** Where MOs go, with the key: `http://127.0.0.1:8787/carriers/acc_1/inbound?key=…`. */
  inboundUrl: string;
  /**
   * How: `GET` with everything in the query (the default), `POST` with headers and the text as body, or `exec`, a program that does
   * what `GET` does until it is answered.
   */
  inboundMethod?: "GET" | "POST" | "exec";
  /** Who joins the parts of long messages: Kannel, or the gateway (the default). */
  joining?: "kannel" | "gateway";
  /** Who plays the handset network: the harness (the default) or Kannel's own tool. */
  handsets?: "harness" | "fakesmsc";
  /**
   * When a message is in Kannel's store: once the disk has it (`synced`, by the attributes of the folder), or once the system has taken
   * it, which is how Kannel comes (the default) and loses it with the power.
   */
  spool?: "synced" | "buffered";
}

const BINARIES = ["/usr/sbin/bearerbox", "/usr/sbin/smsbox", FAKESMSC] as const;
const USERNAME = "parley";
const PASSWORD = "change-me-sendsms";
const ADMIN_PASSWORD = "change-me-admin";
const DOCUMENTATION = new URL("../../docs/carriers.md", import.meta.url);
const START_DEADLINE_MS = 30_000;
/** Another process may take a free port between our look and Kannel's start. */
const START_ATTEMPTS = 3;

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
  await Deno.mkdir(`${folder}/store`);
  await Deno.mkdir(`${folder}/reports`);
  if (options.spool === "synced") await syncEveryWrite([`${folder}/store`, `${folder}/reports`]);
  await Deno.writeTextFile(config, configuration(folder, { adminPort, boxPort, smscPort, sendsmsPort }, options));

  const boxes = new Map<Box, Deno.ChildProcess>();
  const network = options.handsets === "fakesmsc" ? fakesmscNetwork(smscPort) : new LineNetwork(smscPort);
  const killed = async (names: readonly Box[]) => {
    const children = names.flatMap((name) => boxes.get(name) ?? []);
    for (const name of names) boxes.delete(name);
    for (const child of children) kill(child);
    await Promise.all(children.map((child) => child.status));
    // A program that smsbox runs holds its sockets for a moment longer; a new smsbox that finds them taken gives up.
    if (names.includes("smsbox")) await until(Date.now() + START_DEADLINE_MS, async () => !await connects(sendsmsPort));
  };
  const run = async () => {
    const deadline = Date.now() + START_DEADLINE_MS;
    if (!boxes.has("bearerbox")) {
      // An smsbox whose bearerbox is gone ends, and comes back by itself ten seconds later: too slow for a test.
      await killed(["smsbox"]);
      boxes.set("bearerbox", spawn(BINARIES[0], config));
      await until(deadline, () => connects(boxPort));
      // It opens the port of its SMSC a moment after that one.
      await until(deadline, () => connected(network));
    }
    if (!boxes.has("smsbox")) boxes.set("smsbox", spawn(BINARIES[1], config));
    await until(deadline, async () => ready(await adminPage(adminPort, "status")) && await connects(sendsmsPort));
  };
  const stop = async () => {
    await network.close();
    await killed(["smsbox", "bearerbox"]);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await run();
  } catch (error) {
    const log = await Deno.readTextFile(`${folder}/kannel.log`).catch(() => "no log");
    await stop();
    throw new Error(`Kannel did not start: ${log.slice(-2000)}`, { cause: error });
  }

  return {
    sendsmsUrl: `http://127.0.0.1:${sendsmsPort}/cgi-bin/sendsms`,
    username: USERNAME,
    password: PASSWORD,
    handsetSend: (from, to, text) => network.write(from, to, text),
    handsetSendParts: (from, to, reference, parts) => network.writeParts(from, to, reference, parts),
    handsetReceived: () => network.received(),
    stored: async () =>
      (await adminPage(adminPort, "store-status")).split("\n").filter((line) => /^\[\S{36}\]/.test(line)),
    kill: killed,
    restart: run,
    stop,
  };
}

/** Whatever is written below these folders is on the disk before the writer goes on. ext4 and its like know that. */
async function syncEveryWrite(folders: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("chattr", { args: ["-R", "+SD", ...folders] }).output();
  if (!success) throw new Error(`this file system syncs no single folder: ${new TextDecoder().decode(stderr).trim()}`);
}

interface Ports {
  adminPort: number;
  boxPort: number;
  smscPort: number;
  sendsmsPort: number;
}

/** The `kannel.conf` that docs/carriers.md recommends, with what `options` change, on ports and in a folder of its own. */
function configuration(folder: string, ports: Ports, { inboundUrl, inboundMethod, joining }: KannelOptions): string {
  const [, documented] = /```conf\n(group = core[^]*?)```/.exec(Deno.readTextFileSync(DOCUMENTATION)) ?? [];
  const [exec = "", call] = /^exec = .*"(http:[^"]+)"$/m.exec(documented ?? "") ?? [];
  if (documented === undefined || call === undefined) throw new Error("docs/carriers.md has no kannel.conf any more");
  const url = call.replace(/^[^&]+/, () => inboundUrl);
  const services = {
    GET: `get-url = "${url}"`,
    POST: `post-url = "${inboundUrl}&id=%I&udh=%u"\nsend-sender = true`,
    exec: exec.replace(call, () => url),
  };
  const changes: [string, string][] = [
    [exec, services[inboundMethod ?? "GET"]],
    ["admin-port = 13000", `admin-port = ${ports.adminPort}`],
    ["smsbox-port = 13001", `smsbox-port = ${ports.boxPort}`],
    ["bearerbox-port = 13001", `bearerbox-port = ${ports.boxPort}`],
    ["port = 10000", `port = ${ports.smscPort}`],
    ["sendsms-port = 13013", `sendsms-port = ${ports.sendsmsPort}`],
    ["/var/spool/kannel/store", `${folder}/store`],
    ["/var/spool/kannel/reports", `${folder}/reports`],
    ["/var/log/kannel/bearerbox.log", `${folder}/kannel.log`],
    // Tests do not wait that long.
    ["http-queue-delay = 10", "http-queue-delay = 1"],
  ];
  if (joining === "kannel") {
    changes.push(["sms-combine-concatenated-mo = false", "sms-combine-concatenated-mo = true"]);
  }
  const changed = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the kannel.conf of docs/carriers.md lacks "${from}"`);
    return text.replace(from, () => to);
  }, documented);
  return changed.replace("--retry-delay 5 ", "--retry-delay 1 ");
}

/**
 * Below those that systems give to outgoing calls (32768 on Linux): one of these would take the port while its box is killed, and the
 * box could not come back.
 */
function freePorts(): [number, number, number, number] {
  const listeners = [0, 0, 0, 0].map(() => listenSomewhere());
  const [a = 0, b = 0, c = 0, d = 0] = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return [a, b, c, d];
}

function listenSomewhere(): Deno.TcpListener {
  for (;;) {
    try {
      return Deno.listen({ hostname: "127.0.0.1", port: 15_000 + Math.floor(Math.random() * 15_000) });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
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

async function adminPage(port: number, page: "status" | "store-status"): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/${page}.txt?password=${ADMIN_PASSWORD}`).catch(() => null);
  return await response?.text() ?? "";
}

function ready(status: string): boolean {
  return /smsbox:.*\(on-line /.test(status) && /handsets\[handsets\].*\(online /.test(status);
}

async function connected(network: HandsetNetwork): Promise<boolean> {
  try {
    await network.connect();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

async function until(deadline: number, condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error("it took too long");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
