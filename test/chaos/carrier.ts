import { weighted } from "../support/chance.ts";

/**
 * A carrier that speaks Kannel's protocol and misbehaves in every way that carriers do: it takes messages and says nothing, breaks
 * connections before and after it took one, answers 429, 500, 503 and garbage, and reports early, late, twice and out of order. It
 * knows what it took, which is what the gateway's books are compared with.
 */

/** `take…`: the message goes out to its person, whatever the gateway is told. */
const ANSWERS = {
  take: 140,
  take_and_report_first: 12,
  take_and_say_nothing: 1,
  take_and_break: 5,
  take_and_answer_500: 4,
  take_and_answer_garbage: 4,
  take_and_break_half_way: 4,
  busy: 10,
  slow_down: 3,
  break: 5,
  refuse: 3,
} as const;
export type Answer = keyof typeof ANSWERS;
/** Those after which the gateway cannot know whether the message was taken. */
export const DOUBTFUL: ReadonlySet<Answer> = new Set([
  "take_and_say_nothing",
  "take_and_break",
  "take_and_answer_500",
  "take_and_answer_garbage",
  "take_and_break_half_way",
  "break",
]);

/** What is told of a message that was taken; several reports come in this order, each after a while of its own. */
const REPORTS = {
  none: 5,
  "8 1": 50,
  "1": 15,
  "1 8": 10,
  "1 1": 5,
  "8 2": 8,
  "16": 4,
  "2 2 8": 3,
} as const;
/** `%d` of Kannel that end a message, as the gateway calls that. */
export const FINAL: Readonly<Record<string, string>> = { "1": "delivered", "2": "undelivered", "16": "failed" };

const LONGEST_DELAY_MS = 1_500;
/** As long as carriers take to answer: were it at once, no kill would come between a message and its answer. */
const LONGEST_ANSWER_MS = 250;

export interface Taken {
  /** The gateway's id of the message. */
  id: string;
  to: string;
  text: string;
  /** ms since 1970 at which the request was here. */
  at: number;
  /** What the gateway was answered. */
  answer: string;
}

