import type { ResultSet } from "@libsql/client/web";
import { databaseOver, type Db, type DbClient, mayWrite } from "./client.ts";
import {
  CLOSED,
  DatabaseError,
  type DatabaseErrorKind,
  type DriverFailure,
  toDatabaseError,
} from "./database_error.ts";
import { type EmbeddedRequest, type EmbeddedResponse, fromWire } from "./embedded_protocol.ts";

/** How long a statement waits for another process to let go of the file before it fails as `busy`, in milliseconds. */
const BUSY_TIMEOUT_MS = 2_000;

/** `Omit` that keeps a union a union. */
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/**
 * Opens a database file on two threads, so that commits (each an fsync) stop neither the HTTP server nor what is only read.
 * `url`: `file:data/parley.db`, or `:memory:` for a database that ends with the connection. A missing folder is created.
 * Rejects with a `DatabaseError` whose message says what to do when the file cannot be opened for writing.
 */
export async function openEmbedded(
  { url, busyTimeoutMs = BUSY_TIMEOUT_MS }: { url: string; busyTimeoutMs?: number },
): Promise<Db> {
  await createFolder(url);
  const writer = startThread();
  // A database in memory is its connection's alone.
  const reader = /^file:(?!:memory:)/i.test(url) ? startThread() : writer;
  try {
    await writer.ask({ op: "open", url, busyTimeoutMs, reads: false });
    if (reader !== writer) await reader.ask({ op: "open", url, busyTimeoutMs, reads: true });
  } catch (error) {
    for (const thread of [reader, writer]) thread.stop(CLOSED);
    throw cannotOpen(url, error as DatabaseError);
  }
  const client: DbClient = {
    execute: async (statement) => (await (mayWrite(statement) ? writer : reader).ask({ op: "execute", statement }))[0]!,
    batch: (statements, mode = "write") => (mode === "write" ? writer : reader).ask({ op: "batch", statements, mode }),
    migrate: async (statements) => {
      const results = await writer.ask({ op: "migrate", statements });
      // Statements that were prepared before describe tables as they were.
      if (reader !== writer) await reader.ask({ op: "reconnect" });
      return results;
    },
  };
  let closed: Promise<void> | undefined;
  return databaseOver(client, true, () => closed ??= close(reader, writer));
}

async function close(...threads: readonly Thread[]): Promise<void> {
  for (const thread of new Set(threads)) {
    try {
      await thread.ask({ op: "close" });
    } catch {
      // The log could not be folded into the file (a full disk, another reader): it is kept and read at the next start.
    }
    thread.stop(CLOSED);
  }
}

interface Thread {
  ask(request: WithoutId<EmbeddedRequest>): Promise<ResultSet[]>;
  /** Ends the thread; whatever waits, and whatever comes later, fails with `failure`. */
  stop(failure: DriverFailure): void;
}

function startThread(): Thread {
  const worker = new Worker(new URL("./embedded_worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve: (results: ResultSet[]) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let closing = false;
  let ended: DriverFailure | undefined;

  const stop = (failure: DriverFailure) => {
    ended ??= failure;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new DatabaseError(ended));
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<EmbeddedResponse>) => {
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if ("failure" in data) caller?.reject(new DatabaseError(data.failure));
    else caller?.resolve(data.results.map(fromWire));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    stop({ ...CLOSED, message: `The database thread ended: ${event.message}` });
  };

  const ask = (request: WithoutId<EmbeddedRequest>) =>
    new Promise<ResultSet[]>((resolve, reject) => {
      if (closing || ended !== undefined) return reject(new DatabaseError(ended ?? CLOSED));
      closing = request.op === "close";
      const id = ++lastId;
      try {
        worker.postMessage({ id, ...request });
      } catch (error) {
        return reject(toDatabaseError(error));
      }
      waiting.set(id, { resolve, reject });
    });
  return { ask, stop };
}

async function createFolder(url: string): Promise<void> {
  const folder = folderOf(url);
  if (folder === null) return;
  try {
    // Asked first: making a folder needs Deno's permission to write there even when it exists.
    await Deno.stat(folder);
  } catch {
    try {
      await Deno.mkdir(folder, { recursive: true });
    } catch (error) {
      const cause = new DatabaseError({ message: `${error}`, code: "SQLITE_CANTOPEN" }, { cause: error });
      throw cannotOpen(url, cause, `its folder "${folder}" cannot be created`);
    }
  }
}

/** Folder of a `file:` URL, null when there is none to create. */
function folderOf(url: string): string | null {
  if (!/^file:/i.test(url)) return null;
  const path = decodeURIComponent(url.replace(/^file:(\/\/(localhost)?(?=\/))?/i, "").replace(/\?.*$/, ""));
  const slash = path.lastIndexOf("/");
  return slash > 0 ? path.slice(0, slash) : null;
}

const ADVICE: Record<DatabaseErrorKind, string> = {
  busy: "another process holds its lock; stop that process and start again",
  readonly: "it is read-only; make the file and its folder writable for this user",
  full: "its disk is full; make room there and start again",
  corrupt: "it is not a database or is damaged; restore it from a backup or name another file",
  unavailable: "the file cannot be opened; check that its folder exists and is writable for this user",
  constraint: "a constraint failed",
  other: "the address is wrong or not supported",
};

function cannotOpen(url: string, error: DatabaseError, why = ADVICE[error.kind]): DatabaseError {
  const message = `Cannot open the database "${url}": ${why} (${error.message})`;
  return new DatabaseError({ ...error, message }, { cause: error });
}
