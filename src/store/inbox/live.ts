import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";

/**
 * What changed in threads, told by the order in which rows were committed: one writer at a time, so that whoever knows the last row of
 * each table knows what they have seen, on whichever instance.
 */

/** The last row of each table: messages, their events, the audit log, the desk. */
export type LivePlace = readonly [messages: number, events: number, audit: number, desk: number];

/** What happened in a thread; `desk`: it was assigned, read or noted about, `standing`: what the person agreed to or refused. */
export type LiveKind = "message" | "status" | "standing" | "desk";

export interface LiveNews {
  place: LivePlace;
  /** By thread; null when so much happened that it is better to look anew. */
  threads: ReadonlyMap<string, ReadonlySet<LiveKind>> | null;
}

/** Rows of one table that are told one by one. */
const MOST = 500;

/** In the order of `LivePlace`. Each finds its end in an index. */
const ENDS = `select (select coalesce(max(rowid), 0) from messages) as messages,
  (select coalesce(max(id), 0) from message_events) as events, (select coalesce(max(seq), 0) from audit_log) as audit,
  (select coalesce(max(changed), 0) from desk) as desk`;

const TABLES: readonly { kind: LiveKind; sql: string }[] = [
  { kind: "message", sql: "select conversation_id as id from messages where rowid > :from and rowid <= :to" },
  {
    kind: "status",
    sql: `select distinct m.conversation_id as id from message_events e join messages m on m.id = e.message_id
      where e.id > :from and e.id <= :to`,
  },
  {
    kind: "standing",
    sql:
      `select distinct c.id from audit_log l join audit_details d on d.id = l.id join conversations c on c.person = d.person
      where l.seq > :from and l.seq <= :to and (l.action glob 'suppression.*' or l.action glob 'consent.*' or l.action glob 'review.*')`,
  },
  { kind: "desk", sql: "select conversation_id as id from desk where changed > :from and changed <= :to" },
];

/** Where things stand now. */
export async function livePlace(client: DbClient): Promise<LivePlace> {
  const { rows } = await client.execute(ENDS);
  const { messages, events, audit, desk } = rows[0]! as unknown as Record<string, number>;
  return [messages!, events!, audit!, desk!];
}

/** What was committed behind `since`; one read when that is nothing, else a second one. */
export async function newsSince(client: DbClient, since: LivePlace): Promise<LiveNews> {
  const place = await livePlace(client);
  const moved = TABLES.flatMap(({ kind, sql }, table) => {
    const [from, to] = [since[table]!, place[table]!];
    return from === to ? [] : [{ kind, sql, from, to }];
  });
  if (moved.length === 0) return { place, threads: new Map() };
  // Behind: rows went, were numbered anew (`vacuum`), or the database is an older copy.
  if (moved.some(({ from, to }) => to < from || to - from > MOST)) return { place, threads: null };
  const results = await client.batch(
    moved.map(({ sql, from, to }): InStatement => ({ sql, args: { from, to } })),
    "read",
  );
  const threads = new Map<string, Set<LiveKind>>();
  results.forEach(({ rows }, index) => {
    for (const { id } of rows) {
      const kinds = threads.get(id as string) ?? new Set();
      threads.set(id as string, kinds.add(moved[index]!.kind));
    }
  });
  return { place, threads };
}
