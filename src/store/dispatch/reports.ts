import type { InStatement } from "@libsql/client/web";
import type { DeliveryReport } from "../../carriers/carrier.ts";
import { movableFrom, REPORTED, UNDER_WAY } from "../../core/ladder.ts";
import type { DbClient } from "../libsql/client.ts";

export interface ReportedMessage {
  id: string;
  person: string;
  sender: string;
  status: string;
  error_code: string | null;
}

/** A report with the account that it came through. */
export interface Reported {
  carrier_id: string;
  report: DeliveryReport;
  /** The carrier's id in the form that is stored as `carrier_message_key`; null or left out where it is compared as it stands. */
  key?: string | null;
}

/** The messages that reports speak of, by position: by our id where the carrier gives it back, else by the carrier's. */
export async function reportedMessages(
  client: DbClient,
  group: readonly Reported[],
): Promise<Map<number, ReportedMessage>> {
  const keys = group.map(({ carrier_id, report, key }, index) => [
    index,
    carrier_id,
    report.messageId,
    report.carrierMessageId,
    key ?? null,
  ]);
  const { rows } = await client.execute({
    sql: `select j.value->>0 as position, m.id, m.person, m.sender, m.status, m.error_code from json_each(?1) j
        join messages m on m.id = j.value->>2 and m.direction = 'outbound' and m.carrier_id = j.value->>1
      union all
      select j.value->>0, m.id, m.person, m.sender, m.status, m.error_code from json_each(?1) j
        join messages m on m.direction = 'outbound' and m.carrier_message_id is not null
          and m.carrier_id = j.value->>1 and m.carrier_message_id = j.value->>3
        where j.value->>2 is null and j.value->>4 is null
      union all
      select j.value->>0, m.id, m.person, m.sender, m.status, m.error_code from json_each(?1) j
        join messages m on m.carrier_message_key is not null
          and m.carrier_id = j.value->>1 and m.carrier_message_key = j.value->>4
        where j.value->>2 is null`,
    args: [JSON.stringify(keys)],
  });
  return new Map(rows.map((row) => [Number(row["position"]), row as unknown as ReportedMessage]));
}

const quoted = (statuses: readonly string[]) => statuses.map((status) => `'${status}'`).join(", ");
/**
 * Message `m` has one of these statuses. One that the carrier may have, and that was to be handed over once more, stands where it did
 * whatever became of that since: it was held or called off, it ran out of time, or another attempt failed.
 */
const among = (statuses: readonly string[]) =>
  `(m.status in (${quoted(statuses)}) or m.maybe_taken = 1 and m.status in ('held', 'canceled', 'expired', 'failed'))`;
/** The ladder, of message `m` and the report `j`. */
const ALLOWED = `(case j.value->>1 ${
  REPORTED.filter((status) => movableFrom(status).length > 0)
    .map((status) => `when '${status}' then ${among(movableFrom(status))}`).join(" ")
} else false end)`;

/** What the carrier says of a person who was erased is not kept. */
const TOLD = "iif(m.person = '', null, j.value->>4)";

