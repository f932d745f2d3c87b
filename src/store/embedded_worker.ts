import { type Client, createClient, type ResultSet } from "@libsql/client/sqlite3";
import { driverFailure } from "./database_error.ts";
import { type EmbeddedRequest, type EmbeddedResponse, toWire } from "./embedded_protocol.ts";

/**
 * The thread that owns a database file. libSQL's file driver blocks its thread until the disk has the commit, so it
 * gets one where nobody waits for the event loop. One connection: its calls run in the order in which they arrive.
 */
let client: Client | undefined;

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<EmbeddedRequest>) => void;
  postMessage: (response: EmbeddedResponse) => void;
};

port.onmessage = async ({ data }) => {
  try {
    port.postMessage({ id: data.id, results: (await answer(data)).map(toWire) });
  } catch (error) {
    port.postMessage({ id: data.id, failure: driverFailure(error) });
  }
};

async function answer(request: EmbeddedRequest): Promise<ResultSet[]> {
  if (request.op === "open") {
    client = await open(request.url, request.busyTimeoutMs);
    return [];
  }
  if (client === undefined) throw new Error("the database is not open");
  switch (request.op) {
    case "execute":
      return [await client.execute(request.statement)];
    case "batch":
      return await client.batch(request.statements, request.mode);
    case "migrate":
      return await client.migrate(request.statements);
    case "close":
      return await close(client);
  }
}

async function close(client: Client): Promise<[]> {
  try {
    // The driver leaves the log behind; without it the file alone is the whole database, and can be copied.
    await client.execute("pragma wal_checkpoint(truncate)");
  } finally {
    client.close();
  }
  return [];
}

async function open(url: string, busyTimeoutMs: number): Promise<Client> {
  // Pragmas belong to a connection, so there must never be a second one.
  const opened = createClient({ url, concurrency: 1 });
  try {
    await opened.execute(`pragma busy_timeout = ${busyTimeoutMs}`);
    await opened.execute("pragma journal_mode = wal");
    // What was answered 2xx must survive a power cut: in WAL mode only FULL syncs the log at each commit.
    await opened.execute("pragma synchronous = full");
    await opened.execute("pragma foreign_keys = on");
    // 64 MiB of pages, so that the hot indexes of some million messages stay in memory.
    await opened.execute("pragma cache_size = -65536");
    // Folding the log back at 16 MiB: rows that touch one index page again and again are then written to the file once.
    await opened.execute("pragma wal_autocheckpoint = 4000");
    // Fails here, not at the first message, when the file cannot be written.
    await opened.batch([], "write");
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}
