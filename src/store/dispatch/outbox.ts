import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";
import type { MessageRow } from "../messages/writes.ts";
import { readWaiting, type WaitingRow, waitingRows } from "./waiting.ts";

/**
 * The dispatcher's side of `messages`, beside claiming them (`claim.ts`). Every change states in its SQL what must still hold, so
 * that any number of instances may dispatch one database: what another instance did in between is simply not matched.
 */

/** A statement with those of `args` that it names: a libSQL server refuses one that is given more. */
export function named(sql: string, args: Record<string, string | number | null>): InStatement {
  return { sql, args: Object.fromEntries(Object.entries(args).filter(([name]) => sql.includes(`:${name}`))) };
}

/** What came of handing over one message. */
export interface HandOver {
  id: string;
  lease: string;
  /** `queued` tries again at `due_at`. */
  status: "sent" | "delivered" | "queued" | "failed" | "unknown";
  carrier_message_id: string | null;
  /** Null where reports give the id as it stands. */
  carrier_message_key: string | null;
  due_at: number | null;
  error_code: string | null;
  error_detail: string | null;
  at: number;
  /** The account of the next attempt; null when it stays. */
  next_carrier_id: string | null;
  /** True when this attempt may have been taken. */
  maybe_taken: boolean;
  /** False when the account only asked to send more slowly: that must not use up the attempts of a message. */
  counts: boolean;
}

/**
 * The answer of hand-over `j` says what became of message `m`: it is still in its lease, or the lease ran out, nobody has tried it
 * again, and the answer is that the carrier took it.
 */
const TELLS =
  `(m.lease = j.value->>1 and m.status = 'sending' or m.lease is null and j.value->>2 in ('sent', 'delivered')
  and (m.status = 'unknown' or m.status in ('queued', 'held') and m.maybe_taken = 1))`;

/** Records hand-overs. A report that came first stays, and so does what others did once the lease had run out. */
export function recordHandOvers(results: readonly HandOver[]): InStatement[] {
  const tells = TELLS.replaceAll("m.", "");
  const set = (column: string, value: string) => `${column} = case when ${tells} then ${value} else ${column} end`;
  const rows = JSON.stringify(results.map((one) => [
    one.id,
    one.lease,
    one.status,
    one.carrier_message_id,
    one.due_at,
    one.error_code,
    one.error_detail,
    one.at,
    one.next_carrier_id,
    one.maybe_taken ? 1 : null,
    one.counts ? 0 : 1,
    one.carrier_message_key,
  ]));
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select j.value->>0, j.value->>7, j.value->>2, j.value->>6 from json_each(?) j
        join messages m on m.id = j.value->>0 and ${TELLS}`,
      args: [rows],
    },
    {
      sql: `update messages set carrier_message_id = coalesce(j.value->>3, carrier_message_id),
          carrier_message_key = coalesce(j.value->>11, carrier_message_key),
          sent_at = coalesce(sent_at, case when j.value->>2 in ('sent', 'delivered') then j.value->>7 end),
          ${set("status", "j.value->>2")}, ${set("due_at", "j.value->>4")},
          ${set("error_code", "j.value->>5")}, ${set("error_detail", "j.value->>6")},
          ${set("delivered_at", "case when j.value->>2 = 'delivered' then j.value->>7 end")},
          ${set("carrier_id", "coalesce(j.value->>8, carrier_id)")},
          ${set("maybe_taken", "coalesce(j.value->>9, maybe_taken)")}, ${set("attempts", "attempts - (j.value->>10)")},
          ${set("lease", "null")}, ${set("lease_until", "null")}, ${set("hold_until", "null")}, ${
        set("hold_reason", "null")
      }
        from json_each(?) j where messages.id = j.value->>0`,
      args: [rows],
    },
  ];
}

/** Messages that were claimed under `lease` and surely not handed over. */
export interface Untouched {
  lease: string;
  /** Null for all of them. */
  ids: readonly string[] | null;
}

/** They wait again, as if they had not been claimed. One whose lease has ended, and perhaps been recovered, stays what it is. */
export function giveBack({ lease, ids }: Untouched): InStatement {
  return {
    sql: `update messages set status = 'queued', attempts = attempts - 1, lease = null, lease_until = null
      where lease = ? and status = 'sending'${ids === null ? "" : " and id in (select value from json_each(?))"}`,
    args: ids === null ? [lease] : [lease, JSON.stringify(ids)],
  };
}

/**
 * Leases that ran out: the instance that held them is gone, and whether the carrier got the message is not known. Carriers for
 * which a second hand-over is harmless get it again; otherwise it is `unknown` until a report tells (design, invariant 1;
 * sending twice would be worse than asking).
 */
export async function recoverLeases(
  client: DbClient,
  now: number,
  idempotentCarriers: readonly string[],
): Promise<number> {
  const expired = `status = 'sending' and lease_until <= ?1`;
  const again = `carrier_id in (select value from json_each(?2))`;
  const [found] = await client.batch([
    {
      sql: `select count(*) as n from messages where status = 'sending' and lease is not null and lease_until <= ?`,
      args: [now],
    },
  ], "read");
  if (Number(found!.rows[0]?.["n"] ?? 0) === 0) return 0;
  const args = [now, JSON.stringify(idempotentCarriers)];
  await client.batch([
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, ?1, case when ${again} then 'queued' else 'unknown' end, 'The instance that was sending it is gone.'
        from messages where ${expired}`,
      args,
    },
    {
      sql: `update messages set status = case when ${again} then 'queued' else 'unknown' end,
          due_at = case when ${again} then ?1 end, error_code = case when ${again} then null else 'outcome_unknown' end,
          error_detail = case when ${again} then null else 'Nobody knows whether the carrier took it; a report will tell.' end,
          maybe_taken = 1, lease = null, lease_until = null
        where ${expired}`,
      args,
    },
  ]);
  return Number(found!.rows[0]!["n"]);
}

