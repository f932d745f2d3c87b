import type { Category } from "../core/message.ts";
import type { InStatement, ResultSet } from "@libsql/client/web";
import type { DbClient } from "./client.ts";
import { claimedFacts, type Facts, readClaimedFacts } from "./facts.ts";
import type { MessageRow } from "./writes.ts";

/**
 * The dispatcher's side of `messages`. Every change states in its SQL what must still hold, so that any number of instances may
 * dispatch one database: what another instance did in between is simply not matched.
 */

export interface Claim {
  lease: string;
  now: number;
  leaseUntil: number;
  /** At most this many messages in all, shared evenly by the senders that have something to send. */
  limit: number;
}

/** A sender may save up this much of its rate while idle, in ms; a slower sender saves one message. */
const BURST_MS = 1_000;

/** What an idle sender may have saved, in ms. */
const SAVED = `max(${BURST_MS}, 1000.0 / rate_per_second)`;
/**
 * The sender's instant of the generic cell rate algorithm. The algorithm never moves it past the present, so one that lies further
 * ahead than what may be saved was written by a clock that has stepped back since: one message may leave, and that mends it.
 */
const NEXT_AT = `(case when next_at > :now + ${SAVED} then :now - 1000.0 / rate_per_second else next_at end)`;

/** Messages that an active suppression covers; a confirmation of the suppression itself may leave. */
const SUPPRESSED = `reply_kind is null and exists (select 1 from suppressions s
  where s.recipient = messages.person and s.lifted_at is null
    and (messages.category = 'commercial' or (s.scope = 'all' and s.sender in ('', messages.sender))))`;

/**
 * Takes what is due, within each sender's rate, and looks once more before it leaves: suppressed, expired and out-of-hours
 * messages fall out of the claim in the same transaction (invariant 2). Returns the rows that may be handed over now, and for the
 * advertising among them what is known about each person at that very instant: claims are write transactions and come one after
 * the other, so of two instances that claim for one person the later one sees what the earlier one took.
 */
export async function claimDue(client: DbClient, claim: Claim): Promise<Claimed> {
  const { lease, now } = claim;
  const ready = await client.execute({
    // Those that were served longest ago come first: with more senders than slots each has its turn.
    sql: `select address from senders where ${NEXT_AT} <= :now - 1000.0 / rate_per_second
      and exists (select 1 from messages where status = 'queued' and sender = senders.address and due_at <= :now)
      order by ${NEXT_AT}, address limit :limit`,
    args: { now, limit: claim.limit },
  });
  if (ready.rows.length === 0) return { rows: [], facts: new Map() };
  const take = ready.rows.flatMap((row, index): InStatement[] => {
    const address = row["address"] as string;
    return [
      {
        sql: `update messages set status = 'sending', lease = :lease, lease_until = :leaseUntil, attempts = attempts + 1
          where id in (select id from messages where status = 'queued' and sender = :address and due_at <= :now
            order by priority, due_at
            limit (select max(0, cast(min(${SHARE}, ${ALLOWANCE}) as integer)) from senders where address = :address))`,
        args: {
          lease,
          leaseUntil: claim.leaseUntil,
          address,
          now,
          limit: claim.limit,
          senders: ready.rows.length - index,
        },
      },
      {
        sql: `update senders set next_at = ${FROM} + changes() * 1000.0 / rate_per_second
          where address = :address and changes() > 0`,
        args: { address, now },
      },
    ];
  });
  const results = await client.batch([
    ...take,
    ...leave(lease, now, SUPPRESSED, {
      status: "canceled",
      code: "recipient_opted_out",
      detail: "The person opted out before it left.",
    }),
    ...leave(lease, now, "valid_until is not null and valid_until <= :now", {
      status: "expired",
      code: "expired",
      detail: "It could not leave while it was valid.",
    }),
    {
      // Its window closed while it waited: back to the release step, which finds the next one.
      sql: `update messages set status = 'held', due_at = :now, hold_until = :now, hold_reason = 'quiet_hours',
          attempts = attempts - 1, lease = null, lease_until = null
        where lease = :lease and status = 'sending' and allowed_until is not null and allowed_until <= :now`,
      args: { lease, now },
    },
    {
      sql: waitingRows("where lease = ? and status = 'sending' order by priority, due_at, id"),
      args: [lease],
    },
    claimedFacts(lease, now),
  ]);
  return {
    rows: readWaiting(results.at(-2)!),
    facts: readClaimedFacts(results.at(-1)!, now),
  };
}

/** What handing over, and deciding again before that, asks of a message. */
const WAITING_COLUMNS = [
  "id",
  "status",
  "person",
  "sender",
  "text",
  "submitted_text",
  "declared_category",
  "encoding",
  "segments",
  "max_segments",
  "due_at",
  "scheduled_at",
  "valid_until",
  "lease",
  "attempts",
  "carrier_id",
  "unsubscribe_token",
  "category",
  "hold_until",
  "hold_reason",
  "allowed_until",
  "error_code",
  "error_detail",
  "decision",
] as const satisfies readonly (keyof MessageRow)[];

