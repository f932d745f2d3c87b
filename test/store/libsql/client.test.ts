import type { InValue } from "@libsql/client/web";
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { openRemote } from "../../../src/store/libsql/client.ts";
import { DatabaseError, databaseErrorIn, type DatabaseErrorKind } from "../../../src/store/libsql/database_error.ts";
import { DATABASE_KINDS, type DatabaseKind, openAgain, temporaryDatabase } from "../../support/database.ts";
import { startSqld } from "../../support/sqld.ts";

const notes = sqliteTable("notes", { id: integer("id").primaryKey(), body: text("body").notNull().unique() });
const NOTES = "create table notes (id integer primary key, body text not null unique check (body <> 'forbidden'))";

async function withNotes(kind: DatabaseKind) {
  const db = await temporaryDatabase(kind);
  onTestFinished(() => db.close());
  await db.client.execute(NOTES);
  return db;
}

const note = (id: number, body = `note ${id}`) => ({
  sql: "insert into notes (id, body) values (?, ?)",
  args: [id, body],
});

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(() => null, (error: unknown) => error);
  expect(error).toBeInstanceOf(DatabaseError);
  return error as DatabaseError;
}

describe.each(DATABASE_KINDS)("%s database", (kind) => {
  const values: [string, InValue, unknown][] = [
    ["null", null, null],
    ["text", "Été — 안녕 👋", "Été — 안녕 👋"],
    ["empty text", "", ""],
    ["integer", -42, -42],
    ["largest exact integer", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ["real", 0.1, 0.1],
    ["bigint", 12_345_678_901n, 12_345_678_901],
    ["true", true, 1],
    ["date", new Date(1_700_000_000_000), 1_700_000_000_000],
    ["bytes", new Uint8Array([0, 1, 255]), new Uint8Array([0, 1, 255]).buffer],
    ["part of a buffer", new Uint8Array([9, 1, 2, 9]).subarray(1, 3), new Uint8Array([1, 2]).buffer],
  ];
  test("values come back as they went in", async () => {
    const { client } = await withNotes(kind);
    for (const [name, value, expected] of values) {
      const { rows } = await client.execute({ sql: "select ? as value", args: [value] });
      expect(rows[0]!["value"], name).toEqual(expected);
    }
  });

  test("a 64-bit integer is stored exactly", async () => {
    const { client } = await withNotes(kind);
    await client.execute({ sql: "insert into notes values (?, 'big')", args: [2n ** 62n + 1n] });
    const { rows } = await client.execute("select cast(id as text) as id from notes");
    expect(rows[0]!["id"]).toBe("4611686018427387905");
    expect((await failure(client.execute("select id from notes"))).kind).toBe("other");
  });

  test("rows are read by name and by place", async () => {
    const { client } = await withNotes(kind);
    const { rows, columns } = await client.execute("select 1 as at, 2 as b, 3 as at, 4 as length, 5 as values_");
    const row = rows[0]!;
    expect(columns).toEqual(["at", "b", "at", "length", "values_"]);
    expect(Array.from(row)).toEqual([1, 2, 3, 4, 5]);
    expect({ ...row }).toEqual({ at: 1, b: 2, values_: 5 });
    expect([row["at"], row.length, row["missing"]]).toEqual([1, 5, undefined]);
  });

  test("named parameters, affected rows and the last id", async () => {
    const { client } = await withNotes(kind);
    const added = await client.execute({
      sql: "insert into notes values (:id, :body)",
      args: { id: 7, body: "seven" },
    });
    expect([added.rowsAffected, added.lastInsertRowid]).toEqual([1, 7n]);
    const { rows } = await client.execute("insert into notes values (8, 'eight') returning id, body");
    expect(rows.map((row) => ({ ...row }))).toEqual([{ id: 8, body: "eight" }]);
  });

  test("a batch answers each statement, and is one transaction", async () => {
    const { client } = await withNotes(kind);
    const [, count] = await client.batch([note(1), "select count(*) as n from notes"]);
    expect(count!.rows[0]!["n"]).toBe(1);
    const error = await failure(client.batch([note(2), note(3), note(1), note(4)]));
    expect([error.kind, error.code, error.statementIndex]).toEqual(["constraint", "SQLITE_CONSTRAINT", 2]);
    expect((await client.execute("select id from notes")).rows).toHaveLength(1);
  });

  test("many batches at once all happen, whatever happens to their neighbours", async () => {
    const { client } = await withNotes(kind);
    const batches = Array.from(
      { length: 120 },
      (_, index) =>
        index % 10 === 9
          ? failure(client.batch([note(5_000 + index), "insert into notes (body) values (null)"]))
          : client.batch([note(index * 2 + 1), note(index * 2 + 2)]),
    );
    await Promise.all(batches);
    const { rows } = await client.execute("select count(*) as n, max(id) as last from notes");
    expect({ ...rows[0] }).toEqual({ n: 216, last: 238 });
  });

  test("a second connection writes beside the first", async () => {
    const db = await withNotes(kind);
    const other = await openAgain(db);
    await Promise.all(Array.from({ length: 60 }, (_, id) => (id % 2 === 0 ? db : other).client.batch([note(id)])));
    await other.close();
    expect((await db.client.execute("select id from notes")).rows).toHaveLength(60);
  });

  const failures: [string, DatabaseErrorKind, string][] = [
    ["a value used twice", "constraint", "insert into notes values (2, 'note 1')"],
    ["a key used twice", "constraint", "insert into notes values (1, 'x')"],
    ["a missing value", "constraint", "insert into notes (body) values (null)"],
    ["a failed check", "constraint", "insert into notes (body) values ('forbidden')"],
    ["no such table", "other", "select * from nothing"],
    ["no SQL", "other", "selec"],
  ];
  test("failures have a kind, and the database goes on", async () => {
    const { client } = await withNotes(kind);
    await client.execute(note(1));
    for (const [name, expected, statement] of failures) {
      const error = await failure(client.execute(statement));
      expect(error.kind, name).toBe(expected);
    }
    const unusable = undefined as unknown as InValue;
    expect((await failure(client.execute({ sql: "select ?", args: [unusable] }))).kind).toBe("other");
    expect((await client.execute("select id from notes")).rows).toHaveLength(1);
  });

  test("the query builder runs over it, and its errors tell their kind", async () => {
    const { orm } = await withNotes(kind);
    await orm.insert(notes).values([{ id: 1, body: "one" }, { id: 2, body: "two" }]);
    expect(await orm.select().from(notes).where(sql`id = 2`)).toEqual([{ id: 2, body: "two" }]);
    const [all] = await orm.batch([orm.select().from(notes), orm.delete(notes)]);
    expect(all).toHaveLength(2);
    await orm.insert(notes).values({ id: 3, body: "three" });
    const error = await orm.insert(notes).values({ id: 4, body: "three" }).then(() => null, (error: unknown) => error);
    expect(databaseErrorIn(error)?.kind).toBe("constraint");
    expect(databaseErrorIn(new Error("something else"))).toBeNull();
  });

  test("close() waits for what was asked before, and refuses what comes after", async () => {
    const db = await withNotes(kind);
    const other = await openAgain(db);
    const asked = Array.from({ length: 20 }, (_, id) => other.client.batch([note(id)]));
    const closing = other.close();
    const error = await failure(other.client.execute("select 1"));
    expect([error.kind, error.code]).toEqual(["unavailable", "CLIENT_CLOSED"]);
    await closing;
    await other.close();
    expect(await Promise.all(asked)).toHaveLength(20);
    expect((await db.client.execute("select id from notes")).rows).toHaveLength(20);
  });
});

describe("openRemote()", () => {
  test.each(["", "data/parley.db", "file:data/parley.db", "ftp://example.org"])("refuses the address %j", (url) => {
    expect(() => openRemote({ url })).toThrow(`Cannot open the database "${url}"`);
  });

  test("a server that is gone is unavailable, before and during a call", async () => {
    const server = await startSqld();
    const db = openRemote({ url: server.url });
    await db.client.execute(NOTES);
    const endless = "with recursive r(i) as (select 1 union all select i + 1 from r) select max(i) from r";
    const running = [db.client.execute(endless), db.client.batch([endless]), db.client.migrate([endless])].map(failure);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.stop();
    for (const error of [...await Promise.all(running), await failure(db.client.batch([note(1)]))]) {
      expect([error.kind, error.code]).toEqual(["unavailable", "FETCH_FAILED"]);
    }
    await db.close();
  });

  test.each([502, 503, 401])("a proxy that answers %i is unavailable", async (status) => {
    const proxy = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("", { status }),
    );
    const db = openRemote({ url: `http://127.0.0.1:${proxy.addr.port}`, token: "secret" });
    const error = await failure(db.client.execute("select 1"));
    expect([error.kind, error.message.includes(`${status}`)]).toEqual(["unavailable", true]);
    await db.close();
    await proxy.shutdown();
  });

  const PAGES = "create table pages (id text primary key, body text)";
  const pages = () =>
    Array.from({ length: 20 }, () => ({
      sql: "insert into pages values (?, ?)",
      args: [crypto.randomUUID(), "x".repeat(400)],
    }));

  test("writes that are asked for at once all commit, also where the server checkpoints between them", async () => {
    const server = await startSqld([]);
    const db = openRemote({ url: server.url });
    await db.client.execute(PAGES);
    // It checkpoints after a thousand pages. Were all of these sent at once, it would soon take no write at all.
    await Promise.all(Array.from({ length: 1_200 }, () => db.client.batch(pages())));
    const { rows } = await db.client.execute("select count(*) as number from pages");
    expect(rows[0]!["number"]).toBe(24_000);
    await db.close();
    await server.stop();
  });

  test("instances that find the lock taken wait for it, and none of their writes fails", async () => {
    const server = await startSqld(["--checkpoint-interval-s", "1"]);
    const instances = Array.from({ length: 8 }, () => openRemote({ url: server.url }));
    await instances[0]!.client.execute(PAGES);
    const until = performance.now() + 2_500;
    let written = 0;
    await Promise.all(instances.map(async ({ client }) => {
      while (performance.now() < until) {
        await client.batch(pages());
        written++;
      }
    }));
    const { rows } = await instances[0]!.client.execute("select count(*) as number from pages");
    expect(rows[0]!["number"]).toBe(20 * written);
    await Promise.all(instances.map((one) => one.close()));
    await server.stop();
  });

  test("a server that takes no writes is readonly and still answers reads", async () => {
    const server = await startSqld();
    const db = openRemote({ url: server.url });
    await db.client.batch([NOTES, note(1)]);
    await fetch(`${server.adminUrl}/v1/namespaces/default/config`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ block_reads: false, block_writes: true, block_reason: "quota" }),
    }).then((response) => response.body?.cancel());
    for (const error of await Promise.all([db.client.execute(note(2)), db.client.batch([note(2)])].map(failure))) {
      expect(error.kind).toBe("readonly");
    }
    expect((await db.client.execute("select id from notes")).rows).toHaveLength(1);
    await db.close();
    await server.stop();
  });
});
