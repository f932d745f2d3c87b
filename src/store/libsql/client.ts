import type { Client, InStatement, ResultSet } from "@libsql/client/web";
import { createClient } from "@libsql/client/web";
import type { LibSQLDatabase } from "drizzle-orm/libsql/driver-core";
import { drizzle } from "drizzle-orm/libsql/web";
import { CLOSED, DatabaseError, toDatabaseError } from "./database_error.ts";

/** `write` takes the write lock before the first statement; `read` takes none, and must not write. */
export type BatchMode = "write" | "read";

/**
 * The part of a libSQL client that Parley uses, the same for a file and for a server. Every failure is a `DatabaseError`.
 * There is no interactive transaction: it would hold the write lock over round trips. A batch is one transaction, and
 * a condition on what was read belongs into its SQL. Text must not hold U+0000: the file driver cuts it there on reading.
 */
export interface DbClient {
  /** One statement, in a transaction of its own. */
  execute(statement: InStatement): Promise<ResultSet>;
  /** All statements or none, in one transaction and one round trip. `mode` is `write` unless given. */
  batch(statements: InStatement[], mode?: BatchMode): Promise<ResultSet[]>;
  /** A batch that may rebuild tables: foreign keys are off while it runs. */
  migrate(statements: InStatement[]): Promise<ResultSet[]>;
}

/** One open database. */
export interface Db {
  client: DbClient;
  /** Query builder over `client`. Its `batch` is one transaction; see `DbClient` for why it has no `transaction`. */
  orm: Omit<LibSQLDatabase, "transaction">;
  /** True for a file of this process, false for a server. */
  embedded: boolean;
  /** Waits for what was already asked for, then closes; later calls reject as `unavailable`. */
  close(): Promise<void>;
}

/** Makes a `Db` of a client. */
export function databaseOver(driver: DbClient, embedded: boolean, close: () => Promise<void>): Db {
  const client: DbClient = {
    execute: (statement) => driver.execute(readable(statement)),
    batch: (statements, mode) => driver.batch(statements.map(readable), mode),
    migrate: (statements) => driver.migrate(statements),
  };
  // Drizzle calls `execute` and `batch`, and nothing else unless one asks it for a transaction or its own migrator.
  return { client, orm: drizzle(client as unknown as Client), embedded, close };
}

/** Half of a surrogate pair, as `JSON.stringify` writes it: an escape whose backslash is not itself escaped. */
const HALF_PAIR = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Parameters in which half a surrogate pair stands as U+FFFD. SQLite would take such an escape of a JSON parameter as it is and store
 * what is no UTF-8; the file driver aborts the whole process when it reads that back.
 */
function readable(statement: InStatement): InStatement {
  if (typeof statement === "string" || statement.args === undefined) return statement;
  const { args } = statement;
  const broken = (value: unknown) => typeof value === "string" && value.includes("\\ud");
  if (!(Array.isArray(args) ? args : Object.values(args)).some(broken)) return statement;
  const mended = <T>(value: T) => broken(value) ? (value as string).replace(HALF_PAIR, "$1\\ufffd") as T : value;
  return {
    sql: statement.sql,
    args: Array.isArray(args)
      ? args.map(mended)
      : Object.fromEntries(Object.entries(args).map(([name, value]) => [name, mended(value)])),
  };
}

/** A server that accepted a request and never answers must not hold up whoever waits for it. */
const ANSWER_WITHIN_MS = 30_000;
/** As long as an embedded file waits for its lock. */
const FREE_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 20;
/** Only tells in which lane a statement waits, so a word too many in it does no harm. */
const WRITES = /\b(insert|update|delete|create|alter|drop|pragma)\b/i;

/** Whether a statement may write, as far as its words tell. */
export function mayWrite(statement: InStatement): boolean {
  return WRITES.test(typeof statement === "string" ? statement : statement.sql);
}

