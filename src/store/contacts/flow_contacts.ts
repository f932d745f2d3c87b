import type { InStatement } from "@libsql/client/web";
import { requires } from "../libsql/requires.ts";

/** A person whom a flow puts into the address book. */
export interface FlowContact {
  /** Of the contact, should there be none of this number. */
  id: string;
  msisdn: string;
  tags: readonly string[];
  /** Name of a list with members; one that does not exist, or is a saved filter, is passed over. */
  list: string | null;
  now: number;
  requires: string;
  unless_repeat?: string | undefined;
}

/**
 * Statements that add the people, their tags and their places on lists. Nobody is added who is suppressed by then: a STOP that another
 * instance stored a moment ago has taken them out for good.
 */
export function addFlowContacts(people: readonly FlowContact[]): InStatement[] {
  if (people.length === 0) return [];
  const json = JSON.stringify(people.map((one) => [
    one.id,
    one.msisdn,
    one.tags,
    one.list,
    one.now,
    one.requires,
    one.unless_repeat ?? null,
  ]));
  const holds = `${requires("j.value->>5")}
    and (j.value->>6 is null or not exists (select 1 from messages where id = j.value->>6 and repeats is not null))
    and not exists (select 1 from suppressions s where s.recipient = j.value->>1 and s.lifted_at is null)`;
  return [
    {
      sql: `insert or ignore into contacts (id, msisdn, created_at, updated_at)
        select j.value->>0, j.value->>1, j.value->>4, j.value->>4 from json_each(?) j where ${holds}`,
      args: [json],
    },
    {
      sql: `insert or ignore into contact_tags (contact_id, tag)
        select c.id, t.value from json_each(?) j join contacts c on c.msisdn = j.value->>1, json_each(j.value->'$[2]') t
        where ${holds}`,
      args: [json],
    },
    {
      // The person's own word is what undoes their leaving the list.
      sql: `delete from list_departures where exists (select 1 from json_each(?) j
        join contact_lists l on l.name = j.value->>3 and l.deleted_at is null and l.filter is null
        where l.id = list_departures.list_id and j.value->>1 = list_departures.person and ${holds})`,
      args: [json],
    },
    {
      sql: `insert or ignore into list_members (list_id, contact_id, added_at)
        select l.id, c.id, j.value->>4 from json_each(?) j join contacts c on c.msisdn = j.value->>1
        join contact_lists l on l.name = j.value->>3 and l.deleted_at is null and l.filter is null
        where ${holds}`,
      args: [json],
    },
  ];
}
