import { describe, expect, test } from "vitest";
import { type Checkpoint, MAX_FINDINGS, type Verification, verifyAudit } from "../../src/audit/verify.ts";
import { idMaker } from "../../src/gateway/ids.ts";
import type { Db } from "../../src/store/libsql/client.ts";
import { auditRow, auditStatements, digestOf } from "../../src/store/oversight/audit.ts";
import { chainHash, GENESIS, sealEntries } from "../../src/store/oversight/audit_chain.ts";
import { auditAfter } from "../../src/store/oversight/audit_read.ts";
import { DATABASE_KINDS, freshDatabase, openAgain } from "../support/database.ts";

const newId = idMaker(Date.now);
const PERSON = "+33612000001";

async function write({ client }: Db, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from + 1 }, (_, index) =>
    auditRow({
      at: 1_000 * (from + index),
      actor: "person",
      action: "suppression.created",
      subject: `sup_${from + index}`,
      person: PERSON,
      details: { number: from + index },
    }, newId));
  await client.batch(auditStatements(rows));
}

/** A log of ten sealed entries, in the hands of somebody who may do anything to the database. */
async function tampered(kind: (typeof DATABASE_KINDS)[number], change: (db: Db) => Promise<unknown>) {
  const db = await freshDatabase(kind);
  await write(db, 1, 10);
  await sealEntries(db.client);
  const { head } = await verifyAudit(db);
  await db.client.batch(["drop trigger audit_log_is_append_only", "drop trigger audit_log_keeps_all"]);
  await change(db);
  return { db, head: head! };
}

/** Computes every hash from entry `from` on anew, as somebody would who knows how. */
async function rewriteFrom(db: Db, from: number): Promise<void> {
  const entries = await auditAfter(db, 0, 1_000);
  let previous = GENESIS;
  for (const entry of entries) {
    if (entry.seq >= from) {
      previous = chainHash(previous, entry);
      await sql(db, "update audit_log set hash = ? where seq = ?", previous, entry.seq);
    } else previous = entry.hash!;
  }
}

const sql = ({ client }: Db, text: string, ...args: (string | number)[]) => client.execute({ sql: text, args });
const seqs = ({ findings }: Verification) => findings.map(({ seq }) => seq);

const TAMPERING: [name: string, change: (db: Db) => Promise<unknown>, seqs: number[], what: RegExp][] = [
  [
    "an edited action",
    (db) => sql(db, "update audit_log set action = 'contact.removed' where seq = 4"),
    [4],
    /altered/,
  ],
  ["an edited instant", (db) => sql(db, "update audit_log set at = at + 1 where seq = 1"), [1], /altered/],
  [
    "an edited actor of the last entry",
    (db) => sql(db, "update audit_log set actor = 'x' where seq = 10"),
    [10],
    /altered/,
  ],
  [
    "an edit with its own hash computed again",
    async (db) => {
      await sql(db, "update audit_log set subject = 'sup_99' where seq = 4");
      const [previous, entry] = await auditAfter(db, 2, 2);
      await sql(db, "update audit_log set hash = ? where seq = 4", chainHash(previous!.hash!, entry!));
    },
    [5],
    /altered/,
  ],
  ["a deleted entry", (db) => sql(db, "delete from audit_log where seq = 6"), [7, 0], /entry 6 is missing/],
  [
    "the first entries deleted",
    (db) => sql(db, "delete from audit_log where seq <= 3"),
    [4, 0],
    /entries 1 to 3 are missing/,
  ],
  ["a truncated tail", (db) => sql(db, "delete from audit_log where seq > 7"), [8, 0], /entries 8 to 10 are missing/],
  [
    "two entries in each other's place",
    async (db) => {
      await sql(db, "update audit_log set seq = -1 where seq = 3");
      await sql(db, "update audit_log set seq = 3 where seq = 4");
      await sql(db, "update audit_log set seq = 4 where seq = -1");
    },
    [3, 4, 5],
    /place in the chain/,
  ],
  [
    "an entry put in before the others",
    (db) =>
      sql(
        db,
        `insert into audit_log (seq, id, at, actor, action, subject, digest, hash)
          select 0, 'aud_0', at, actor, action, subject, digest, hash from audit_log where seq = 1`,
      ),
    [0],
    /put in before/,
  ],
  [
    "an entry put in at the end with a hash of its own",
    (db) =>
      sql(
        db,
        `insert into audit_log (id, at, actor, action, subject, digest, hash)
          select 'aud_x', at, actor, action, subject, digest, hash from audit_log where seq = 10`,
      ),
    // It is not what follows, and it has no details.
    [11, 11],
    /altered/,
  ],
  ["a seal taken away", (db) => sql(db, "update audit_log set hash = null where seq = 5"), [5], /seal was taken away/],
  [
    "an edit that waits for the sealer to seal it again",
    async (db) => {
      await sql(db, "update audit_log set hash = null, subject = 'sup_99' where seq = 5");
      await sealEntries(db.client);
    },
    [6],
    /altered/,
  ],
  [
    "altered details",
    (db) =>
      sql(db, "update audit_details set details = replace(details, '\"number\":2', '\"number\":3') where rowid = 2"),
    [2],
    /details were altered/,
  ],
  [
    "altered details with their digest",
    async (db) => {
      const [, second] = await auditAfter(db, 0, 2);
      await sql(db, "update audit_details set details = '{}', person = null where id = ?", second!.id);
      await sql(db, "update audit_log set digest = ? where seq = 2", digestOf("{}"));
    },
    [2],
    /altered/,
  ],
  [
    "details filed under somebody else",
    (db) => sql(db, "update audit_details set person = '+33612000002' where rowid = 9"),
    [9],
    /another person/,
  ],
  [
    "swapped details",
    async (db) => {
      const [first, second] = await auditAfter(db, 0, 2);
      await sql(db, "update audit_details set id = 'aside' where id = ?", first!.id);
      await sql(db, "update audit_details set id = ? where id = ?", first!.id, second!.id);
      await sql(db, "update audit_details set id = ? where id = 'aside'", second!.id);
    },
    [1, 2],
    /details were altered/,
  ],
];

