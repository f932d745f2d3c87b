import { createClient } from "@libsql/client/sqlite3";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";
import { openEmbedded } from "../../../src/store/libsql/embedded.ts";

/** What SQLite answers for `synchronous = full`. */
const FULL = 2;

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir({ prefix: "parley-embedded-" });
  return () => Deno.remove(folder, { recursive: true });
});

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(() => null, (error: unknown) => error);
  expect(error).toBeInstanceOf(DatabaseError);
  return error as DatabaseError;
}

describe("openEmbedded()", () => {
  test("creates the folders of the file and syncs every commit", async () => {
    const db = await openEmbedded({ url: `file:${folder}/new/deep/parley.db` });
    const pragma = async (name: string) => (await db.client.execute(`pragma ${name}`)).rows[0]![0];
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(FULL);
    await db.client.migrate(["create table t (a)"]);
    expect(await pragma("foreign_keys")).toBe(1);
    await db.close();
    expect((await Deno.stat(`${folder}/new/deep/parley.db`)).isFile).toBe(true);
  });

  test("closed, the file alone is the whole database, also when migrations were the last that it saw", async () => {
    const path = `${folder}/parley.db`;
    const db = await openEmbedded({ url: `file:${path}` });
    await db.client.migrate(["create table t (a)", "insert into t values (1)"]);
    await db.close();
    await Deno.copyFile(path, `${folder}/copy.db`);
    const copy = await openEmbedded({ url: `file:${folder}/copy.db` });
    onTestFinished(() => copy.close());
    expect((await copy.client.execute("select a from t")).rows.map((row) => row["a"])).toEqual([1]);
  });

  test("memory ends with the connection", async () => {
    const [first, second] = await Promise.all([openEmbedded({ url: ":memory:" }), openEmbedded({ url: ":memory:" })]);
    await first.client.batch(["create table t (a)", "insert into t values (1)"]);
    expect((await first.client.execute("select a from t")).rows).toHaveLength(1);
    expect((await failure(second.client.execute("select a from t"))).kind).toBe("other");
    await Promise.all([first.close(), second.close()]);
  });

  test("says why a file cannot be opened", async () => {
    await Deno.writeTextFile(`${folder}/letter.db`, "Dear database, ".repeat(100));
    const cases = [
      ["corrupt", `file:${folder}/letter.db`, "it is not a database or is damaged"],
      ["unavailable", `file:${folder}`, "the file cannot be opened"],
      [
        "unavailable",
        `file:${folder}/letter.db/sub/parley.db`,
        `its folder "${folder}/letter.db/sub" cannot be created`,
      ],
      ["other", "https://example.org", "the address is wrong or not supported"],
    ] as const;
    for (const [kind, url, why] of cases) {
      const error = await failure(openEmbedded({ url }));
      expect([error.kind, error.message]).toEqual([
        kind,
        expect.stringContaining(`Cannot open the database "${url}": ${why}`),
      ]);
    }
  });

  test("a write lock of another connection is busy after the timeout, and the event loop goes on meanwhile", async () => {
    const url = `file:${folder}/parley.db`;
    const db = await openEmbedded({ url, busyTimeoutMs: 200 });
    await db.client.execute("create table t (a)");
    const other = createClient({ url });
    const transaction = await other.transaction("write");
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    const start = performance.now();
    const error = await failure(db.client.batch(["insert into t values (1)"]));
    const waitedMs = performance.now() - start;
    clearInterval(ticking);
    expect(error.kind).toBe("busy");
    expect(waitedMs).toBeGreaterThan(150);
    expect(waitedMs).toBeLessThan(1_500);
    expect(ticks).toBeGreaterThan(5);
    const opening = await failure(openEmbedded({ url, busyTimeoutMs: 50 }));
    expect([opening.kind, opening.message]).toEqual([
      "busy",
      expect.stringContaining("another process holds its lock"),
    ]);
    await transaction.rollback();
    await db.client.batch(["insert into t values (2)"]);
    expect((await db.client.execute("pragma synchronous")).rows[0]![0]).toBe(FULL);
    other.close();
    await db.close();
  });

  test("a database that turned read-only is readonly", async () => {
    const db = await openEmbedded({ url: `file:${folder}/parley.db` });
    await db.client.batch(["create table t (a)", "pragma query_only = on"]);
    const writes = [db.client.execute("insert into t values (1)"), db.client.batch(["delete from t"])];
    for (const error of await Promise.all(writes.map(failure))) {
      expect(error.kind).toBe("readonly");
    }
    expect((await db.client.execute("select a from t")).rows).toEqual([]);
    await db.close();
  });

  test("close() leaves everything in the file itself", async () => {
    const db = await openEmbedded({ url: `file:${folder}/parley.db` });
    await db.client.batch(["create table t (a)", "insert into t values (1)"]);
    await db.close();
    await Deno.copyFile(`${folder}/parley.db`, `${folder}/copy.db`);
    const copy = await openEmbedded({ url: `file:${folder}/copy.db` });
    expect((await copy.client.execute("select a from t")).rows).toHaveLength(1);
    await copy.close();
  });
});

