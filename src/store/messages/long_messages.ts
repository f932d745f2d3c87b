import type { InStatement, ResultSet } from "@libsql/client/web";
import type { Intent } from "../../core/message.ts";
import type { DbClient } from "../libsql/client.ts";

/**
 * Long messages in parts. A part and all that follows from it is one transaction, and each statement says what must still hold, so that
 * instances which receive parts of one message at the same time agree on one row for it.
 */

/** After the last part that came: carriers repeat a webhook that failed within a minute or so. */
export const PART_WINDOW_MS = 2 * 60_000;
/** At most this long from the first part on, however slowly the others come. */
const LONGEST_WINDOW_MS = 10 * 60_000;
/** Who closed a message turns it into one at once; should that instance be gone, another does after this time. */
const TAKE_OVER_MS = 5_000;
/** Carriers repeat a webhook for a day at most (Vonage); a part that comes again later would be a message of its own. */
export const PARTS_KEPT_MS = 3 * 86_400_000;

export interface PartKey {
  carrier_id: string;
  person: string;
  sender: string;
  reference: string;
  number: number;
  total: number;
  carrier_message_id: string | null;
  text: string;
}

/** What is known of the message that a part may belong to. */
export interface KnownPart {
  /** The newest one under this key; null when there is none. */
  id: string | null;
  /** It still takes parts. */
  open: boolean;
  /** What it has under this number. */
  has: "nothing" | "the same" | "other text";
  /** This very delivery was stored before. */
  delivered: boolean;
  /** Of an opt-out that one of its parts was by itself; null when none was. */
  opt_out_scope: "commercial" | "all" | null;
}

/** For each part what is known, in order. */
export async function knownParts(client: DbClient, parts: readonly PartKey[], now: number): Promise<KnownPart[]> {
  const { rows } = await client.execute({
    sql: `select coalesce(d.long_message_id, l.id) as id, l.closed_at is null and l.id is not null as open,
        case when p.id is null then 'nothing' when p.text = j.value->>7 then 'the same' else 'other text' end as has,
        d.id is not null as delivered,
        (select o.opt_out_scope from long_messages o where o.id = coalesce(d.long_message_id, l.id)) as opt_out_scope
      from json_each(?1) j
      left join message_parts d on d.carrier_message_id is not null and d.carrier_id = j.value->>0
        and d.carrier_message_id = j.value->>6 and d.number = j.value->>4
      left join long_messages l on l.id = (select x.id from long_messages x
        where x.person = j.value->>1 and x.sender = j.value->>2 and x.reference = j.value->>3
          and x.carrier_id = j.value->>0 and x.total = j.value->>5
          and (x.closed_at is null or x.closed_at > ?2) order by x.closed_at is null desc, x.id desc limit 1)
      left join message_parts p on p.long_message_id = l.id and p.number = j.value->>4
      order by j.key`,
    args: [JSON.stringify(parts.map(keyOf)), now - PART_WINDOW_MS],
  });
  return rows.map((row) => ({
    id: row["id"] as string | null,
    open: row["open"] === 1,
    has: row["has"] as KnownPart["has"],
    delivered: row["delivered"] === 1,
    opt_out_scope: row["opt_out_scope"] as KnownPart["opt_out_scope"],
  }));
}

function keyOf({ carrier_id, person, sender, reference, number, total, carrier_message_id, text }: PartKey) {
  return [carrier_id, person, sender, reference, number, total, carrier_message_id, JSON.stringify(text)];
}

/** A part to be stored under `long_message_id`, whose message is made with it where there is none. */
export interface PartWrite extends PartKey {
  id: string;
  long_message_id: string;
  media: readonly string[];
  carrier_intent: Intent | null;
  already_answered: boolean;
  /** Of the opt-out that the part is by itself. */
  opt_out_scope: "commercial" | "all" | null;
}

/**
 * Statements that store parts, to stand before what hangs on them. `closing`: messages of which another text came under a number that
 * they have: the reference is used anew, and they wait no longer.
 */
