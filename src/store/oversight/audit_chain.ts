import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { DbClient } from "../libsql/client.ts";

/** An entry as the chain covers it. */
export interface ChainedEntry {
  seq: number;
  id: string;
  at: number;
  actor: string;
  action: string;
  subject: string;
  digest: string;
}

/** Stands before the first entry. */
export const GENESIS = "0".repeat(64);

/**
 * Hash of an entry: SHA-256, in hex, of the hash before it, a line break, and the entry as a JSON array. Anybody can compute it
 * again with `sha256sum` (docs/evidence.md).
 */
export function chainHash(previous: string, { seq, id, at, actor, action, subject, digest }: ChainedEntry): string {
  const entry = JSON.stringify([seq, id, at, actor, action, subject, digest]);
  return bytesToHex(sha256(utf8ToBytes(`${previous}\n${entry}`)));
}

/** Entries of one transaction of the sealer. */
const GROUP = 1_000;

/**
 * Seals the entries that are not sealed yet, oldest first, and resolves with how many there were. Entries get their numbers in the
 * order of their commits, because a database has one writer; so what stands before an unsealed entry never changes, any two
 * sealers compute the same hashes, and the chain cannot fork. The conditions hold that even against a hand in the database.
 */
export async function sealEntries(client: DbClient, limit = Infinity): Promise<number> {
  let sealed = 0;
  while (sealed < limit) {
    const { rows } = await client.execute({
      sql: `select seq, id, at, actor, action, subject, digest,
          (select hash from audit_log p where p.seq < audit_log.seq order by p.seq desc limit 1) as previous
        from audit_log where hash is null order by seq limit ?`,
      args: [Math.min(GROUP, limit - sealed)],
    });
    if (rows.length === 0) return sealed;
    const entries = rows as unknown as (ChainedEntry & { previous: string | null })[];
    const first = entries[0]!;
    const start = first.previous ?? GENESIS;
    let previous = start;
    const hashes: [seq: number, hash: string][] = [];
    for (const [index, entry] of entries.entries()) {
      // A sealed entry between two unsealed ones: somebody took a seal away. The next round begins behind it.
      if (index > 0 && entry.previous !== null) break;
      previous = chainHash(previous, entry);
      hashes.push([entry.seq, previous]);
    }
    const { rowsAffected } = await client.execute({
      sql: `update audit_log set hash = j.value->>1 from json_each(:hashes) j
        where audit_log.seq = j.value->>0 and audit_log.hash is null
          and :start = coalesce((select p.hash from audit_log p where p.seq < :first order by p.seq desc limit 1), :genesis)`,
      args: { hashes: JSON.stringify(hashes), start, first: first.seq, genesis: GENESIS },
    });
    sealed += rowsAffected;
    // Another instance was faster; it goes on.
    if (rowsAffected === 0) return sealed;
  }
  return sealed;
}
