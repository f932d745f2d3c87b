import type { InStatement } from "@libsql/client/web";
import type { Db } from "./client.ts";
import { DatabaseError } from "./database_error.ts";

/** One generated migration: its file name without `.sql`, and what drizzle records of it. */
interface Migration {
  name: string;
  /** Position in the journal, from 1. */
  id: number;
  hash: string;
  /** When it was generated (ms); later than that of every migration before it. */
  createdAt: number;
  statements: string[];
}

// Drizzle's own table, so that its tools agree with us on what is applied. SERIAL is no rowid in SQLite: an id is whatever
// is written there, and unique.
const TABLE = `create table if not exists __drizzle_migrations
  (id serial primary key, hash text not null, created_at numeric)`;

/**
 * Applies the pending migrations of a folder that drizzle-kit generated, all of them or none, and answers their names.
 * Several instances may start at once: one applies, the others find it done. Rejects with a `DatabaseError` naming the
 * migration that failed.
 *
 * Drizzle's migrator is not used because it checks first and writes later: of two instances that start together, one
 * would fail on tables that exist. Here the record is written first, and its id can be written once only.
 */
export async function migrate(db: Db, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const pending = await notApplied(db, migrations);
  if (pending.length === 0) return [];
  await db.client.execute(TABLE);
  const steps = pending.flatMap((migration) =>
    [record(migration), ...migration.statements].map((statement) => ({ name: migration.name, statement }))
  );
  try {
    await db.client.migrate(steps.map(({ statement }) => statement));
    return pending.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const left = error.kind === "constraint" ? await notApplied(db, migrations) : pending;
    // Another instance was faster.
    if (left.length < pending.length) return await migrate(db, folder);
    const failed = steps[error.statementIndex ?? 0]!.name;
    const message = `Cannot apply the migration "${failed}": ${error.message}`;
    throw new DatabaseError({ ...error, message }, { cause: error });
  }
}

/** Whether a newer version has migrated the database: it has migrations that `folder` does not know. Writes nothing. */
export async function isNewer(db: Db, folder: string): Promise<boolean> {
  const known = (await readMigrations(folder)).at(-1)?.createdAt ?? 0;
  return await newestApplied(db) > known;
}

/** Names of the migrations of `folder` that the database lacks, oldest first. Writes nothing. */
export async function pendingMigrations(db: Db, folder: string): Promise<string[]> {
  return (await notApplied(db, await readMigrations(folder))).map(({ name }) => name);
}

function record({ id, hash, createdAt }: Migration): InStatement {
  return {
    sql: "insert into __drizzle_migrations (id, hash, created_at) values (?, ?, ?)",
    args: [id, hash, createdAt],
  };
}

/** As drizzle does: whatever was generated after the newest migration applied. */
async function notApplied(db: Db, migrations: Migration[]): Promise<Migration[]> {
  const newest = await newestApplied(db);
  return migrations.filter(({ createdAt }) => createdAt > newest);
}

/** When the newest migration applied was generated (ms); 0 where there is none. */
async function newestApplied(db: Db): Promise<number> {
  const known = await db.client.execute("select 1 from sqlite_master where name = '__drizzle_migrations'");
  if (known.rows.length === 0) return 0;
  const { rows } = await db.client.execute("select max(created_at) as newest from __drizzle_migrations");
  return Number(rows[0]!["newest"] ?? 0);
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const journal = JSON.parse(await Deno.readTextFile(`${folder}/meta/_journal.json`)) as {
    entries: { tag: string; when: number }[];
  };
  return await Promise.all(journal.entries.map(async ({ tag, when }, index) => {
    const text = await Deno.readTextFile(`${folder}/${tag}.sql`);
    return {
      name: tag,
      id: index + 1,
      hash: await sha256(text),
      createdAt: when,
      statements: text.split("--> statement-breakpoint").filter((statement) => statement.trim() !== ""),
    };
  }));
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