describe.each(DATABASE_KINDS)("audit verify (%s)", (kind) => {
  test("a log that nobody touched is whole, however often and late it was sealed", async () => {
    const db = await freshDatabase(kind);
    expect(await verifyAudit(db)).toEqual({
      entries: 0,
      whole: true,
      head: null,
      unsealed: 0,
      erased: 0,
      findings: [],
    });
    await write(db, 1, 2_500);
    await sealEntries(db.client, 2_100);
    const seen: number[] = [];
    const result = await verifyAudit(db, { progress: (entries) => void seen.push(entries) });
    expect(result).toMatchObject({ entries: 2_500, unsealed: 400, erased: 0, findings: [] });
    expect(result.head?.seq).toBe(2_100);
    expect(seen).toEqual([2_000, 2_500]);
    await sealEntries(db.client);
    const later = await verifyAudit(db, { checkpoints: [result.head!] });
    expect(later).toMatchObject({ unsealed: 0, findings: [], head: { seq: 2_500 } });
  });

  test.each(TAMPERING)("finds %s", async (_name, change, expected, what) => {
    const { db } = await tampered(kind, change);
    const result = await verifyAudit(db);
    expect(seqs(result)).toEqual(expected);
    expect(result.findings[0]!.what).toMatch(what);
  });
});

describe("audit verify with checkpoints", () => {
  test("a log rewritten from some entry on fits in itself, and not with what an auditor kept", async () => {
    const { db, head } = await tampered("embedded", async (db) => {
      await sql(db, "update audit_log set actor = 'key_other' where seq = 4");
      await rewriteFrom(db, 4);
    });
    expect((await verifyAudit(db)).findings).toEqual([]);
    const result = await verifyAudit(db, { checkpoints: [head] });
    expect(seqs(result)).toEqual([10]);
    expect(result.findings[0]!.what).toContain("rewritten");
  });

  test("a tail cut off with SQLite's own record of it is missed by the one who kept its hash", async () => {
    const { db, head } = await tampered("embedded", async (db) => {
      await sql(db, "delete from audit_details where id in (select id from audit_log where seq > 7)");
      await sql(db, "delete from audit_log where seq > 7");
      await sql(db, "update sqlite_sequence set seq = 7 where name = 'audit_log'");
    });
    expect((await verifyAudit(db)).findings).toEqual([]);
    expect(seqs(await verifyAudit(db, { checkpoints: [head] }))).toEqual([10]);
  });

  test("what is erased, and told of, leaves the chain whole and is counted; what is merely gone is found", async () => {
    const { db, head } = await tampered("embedded", async (db) => {
      const [second] = await auditAfter(db, 1, 1);
      const told = auditRow({ at: 1, actor: "key_1", action: "details.erased", subject: second!.id }, newId);
      await db.client.batch(auditStatements([told]));
      await sql(db, "delete from audit_details where rowid in (2, 3)");
    });
    const result = await verifyAudit(db, { checkpoints: [head] });
    expect([result.erased, seqs(result), result.findings[0]!.what]).toEqual([
      1,
      [3],
      expect.stringContaining("taken away"),
    ]);
  });

  test("details that are no JSON are a finding, whatever their digest", async () => {
    const { db } = await tampered("embedded", async (db) => {
      await sql(db, "update audit_details set details = 'x' where rowid = 4");
      await sql(db, "update audit_log set digest = ? where seq = 4", digestOf("x"));
      await rewriteFrom(db, 4);
    });
    expect(seqs(await verifyAudit(db))).toEqual([4]);
  });

  test("a checkpoint of another log is not taken", async () => {
    const { db } = await tampered("embedded", () => Promise.resolve());
    const foreign: Checkpoint = { seq: 3, hash: "ab".repeat(32) };
    expect(seqs(await verifyAudit(db, { checkpoints: [foreign] }))).toEqual([3]);
  });

  test("findings stay bounded", async () => {
    const { db } = await tampered("embedded", async (db) => {
      await write(db, 11, 1_500);
      await sealEntries(db.client);
      await sql(db, "update audit_log set at = at + 1");
    });
    expect((await verifyAudit(db)).findings.length).toBe(MAX_FINDINGS);
  });
});

describe("audit verify beside a gateway at work", () => {
  test.each(DATABASE_KINDS)("writers and sealers raise no false alarm (%s)", async (kind) => {
    const db = await freshDatabase(kind);
    const other = await openAgain(db);
    let busy = true;
    const work = Promise.all([
      (async () => {
        for (let from = 1; from <= 3_000; from += 100) await write(db, from, from + 99);
        busy = false;
      })(),
      (async () => {
        while (busy) await sealEntries(other.client, 130);
      })(),
    ]);
    while (busy) expect((await verifyAudit(other)).findings).toEqual([]);
    await work;
    await sealEntries(db.client);
    expect(await verifyAudit(db)).toMatchObject({ entries: 3_000, unsealed: 0, findings: [] });
    await other.close();
  });
});
