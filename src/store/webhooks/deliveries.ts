import type { Db } from "../libsql/client.ts";
import { PAGE_REACH } from "../libsql/pages.ts";
import { type AuditRow, auditStatements } from "../oversight/audit.ts";
import { madeStatus, moveUp } from "./order.ts";

/** Deliveries as staff see them, with their attempts, and sending them again. */

export const DELIVERY_STATUSES = ["waiting", "pending", "sending", "delivered", "failed"] as const;

export interface DeliveryRow {
  n: number;
  endpoint_id: string;
  event_seq: number;
  status: (typeof DELIVERY_STATUSES)[number];
  due_at: number | null;
  created_at: number;
  finished_at: number | null;
  nonce: string;
  type: string;
  subject: string;
  /** When it happened. */
  at: number;
  /** JSON array of `AttemptRow` as arrays, oldest first. */
  attempts: AttemptRow[];
}

export interface AttemptRow {
  at: number;
  duration_ms: number;
  http_status: number | null;
  error: string | null;
  answer: string | null;
}

/** What one page shows of the attempts of each: replays could make them many. */
const ATTEMPTS_SHOWN = 50;

const SELECT = `select d.n, d.endpoint_id, d.event_seq, d.status, d.due_at, d.created_at, d.finished_at,
    e.nonce, e.type, e.subject, e.at,
    (select json_group_array(json_object('at', a.at, 'duration_ms', a.duration_ms, 'http_status', a.http_status,
      'error', a.error, 'answer', a.answer)) from (select * from webhook_attempts where delivery = d.n
        order by id desc limit ${ATTEMPTS_SHOWN}) a) as attempts
  from webhook_deliveries d join webhook_events e on e.seq = d.event_seq`;

function readDelivery(row: Record<string, unknown>): DeliveryRow {
  const attempts = JSON.parse(row["attempts"] as string) as AttemptRow[];
  return { ...row as unknown as DeliveryRow, attempts: attempts.reverse() };
}

/**
 * A page of an endpoint's deliveries, those of the newest events first. Where no index finds the fitting ones it looks at
 * `PAGE_REACH` of them, so that it may be short, even empty, with more to come.
 */
export async function listDeliveries(
  { client }: Db,
  { endpoint_id, status, limit, before }: {
    endpoint_id: string;
    status?: DeliveryRow["status"] | undefined;
    limit: number;
    /** `event_seq` where the page before ended. */
    before?: number | undefined;
  },
): Promise<{ rows: DeliveryRow[]; next: number | null }> {
  const args = { endpoint_id, before: before ?? Number.MAX_SAFE_INTEGER };
  let lowest: number | null = null;
  if (status !== undefined && status !== "failed") {
    const bottom = await client.execute({
      sql: `select event_seq from webhook_deliveries where endpoint_id = :endpoint_id and event_seq < :before
        order by event_seq desc limit 1 offset ${PAGE_REACH - 1}`,
      args,
    });
    lowest = (bottom.rows[0]?.["event_seq"] as number | undefined) ?? null;
  }
  const { rows } = await client.execute({
    // The word itself, not a parameter: only so does SQLite see that the index of failed ones applies.
    sql: `${SELECT} where d.endpoint_id = :endpoint_id and d.event_seq < :before
        and d.event_seq >= :lowest ${status === undefined ? "" : `and d.status = '${status}'`}
      order by d.event_seq desc limit :limit`,
    args: { ...args, lowest: lowest ?? 0, limit: limit + 1 },
  });
  const page = rows.slice(0, limit).map((row) => readDelivery({ ...row }));
  return { rows: page, next: rows.length > limit ? page.at(-1)!.event_seq : lowest };
}

/** By its number, or by that of its event. */
export async function findDelivery(
  { client }: Db,
  endpoint_id: string,
  key: { n: number } | { event_seq: number },
): Promise<DeliveryRow | null> {
  const { rows } = await client.execute({
    sql: `${SELECT} where ${"n" in key ? "d.n = :n" : "d.event_seq = :event_seq"} and d.endpoint_id = :endpoint_id`,
    args: { ...key, endpoint_id },
  });
  return rows[0] === undefined ? null : readDelivery({ ...rows[0] });
}

