import { firstIdAt } from "../../gateway/ids.ts";
import type { DbClient } from "../libsql/client.ts";

/**
 * Accounting over outbound messages. Two independent records tell what became of one: its row in `messages`, and the journal
 * `message_events`, to which every change of status adds a line in the same transaction. A message is counted where its row says
 * only if the journal agrees and somebody or something will look at it again while it waits; otherwise it is unaccounted for, and
 * named. So `accepted` equals the sum of all other columns exactly when nothing is unaccounted for.
 */

/** Where a message is counted. `sent` was taken by the carrier, whatever became of it afterwards. */
export const ACCOUNTS = [
  "sent",
  "failed",
  "held",
  "refused",
  "canceled",
  "expired",
  "in_flight",
  "unknown",
] as const;
export type Account = (typeof ACCOUNTS)[number];

/** Why a message is counted nowhere. */
export const DISCREPANCIES = {
  answered_but_missing: "The caller was told that it is accepted, and it is not stored.",
  status_not_recorded: "Its status is not the last one that the journal records.",
  ended_but_waits: "The journal records its end, and it waits to be sent.",
  never_due: "It waits, and nothing will look at it again.",
  claim_lost: "It is being handed over for far too long, and no lease will end that.",
  sender_missing: "It waits to be sent from a sender that no longer exists.",
} as const;
export type Discrepancy = keyof typeof DISCREPANCIES;

/** What was accepted in one hour and goes through one carrier account. */
export interface Entry {
  /** Null for what was accepted without one. */
  carrier_id: string | null;
  /** Beginning of the hour (ms). */
  hour: number;
  accepted: number;
  accounts: Record<Account, number>;
}

export interface Books {
  entries: Entry[];
  /** The first of them, in order of acceptance. */
  discrepancies: { message_id: string; problem: Discrepancy }[];
  /** All of them. */
  unaccounted: number;
}

const HOUR_MS = 3_600_000;
/** Rows of one reading: the database has one thread, and accepting waits for it (about 20 ms). */
const CHUNK = 5_000;
const NAMED = 100;
/** A lease is a minute long and is recovered when it has run out; one that still stands ten minutes later never will be. */
const CLAIM_LOST_MS = 600_000;

/** What was accepted from `from` until before `to` (ms). `now`: ms. Reads in small steps, so that a large period stops nobody. */
export async function readBooks(
  client: DbClient,
  { from, to, now }: { from: number; to: number; now: number },
): Promise<Books> {
  const entries = new Map<string, Entry>();
  const books: Books = { entries: [], discrepancies: [], unaccounted: 0 };
  const end = firstIdAt("msg", to);
  let after: string | null = firstIdAt("msg", from);
  while (after !== null) {
    const read: Chunk = await readChunk(client, { after, end, now });
    for (const [carrier_id, hour, account, count] of read.counts) {
      const key = `${hour} ${carrier_id ?? ""}`;
      let entry = entries.get(key);
      if (entry === undefined) {
        const accounts = Object.fromEntries(ACCOUNTS.map((name) => [name, 0])) as Record<Account, number>;
        entries.set(key, entry = { carrier_id, hour: hour * HOUR_MS, accepted: 0, accounts });
      }
      entry.accepted += count;
      if (account === null) books.unaccounted += count;
      else entry.accounts[account] += count;
    }
    for (const [message_id, problem] of read.problems) {
      if (books.discrepancies.length < NAMED) books.discrepancies.push({ message_id, problem });
    }
    after = read.last;
  }
  books.entries = [...entries.values()].sort((a, b) =>
    a.hour - b.hour || (a.carrier_id ?? "").localeCompare(b.carrier_id ?? "")
  );
  return books;
}

/** The next messages behind id `after`, below id `end`. `now`: ms. */
async function readChunk(
  client: DbClient,
  { after, end, now }: { after: string; end: string; now: number },
): Promise<Chunk> {
  const { rows } = await client.execute({
    sql: BOOKS,
    args: { after, end, chunk: CHUNK, named: NAMED, lost: now - CLAIM_LOST_MS },
  });
  return JSON.parse(rows[0]!["books"] as string) as Chunk;
}

/** Books of a period that are checked a piece at a time, so that whoever asks whether they balance need not wait. */
export interface BooksCheck {
  /** The last one that came to its end. */
  done: (Checked & { at: number }) | null;
  /** The one under way; null while none is due. */
  walk: (Checked & { after: string }) | null;
}

interface Checked {
  from: number;
  to: number;
  accepted: number;
  unaccounted: number;
  /** The first of them. */
  problems: Chunk["problems"];
}

const CHECK = "books_check";