/**
 * Opens a libSQL server or Turso over HTTP. Nothing is sent before the first statement, and nothing here needs more
 * than `fetch`, so it runs at the edge.
 *
 * Writes are sent one after the other: the server has one writer anyway, and connections that queue up at it make sqld 0.24 lose the
 * lock for good when it checkpoints meanwhile (docs/operations.md). Reads wait for nobody.
 * `url`: `http(s)://` or `libsql://`. Throws a `DatabaseError` when the URL is not one.
 */
export function openRemote({ url, token }: { url: string; token?: string | undefined }): Db {
  if (!/^(https?|libsql):\/\//i.test(url)) {
    const message = `Cannot open the database "${url}": the address must start with http://, https:// or libsql://`;
    throw new DatabaseError({ message, code: "URL_SCHEME_NOT_SUPPORTED" });
  }
  const reader = connect({ url, token, answerWithinMs: ANSWER_WITHIN_MS });
  const writer = connect({ url, token, answerWithinMs: ANSWER_WITHIN_MS, concurrency: 1 });
  const running = new Set<Promise<unknown>>();
  let closed = false;
  const call = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (closed) throw new DatabaseError(CLOSED);
    const answer = whenFree(ask);
    running.add(answer);
    try {
      return await answer;
    } finally {
      running.delete(answer);
    }
  };
  const client: DbClient = {
    execute: (statement) =>
      call(() => mayWrite(statement) ? writer.execute(statement) : twice(() => reader.execute(statement))),
    batch: (statements, mode = "write") =>
      call(() => mode === "write" ? writer.batch(statements, mode) : twice(() => reader.batch(statements, mode))),
    migrate: (statements) =>
      call(async () => {
        // Building an index over millions of rows takes as long as it takes.
        const patient = connect({ url, token, answerWithinMs: null });
        try {
          return await patient.migrate(statements);
        } finally {
          patient.close();
        }
      }),
  };
  return databaseOver(client, false, async () => {
    closed = true;
    await Promise.allSettled(running);
    reader.close();
    writer.close();
  });
}

/** Asks again while another instance holds the write lock: after `busy` nothing was written. */
async function whenFree<T>(ask: () => Promise<T>): Promise<T> {
  const started = performance.now();
  while (true) {
    try {
      return await ask();
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      if (error.kind !== "busy" || performance.now() - started > FREE_WITHIN_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}

/** A read whose connection broke is asked once more: a server, or what stands in front of it, may close one at any moment. */
async function twice<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (toDatabaseError(error).code !== "FETCH_FAILED") throw error;
    return await ask();
  }
}

interface Connection {
  url: string;
  token: string | undefined;
  answerWithinMs: number | null;
  /** Requests under way at once; the rest waits for its turn. */
  concurrency?: number;
}

function connect({ url, token, answerWithinMs, concurrency }: Connection): Client {
  const fetchOrFail = async (request: Request): Promise<Response> => {
    const { url, method, headers } = request;
    try {
      const response = await fetch(url, {
        method,
        headers,
        // Of a body that it still holds, Deno's `fetch` sends a second copy when the kept connection that took the first breaks before the
        // answer (seen with 2.9.6): the server would run a transaction twice. A blob is read as it is sent.
        ...(request.body === null ? {} : { body: await request.blob() }),
        ...(answerWithinMs === null ? {} : { signal: AbortSignal.timeout(answerWithinMs) }),
      });
      // Read to its end here: an answer that breaks off tells no more of the commit than none.
      return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
    } catch (error) {
      const message = `Cannot reach the database server: ${error instanceof Error ? error.message : error}`;
      const late = error instanceof DOMException && error.name === "TimeoutError";
      throw new DatabaseError({ message, code: late ? "ANSWER_LATE" : "FETCH_FAILED" }, { cause: error });
    }
  };
  try {
    return createClient({
      url,
      fetch: fetchOrFail,
      ...(token === undefined ? {} : { authToken: token }),
      ...(concurrency === undefined ? {} : { concurrency }),
    });
  } catch (error) {
    throw toDatabaseError(error);
  }
}