export type WaitingRow = Required<Pick<MessageRow, (typeof WAITING_COLUMNS)[number]>> & {
  /** What somebody on the staff settled about it; null when nobody had to. */
  settled_category: Category | null;
};
const READ_COLUMNS = [...WAITING_COLUMNS, "settled_category"] as const;
/** The settlement of a review of the message itself. `refuse` ends a message, so none that waits has it. */
const SETTLED = `(select r.settlement from reviews r where r.message_id = messages.id and r.kind = 'category_conflict'
  and r.settlement in ('commercial', 'informative')) as settled_category`;

/** All of them in one cell: each cell of a result costs microseconds, and a message has forty. */
function waitingRows(from: string): string {
  return `select json_group_array(json_array(${
    READ_COLUMNS.join(", ")
  })) as waiting from (select *, ${SETTLED} from messages ${from})`;
}

function readWaiting({ rows }: ResultSet): WaitingRow[] {
  const waiting = JSON.parse(rows[0]!["waiting"] as string) as unknown[][];
  return waiting.map((values) =>
    Object.fromEntries(READ_COLUMNS.map((column, place) => [column, values[place]])) as unknown as WaitingRow
  );
}

export interface Claimed {
  rows: WaitingRow[];
  /** By message id, for advertising. */
  facts: ReadonlyMap<string, Facts>;
}

/** The sender's instant, clamped to what it may have saved while idle. */
const FROM = `max(${NEXT_AT}, :now - ${SAVED})`;
const ALLOWANCE = `(:now - ${FROM}) * rate_per_second / 1000.0 + 0.000001`;
/** An even share, rounded up, of what the senders before left over; `:senders` are still to be served. */
const SHARE =
  `((:limit - (select count(*) from messages where status = 'sending' and lease = :lease) + :senders - 1) / :senders)`;

/** Claimed messages for which `condition` holds leave for good; the timeline says so. */
function leave(
  lease: string,
  now: number,
  condition: string,
  end: { status: string; code: string; detail: string },
): InStatement[] {
  const args = { lease, now, ...end };
  const where = `lease = :lease and status = 'sending' and (${condition})`;
  return [
    named(
      `insert into message_events (message_id, at, status, detail) select id, :now, :status, :code from messages where ${where}`,
      args,
    ),
    named(
      `update messages set status = :status, error_code = :code, error_detail = :detail, lease = null, lease_until = null,
        due_at = null where ${where}`,
      args,
    ),
  ];
}

/** A statement with those of `args` that it names: a libSQL server refuses one that is given more. */
function named(sql: string, args: Record<string, string | number>): InStatement {
  return { sql, args: Object.fromEntries(Object.entries(args).filter(([name]) => sql.includes(`:${name}`))) };
}

/** What came of handing over one message. */
export interface HandOver {
  id: string;
  lease: string;
  /** `queued` tries again at `due_at`. */
  status: "sent" | "delivered" | "queued" | "failed" | "unknown";
  carrier_message_id: string | null;
  due_at: number | null;
  error_code: string | null;
  error_detail: string | null;
  at: number;
}

/** Records hand-overs. A report that came first stays: only a message still in this lease changes its status. */
export function recordHandOvers(results: readonly HandOver[]): InStatement[] {
  const set = (column: string, value: string) =>
    `${column} = case when lease = j.value->>1 and status = 'sending' then ${value} else ${column} end`;
  const rows = JSON.stringify(results.map((one) => [
    one.id,
    one.lease,
    one.status,
    one.carrier_message_id,
    one.due_at,
    one.error_code,
    one.error_detail,
    one.at,
  ]));
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select j.value->>0, j.value->>7, j.value->>2, j.value->>6 from json_each(?) j
        join messages m on m.id = j.value->>0 and m.lease = j.value->>1 and m.status = 'sending'`,
      args: [rows],
    },
    {
      sql: `update messages set carrier_message_id = coalesce(j.value->>3, carrier_message_id),
          sent_at = coalesce(sent_at, case when j.value->>2 in ('sent', 'delivered') then j.value->>7 end),
          ${set("status", "j.value->>2")}, ${set("due_at", "j.value->>4")},
          ${set("error_code", "j.value->>5")}, ${set("error_detail", "j.value->>6")},
          ${set("delivered_at", "case when j.value->>2 = 'delivered' then j.value->>7 end")},
          ${set("lease", "null")}, ${set("lease_until", "null")}
        from json_each(?) j where messages.id = j.value->>0`,
      args: [rows],
    },
  ];
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
          lease = null, lease_until = null
        where ${expired}`,
      args,
    },
  ]);
  return Number(found!.rows[0]!["n"]);
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

/**
 * When there may be something to do next; null when nothing waits for a time. Of a sender's queue only its head is looked at,
 * because a long queue must not be walked each time; a retry behind it is found by the next poll.
 */
export async function nextDue(client: DbClient, now: number): Promise<number | null> {
  const { rows } = await client.execute({
    sql: `select min(due) as due from (
       select min(due_at) as due from messages where status = 'held'
       union all select min(max(${NEXT_AT} + 1000.0 / rate_per_second, (select m.due_at from messages m
         where m.status = 'queued' and m.sender = s.address order by m.priority, m.due_at limit 1))) from senders s
       union all select min(lease_until) from messages where status = 'sending' and lease is not null)`,
    args: { now },
  });
  return rows[0]?.["due"] as number | null ?? null;
}
