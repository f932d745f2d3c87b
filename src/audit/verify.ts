import type { Db } from "../store/libsql/client.ts";
import { digestOf } from "../store/oversight/audit.ts";
import { chainHash, GENESIS } from "../store/oversight/audit_chain.ts";
import { auditAfter, type AuditEntry } from "../store/oversight/audit_read.ts";

/** An entry and its hash, as an auditor kept them. */
export interface Checkpoint {
  seq: number;
  hash: string;
}

/** Something that is not as the gateway wrote it. */
export interface Finding {
  seq: number;
  what: string;
}

export interface Verification {
  entries: number;
  /** Whether it began with the first entry. */
  whole: boolean;
  /** The newest sealed entry: what an auditor keeps; null when there is none. */
  head: Checkpoint | null;
  /** Entries so new that they are not sealed yet. */
  unsealed: number;
  /** Entries whose details are gone, and of which a later entry says that they were erased. */
  erased: number;
  /** The first `MAX_FINDINGS` of them. */
  findings: Finding[];
}

/** Entries of one reading: bounds memory, whatever the log holds. */
const PAGE = 2_000;
/** A log with more is lost as a whole. */
export const MAX_FINDINGS = 1_000;

/**
 * Walks the chain from its first entry. Finds entries that were altered, put in, taken out or put elsewhere, seals that were taken
 * away, details that are not those of their entry, and details that are gone without an entry `details.erased` about it. Who rewrites everything from some entry to the end leaves a chain that
 * fits; only a checkpoint from before shows that. `progress` is called after each page with the number of entries seen. With `newest`
 * it begins so many entries before the end, and takes the hash that stands there as it is.
 */
export async function verifyAudit(
  db: Db,
  { checkpoints = [], progress, newest: part }: {
    checkpoints?: readonly Checkpoint[];
    progress?: (entries: number) => void;
    newest?: number;
  } = {},
): Promise<Verification> {
  const { newest, sealedThrough, everAssigned } = await boundsOf(db);
  const whole = part === undefined || newest <= part;
  const kept = Map.groupBy(checkpoints, ({ seq }) => seq);
  const result: Verification = { entries: 0, whole, head: null, unsealed: 0, erased: 0, findings: [] };
  const found = (seq: number, what: string) => {
    if (result.findings.length < MAX_FINDINGS) result.findings.push({ seq, what });
  };

  let last = { seq: 0, hash: GENESIS };
  // Numbers begin at 1; who puts an entry in may choose another.
  let after = Number.MIN_SAFE_INTEGER;
  if (!whole) {
    const [before] = await auditAfter(db, newest - part - 1, 1);
    last = { seq: before!.seq, hash: before!.hash ?? GENESIS };
    after = last.seq;
  }
  while (after < newest) {
    const page = await auditAfter(db, after, PAGE);
    if (page.length === 0) break;
    after = page.at(-1)!.seq;
    const erased = await erasedAmong(db, page.filter(({ details }) => details === null).map(({ id }) => id));
    for (const entry of page) {
      // What came since the start belongs to the next verification.
      if (entry.seq > newest) break;
      result.entries++;
      if (entry.seq < 1) {
        found(entry.seq, "it was put in before the first entry");
        continue;
      }
      const gap = entry.seq !== last.seq + 1;
      if (gap) found(entry.seq, missing(last.seq + 1, entry.seq - 1));
      if (entry.seq <= sealedThrough) {
        const expected = chainHash(last.hash, entry);
        if (entry.hash === null) found(entry.seq, "its seal was taken away");
        // Behind a gap it cannot fit.
        else if (!gap && entry.hash !== expected) found(entry.seq, "it, or its place in the chain, was altered");
        // On with the hash that stands there: one altered entry is one finding.
        last = { seq: entry.seq, hash: entry.hash ?? expected };
        if (entry.hash !== null) result.head = last;
      } else {
        last = { seq: entry.seq, hash: last.hash };
        result.unsealed++;
      }
      for (const { hash } of kept.get(entry.seq) ?? []) {
        if (entry.hash !== hash) found(entry.seq, "its hash is not the one that was kept: the log was rewritten");
      }
      if (entry.details === null) {
        if (erased.has(entry.id)) result.erased++;
        else found(entry.seq, "its details were taken away, and no entry says that they were erased");
      } else checkDetails(entry, entry.details, found);
    }
    progress?.(result.entries);
  }
  if (everAssigned > newest) found(newest + 1, missing(newest + 1, everAssigned));
  for (const { seq } of checkpoints) {
    if (seq > newest) found(seq, "it is missing: an auditor kept its hash");
  }
  // Looks at every row of details.
  const strays = whole ? await straysOf(db) : 0;
  if (strays > 0) found(0, `${strays} rows of audit_details belong to no entry`);
  return result;
}

function missing(from: number, to: number): string {
  return from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
}

function checkDetails(
  { seq, digest, person }: AuditEntry,
  details: string,
  found: (seq: number, what: string) => void,
): void {
  if (digestOf(details) !== digest) return found(seq, "its details were altered");
  if (toldOf(details) !== person) found(seq, "its details are filed under another person");
}

/** The person whom details name; undefined where they are not such as the gateway writes. */
function toldOf(details: string): string | null | undefined {
  try {
    return (JSON.parse(details) as { person?: string }).person ?? null;
  } catch {
    return undefined;
  }
}

/** Which of the entries have one that tells of the erasure of their details. */
async function erasedAmong({ client }: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await client.execute({
    sql: `select distinct subject from audit_log where action = 'details.erased'
      and subject in (select value from json_each(?))`,
    args: [JSON.stringify(ids)],
  });
  return new Set(rows.map((row) => row["subject"] as string));
}

/** Read in one transaction, so that a sealer at work looks like one that has not begun. */
async function boundsOf({ client }: Db): Promise<{ newest: number; sealedThrough: number; everAssigned: number }> {
  const [newest, sealed, assigned] = await client.batch([
    "select max(seq) as seq from audit_log",
    "select seq from audit_log where hash is not null order by seq desc limit 1",
    // SQLite's own record of the highest number it gave.
    "select seq from sqlite_sequence where name = 'audit_log'",
  ], "read");
  const seq = (result: typeof newest) => Number(result!.rows[0]?.["seq"] ?? 0);
  return { newest: seq(newest), sealedThrough: seq(sealed), everAssigned: seq(assigned) };
}

async function straysOf({ client }: Db): Promise<number> {
  const { rows } = await client.execute(
    "select count(*) as n from audit_details d where not exists (select 1 from audit_log l where l.id = d.id)",
  );
  return Number(rows[0]!["n"]);
}
