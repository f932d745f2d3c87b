import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";
import { claimedFacts, type Facts, readClaimedFacts } from "../messages/facts.ts";
import { stoppable } from "../messages/writes.ts";
import { named } from "./outbox.ts";
import { bucketOf, shutUntil } from "./rates.ts";
import { readWaiting, type WaitingRow, waitingRows } from "./waiting.ts";

/**
 * What waits stands in lanes, one for each sender and account. A lane moves within its sender's rate and its account's, which all
 * instances share, and stands still while its account is out of service.
 */

export interface Claim {
  lease: string;
  now: number;
  leaseUntil: number;
  /** Hand-overs that one account may have under way, shared evenly by those of its lanes that have something to send. */
  slots: number;
  /** Those that it has, by account. */
  underWay: ReadonlyMap<string, number>;
}

export interface Claimed {
  rows: WaitingRow[];
  /** By message id, for advertising. */
  facts: ReadonlyMap<string, Facts>;
  /** Keys under whose hashes suppressions of people who were erased may stand; the facts do not know of those. */
  erased_under: readonly string[];
  /** The accounts of the claim, as they were. */
  accounts: ReadonlyMap<string, AccountState>;
}

/** `in_order`: nothing is held against it. `probed`: out of service, and what was claimed tries whether it is back. */
export type AccountState = "in_order" | "ailing" | "probed";

const SENDER = bucketOf("senders");
const ACCOUNT = bucketOf("c");

/** Messages that an active suppression covers; a confirmation of the suppression itself may leave. */
const SUPPRESSED = `(reply_kind is null or ${stoppable("reply_kind")}) and exists (select 1 from suppressions s
  where s.recipient = messages.person and s.lifted_at is null
    and (messages.category = 'commercial' or messages.reply_kind = 'opt_in_request'
      or (s.scope = 'all' and s.sender in ('', messages.sender))))`;

/**
 * Lanes of the senders for which `condition` holds, found by stepping over the index: a queue is not walked, however long it is. Most
 * senders have a single lane, which its two ends tell.
 */
function lanes(condition: string): string {
  const carrier = (sender: string, more: string) =>
    `(select m.carrier_id from messages m where m.status = 'queued' and m.sender = ${sender} ${more} limit 1)`;
  return `with recursive ends (sender, first, last, turn) as materialized (
      select senders.address, ${carrier("senders.address", "order by m.carrier_id")},
        ${carrier("senders.address", "order by m.carrier_id desc")}, ${SENDER.nextAt} from senders where ${condition}),
    several (sender, carrier, last, turn) as (
      select sender, first, last, turn from ends where first < last
      union all
      select s.sender, ${carrier("s.sender", "and m.carrier_id > s.carrier order by m.carrier_id")}, s.last, s.turn
        from several s where s.carrier < s.last),
    lanes (sender, carrier, turn) as (
      select sender, first, turn from ends where first = last union all select sender, carrier, turn from several)`;
}

/** Message `m` waits in lane `l`. */
const IN_LANE = `m.status = 'queued' and m.sender = l.sender and m.carrier_id = l.carrier`;

/** Confirmations, information, advertising: each is looked for by itself, because behind many retries of one waits what is due of another. */
const PRIORITIES = [0, 1, 2];

/** Lanes of which nothing may be claimed for want of a slot are left out, so that they hide no others. */
const LANES_OF_ONE_CLAIM = 64;

/**
 * Lanes of which something may leave now. Those whose sender was served longest ago come first: each has its turn. Before them come
 * those at whose head a confirmation waits, of which there is one for each opt-out: senders that share the rate of one account must
 * not keep it waiting.
 */
const READY = `${lanes(SENDER.ready)},
  ready as materialized (
    select l.sender, l.carrier, l.turn, c.rate_per_second is not null as limited, c.opened_at is not null as probed,
      coalesce(c.failures > 0 or c.throttles > 0 or c.opened_at is not null, 0) as ailing,
      (select p.value from json_each('[${PRIORITIES}]') p where exists (select 1 from messages m
        where ${IN_LANE} and m.priority = p.value and m.due_at <= :now) limit 1) as head
    from lanes l left join carriers c on c.id = l.carrier
    where l.carrier not in (select value from json_each(:full))
      and (c.id is null or ${shutUntil("c")} = 0 and (c.rate_per_second is null or ${ACCOUNT.ready})))
  select sender, carrier, limited, probed, ailing from ready where head is not null
  order by head > 0, turn, sender, head, carrier limit ${LANES_OF_ONE_CLAIM}`;