/** `kept`: as it is stored, to be given back when it is saved. */
export async function readBooksCheck(client: DbClient): Promise<{ check: BooksCheck; kept: string | null }> {
  const { rows } = await client.execute({ sql: "select value from settings where name = ?", args: [CHECK] });
  const kept = (rows[0]?.["value"] as string | undefined) ?? null;
  return { check: kept === null ? { done: null, walk: null } : JSON.parse(kept) as BooksCheck, kept };
}

/** Goes on with a check, or begins one of what was accepted from `from` until before `to` (ms). */
export async function checkBooks(
  client: DbClient,
  { check, kept }: { check: BooksCheck; kept: string | null },
  { from, to, now }: { from: number; to: number; now: number },
): Promise<BooksCheck> {
  const walk = check.walk ?? { from, to, after: firstIdAt("msg", from), accepted: 0, unaccounted: 0, problems: [] };
  const read = await readChunk(client, { after: walk.after, end: firstIdAt("msg", walk.to), now });
  for (const [, , account, count] of read.counts) {
    walk.accepted += count;
    if (account === null) walk.unaccounted += count;
  }
  walk.problems.push(...read.problems.slice(0, NAMED - walk.problems.length));
  const { after: _, ...sums } = walk;
  const next: BooksCheck = read.last === null
    ? { done: { at: now, ...sums }, walk: null }
    : { done: check.done, walk: { ...walk, after: read.last } };
  const value = JSON.stringify(next);
  // Where another instance went on meanwhile, what it found stands.
  await client.execute(
    kept === null
      ? { sql: "insert or ignore into settings (name, value) values (?, ?)", args: [CHECK, value] }
      : { sql: "update settings set value = ? where name = ? and value = ?", args: [value, CHECK, kept] },
  );
  return next;
}

interface Chunk {
  /** Id up to which this reading went; null when it was the last. */
  last: string | null;
  counts: [carrier_id: string | null, hour: number, account: Account | null, count: number][];
  problems: [message_id: string, problem: Discrepancy][];
}

/** Ends of a message, and what a carrier said: each is written to the journal with the status. */
const RECORDED = `('sent', 'delivered', 'undelivered', 'failed', 'expired', 'canceled', 'unknown')`;
const ENDS = `('delivered', 'undelivered', 'failed', 'expired', 'canceled', 'refused')`;

/** Of a campaign that is paused, or whose messages are still being gone through after that. */
const PAUSED = `(hold_reason is 'paused' and exists (select 1 from campaigns c
  where c.id = campaign_id and (c.state = 'paused' or c.sweep is not null)))`;

/** The conditions are in the order in which they would explain each other. */
const PROBLEM = `case
  when status in ${RECORDED} and journal is not status then 'status_not_recorded'
  when status = 'refused' and coalesce(journal, 'refused') != 'refused' then 'status_not_recorded'
  when status in ('queued', 'held', 'sending') and journal in ${ENDS} then 'ended_but_waits'
  when status in ('queued', 'held') and due_at is null and hold_reason is not 'needs_review' and not ${PAUSED} then 'never_due'
  when status = 'sending' and (lease is null or lease_until is null or lease_until < :lost) then 'claim_lost'
  when status = 'queued' and not exists (select 1 from senders where address = sender) then 'sender_missing'
  end`;
const ACCOUNT = `case when status in ('sent', 'delivered', 'undelivered') then 'sent'
  when status in ('queued', 'sending') then 'in_flight' else status end`;

/** One row and one cell: each cell of a result costs microseconds. */
const BOOKS = `with span as materialized (
    select id, direction, status, carrier_id, campaign_id, created_at, due_at, hold_reason, lease, lease_until, sender
    from messages
    where id > :after and id < :end order by id limit :chunk),
  scope (until) as (select case when count(*) = :chunk then max(id) end from span),
  told as (
    select k.message_id as id, k.created_at from idempotency_keys k
    where k.message_id > :after and k.message_id <= coalesce((select until from scope), :end)
      and not exists (select 1 from messages m where m.id = k.message_id)),
  judged as materialized (
    select id, carrier_id, created_at, status, ${PROBLEM} as problem from (
      select *, (select e.status from message_events e where e.message_id = span.id order by e.id desc limit 1) as journal
      from span where direction = 'outbound')
    union all select id, null, created_at, null, 'answered_but_missing' from told)
  select json_object(
    'last', (select until from scope),
    'counts', (select json_group_array(json_array(carrier_id, hour, account, n)) from (
      select carrier_id, created_at / ${HOUR_MS} as hour, case when problem is null then ${ACCOUNT} end as account, count(*) as n
      from judged group by 1, 2, 3)),
    'problems', (select json_group_array(json_array(id, problem)) from (
      select id, problem from judged where problem is not null order by id limit :named))) as books`;
