import type { InStatement } from "@libsql/client/web";
import type { EventRow } from "../../gateway/webhooks/events.ts";
import type { DbClient } from "../libsql/client.ts";
import { madeStatus, moveUp } from "./order.ts";
import { type EndpointRow, readEndpoint } from "./webhooks.ts";

/**
 * From events to deliveries, and from deliveries to attempts. As in outbox.ts, any number of instances may do this at once: each
 * change says in its SQL what must still hold.
 */

export interface Look {
  /** Endpoints with something that is due. */
  due: { id: string; failing: boolean }[];
  /** Events without deliveries. */
  fresh: boolean;
  /** Leases that ran out. */
  lost: boolean;
  /** Deliveries of endpoints that are disabled or deleted. */
  leftovers: boolean;
}

/** Whether there is anything to do, in one round trip: mostly there is not. */
export async function look(client: DbClient, now: number): Promise<Look> {
  const [due, rest] = await client.batch([
    {
      sql: `select id, failing_since is not null as failing from webhook_endpoints w
        where state = 'enabled' and ifnull(quiet_until, 0) <= :now and exists (select 1 from webhook_deliveries
          where endpoint_id = w.id and status = 'pending' and due_at <= :now)`,
      args: { now },
    },
    {
      sql: `select exists (select 1 from webhook_events where at is null) as fresh,
        exists (select 1 from webhook_deliveries where status = 'sending' and lease_until <= :now) as lost,
        exists (select 1 from webhook_endpoints w where w.state = 'deleted' or w.state = 'disabled' and ${WAITS}) as leftovers`,
      args: { now },
    },
  ], "read");
  const flags = rest!.rows[0]!;
  return {
    due: due!.rows.map((row) => ({ id: row["id"] as string, failing: row["failing"] === 1 })),
    fresh: flags["fresh"] === 1,
    lost: flags["lost"] === 1,
    leftovers: flags["leftovers"] === 1,
  };
}

/** Something waits for endpoint `w`. */
const WAITS = `(exists (select 1 from webhook_deliveries d where d.endpoint_id = w.id and d.status = 'pending')
  or exists (select 1 from webhook_deliveries d where d.endpoint_id = w.id and d.thread is not null
    and d.finished_at is null and d.status = 'waiting'))`;

/** When there is something to do next (ms); null when nothing waits for a time. */
export async function nextDue(client: DbClient, now: number): Promise<number | null> {
  const { rows } = await client.execute({
    sql: `select case when exists (select 1 from webhook_events where at is null) then :now else (
        select min(max(ifnull(quiet_until, 0), (select due_at from webhook_deliveries
          where endpoint_id = w.id and status = 'pending' order by due_at limit 1)))
        from webhook_endpoints w where state = 'enabled') end as due`,
    args: { now },
  });
  const due = rows[0]?.["due"] ?? null;
  return due === null ? null : Number(due);
}

/**
 * Makes the deliveries of the oldest `limit` events that have none, for the endpoints that listen to them, and dates the events. A
 * single transaction, and "has none" is `at is null`: no event is handed out twice or passed over, whoever does it.
 */
export async function fanOut(client: DbClient, now: number, limit: number): Promise<void> {
  const fresh = "(select * from webhook_events where at is null order by seq limit :limit)";
  await client.batch([
    {
      sql: `insert or ignore into webhook_deliveries (endpoint_id, event_seq, status, thread, due_at, created_at)
        select w.id, e.seq, ${
        madeStatus("w.ordered and e.thread is not null")
      }, case when w.ordered then e.thread end, :now, :now
        from ${fresh} e cross join webhook_endpoints w on w.state = 'enabled'
          and exists (select 1 from json_each(w.events) p where e.type glob p.value)
        order by e.seq`,
      args: { now, limit },
    },
    moveUp(
      `select distinct w.id as endpoint_id, e.thread from ${fresh} e cross join webhook_endpoints w
        where w.ordered and e.thread is not null`,
      { now, limit },
    ),
    {
      sql: `update webhook_events set at = ${HAPPENED}
        where seq in (select seq from webhook_events where at is null order by seq limit :limit)`,
      args: { now, limit },
    },
  ]);
}

/**
 * When it happened: the timeline tells. What has no timeline yet stands as it was accepted; a message that went back to being held
 * leaves no line there.
 */
const HAPPENED = `coalesce(
  case type when 'suppression.created' then (select created_at from suppressions where id = subject)
    when 'suppression.lifted' then (select lifted_at from suppressions where id = subject)
    when 'review.opened' then (select created_at from reviews where id = subject)
    else coalesce(
      (select m.at from message_events m where m.message_id = subject and type = 'message.' || m.status
        order by m.id desc limit 1),
      (select created_at from messages where id = subject
        and not exists (select 1 from message_events m where m.message_id = subject)))
  end, :now)`;