export function storeParts(parts: readonly PartWrite[], closing: readonly string[], now: number): InStatement[] {
  if (parts.length === 0) return [];
  const rows = JSON.stringify(parts.map((part) => [
    ...keyOf(part),
    part.id,
    part.long_message_id,
    part.media.length === 0 ? null : JSON.stringify(part.media),
    part.carrier_intent,
    part.already_answered ? 1 : 0,
    part.opt_out_scope,
  ]));
  const full = `(select count(*) from message_parts p where p.long_message_id = long_messages.id) = total`;
  const close: InStatement = {
    sql: `update long_messages set closed_at = ?2, due_at = ?2
      where id in (select value from json_each(?1)) and closed_at is null`,
    args: [JSON.stringify(closing), now],
  };
  return [
    ...(closing.length === 0 ? [] : [close]),
    {
      // Another instance may have made it a moment ago, under another id, or stored this very delivery and closed its message: then the
      // part is not stored, and comes again. A message that stayed empty would become one of nothing but a gap.
      sql: `insert or ignore into long_messages (id, carrier_id, person, sender, reference, total, created_at, due_at)
        select j.value->>9, j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>5, ?2, ?2 + ${PART_WINDOW_MS}
        from json_each(?1) j where not exists (select 1 from long_messages l where l.person = j.value->>1
          and l.sender = j.value->>2 and l.reference = j.value->>3 and l.carrier_id = j.value->>0
          and l.total = j.value->>5 and l.closed_at is null)
          and not exists (select 1 from message_parts d where d.carrier_message_id is not null
            and d.carrier_id = j.value->>0 and d.carrier_message_id = j.value->>6 and d.number = j.value->>4)`,
      args: [rows, now],
    },
    {
      sql:
        `insert or ignore into message_parts (id, long_message_id, number, carrier_id, carrier_message_id, text, media,
          carrier_intent, already_answered)
        select j.value->>8, j.value->>9, j.value->>4, j.value->>0, j.value->>6, j.value->>7, j.value->>10, j.value->>11,
          j.value->>12
        from json_each(?1) j join long_messages l on l.id = j.value->>9 and l.closed_at is null`,
      args: [rows],
    },
    {
      sql: `update long_messages set opt_out_scope = coalesce(opt_out_scope, j.value->>13),
          closed_at = case when ${full} then ?2 end,
          due_at = case when ${full} then ?2 + ${TAKE_OVER_MS}
            else min(?2 + ${PART_WINDOW_MS}, created_at + ${LONGEST_WINDOW_MS}) end
        from json_each(?1) j where long_messages.id = j.value->>9 and closed_at is null
          and exists (select 1 from message_parts p where p.id = j.value->>8)`,
      args: [rows, now],
    },
  ];
}

/** Asks which of the parts `ids` were stored; none for none. */
export function askStoredParts(ids: readonly string[]): InStatement[] {
  if (ids.length === 0) return [];
  return [{
    sql: `select p.id, l.closed_at is not null as complete from json_each(?) j join message_parts p on p.id = j.value
      join long_messages l on l.id = p.long_message_id`,
    args: [JSON.stringify(ids)],
  }];
}

/** The answer: those that were, each with whether its message has all of them now. */
export function readStoredParts(answer: ResultSet | undefined): Map<string, boolean> {
  return new Map((answer?.rows ?? []).map((row) => [row["id"] as string, row["complete"] === 1]));
}

/** A closed message that has not become a row of `messages` yet. */
export interface LongMessage {
  id: string;
  carrier_id: string;
  person: string;
  sender: string;
  total: number;
  created_at: number;
  opt_out_scope: "commercial" | "all" | null;
  /** The carrier's id that the message gets: of the first part whose id no other message has; null when there is none. */
  carrier_message_id: string | null;
  /** In their order. */
  parts: {
    number: number;
    text: string;
    media: string[];
    carrier_intent: Intent | null;
    already_answered: boolean;
  }[];
}

/**
 * Closes what has waited long enough, at most `limit`, and names it; each is named to one caller until it is due again. `oldest`: least
 * id of all that are remembered.
 */
