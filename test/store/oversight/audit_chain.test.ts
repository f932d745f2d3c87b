import { describe, expect, test } from "vitest";
import { idMaker } from "../../../src/gateway/ids.ts";
import type { Db } from "../../../src/store/libsql/client.ts";
import { type AuditRow, auditRow, auditStatements } from "../../../src/store/oversight/audit.ts";
import { type ChainedEntry, chainHash, GENESIS, sealEntries } from "../../../src/store/oversight/audit_chain.ts";
import { DATABASE_KINDS, freshDatabase, openAgain } from "../../support/database.ts";
import { testGateway } from "../../support/gateway.ts";

const newId = idMaker(Date.now);

function entry(number: number): AuditRow {
  return auditRow(
    { at: number, actor: "system", action: "contact.removed", subject: `con_${number}`, details: { number } },
    newId,
  );
}

async function write({ client }: Db, from: number, count: number): Promise<void> {
  await client.batch(auditStatements(Array.from({ length: count }, (_, index) => entry(from + index))));
}

async function log({ client }: Db): Promise<(ChainedEntry & { hash: string | null })[]> {
  return (await client.execute("select * from audit_log order by seq"))
    .rows as unknown as (ChainedEntry & { hash: string | null })[];
}

function expectWhole(rows: (ChainedEntry & { hash: string | null })[]): void {
  let previous = GENESIS;
  for (const [index, row] of rows.entries()) {
    expect(row.seq).toBe(index + 1);
    previous = chainHash(previous, row);
    expect(row.hash).toBe(previous);
  }
}

describe.each(DATABASE_KINDS)("sealing (%s)", (kind) => {
  test("continues the chain where it ended, whatever the size of the groups", async () => {
    const db = await freshDatabase(kind);
    for (const [from, count] of [[1, 3], [4, 1_700], [1_704, 1]] as const) {
      await write(db, from, count);
      expect(await sealEntries(db.client)).toBe(count);
      expect(await sealEntries(db.client)).toBe(0);
    }
    const rows = await log(db);
    expect(rows.length).toBe(1_704);
    expectWhole(rows);
  });

  test("what was written and not sealed when a process ended is sealed by the next one", async () => {
    const db = await freshDatabase(kind);
    await write(db, 1, 5);
    await sealEntries(db.client, 2);
    expect((await log(db)).filter(({ hash }) => hash === null).length).toBe(3);
    const other = await openAgain(db);
    expect(await sealEntries(other.client)).toBe(3);
    await other.close();
    expectWhole(await log(db));
  });

  test("writers and sealers of several instances at once make one chain", async () => {
    const db = await freshDatabase(kind);
    const other = await openAgain(db);
    let writing = true;
    const writers = [db, other].flatMap((one, instance) =>
      [0, 1].map(async (writer) => {
        for (let round = 0; round < 12; round++) await write(one, instance * 1_000 + writer * 500 + round * 7, 7);
      })
    );
    const sealers = [db, other].map(async (one) => {
      while (writing) await sealEntries(one.client, 5);
    });
    await Promise.all(writers);
    writing = false;
    await Promise.all(sealers);
    await Promise.all([sealEntries(db.client), sealEntries(other.client)]);
    const rows = await log(db);
    await other.close();
    expect(rows.length).toBe(4 * 12 * 7);
    expectWhole(rows);
  });

  test("a tick of the dispatcher seals what was written, on a server as from an edge runtime's cron", async () => {
    const gateway = await testGateway({ kind });
    await gateway.mo("+33612000001", "36105", "STOP");
    expect((await log(gateway.db)).some(({ hash }) => hash === null)).toBe(true);
    await gateway.dispatcher.tick();
    expectWhole(await log(gateway.db));
  });

  test("an entry cannot be changed, sealed twice or deleted by a statement", async () => {
    const db = await freshDatabase(kind);
    await write(db, 1, 2);
    await sealEntries(db.client, 1);
    for (
      const sql of [
        "update audit_log set action = 'key.created' where seq = 1",
        "update audit_log set hash = 'x' where seq = 1",
        "update audit_log set hash = null where seq = 1",
        "update audit_log set subject = 'con_9', hash = 'x' where seq = 2",
        "delete from audit_log where seq = 1",
        "delete from audit_log",
      ]
    ) await expect(db.client.execute(sql)).rejects.toThrow("the audit log is append-only");
    await sealEntries(db.client);
    expectWhole(await log(db));
  });
});
