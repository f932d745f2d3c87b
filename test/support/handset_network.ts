export interface Sms {
  from: string;
  to: string;
  text: string;
}

export interface Part {
  /** From 1. */
  number: number;
  total: number;
  text: string;
}

/** The other end of `smsc = fake`. */
export interface HandsetNetwork {
  /** Once Kannel listens, at its start and after it was killed. */
  connect(): void | Promise<void>;
  write(from: string, to: string, text: string): Promise<void>;
  /** A long message, part by part in the order given. */
  writeParts(from: string, to: string, reference: number, parts: readonly Part[]): Promise<void>;
  received(): Sms[];
  close(): void | Promise<void>;
}

/** Printable characters of GSM 03.38 that need no escape: as much as a French or English handset sends in 7 bits. */
const GSM_TEXT = /^[ -Z_a-z¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü€]*$/;

/**
 * The harness as the handset network: lines of `sender receiver type data`. As a real network does, it keeps what handsets write while
 * Kannel is away and brings it when Kannel is back.
 */
export class LineNetwork implements HandsetNetwork {
  #connection: Deno.TcpConn | null = null;
  #lines: string[] = [];
  #waiting: string[] = [];

  constructor(readonly port: number) {}

  async connect(): Promise<void> {
    this.#connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    this.#read(this.#connection);
    for (const line of this.#waiting.splice(0)) await this.#write(line);
  }

  async write(from: string, to: string, text: string): Promise<void> {
    const data = GSM_TEXT.test(text) ? `text ${text}` : `ucs2 ${escaped(utf16(text))}`;
    await this.#write(`${from} ${to} ${data}`);
  }

  async writeParts(from: string, to: string, reference: number, parts: readonly Part[]): Promise<void> {
    for (const part of parts) await this.#write(`${from} ${to} ${udhData(reference, part)}`);
  }

  received(): Sms[] {
    return messagesOf(this.#lines);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async #write(line: string): Promise<void> {
    if (this.#connection === null) return void this.#waiting.push(line);
    const writer = this.#connection.writable.getWriter();
    try {
      await writer.write(new TextEncoder().encode(`${line}\n`));
    } finally {
      writer.releaseLock();
    }
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    let rest = "";
    try {
      for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          // A text may hold line breaks, and the protocol does not escape them.
          if (HEADER.test(line)) this.#lines.push(line);
          else this.#lines.push(`${this.#lines.pop() ?? ""}\n${line}`);
        }
      }
    } catch (error) {
      // `close()` interrupts the read, and a Kannel that is killed may reset the connection.
      if (!EXPECTED_ENDS.some((kind) => error instanceof kind)) throw error;
    }
    if (this.#connection === connection) this.#connection = null;
  }
}

/** Type and data of a part: concatenated short messages with an 8-bit reference (3GPP TS 23.040, 9.2.3.24.1). */
export function udhData(reference: number, { number, total, text }: Part): string {
  const udh = escaped(Uint8Array.of(5, 0, 3, reference, total, number));
  return `udh ${udh} ${escaped(new TextEncoder().encode(text))}`;
}

const EXPECTED_ENDS = [Deno.errors.Interrupted, Deno.errors.BadResource, Deno.errors.ConnectionReset];

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
    if (Object.keys(known).length < total) continue;
    parts.delete(key);
    messages.push({ from, to, text: joined(known) });
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
