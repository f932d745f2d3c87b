import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";
import { isNewer, migrate, pendingMigrations } from "../../../src/store/libsql/migrate.ts";
import {
  DATABASE_KINDS,
  type DatabaseKind,
  freshDatabase,
  MIGRATIONS,
  openAgain,
  temporaryDatabase,
} from "../../support/database.ts";

const CREATE = "create table notes (id integer primary key, body text);\n--> statement-breakpoint\n" +
  "insert into notes values (1, 'one'), (2, 'one');";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir({ prefix: "parley-migrations-" });
  return () => Deno.remove(folder, { recursive: true });
});

/** Writes a folder as drizzle-kit does. */
async function generate(migrations: Record<string, string>): Promise<void> {
  await Deno.mkdir(`${folder}/meta`, { recursive: true });
  const entries = Object.keys(migrations).map((tag, idx) => ({
    idx,
    version: "6",
    when: 1_000 + idx,
    tag,
    breakpoints: true,
  }));
  await Deno.writeTextFile(
    `${folder}/meta/_journal.json`,
    JSON.stringify({ version: "7", dialect: "sqlite", entries }),
  );
  for (const [tag, text] of Object.entries(migrations)) await Deno.writeTextFile(`${folder}/${tag}.sql`, text);
}

async function empty(kind: DatabaseKind) {
  const db = await temporaryDatabase(kind);
  onTestFinished(() => db.close());
  return db;
}

describe.each(DATABASE_KINDS)("migrate() on a %s database", (kind) => {
  test("applies what is pending, once", async () => {
    const db = await empty(kind);
    await generate({ "0000_create": CREATE });
    expect(await pendingMigrations(db, folder)).toEqual(["0000_create"]);
    expect(await migrate(db, folder)).toEqual(["0000_create"]);
    expect(await migrate(db, folder)).toEqual([]);
    await generate({ "0000_create": CREATE, "0001_add": "alter table notes add at integer" });
    expect(await pendingMigrations(db, folder)).toEqual(["0001_add"]);
    expect(await migrate(db, folder)).toEqual(["0001_add"]);
    expect(await pendingMigrations(db, folder)).toEqual([]);
    expect((await db.client.execute("select id, at from notes")).rows).toHaveLength(2);
  });

  test("tells where a newer version has migrated, and leaves it so", async () => {
    const db = await empty(kind);
    await generate({ "0000_create": CREATE });
    expect(await isNewer(db, folder)).toBe(false);
    await migrate(db, folder);
    expect(await isNewer(db, folder)).toBe(false);
    await generate({ "0000_create": CREATE, "0001_add": "alter table notes add at integer" });
    await migrate(db, folder);
    await generate({ "0000_create": CREATE });
    expect(await isNewer(db, folder)).toBe(true);
    expect(await migrate(db, folder)).toEqual([]);
    expect((await db.client.execute("select id, at from notes")).rows).toHaveLength(2);
  });

  test("instances that start together apply it once, and all go on", async () => {
    const db = await empty(kind);
    const others = await Promise.all([openAgain(db), openAgain(db), openAgain(db)]);
    await generate({ "0000_create": CREATE, "0001_add": "alter table notes add at integer" });
    const applied = await Promise.all([db, ...others].map((instance) => migrate(instance, folder)));
    await Promise.all(others.map((instance) => instance.close()));
    expect(applied.flat().sort()).toEqual(["0000_create", "0001_add"]);
    expect((await db.client.execute("select id, at from notes")).rows).toHaveLength(2);
  });

  test.each([
    ["other", "create table twice (a);--> statement-breakpoint\ncreate table twice (a);"],
    ["constraint", "create table more (a);--> statement-breakpoint\ncreate unique index once on notes (body);"],
  ])("a failure (%s) names its migration and leaves nothing of this run behind", async (errorKind, text) => {
    const db = await empty(kind);
    await generate({ "0000_create": CREATE });
    await migrate(db, folder);
    await generate({ "0000_create": CREATE, "0001_add": "alter table notes add at integer", "0002_wrong": text });
    const error = await migrate(db, folder).then(() => null, (error: unknown) => error);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ kind: errorKind, message: expect.stringContaining('migration "0002_wrong": ') });
    expect(await pendingMigrations(db, folder)).toEqual(["0001_add", "0002_wrong"]);
    const { rows } = await db.client.execute("select name from sqlite_master where type = 'table' order by name");
    expect(rows.map((row) => row["name"])).toEqual(["__drizzle_migrations", "notes"]);
  });

  test("a rebuilt table keeps the rows that refer to it", async () => {
    const db = await empty(kind);
    const child = "create table child (note integer references notes (id) on delete cascade);" +
      "--> statement-breakpoint\ninsert into child values (1);";
    const rebuild = "create table new_notes (id integer primary key, body text not null);--> statement-breakpoint\n" +
      "insert into new_notes select * from notes;--> statement-breakpoint\ndrop table notes;--> statement-breakpoint\n" +
      "alter table new_notes rename to notes;";
    await generate({ "0000_create": CREATE, "0001_child": child });
    await migrate(db, folder);
    await generate({ "0000_create": CREATE, "0001_child": child, "0002_rebuild": rebuild });
    await migrate(db, folder);
    expect((await db.client.execute("select note from child")).rows).toHaveLength(1);
  });

  test("drizzle's own migrator agrees on what is applied", async () => {
    const db = await freshDatabase(kind);
    const client = createClient({ url: db.url });
    onTestFinished(() => client.close());
    await drizzleMigrate(drizzle(client), { migrationsFolder: MIGRATIONS });
    expect(await pendingMigrations(db, MIGRATIONS)).toEqual([]);
    const { rows } = await db.client.execute("select id, length(hash) as hash from __drizzle_migrations order by id");
    expect(rows.map((row) => [row["id"], row["hash"]])).toEqual(rows.map((_, index) => [index + 1, 64]));
    await generate({ "0000_create": CREATE });
    const other = await empty(kind);
    const otherClient = createClient({ url: other.url });
    onTestFinished(() => otherClient.close());
    await drizzleMigrate(drizzle(otherClient), { migrationsFolder: folder });
    expect(await migrate(other, folder)).toEqual([]);
  });
});

test("a folder without a journal is an error", async () => {
  const db = await empty("embedded");
  await expect(migrate(db, folder)).rejects.toThrow("_journal.json");
});