/**
 * Makes due what was accepted by a clock that has stepped back since, and would wait until it is that late again. What was tried, what was
 * told to wait and what a campaign planned has its time for a reason.
 */
export function dueNow(now: number): InStatement {
  return {
    sql: `update messages set due_at = ?1 where status = 'queued' and due_at > ?1 and attempts = 0
      and error_code is null and campaign_id is null`,
    args: [now],
  };
}

/** Held messages whose time has come, oldest first. */
export async function heldDue(client: DbClient, now: number, limit: number): Promise<WaitingRow[]> {
  return readWaiting(
    await client.execute({
      sql: waitingRows("where status = 'held' and due_at <= ? order by due_at, id limit ?"),
      args: [now, limit],
    }),
  );
}

export type Redecided = Pick<
  MessageRow,
  | "id"
  | "status"
  | "text"
  | "submitted_text"
  | "unsubscribe_token"
  | "category"
  | "encoding"
  | "segments"
  | "due_at"
  | "hold_until"
  | "hold_reason"
  | "allowed_until"
  | "decision"
  | "error_code"
  | "error_detail"
>;

const DECIDED = [
  "status",
  "text",
  "submitted_text",
  "unsubscribe_token",
  "category",
  "encoding",
  "segments",
  "due_at",
  "hold_until",
  "hold_reason",
  "allowed_until",
  "decision",
  "error_code",
  "error_detail",
] as const;

/** Writes new decisions of held messages; one that was canceled meanwhile stays canceled. */
export function redecide(rows: readonly Redecided[], now: number): InStatement[] {
  return decided(rows, { now }, "m.status = 'held'", "");
}

/**
 * Writes new decisions of messages claimed under `lease`. Those that may still leave stay `sending`; the others were not attempted
 * after all, and the lease ends.
 */
export function redecideClaimed(rows: readonly Redecided[], now: number, lease: string): InStatement[] {
  return decided(
    rows,
    { now, lease },
    "m.status = 'sending' and m.lease = :lease",
    `, attempts = attempts - (u.status != 'sending'), lease = case when u.status = 'sending' then lease end,
      lease_until = case when u.status = 'sending' then lease_until end`,
  );
}

/** `still`: what must hold for message `m`. `more`: assignments beside the decision's own. */
function decided(
  rows: readonly Redecided[],
  known: { now: number; lease?: string },
  still: string,
  more: string,
): InStatement[] {
  if (rows.length === 0) return [];
  const json = JSON.stringify(rows.map((row) => [row.id, ...DECIDED.map((column) => row[column] ?? null)]));
  const place = (column: (typeof DECIDED)[number]) => `j.value->>${DECIDED.indexOf(column) + 1}`;
  const args = { ...known, rows: json };
  return [
    named(
      `insert into message_events (message_id, at, status, detail)
        select m.id, :now, ${place("status")}, ${place("error_detail")} from json_each(:rows) j
        join messages m on m.id = j.value->>0 and ${still} where ${place("status")} != 'sending'`,
      args,
    ),
    named(
      `update messages set ${DECIDED.map((column) => `${column} = u.${column}`).join(", ")}${more}
        from (select m.id as id, ${DECIDED.map((column) => `${place(column)} as ${column}`).join(", ")}
          from json_each(:rows) j join messages m on m.id = j.value->>0 and ${still}) u
        where messages.id = u.id`,
      args,
    ),
  ];
}
