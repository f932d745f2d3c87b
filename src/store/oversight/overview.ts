import type { InStatement } from "@libsql/client/web";
import { HANDED_OVER } from "../../core/message.ts";
import { personBehind } from "../access/api_keys.ts";
import { LONGEST_QUEUED } from "../dispatch/claim.ts";
import { named } from "../dispatch/outbox.ts";
import type { DbClient } from "../libsql/client.ts";
import { ALONE_IN_FORCE, othersApprove } from "../rules/approved_alone.ts";
import { HOUR_MS } from "./totals.ts";

/** What the overview shows, in one round trip. Nothing here walks messages: totals are kept (totals.ts), counts of now have an end. */

/** Totals of one hour. `opted_out`: those of inbound messages that asked to stop. */
export type HourRow = readonly [
  hour: number,
  direction: "outbound" | "inbound",
  status: string,
  n: number,
  opted_out: number,
];
/** What became of messages that were handed over. */
export type DeliveryRow = readonly [carrier_id: string, country: string, status: string, reason: string, n: number];

/** People who left by the page that a link leads to. */
export type LinkRow = readonly [hour: number, n: number];

export interface OverviewRows {
  hours: HourRow[];
  links: LinkRow[];
  deliveries: DeliveryRow[];
  /** How often it took so many ms from a STOP to its barrier, the shortest first. */
  barriers: (readonly [ms: number, n: number])[];
  /** Instant (ms) of the first thing that is not counted yet; null when everything is. */
  uncounted_at: number | null;
  now: NowRows;
}

export interface NowRows {
  queued: number;
  held: number;
  due: number;
  /** When what waits longest was due (ms); null when nothing that is due waits. */
  oldest_due_at: number | null;
  campaigns_running: number;
  /** Kind, id (null where it is about several), since when (ms, null where nobody noted it), how many. */
  attention: (readonly [kind: AttentionKind, subject: string | null, since: number | null, count: number])[];
}

/** What needs somebody. */
export const ATTENTION = [
  "carrier_out_of_service",
  "carrier_paused",
  "webhook_failing",
  "webhook_disabled",
  "outcome_unknown",
  "reviews_open",
  "overrides_requested",
  "proposals_waiting",
  "rules_approved_alone",
  "campaign_paused",
] as const;
export type AttentionKind = (typeof ATTENTION)[number];

/** More of anything are not counted one by one. */
export const MOST_COUNTED = 100_000;

const HOURS = `select json_group_array(json_array(hour, direction, status, n, opted_out)) as found from (
  select hour, direction, status, sum(n) as n, sum(iif(direction = 'inbound' and reason = 'opt_out', n, 0)) as opted_out
  from hourly_totals where hour >= :from and hour < :to group by hour, direction, status order by hour)`;
const LINKS = `select json_group_array(json_array(hour, n)) as found from (
  select created_at - created_at % ${HOUR_MS} as hour, count(*) as n from suppressions
  where source = 'link' and created_at >= :from and created_at < :to group by hour)`;
const DELIVERIES = `select json_group_array(json_array(carrier_id, country, status, reason, n)) as found from (
  select carrier_id, country, status, reason, sum(n) as n from hourly_totals
  where hour >= :from and hour < :to and direction = 'outbound' and status in (${
  HANDED_OVER.map((status) => `'${status}'`).join(", ")
}) group by carrier_id, country, status, reason)`;
const BARRIERS = `select json_group_array(json_array(ms, n)) as found from (
  select ms, sum(n) as n from barrier_totals where hour >= :from and hour < :to group by ms order by ms)`;
const UNCOUNTED = `select (select created_at from messages where rowid > coalesce((select messages from counting), 0)
    order by rowid limit 1) as message,
  (select at from message_events where id > coalesce((select events from counting), 0) order by id limit 1) as event`;

const some = (what: string) => `(select count(*) from (select 1 from ${what} limit ${MOST_COUNTED}))`;
const QUEUE = `select ${some("messages where status = 'queued'")} as queued, ${
  some("messages where status = 'held'")
} as held,
  (select coalesce(sum(due_at <= :now), 0) from (select due_at from messages where status = 'queued' limit ${MOST_COUNTED}))
    + ${some("messages where status = 'held' and due_at <= :now")} as due,
  (${LONGEST_QUEUED}) as queued_since,
  (select min(due_at) from messages where status = 'held' and due_at <= :now) as held_since,
  (select count(*) from campaigns where state in ('scheduled', 'running') and state = 'running') as campaigns_running`;
const NEEDED = `select json_group_array(json_array(kind, subject, since, n)) as found from (
  select 'carrier_out_of_service' as kind, id as subject, opened_at as since, 1 as n from carriers where opened_at is not null
  union all select 'carrier_paused', id, null, 1 from carriers where opened_at is null and paused_until > :now
  union all select 'webhook_failing', id, failing_since, 1 from webhook_endpoints where state = 'enabled' and failing_since is not null
  union all select 'webhook_disabled', id, disabled_at, 1 from webhook_endpoints
    where state = 'disabled' and disabled_reason != 'by_hand'
  union all select 'outcome_unknown', null, null, ${some("messages where status = 'unknown'")}
  union all select 'reviews_open', null, null, ${some("reviews where settled_at is null")}
  union all select 'overrides_requested', null, min(requested_at), count(*) from overrides where state = 'requested'
  union all select 'proposals_waiting', null, min(proposed_at), count(*) from proposals where state = 'proposed'
  union all select 'rules_approved_alone', id, decided_at, 1 from proposals
    where id = ${ALONE_IN_FORCE} and ${othersApprove(personBehind("proposed_by"))}
  union all select 'campaign_paused', id, updated_at, 1 from campaigns where state = 'paused' and pause_reason != 'by_hand'
) where n > 0`;

/** Totals of the hours from `from` until before `to`, and what is so at `now` (all ms). */
export async function readOverview(
  client: DbClient,
  { from, to, now }: { from: number; to: number; now: number },
): Promise<OverviewRows> {
  const asked: InStatement[] = [HOURS, LINKS, DELIVERIES, BARRIERS, UNCOUNTED, QUEUE, NEEDED]
    .map((sql) => named(sql, { from, to, now }));
  const [hours, links, deliveries, barriers, uncounted, queue, needed] = (await client.batch(asked, "read"))
    .map(({ rows }) => rows[0]!);
  const list = (row: typeof hours) => JSON.parse(row!["found"] as string);
  const earliest = (...instants: unknown[]) =>
    instants.filter((one) => one !== null).reduce<number | null>(
      (least, one) => Math.min(least ?? Infinity, one as number),
      null,
    );
  const oldest = earliest(queue!["queued_since"], queue!["held_since"]);
  return {
    hours: list(hours),
    links: list(links),
    deliveries: list(deliveries),
    barriers: list(barriers),
    uncounted_at: earliest(uncounted!["message"], uncounted!["event"]),
    now: {
      queued: queue!["queued"] as number,
      held: queue!["held"] as number,
      due: Math.min(queue!["due"] as number, MOST_COUNTED),
      oldest_due_at: oldest !== null && oldest <= now ? oldest : null,
      campaigns_running: queue!["campaigns_running"] as number,
      attention: list(needed),
    },
  };
}