/** An even share, rounded up, of what the account's lanes before left over; `:lanes` of them are still to be served. */
const SHARE = `((:free - (select count(*) from messages
    where status = 'sending' and lease = :lease and carrier_id = :carrier) + :lanes - 1) / :lanes)`;

/**
 * What the account of a lane lets through, looked at once more in the transaction that takes it: one message when it is out of
 * service and due to be tried, nothing when it went out of service since. An account that is gone is no obstacle: what waits for it
 * finds its next route when it is handed over.
 */
const THROUGH = `coalesce((select case when ${shutUntil("c")} > 0 then 0 when c.opened_at is not null then :probed
    when c.rate_per_second is null then :free else ${ACCOUNT.allowance} end
  from carriers c where c.id = :carrier), :free)`;

const TAKE = `update messages set status = 'sending', lease = :lease, lease_until = :leaseUntil, attempts = attempts + 1
  where id in (with allowed (n) as materialized (
      select max(0, cast(min(${SHARE}, ${SENDER.allowance}, ${THROUGH}) as integer)) from senders where address = :sender)
    ${
  PRIORITIES.map((priority) =>
    `select id from (select id from messages where status = 'queued' and sender = :sender and carrier_id = :carrier
      and priority = ${priority} and due_at <= :now order by due_at limit (select n from allowed))`
  ).join(" union all ")
} limit (select n from allowed))`;

const COUNT_FOR_SENDER = `update senders set next_at = ${SENDER.from} + changes() * 1000.0 / rate_per_second
  where address = :sender and changes() > 0`;

/** Only for an account with a rate, or one that is being tried, which nobody else shall try meanwhile. */
const COUNT_FOR_ACCOUNT = `update carriers set
    next_at = case when rate_per_second is null then next_at
      else ${bucketOf("carriers").from} + taken.n * 1000.0 / rate_per_second end,
    probe_at = case when opened_at is not null then :leaseUntil end
  from (select count(*) as n from messages
    where status = 'sending' and lease = :lease and sender = :sender and carrier_id = :carrier) taken
  where id = :carrier and taken.n > 0`;

/**
 * Takes what is due, within the rates, and looks once more before it leaves: suppressed, expired and out-of-hours
 * messages fall out of the claim in the same transaction (invariant 2). Returns the rows that may be handed over now, and for the
 * advertising among them what is known about each person at that very instant: claims are write transactions and come one after
 * the other, so of two instances that claim for one person the later one sees what the earlier one took.
 */