describe("a process of its own, with the permissions of `deno task start`", () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const PERMISSIONS = ["net", "env", "sys", "ffi", "read"];

  function child(options: { without?: string; asOrdinaryUser?: boolean } = {}): Deno.ChildProcess {
    const rights = PERMISSIONS.filter((name) => name !== options.without).map((name) => `--allow-${name}`);
    const script = `${root}test/support/database_child.ts`;
    const run = [
      "run",
      "--quiet",
      "--no-prompt",
      "--config",
      `${root}deno.json`,
      ...rights,
      "--allow-write=data",
      script,
    ];
    const command = [Deno.execPath(), ...run, "file:data/parley.db"];
    // The mode of a file does not hold root back; without this capability it does.
    const drop = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"];
    const [program, ...args] = options.asOrdinaryUser && Deno.uid() === 0 ? [...drop, ...command] : command;
    const process = new Deno.Command(program!, {
      args,
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      // Deno prints what ended the thread, which is what a test without a permission asks for.
      stderr: options.without === undefined ? "inherit" : "null",
    }).spawn();
    let ended = false;
    process.status.then(() => ended = true);
    onTestFinished(async () => {
      if (!ended) process.kill("SIGKILL");
      await process.status;
    });
    return process;
  }

  async function report(process: Deno.ChildProcess): Promise<{ kind: string; message: string }> {
    return JSON.parse(new TextDecoder().decode((await process.output()).stdout));
  }

  test("has lost nothing that was acknowledged when it is killed", async () => {
    const process = child();
    let lines = "";
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
      lines += chunk;
      if (lines.length > 2_000) break;
    }
    process.kill("SIGKILL");
    await process.status;
    const acknowledged = lines.slice(0, lines.lastIndexOf("\n")).split("\n").map(Number);
    expect(acknowledged.length).toBeGreaterThan(300);
    const db = await openEmbedded({ url: `file:${folder}/data/parley.db` });
    const { rows } = await db.client.execute("select number from numbers");
    const stored = new Set(rows.map((row) => row["number"]));
    expect(acknowledged.filter((number) => !stored.has(number))).toEqual([]);
    expect((await db.client.execute("pragma integrity_check")).rows[0]![0]).toBe("ok");
    await db.close();
  });

  test("is told that the file is read-only", async () => {
    await Deno.mkdir(`${folder}/data`);
    const db = await openEmbedded({ url: `file:${folder}/data/parley.db` });
    await db.client.execute("create table t (a)");
    await db.close();
    for await (const { name } of Deno.readDir(`${folder}/data`)) await Deno.chmod(`${folder}/data/${name}`, 0o444);
    expect(await report(child({ asOrdinaryUser: true }))).toEqual({
      kind: "readonly",
      message: expect.stringContaining("make the file and its folder writable for this user"),
    });
  });

  test("is told that it lacks a permission", async () => {
    expect(await report(child({ without: "ffi" }))).toEqual({
      kind: "unavailable",
      message: expect.stringContaining("--allow-ffi"),
    });
  });
});
