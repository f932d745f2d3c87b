import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Db, openRemote } from "../../src/store/libsql/client.ts";
import { openEmbedded } from "../../src/store/libsql/embedded.ts";
import { migrate } from "../../src/store/libsql/migrate.ts";
import { startSqld } from "./sqld.ts";

export type DatabaseKind = "embedded" | "remote";
export const DATABASE_KINDS: readonly DatabaseKind[] = ["embedded", "remote"];

/** A database with its address, so that a test can open it a second time as another instance would. */
export type TestDatabase = Db & { url: string };

export const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/** A migrated database of this test's own: a file, or a server. It is gone when the test has finished. */
export async function freshDatabase(kind: DatabaseKind = "embedded"): Promise<TestDatabase> {
  const db = await migratedDatabase(kind);
  onTestFinished(() => db.close());
  return db;
}

/** The same for several tests, which close it after the last one. */
export async function migratedDatabase(kind: DatabaseKind = "embedded"): Promise<TestDatabase> {
  if (kind === "embedded") return await temporaryFile(await (migrated ??= migratedFile()));
  const db = await temporaryServer();
  await migrate(db, MIGRATIONS);
  return db;
}

/** What the migrations make of an empty file: made once a process, since it took longer than many a test. */
let migrated: Promise<Uint8Array> | undefined;
async function migratedFile(): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "parley-db-" });
  const path = `${folder}/parley.db`;
  const db = await openEmbedded({ url: `file:${path}` });
  await migrate(db, MIGRATIONS);
  await db.close();
  const content = await Deno.readFile(path);
  await Deno.remove(folder, { recursive: true });
  return content;
}

/** A database without tables, for whoever has no test to clean up after it: `close()` deletes it. */
export async function temporaryDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  return kind === "embedded" ? await temporaryFile() : await temporaryServer();
}

/** Opens the database of `url` once more. Close it before the one that it was opened from. */
export async function openAgain({ url, embedded }: TestDatabase): Promise<Db> {
  return embedded ? await openEmbedded({ url }) : openRemote({ url });
}

async function temporaryFile(content?: Uint8Array): Promise<TestDatabase> {
  const folder = await Deno.makeTempDir({ prefix: "parley-db-" });
  const url = `file:${folder}/parley.db`;
  if (content) await Deno.writeFile(`${folder}/parley.db`, content);
  const db = await openEmbedded({ url });
  return withCleanup(db, url, () => Deno.remove(folder, { recursive: true }));
}

async function temporaryServer(): Promise<TestDatabase> {
  const server = await startSqld();
  return withCleanup(openRemote({ url: server.url }), server.url, server.stop);
}

function withCleanup(db: Db, url: string, cleanUp: () => Promise<void>): TestDatabase {
  let closed: Promise<void> | undefined;
  return { ...db, url, close: () => closed ??= db.close().then(cleanUp) };
}
