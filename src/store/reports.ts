import type { InStatement } from "@libsql/client/web";
import type { DeliveryReport } from "../carriers/carrier.ts";
import type { DbClient } from "./client.ts";

export interface ReportedMessage {
  id: string;
  person: string;
  sender: string;
}

/** The messages that reports speak of, by position: by our id where the carrier gives it back, else by the carrier's. */
export async function reportedMessages(
  client: DbClient,
  group: readonly { carrier_id: string; report: DeliveryReport }[],
): Promise<Map<number, ReportedMessage>> {
  const keys = group.map((
    { carrier_id, report },
    index,
  ) => [index, carrier_id, report.messageId, report.carrierMessageId]);
  const { rows } = await client.execute({
    sql: `select j.value->>0 as position, m.id, m.person, m.sender from json_each(?1) j
        join messages m on m.id = j.value->>2 and m.direction = 'outbound' and m.carrier_id = j.value->>1
      union all
      select j.value->>0, m.id, m.person, m.sender from json_each(?1) j
        join messages m on m.direction = 'outbound' and m.carrier_message_id is not null
          and m.carrier_id = j.value->>1 and m.carrier_message_id = j.value->>3
        where j.value->>2 is null`,
    args: [JSON.stringify(keys)],
  });
  return new Map(rows.map((row) => [
    Number(row["position"]),
    { id: row["id"] as string, person: row["person"] as string, sender: row["sender"] as string },
  ]));
}

/**
 * The ladder: queued < sending < sent < final. A report may come while we are still sending (it overtook the carrier's own answer),
 * when nobody knew whether the carrier had the message, or when it waits to be handed over once more (the report saves the second
 * copy); it never moves a message down or from one end to another.
 */
const BELOW = {
  sent: ["queued", "sending", "unknown"],
  final: ["queued", "sending", "unknown", "sent"],
} as const;

const quoted = (statuses: readonly string[]) => statuses.map((status) => `'${status}'`).join(", ");
const ALLOWED = `(case when j.value->>1 = 'sent' then m.status in (${quoted(BELOW.sent)})
  else m.status in (${quoted(BELOW.final)}) end)`;

/** Statements that apply reports to known messages. `queued` reports say nothing new and leave no trace. */
export function applyReports(reports: readonly { id: string; report: DeliveryReport }[], now: number): InStatement[] {
  const moving = reports.filter(({ report }) => report.status !== "queued");
  if (moving.length === 0) return [];
  const rows = JSON.stringify(moving.map(({ id, report }) => [
    id,
    report.status,
    report.carrierMessageId,
    report.error?.code ?? null,
    report.error?.detail ?? null,
  ]));
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select m.id, ?2, j.value->>1, j.value->>4 from json_each(?1) j join messages m on m.id = j.value->>0 where ${ALLOWED}`,
      args: [rows, now],
    },
    {
      sql:
        `update messages set status = u.status, carrier_message_id = coalesce(messages.carrier_message_id, u.carrier_message_id),
          error_code = u.code, error_detail = u.detail, lease_until = null, due_at = null,
          sent_at = coalesce(sent_at, ?2), delivered_at = case when u.status = 'delivered' then ?2 else delivered_at end
        from (select m.id as id, j.value->>1 as status, j.value->>2 as carrier_message_id, j.value->>3 as code,
                j.value->>4 as detail
              from json_each(?1) j join messages m on m.id = j.value->>0 where ${ALLOWED}) u
        where messages.id = u.id`,
      args: [rows, now],
    },
  ];
}
