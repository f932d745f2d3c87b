import type { InStatement } from "@libsql/client/web";
import { FOR_BEING_ON } from "../campaigns/lists.ts";
import type { Db } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";

/** Message `m` waits, and is for the person `:person` because of the list `:list`, which they have left. */
const WAITING = `from conversations t join messages m on m.conversation_id = t.id and m.status in ('queued', 'held')
    join campaigns c on c.id = m.campaign_id
  where t.person = :person and ${FOR_BEING_ON}
    and exists (select 1 from list_departures d where d.list_id = :list and d.person = :person)`;

/**
 * Takes the person (E.164) off a list and remembers it, so that no import puts them back, and ends what waits for them because they were
 * on it. False when they were not on it. `entry` records it.
 */
export async function leaveList(
  { client }: Db,
  { person, list, message_id, now }: { person: string; list: string; message_id: string; now: number },
  entry: AuditRow,
): Promise<boolean> {
  const [left] = await client.batch([
    {
      sql: `insert or replace into list_departures (list_id, person, message_id, left_at)
        select b.list_id, k.msisdn, :message_id, :now from contacts k
        join list_members b on b.contact_id = k.id and b.list_id = :list
        join contact_lists l on l.id = b.list_id and l.deleted_at is null and l.filter is null
        where k.msisdn = :person`,
      args: { person, list, message_id, now },
    },
    ...auditIfChanged(entry),
    {
      sql:
        "delete from list_members where list_id = :list and contact_id in (select id from contacts where msisdn = :person)",
      args: { person, list },
    },
    {
      sql:
        `insert into message_events (message_id, at, status, detail) select m.id, :now, 'canceled', 'list_left' ${WAITING}`,
      args: { person, list, now },
    },
    {
      sql: `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'list_left', error_detail = 'The person left the list that it went to.'
        where id in (select m.id ${WAITING})`,
      args: { person, list },
    },
  ]);
  return left!.rowsAffected > 0;
}

/** SQL that holds for a number that left a list by itself, given SQL for both: nobody but the person puts it back. */
export function hasLeft(list: string, person: string): string {
  return `exists (select 1 from list_departures d where d.list_id = ${list} and d.person = ${person})`;
}

/** A statement for the person's own word that they want to be on a list again. */
export function forgetDeparture(list: string, person: string): InStatement {
  return { sql: "delete from list_departures where list_id = ? and person = ?", args: [list, person] };
}
