import { type Client, createClient, type ResultSet } from "@libsql/client/sqlite3";
import { driverFailure } from "./database_error.ts";
import { type EmbeddedRequest, type EmbeddedResponse, toWire } from "./embedded_protocol.ts";
import { keepPrepared } from "./prepared.ts";

/**
 * A thread that has a database file open. libSQL's file driver blocks its thread until the disk has the commit, so it
 * gets one where nobody waits for the event loop. One connection: its calls run in the order in which they arrive.
 */
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<EmbeddedRequest>) => void;
  postMessage: (response: EmbeddedResponse) => void;
};

keepPrepared();
let settings: { url: string; busyTimeoutMs: number; reads: boolean };
let client: Client | undefined;
let turn = Promise.resolve();

port.onmessage = ({ data }) => {
  turn = turn.then(() => handle(data));
};

async function handle(request: EmbeddedRequest): Promise<void> {
  try {
    port.postMessage({ id: request.id, results: (await answer(request)).map(toWire) });
  } catch (error) {
    const failure = driverFailure(error);
    // The driver leaves a statement that found the file locked half-done, and every later commit of its connection would
    // fail with "SQL statements in progress": the next call gets a new connection.
    if (failure.code === "SQLITE_BUSY") disconnect();
    port.postMessage({ id: request.id, failure });
  }
}

async function answer(request: EmbeddedRequest): Promise<ResultSet[]> {
  switch (request.op) {
    case "open":
      return await open(request);
    case "execute":
      return [await (await connected()).execute(request.statement)];
    case "batch":
      return await (await connected()).batch(request.statements, request.mode);
    case "migrate":
      try {
        return await (await connected()).migrate(request.statements);
      } finally {
        // Statements that were prepared before describe tables as they were.
        disconnect();
      }
    case "reconnect":
      disconnect();
      return [];
    case "close":
      return await close();
  }
}

async function open(request: typeof settings): Promise<[]> {
  settings = request;
  if (settings.reads) return [];
  // Fails here, not at the first message, when the file cannot be written: only a write finds out.
  await (await connected()).executeMultiple("begin immediate; pragma user_version = 0; rollback");
  return [];
}

async function close(): Promise<[]> {
  try {
    // The driver leaves the log behind; without it the file alone is the whole database, and can be copied. Also when the last
    // connection is gone, as after migrations.
    if (!settings.reads) await (await connected()).execute("pragma wal_checkpoint(truncate)");
  } finally {
    disconnect();
  }
  return [];
}

function disconnect(): void {
  client?.close();
  client = undefined;
}

async function connected(): Promise<Client> {
  return client ??= await connect();
}

async function connect(): Promise<Client> {
  // Pragmas belong to a connection, so the driver must not make a second one.
  const fresh = createClient({ url: settings.url, concurrency: 1 });
  try {
    await fresh.execute(`pragma busy_timeout = ${settings.busyTimeoutMs}`);
    await fresh.execute("pragma journal_mode = wal");
    // What was answered 2xx must survive a power cut: in WAL mode only FULL syncs the log at each commit.
    await fresh.execute("pragma synchronous = full");
    await fresh.execute("pragma foreign_keys = on");
    // What is erased must not stay readable in the file, and in every copy of it, until something else is written over it.
    await fresh.execute("pragma secure_delete = on");
    // In KiB: the hot indexes of some million messages stay in memory where they are written, and what was just written where it is read.
    await fresh.execute(`pragma cache_size = ${settings.reads ? -32_768 : -65_536}`);
    // Folding the log back at 16 MiB: rows that touch one index page again and again are then written to the file once.
    await fresh.execute("pragma wal_autocheckpoint = 4000");
    if (settings.reads) await fresh.execute("pragma query_only = on");
    return fresh;
  } catch (error) {
    fresh.close();
    throw error;
  }
}
