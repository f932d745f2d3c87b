import { onTestFinished } from "vitest";

/**
 * A way to a libSQL server that breaks one answer after the server did what it was asked for: `closed` without a byte, `cut` in the middle,
 * `replaced` by what a gateway in front of a server says when it has waited for too long.
 */
export type Break = "closed" | "cut" | "replaced";

export interface BrokenServer {
  url: string;
  /** Breaks the answer to the next request that holds `words`. Only a connection that was used before: a new one is never sent twice. */
  breakNext(words: string): void;
  /** Requests with these words that the server got since. */
  readonly seen: number;
}

export function brokenServer(target: string, how: Break): BrokenServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const state = { words: "", broken: true, seen: 0 };
  onTestFinished(() => listener.close());
  (async () => {
    for await (const connection of listener) void serve(connection).catch(() => {});
  })().catch(() => {});

  async function serve(connection: Deno.Conn): Promise<void> {
    using _ = connection;
    const input = new Input(connection);
    for (let used = false;; used = true) {
      const head = await input.head();
      if (head === null) return;
      const [method = "", path = ""] = head.split(" ");
      const type = /content-type: (.*)/i.exec(head)?.[1]?.trim();
      const body = await input.bytes(Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0));
      const answer = await fetch(target + path, {
        method,
        ...(method === "POST" ? { body, headers: { "content-type": type! } } : {}),
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const meant = state.words !== "" && latin1(body).includes(state.words);
      if (meant) state.seen++;
      if (meant && used && !state.broken) {
        state.broken = true;
        if (how === "replaced") {
          await write(
            connection,
            504,
            "application/json",
            new TextEncoder().encode('{"message":"Endpoint request timed out"}'),
          );
        } else {
          if (how === "cut") await write(connection, answer.status, type!, bytes, bytes.length >> 1);
          return;
        }
      } else {
        await write(connection, answer.status, answer.headers.get("content-type") ?? "text/plain", bytes);
      }
    }
  }

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    breakNext(words) {
      Object.assign(state, { words, broken: false, seen: 0 });
    },
    get seen() {
      return state.seen;
    },
  };
}

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

class Input {
  #buffer = new Uint8Array(0);
  constructor(readonly connection: Deno.Conn) {}

  /** Lines of the next request, null at the end. */
  async head(): Promise<string | null> {
    for (;;) {
      const end = latin1(this.#buffer).indexOf("\r\n\r\n");
      if (end >= 0) return latin1(await this.bytes(end + 4));
      if (!await this.#more()) return null;
    }
  }

  async bytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#buffer.length < count) if (!await this.#more()) throw new Error("the request ended too early");
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const count = await this.connection.read(chunk);
    if (count === null) return false;
    const joined = new Uint8Array(this.#buffer.length + count);
    joined.set(this.#buffer);
    joined.set(chunk.subarray(0, count), this.#buffer.length);
    this.#buffer = joined;
    return true;
  }
}

/** An answer of which only the first `sent` bytes of its body are written. */
async function write(
  connection: Deno.Conn,
  status: number,
  type: string,
  body: Uint8Array,
  sent = body.length,
): Promise<void> {
  const head = `HTTP/1.1 ${status} Answer\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
  for (const part of [new TextEncoder().encode(head), body.subarray(0, sent)]) {
    for (let at = 0; at < part.length;) at += await connection.write(part.subarray(at));
  }
}
