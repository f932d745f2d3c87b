import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";

/** A message that waits for an account. */
export interface Waiting {
  id: string;
  /** E.164. */
  person: string;
  place: Place;
}

/** Where it stands in its lane. */
export type Place = readonly [priority: number, due_at: number, rowid: number];

/**
 * A piece of the lane of a sender and an account, from behind `after`. What the account may have taken already is left out: only that account
 * may get it again.
 */
export async function inLane(
  client: DbClient,
  { sender, carrier_id, after, limit }: { sender: string; carrier_id: string; after: Place | null; limit: number },
): Promise<Waiting[]> {
  const { rows } = await client.execute({
    sql: `select rowid as place, id, person, priority, due_at from messages
      where status = 'queued' and sender = ? and carrier_id = ? and (priority, due_at, rowid) > (?, ?, ?) and maybe_taken is null
      order by priority, due_at, rowid limit ?`,
    args: [sender, carrier_id, ...after ?? [-1, 0, 0], limit],
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    person: row["person"] as string,
    place: [row["priority"] as number, row["due_at"] as number, row["place"] as number],
  }));
}

/** Statements that give waiting messages another account; the timeline says so. */
export function diverted(rows: readonly { id: string; to: string }[], from: string, now: number): InStatement[] {
  const json = JSON.stringify(rows.map(({ id, to }) => [id, to]));
  const still = `m.id = j.value->>0 and m.status = 'queued' and m.carrier_id = :from and m.maybe_taken is null`;
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select m.id, :now, 'queued', :from || ' is out of service; it leaves through ' || (j.value->>1) || '.'
        from json_each(:rows) j join messages m on ${still}`,
      args: { rows: json, from, now },
    },
    {
      sql: `update messages set carrier_id = u.next
        from (select m.id as id, j.value->>1 as next from json_each(:rows) j join messages m on ${still}) u
        where messages.id = u.id`,
      args: { rows: json, from },
    },
  ];
}