export interface ClaimedDelivery {
  n: number;
  lease: string;
  thread: string | null;
  /** This attempt included. */
  tries: number;
  endpoint: EndpointRow;
  event: EventRow;
}

/** Takes what is due, at most `limit` of each endpoint, for this instance alone until `leaseUntil`. */
export async function claimDeliveries(
  client: DbClient,
  wanted: readonly { id: string; limit: number }[],
  { lease, now, leaseUntil }: { lease: string; now: number; leaseUntil: number },
): Promise<ClaimedDelivery[]> {
  const results = await client.batch([
    ...wanted.map(({ id, limit }) => ({
      sql:
        `update webhook_deliveries set status = 'sending', lease = :lease, lease_until = :leaseUntil, tries = tries + 1
        where n in (select n from webhook_deliveries where endpoint_id = :id and status = 'pending' and due_at <= :now
            order by due_at, n limit :limit)
          and exists (select 1 from webhook_endpoints where id = :id and state = 'enabled')`,
      args: { lease, leaseUntil, id, now, limit },
    })),
    {
      sql: "select * from webhook_endpoints where id in (select value from json_each(?))",
      args: [JSON.stringify(wanted.map(({ id }) => id))],
    },
    {
      sql:
        `select d.n, d.endpoint_id, d.thread, d.tries, e.seq, e.nonce, e.type, e.subject, e.at from webhook_deliveries d
        join webhook_events e on e.seq = d.event_seq
        where d.status = 'sending' and d.lease_until = ? and d.lease = ? order by d.due_at, d.n`,
      args: [leaseUntil, lease],
    },
  ]);
  const endpoints = new Map(results.at(-2)!.rows.map((row) => [row["id"] as string, readEndpoint({ ...row })]));
  return results.at(-1)!.rows.map((row) => ({
    n: row["n"] as number,
    lease,
    thread: row["thread"] as string | null,
    tries: row["tries"] as number,
    endpoint: endpoints.get(row["endpoint_id"] as string)!,
    event: {
      seq: row["seq"] as number,
      nonce: row["nonce"] as string,
      type: row["type"] as string,
      subject: row["subject"] as string,
      at: row["at"] as number,
    },
  }));
}

/** An instance ended in the middle: whether the receiver heard of it is not known, and hearing twice does no harm. */
export async function recoverDeliveries(client: DbClient, now: number): Promise<void> {
  await client.execute({
    sql: `update webhook_deliveries set status = 'pending', due_at = :now, lease = null, lease_until = null
      where status = 'sending' and lease_until <= :now`,
    args: { now },
  });
}

/** What came of an attempt, as it is written down. */
export interface RecordedAttempt {
  n: number;
  lease: string;
  endpoint_id: string;
  thread: string | null;
  at: number;
  duration_ms: number;
  http_status: number | null;
  error: string | null;
  answer: string | null;
  status: "delivered" | "pending" | "failed";
  /** Of the next attempt; null when there is none. */
  due_at: number | null;
}

/** The person of whom delivery `d` tells was erased while it was under way: what the app answered may repeat what it was told. */
const ERASED = `exists (select 1 from webhook_events e where e.seq = d.event_seq and (
  exists (select 1 from messages m where m.id = e.subject and m.person = '')
  or exists (select 1 from reviews v where v.id = e.subject and v.person = '')
  or exists (select 1 from suppressions s where s.id = e.subject and s.recipient not glob '+*')))`;

/** Writes attempts down. One whose lease ran out meanwhile belongs to another instance, and is not. */
export function recordAttempts(attempts: readonly RecordedAttempt[]): InStatement[] {
  const rows = JSON.stringify(attempts.map((one) => [
    one.n,
    one.lease,
    one.at,
    one.duration_ms,
    one.http_status,
    one.error,
    one.answer,
    one.status,
    one.due_at,
  ]));
  const done = attempts.flatMap(({ status, endpoint_id, thread }) =>
    status === "pending" || thread === null ? [] : [[endpoint_id, thread]]
  );
  return [
    {
      sql: `insert into webhook_attempts (delivery, at, duration_ms, http_status, error, answer)
        select j.value->>0, j.value->>2, j.value->>3, j.value->>4, j.value->>5, iif(${ERASED}, null, j.value->>6) from json_each(?) j
        join webhook_deliveries d on d.n = j.value->>0 and d.lease = j.value->>1 and d.status = 'sending'`,
      args: [rows],
    },
    {
      sql: `update webhook_deliveries set status = j.value->>7, due_at = j.value->>8, lease = null, lease_until = null,
          finished_at = case when j.value->>7 != 'pending' then j.value->>2 end
        from json_each(?) j
        where n = j.value->>0 and lease = j.value->>1 and webhook_deliveries.status = 'sending'`,
      args: [rows],
    },
    ...(done.length === 0 ? [] : [
      moveUp("select value->>0 as endpoint_id, value->>1 as thread from json_each(:done)", {
        done: JSON.stringify(done),
      }),
    ]),
  ];
}
