import type { Client, InStatement, ResultSet } from "@libsql/client/web";
import { createClient } from "@libsql/client/web";
import type { LibSQLDatabase } from "drizzle-orm/libsql/driver-core";
import { drizzle } from "drizzle-orm/libsql/web";
import { DatabaseError, toDatabaseError } from "./database_error.ts";

/** `write` takes the write lock first; `read` refuses to write. */
export type BatchMode = "write" | "read";

/**
 * The part of a libSQL client that Parley uses, the same for a file and for a server. Every failure is a `DatabaseError`.
 * There is no interactive transaction: it would hold the write lock over round trips. A batch is one transaction, and
 * a condition on what was read belongs into its SQL.
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
export function databaseOver(client: DbClient, embedded: boolean, close: () => Promise<void>): Db {
  // Drizzle calls `execute` and `batch`, and nothing else unless one asks it for a transaction or its own migrator.
  return { client, orm: drizzle(client as unknown as Client), embedded, close };
}

/**
 * Opens a libSQL server or Turso over HTTP. Nothing is sent before the first statement, and nothing here needs more
 * than `fetch`, so it runs at the edge.
 * `url`: `http(s)://` or `libsql://`. Throws a `DatabaseError` when the URL is not one.
 */
export function openRemote({ url, token }: { url: string; token?: string | undefined }): Db {
  if (!/^(https?|libsql):\/\//i.test(url)) {
    throw new DatabaseError("other", {
      message: `Cannot open the database "${url}": the address must start with http://, https:// or libsql://`,
      code: "URL_SCHEME_NOT_SUPPORTED",
      extendedCode: null,
      statementIndex: null,
    });
  }
  const remote = reporting(() => createClient(token === undefined ? { url } : { url, authToken: token }));
  const running = new Set<Promise<unknown>>();
  const call = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = ask().catch((error) => {
      throw toDatabaseError(error);
    });
    running.add(answer);
    const done = () => running.delete(answer);
    answer.then(done, done);
    return answer;
  };
  const client: DbClient = {
    execute: (statement) => call(() => remote.execute(statement)),
    batch: (statements, mode = "write") => call(() => remote.batch(statements, mode)),
    migrate: (statements) => call(() => remote.migrate(statements)),
  };
  return databaseOver(client, false, async () => {
    await Promise.allSettled(running);
    remote.close();
  });
}

function reporting<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw toDatabaseError(error);
  }
}