export interface HostileCarrier {
  /** Address of `sendsms`; whatever is put behind it is the same carrier. */
  url: string;
  taken: readonly Taken[];
  /** By message: how each of its hand-overs was answered, in order. */
  answers: ReadonlyMap<string, readonly Answer[]>;
  /** By message: the final status that the gateway was told of and acknowledged. */
  reported: ReadonlyMap<string, string>;
  /** How often each answer was given. */
  counts: Readonly<Record<string, number>>;
  /** From now on it behaves. */
  calm(): void;
  /** Resolves once every report was acknowledged. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * `deliver` calls the gateway back with a path and query, and resolves once that was acknowledged. `calm`: it behaves from the
 * beginning. `keep: false`: it forgets what it took and reported, for runs in which nobody asks.
 */
export function startHostileCarrier(
  random: () => number,
  deliver: (path: string) => Promise<void>,
  options: { calm?: boolean; keep?: boolean } = {},
): HostileCarrier {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken: Taken[] = [];
  const answers = new Map<string, Answer[]>();
  const reported = new Map<string, string>();
  const counts: Record<string, number> = {};
  const reports = new Set<Promise<void>>();
  const connections = new Set<Deno.TcpConn>();
  const keep = options.keep ?? true;
  let calm = options.calm ?? false;

  const report = async (address: string, id: string, codes: readonly string[]) => {
    for (const code of codes) {
      await deliver(address.replaceAll("%d", code));
      const final = FINAL[code];
      if (keep && final !== undefined && !reported.has(id)) reported.set(id, final);
    }
  };
  const later = (work: () => Promise<void>) => {
    const delay = random() * LONGEST_DELAY_MS;
    const one = new Promise((resolve) => setTimeout(resolve, delay)).then(work).finally(() => reports.delete(one));
    reports.add(one);
  };

  const answer = async (connection: Deno.TcpConn, request: Request): Promise<boolean> => {
    const choice: Answer = calm ? "take" : weighted(random, ANSWERS);
    counts[choice] = (counts[choice] ?? 0) + 1;
    const respond = (status: string, body: string, headers = "") =>
      connection.write(
        encoder.encode(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`),
      );
    const { address, id } = reportAddress(request.headers["x-kannel-dlr-url"]!);
    if (keep) answers.set(id, [...answers.get(id) ?? [], choice]);
    if (choice.startsWith("take")) {
      if (keep) {
        taken.push({ id, to: request.headers["x-kannel-to"]!, text: request.body, at: request.at, answer: choice });
      }
      const codes = weighted(random, REPORTS);
      if (codes !== "none") {
        if (choice === "take_and_report_first") await report(address, id, codes.split(" "));
        else later(() => report(address, id, codes.split(" ")));
      }
    }
    if (!calm) await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_ANSWER_MS));
    switch (choice) {
      case "take":
      case "take_and_report_first":
        await respond("202 Accepted", "0: Accepted for delivery");
        return true;
      case "take_and_say_nothing":
        return true;
      case "take_and_break":
      case "break":
        return false;
      case "take_and_answer_500":
        await respond("500 Internal Server Error", "");
        return true;
      case "take_and_answer_garbage":
        await connection.write(encoder.encode("\u0000\u0001garbage\r\n\r\n"));
        return false;
      case "take_and_break_half_way":
        await connection.write(encoder.encode("HTTP/1.1 202 Accepted\r\nContent-Len"));
        return false;
      case "busy":
        await respond("503 Service Unavailable", "Temporal failure, try again later.");
        return true;
      case "slow_down":
        await respond("429 Too Many Requests", "", "Retry-After: 1\r\n");
        return true;
      case "refuse":
        await respond("403 Forbidden", "Number(s) has/have been denied by white- and/or black-lists.");
        return true;
    }
  };

  const serve = async (connection: Deno.TcpConn) => {
    connections.add(connection);
    try {
      for await (const request of requests(connection)) if (!await answer(connection, request)) break;
    } catch {
      // The gateway was killed, or gave up waiting.
    }
    connections.delete(connection);
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  };
  const accepting = (async () => {
    for await (const connection of listener) void serve(connection);
  })();

  return {
    url: `http://127.0.0.1:${listener.addr.port}/cgi-bin/sendsms`,
    taken,
    answers,
    reported,
    counts,
    calm() {
      calm = true;
    },
    async settled() {
      while (reports.size > 0) await Promise.all(reports);
    },
    async stop() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // It is closed.
        }
      }
      await accepting;
    },
  };
}

/** Kannel fills the escapes of a report address; ours is read from it. */
function reportAddress(header: string): { address: string; id: string } {
  const { pathname, search } = new URL(header.replace("%F", "foreign").replace("%A", ""));
  const address = `${pathname}${search}`.replaceAll("%%", "%");
  return { address, id: new URLSearchParams(search).get("id")! };
}

interface Request {
  headers: Record<string, string>;
  body: string;
  at: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** HTTP/1.1 as far as it is needed here: to break it off at will, one must hold the connection itself. */
async function* requests(connection: Deno.TcpConn): AsyncGenerator<Request> {
  let buffer = new Uint8Array();
  const chunk = new Uint8Array(65_536);
  while (true) {
    const text = decoder.decode(buffer);
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const headers = Object.fromEntries(
        text.slice(0, end).split("\r\n").slice(1).map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const from = encoder.encode(text.slice(0, end + 4)).length;
      const to = from + Number(headers["content-length"] ?? 0);
      if (buffer.length >= to) {
        yield { headers, body: decoder.decode(buffer.slice(from, to)), at: Date.now() };
        buffer = buffer.slice(to);
        continue;
      }
    }
    const read = await connection.read(chunk);
    if (read === null) return;
    const longer = new Uint8Array(buffer.length + read);
    longer.set(buffer);
    longer.set(chunk.slice(0, read), buffer.length);
    buffer = longer;
  }
}