export async function closeDue(
  client: DbClient,
  now: number,
  limit: number,
): Promise<{ due: string[]; oldest: string | null }> {
  const due = `select id from long_messages where due_at <= ?1 order by due_at limit ?2`;
  // A read takes no write lock, and mostly there is nothing.
  const looked = await client.execute({
    sql: `select exists (${due}) as due, (select min(id) from long_messages) as oldest`,
    args: [now, limit],
  });
  const oldest = looked.rows[0]!["oldest"] as string | null;
  if (looked.rows[0]!["due"] === 0) return { due: [], oldest };
  const { rows } = await client.execute({
    sql: `update long_messages set closed_at = coalesce(closed_at, ?1), due_at = ?1 + ${TAKE_OVER_MS}
      where id in (${due}) returning id`,
    args: [now, limit],
  });
  return { due: rows.map((row) => row["id"] as string), oldest };
}

/**
 * Those of `ids` that are closed and no message yet, with their parts. A carrier that gives all parts of a message one id, and brings
 * the last of them late, brings two messages under it: the second has none.
 */
export async function closedMessages(client: DbClient, ids: readonly string[]): Promise<LongMessage[]> {
  const { rows } = await client.execute({
    sql: `select l.id, l.carrier_id, l.person, l.sender, l.total, l.created_at, l.opt_out_scope,
        (select p.carrier_message_id from message_parts p where p.long_message_id = l.id
          and p.carrier_message_id is not null and not exists (select 1 from messages m where m.direction = 'inbound'
            and m.carrier_id = p.carrier_id and m.carrier_message_id = p.carrier_message_id)
          order by p.number limit 1) as carrier_message_id,
        (select json_group_array(json_array(p.number, p.text, p.media, p.carrier_intent, p.already_answered))
          from (select * from message_parts where long_message_id = l.id order by number) p) as parts
      from json_each(?) j join long_messages l on l.id = j.value and l.closed_at is not null and l.due_at is not null`,
    args: [JSON.stringify(ids)],
  });
  return rows.map((row) => ({
    ...row as unknown as Omit<LongMessage, "parts">,
    parts: (JSON.parse(row["parts"] as string) as StoredPart[]).map((part) => {
      const [number, text, media, carrier_intent, already_answered] = part;
      return {
        number,
        text: JSON.parse(text) as string,
        media: media === null ? [] : JSON.parse(media) as string[],
        carrier_intent,
        already_answered: already_answered === 1,
      };
    }),
  }));
}

type StoredPart = [
  number: number,
  text: string,
  media: string | null,
  carrier_intent: Intent | null,
  already_answered: 0 | 1,
];

/**
 * Statements for the end of the transaction in which long messages become messages: the timeline tells what is missing, and what hangs on
 * them (`requires`) is not written a second time. One whose message was not stored stays due. `incomplete`: the detail for the timeline.
 */
export function becomeMessages(
  messages: readonly { long_message_id: string; message_id: string; incomplete: string | null }[],
  now: number,
): InStatement[] {
  if (messages.length === 0) return [];
  const rows = JSON.stringify(messages.map((one) => [one.long_message_id, one.message_id, one.incomplete]));
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select j.value->>1, ?2, 'incomplete', j.value->>2 from json_each(?1) j
        join long_messages l on l.id = j.value->>0 and l.due_at is not null join messages m on m.id = j.value->>1
        where j.value->>2 is not null`,
      args: [rows, now],
    },
    {
      sql: `update long_messages set due_at = null where id in (select j.value->>0 from json_each(?) j
        join messages m on m.id = j.value->>1)`,
      args: [rows],
    },
  ];
}

/** Forgets at most `limit` messages whose parts no carrier brings any more; the last statement tells how many. `before`: least id that is kept. */
export function forgetParts(before: string, limit: number): InStatement[] {
  const old = `select id from long_messages where id < ?1 and due_at is null order by id limit ?2`;
  return [
    { sql: `delete from message_parts where long_message_id in (${old})`, args: [before, limit] },
    { sql: `delete from long_messages where id in (${old})`, args: [before, limit] },
  ];
}
