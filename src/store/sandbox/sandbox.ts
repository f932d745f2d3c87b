import type { ConversationCursor } from "../inbox/conversations.ts";
import type { Db } from "../libsql/client.ts";
import { PAGE_REACH } from "../libsql/pages.ts";

export interface HandsetMessage {
  id: string;
  direction: "inbound" | "outbound";
  from: string;
  to: string;
  text: string;
  at: number;
}

/** Most recent messages that a sandbox handset shows. */
const SHOWN = 500;

/** Messages that passed over accounts of the kind `sandbox`, oldest first; what has not left is not on the handset. */
export async function handsetOf({ client }: Db, msisdn: string): Promise<HandsetMessage[]> {
  const { rows } = await client.execute({
    sql: `select m.id, m.direction, m.person, m.sender, m.text, coalesce(m.sent_at, m.created_at) as at from messages m
      join carriers r on r.id = m.carrier_id and r.kind = 'sandbox'
      where m.conversation_id in (select id from conversations where person = ?)
        and (m.direction = 'inbound' or m.sent_at is not null)
      order by at desc, m.id desc limit ${SHOWN}`,
    args: [msisdn],
  });
  return rows.reverse().map((row) => {
    const inbound = row["direction"] === "inbound";
    const [person, sender] = [row["person"] as string, row["sender"] as string];
    return {
      id: row["id"] as string,
      direction: inbound ? "inbound" : "outbound",
      from: inbound ? person : sender,
      to: inbound ? sender : person,
      text: row["text"] as string,
      at: Number(row["at"]),
    };
  });
}

export interface HandsetRow extends ConversationCursor {
  /** E.164. */
  person: string;
}

/**
 * Handsets that have sent or received anything, the last one used first. `real`: senders that reach phones, whose people are no handsets.
 * A page looks at `PAGE_REACH` threads, so that it may be short with more to come.
 */
export async function listHandsets(
  { client }: Db,
  { real, limit, after }: { real: readonly string[]; limit: number; after: ConversationCursor | undefined },
): Promise<{ rows: HandsetRow[]; next: ConversationCursor | null }> {
  const place = after === undefined ? "true" : "(last_message_at, id) < (:at, :id)";
  const args = after === undefined ? {} : { at: after.last_message_at, id: after.id };
  const window =
    `select * from conversations where ${place} order by last_message_at desc, id desc limit ${PAGE_REACH}`;
  const played = (name: string) =>
    `${name}.person glob '+*' and ${name}.sender not in (select value from json_each(:real))`;
  const [found, ends] = await client.batch([
    {
      sql: `select c.person, c.last_message_at, c.id from (${window}) c where ${played("c")}
        and not exists (select 1 from conversations n where n.person = c.person and ${played("n")}
          and (n.last_message_at, n.id) > (c.last_message_at, c.id))
        order by c.last_message_at desc, c.id desc limit :take`,
      args: { ...args, real: JSON.stringify(real), take: limit + 1 },
    },
    {
      // Named, because SQLite would rather sort all of them than skip so many.
      sql: `select last_message_at, id from conversations indexed by conversations_newest where ${place}
        order by last_message_at desc, id desc limit 1 offset ${PAGE_REACH - 1}`,
      args,
    },
  ], "read");
  const rows = found!.rows as unknown as HandsetRow[];
  const page = rows.slice(0, limit);
  return {
    rows: page,
    next: rows.length > limit ? page.at(-1)! : ends!.rows[0] as unknown as ConversationCursor ?? null,
  };
}