/** Makes a test event and its delivery to one endpoint. Resolves with the delivery's number. */
export async function createTest({ client }: Db, endpoint_id: string, type: string, now: number): Promise<number> {
  const results = await client.batch([
    {
      // Dated, so that no tick hands it to anybody else.
      sql: "insert into webhook_events (type, subject, at) values (?, ?, ?)",
      args: [type, endpoint_id, now],
    },
    {
      sql: `insert into webhook_deliveries (endpoint_id, event_seq, status, due_at, created_at)
        values (?, last_insert_rowid(), 'pending', ?, ?) returning n`,
      args: [endpoint_id, now, now],
    },
  ]);
  return Number(results[1]!.rows[0]!["n"]);
}

/** Sends one again, with all retries before it. One that is being sent at this moment stays as it is. */
export async function replayDelivery(
  { client }: Db,
  endpoint_id: string,
  n: number,
  now: number,
  audit: AuditRow,
): Promise<void> {
  await client.batch([
    {
      sql: `update webhook_deliveries set ${AGAIN} where n = :n and endpoint_id = :endpoint_id and status != 'sending'`,
      args: { n, endpoint_id, now },
    },
    moveUp("select endpoint_id, thread from webhook_deliveries where n = :n and thread is not null", { n }),
    ...auditStatements([audit]),
  ]);
}

const AGAIN = `status = ${madeStatus("thread is not null")}, due_at = :now, tries = 0, finished_at = null`;

export interface Replay {
  endpoint_id: string;
  /** ms, from the first and before the second. */
  since: number;
  until: number;
  /** Types or patterns. */
  types: readonly string[];
  /** Leaves out what was delivered. */
  undeliveredOnly: boolean;
}

/** Events of one transaction. */
const PIECE = 1_000;
/** Of one request. */
const MOST = 100_000;

/**
 * Sends an endpoint once more what happened in a time, oldest first: what it was sent before and what it was not (because it was
 * disabled, did not listen to it, or did not exist). Resolves with how many events, and where to go on when there were too many.
 */
export async function replayEvents(
  { client }: Db,
  { endpoint_id, since, until, types, undeliveredOnly }: Replay,
  now: number,
  audit: (replayed: number) => AuditRow,
): Promise<{ replayed: number; next: number | null }> {
  const chosen = JSON.stringify(types);
  let replayed = 0;
  let [at, seq] = [since, 0];
  while (replayed < MOST) {
    const { rows } = await client.execute({
      sql: `select e.seq, e.at from webhook_events e where e.at < :until and (e.at, e.seq) > (:at, :seq) and e.at >= :at
          and exists (select 1 from json_each(:chosen) where e.type glob value) and e.type != 'webhook.test'
          and not (:undeliveredOnly and exists (select 1 from webhook_deliveries d
            where d.endpoint_id = :endpoint_id and d.event_seq = e.seq and d.status != 'failed'))
        order by e.at, e.seq limit ${PIECE}`,
      args: { until, at, seq, chosen, undeliveredOnly: Number(undeliveredOnly), endpoint_id },
    });
    const last = rows.at(-1);
    if (last === undefined) return { replayed, next: null };
    await client.batch([
      ...again(endpoint_id, JSON.stringify(rows.map((row) => row["seq"])), now),
      ...auditStatements([audit(rows.length)]),
    ]);
    replayed += rows.length;
    [at, seq] = [Number(last["at"]), Number(last["seq"])];
    if (rows.length < PIECE) return { replayed, next: null };
  }
  return { replayed, next: at };
}

function again(endpoint_id: string, events: string, now: number) {
  const chosen = "event_seq in (select value from json_each(:events))";
  return [
    {
      sql: `insert into webhook_deliveries (endpoint_id, event_seq, status, thread, due_at, created_at)
        select w.id, e.seq, ${
        madeStatus("w.ordered and e.thread is not null")
      }, case when w.ordered then e.thread end, :now, :now
        from webhook_events e join webhook_endpoints w on w.id = :endpoint_id
        where e.seq in (select value from json_each(:events)) order by e.seq
        on conflict (endpoint_id, event_seq) do update set ${AGAIN} where status != 'sending'`,
      args: { endpoint_id, events, now },
    },
    moveUp(
      `select distinct endpoint_id, thread from webhook_deliveries
        where endpoint_id = :endpoint_id and ${chosen} and thread is not null`,
      { endpoint_id, events },
    ),
  ];
}
