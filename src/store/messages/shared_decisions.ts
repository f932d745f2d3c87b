import type { InStatement } from "@libsql/client/web";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { DbClient } from "../libsql/client.ts";

/**
 * Decisions that many messages share, stored once: a decision is ten times as long as the rest of a row, and messages that are alike in
 * all that rules ask about get the same one, letter by letter. `messages.decision` then has its id in place of the JSON. Ids are made
 * of the content, so that two instances that store the same one store it once.
 */

const PREFIX = "dec_";

/** Id under which a decision (JSON) is shared. */
export function decisionId(decision: string): string {
  return PREFIX + bytesToHex(sha256(utf8ToBytes(decision))).slice(0, 32);
}

/** Stores decisions (JSON, with their ids), in the transaction that refers to them. */
export function saveDecisions(ids: ReadonlyMap<string, string>): InStatement[] {
  if (ids.size === 0) return [];
  return [{
    sql: "insert or ignore into shared_decisions (decision, id) select value->>0, value->>1 from json_each(?)",
    args: [JSON.stringify([...ids])],
  }];
}

/** So many distinct decisions are remembered at least, and at most twice as many. */
const REMEMBERED = 500;

/**
 * Remembers the decisions of late, to find those that are worth sharing: what two people got. A decision may quote words of a text, so
 * that of one person alone stays in their row, where retention and erasure find it.
 */
export class RecentDecisions {
  /** The person who got it first, or the id under which it is shared. */
  #recent = new Map<string, string>();
  #older = new Map<string, string>();

  /** The rows as they are stored, and the decisions that have to be stored with them (`saveDecisions`). */
  share<T extends { person: string; decision: string }>(
    rows: readonly T[],
  ): { rows: T[]; ids: Map<string, string> } {
    const ids = new Map<string, string>();
    const stored = rows.map((row) => {
      const { person, decision } = row;
      const known = this.#recent.get(decision) ?? this.#older.get(decision) ?? person;
      if (known === person) {
        this.#remember(decision, person);
        return row;
      }
      const id = known.startsWith(PREFIX) ? known : decisionId(decision);
      this.#remember(decision, id);
      ids.set(decision, id);
      return { ...row, decision: id };
    });
    return { rows: stored, ids };
  }

  #remember(decision: string, value: string): void {
    if (this.#recent.size >= REMEMBERED && !this.#recent.has(decision)) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(decision, value);
  }
}

/** SQL: the decision of a row of `messages` as JSON. */
export const DECISION =
  "coalesce((select s.decision from shared_decisions s where s.id = messages.decision), messages.decision)";

/** Messages as they are read, each with its decision as JSON. One read at most, and none where nothing is shared. */
export async function withDecisions<T extends { decision: string }>(
  client: Pick<DbClient, "execute">,
  rows: readonly T[],
): Promise<T[]> {
  const ids = new Set(rows.flatMap(({ decision }) => decision.startsWith(PREFIX) ? [decision] : []));
  if (ids.size === 0) return [...rows];
  const found = await client.execute({
    sql: "select id, decision from shared_decisions where id in (select value from json_each(?))",
    args: [JSON.stringify([...ids])],
  });
  const decisions = new Map(found.rows.map((row) => [row["id"] as string, row["decision"] as string]));
  return rows.map((row) => ({ ...row, decision: decisions.get(row.decision) ?? row.decision }));
}