/** Statements that apply reports to known messages. `queued` reports say nothing new and leave no trace. */
export function applyReports(reports: readonly { id: string; report: DeliveryReport }[], now: number): InStatement[] {
  const moving = reports.filter(({ report }) => movableFrom(report.status).length > 0);
  if (moving.length === 0) return [];
  const parts = moving.flatMap(({ id, report }) =>
    report.part === undefined ? [] : [{ id, report, part: report.part }]
  );
  const rows = JSON.stringify(moving.map(({ id, report }) => [
    id,
    report.status,
    report.carrierMessageId,
    report.error?.code ?? null,
    report.error?.detail ?? null,
    report.part ?? null,
  ]));
  // Without reports on parts no statement looks for them.
  const allowed = parts.length === 0 ? ALLOWED : `${ALLOWED} and not ${AWAITS_PARTS}`;
  return [
    ...(parts.length === 0 ? [] : countParts(parts, now)),
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select m.id, ?2, j.value->>1, ${TOLD} from json_each(?1) j join messages m on m.id = j.value->>0 where ${allowed}`,
      args: [rows, now],
    },
    {
      sql:
        `update messages set status = u.status, carrier_message_id = coalesce(messages.carrier_message_id, u.carrier_message_id),
          error_code = u.code, error_detail = u.detail, lease_until = null, due_at = null, hold_until = null, hold_reason = null,
          maybe_taken = null, sent_at = coalesce(sent_at, ?2), delivered_at = case when u.status = 'delivered' then ?2 else delivered_at end
        from (select m.id as id, j.value->>1 as status, j.value->>2 as carrier_message_id, j.value->>3 as code,
                ${TOLD} as detail
              from json_each(?1) j join messages m on m.id = j.value->>0 where ${allowed}) u
        where messages.id = u.id`,
      args: [rows, now],
    },
    ...(parts.length === 0 ? [] : forgetCounted(parts)),
  ];
}

/** Parts of message `m` that were delivered. */
const DELIVERED_PARTS = `(select count(*) from report_parts p where p.message_id = m.id and p.status = 'delivered')`;
/** Report `j` is about a part of message `m`, and is overtaken by another about it, or says "delivered" of one and others are to come. */
const AWAITS_PARTS = `(j.value->>5 is not null and m.segments > 1 and (
  not exists (select 1 from report_parts p where p.message_id = m.id and p.part = j.value->>5 and p.status = j.value->>1)
  or j.value->>1 = 'delivered' and ${DELIVERED_PARTS} < m.segments))`;

interface PartReport {
  id: string;
  report: DeliveryReport;
  part: string;
}

/** Notes what became of single parts. With the first that is delivered the message was sent; the timeline tells how many were. */
function countParts(parts: readonly PartReport[], now: number): InStatement[] {
  const rows = JSON.stringify(parts.map(({ id, report, part }) => [id, part, report.status]));
  const waiting = `m.segments > 1 and ${among(UNDER_WAY)} and j.value->>2 = 'delivered'
    and ${DELIVERED_PARTS} between 1 and m.segments - 1`;
  return [
    {
      // As for messages, no part goes from one end to another.
      sql: `insert into report_parts (message_id, part, status, at)
        select m.id, j.value->>1, j.value->>2, ?2 from json_each(?1) j
        join messages m on m.id = j.value->>0 and m.segments > 1 and ${among(UNDER_WAY)} where true
        on conflict (message_id, part) do update set status = excluded.status, at = excluded.at
          where report_parts.status = 'sent'`,
      args: [rows, now],
    },
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select e.id, ?2, 'sent', e.detail from (select distinct m.id as id,
            ${DELIVERED_PARTS} || ' of ' || m.segments || ' parts delivered' as detail
          from json_each(?1) j join messages m on m.id = j.value->>0 where ${waiting}) e
        where not exists (select 1 from message_events x where x.message_id = e.id and x.detail = e.detail)`,
      args: [rows, now],
    },
    {
      sql:
        `update messages set status = 'sent', maybe_taken = null, sent_at = coalesce(sent_at, ?2), error_code = null, error_detail = null,
          lease_until = null, due_at = null, hold_until = null, hold_reason = null
        where id in (select m.id from json_each(?1) j
          join messages m on m.id = j.value->>0 where ${waiting} and ${among(movableFrom("sent"))})`,
      args: [rows, now],
    },
  ];
}

/** What has come to its end counts no parts any more. */
function forgetCounted(parts: readonly PartReport[]): InStatement[] {
  return [{
    sql: `delete from report_parts where message_id in (select m.id from json_each(?) j
      join messages m on m.id = j.value and not ${among(UNDER_WAY)})`,
    args: [JSON.stringify(parts.map(({ id }) => id))],
  }];
}

/** Forgets the parts of messages that never came to their end. `before`: ms. */
export function forgetParts(before: number): InStatement {
  return { sql: "delete from report_parts where at < ?", args: [before] };
}