export async function claimDue(client: DbClient, claim: Claim): Promise<Claimed> {
  const { lease, now, leaseUntil, slots, underWay } = claim;
  const full = JSON.stringify([...underWay].flatMap(([carrier, count]) => count < slots ? [] : [carrier]));
  const { rows: ready } = await client.execute({ sql: READY, args: { now, full } });
  if (ready.length === 0) return NOTHING;
  const accounts = new Map<string, AccountState>();
  const toServe = new Map<string, number>();
  for (const { carrier } of ready) toServe.set(carrier as string, (toServe.get(carrier as string) ?? 0) + 1);
  const take = ready.flatMap((row): InStatement[] => {
    const carrier = row["carrier"] as string;
    const lanes = toServe.get(carrier)!;
    toServe.set(carrier, lanes - 1);
    const probed = row["probed"] as number;
    accounts.set(carrier, probed ? "probed" : row["ailing"] ? "ailing" : "in_order");
    const args = {
      lease,
      now,
      leaseUntil,
      free: slots - (underWay.get(carrier) ?? 0),
      carrier,
      probed,
      sender: row["sender"] as string,
      lanes,
    };
    return [
      named(TAKE, args),
      named(COUNT_FOR_SENDER, args),
      ...row["limited"] || probed ? [named(COUNT_FOR_ACCOUNT, args)] : [],
    ];
  });
  const results = await client.batch([
    ...take,
    ...leave(lease, now, SUPPRESSED, OPTED_OUT),
    ...leave(lease, now, "valid_until is not null and valid_until <= :now", {
      status: "expired",
      code: "expired",
      detail: "It could not leave while it was valid.",
    }),
    ...leave(lease, now, inCampaign("canceled"), {
      status: "canceled",
      code: "campaign_canceled",
      detail: "Its campaign was canceled.",
    }),
    // What is written of these two below.
    named(
      `insert into message_events (message_id, at, status, detail)
        select id, :now, 'held', iif(${
        inCampaign("paused")
      }, 'The campaign is paused.', 'Its hours ended.') from messages
        where lease = :lease and status = 'sending' and (allowed_until is not null and allowed_until <= :now or ${
        inCampaign("paused")
      })`,
      { lease, now },
    ),
    {
      sql: `update messages set status = 'held', due_at = null, hold_until = null, hold_reason = 'paused',
          attempts = attempts - 1, lease = null, lease_until = null
        where lease = :lease and status = 'sending' and ${inCampaign("paused")}`,
      args: { lease },
    },
    {
      // Its window closed while it waited: back to the release step, which finds the next one. It stays due, as it was planned.
      sql: `update messages set status = 'held', hold_until = allowed_until, hold_reason = 'quiet_hours',
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
    ...readClaimedFacts(results.at(-1)!, now),
    accounts,
  };
}

/** Of a campaign in this state: what waits is gone through after a campaign was stopped, and until then it may come up here. */
function inCampaign(state: "paused" | "canceled"): string {
  return `campaign_id is not null and exists (select 1 from campaigns c
    where c.id = messages.campaign_id and c.state = '${state}')`;
}

/**
 * Ids of what was claimed under `lease` and its person has opted out of since: canceled, as if they had done so before the claim. For a
 * claim that had to wait for something before it may be handed over.
 */
export async function leaveStopped(client: DbClient, lease: string, now: number): Promise<Set<string>> {
  const { rows } = await client.execute({
    sql: `select id from messages where lease = ? and status = 'sending' and ${SUPPRESSED}`,
    args: [lease],
  });
  if (rows.length > 0) await client.batch(leave(lease, now, SUPPRESSED, OPTED_OUT));
  return new Set(rows.map((row) => row["id"] as string));
}

/** What a claim that found nothing returns. */
export const NOTHING: Claimed = { rows: [], facts: new Map(), erased_under: [], accounts: new Map() };

const OPTED_OUT = {
  status: "canceled",
  code: "recipient_opted_out",
  detail: "The person opted out before it left.",
};

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

/**
 * When there may be something to do next; null when nothing waits for a time. Of a lane only its head is looked at, because a long
 * queue must not be walked each time; a retry behind it is found by the next poll.
 */
export async function nextDue(client: DbClient, now: number): Promise<number | null> {
  const { rows } = await client.execute({
    sql: `${lanes("true")}
      select min(due) as due from (
        select min(due_at) as due from messages where status = 'held'
        union all select min(max(l.turn + 1000.0 / s.rate_per_second, coalesce(${shutUntil("c")}, 0),
            coalesce(${ACCOUNT.nextAt} + 1000.0 / c.rate_per_second, 0),
            (select m.due_at from messages m where ${IN_LANE} order by m.priority, m.due_at limit 1)))
          from lanes l join senders s on s.address = l.sender left join carriers c on c.id = l.carrier
        union all select min(lease_until) from messages where status = 'sending' and lease is not null)`,
    args: { now },
  });
  return rows[0]?.["due"] as number | null ?? null;
}

/** SQL: since when (`due`) the message has waited that waits longest in the lanes, whether it is due or not. */
export const LONGEST_QUEUED = `${lanes("true")} select min((select m.due_at from messages m
    where ${IN_LANE} and m.priority = p.value order by m.due_at limit 1)) as due
  from lanes l, json_each('[${PRIORITIES}]') p`;

/** Every lane in which something waits. */
export async function allLanes(client: DbClient, now: number): Promise<{ sender: string; carrier_id: string }[]> {
  const { rows } = await client.execute({
    sql: `${lanes("true")} select sender, carrier from lanes`,
    args: { now },
  });
  return rows.map((row) => ({ sender: row["sender"] as string, carrier_id: row["carrier"] as string }));
}
