import { DatabaseError } from "../../src/store/libsql/database_error.ts";
import { openEmbedded } from "../../src/store/libsql/embedded.ts";

/**
 * A process of its own for tests that kill it or take its rights away. Opens the database named by its first argument
 * and commits numbers from many callers at once until it is killed; prints each number after its commit was acknowledged.
 * When the database cannot be opened it prints `{ kind, message }` instead.
 */
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

try {
  const db = await openEmbedded({ url: Deno.args[0]! });
  await db.client.execute("create table if not exists numbers (number integer primary key, padding text)");
  let last = 0;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (true) {
      const number = ++last;
      await db.client.batch([{ sql: "insert into numbers values (?, ?)", args: [number, "x".repeat(1_000)] }]);
      print(`${number}`);
    }
  }));
} catch (error) {
  if (!(error instanceof DatabaseError)) throw error;
  print(JSON.stringify({ kind: error.kind, message: error.message }));
  Deno.exit(1);
}
