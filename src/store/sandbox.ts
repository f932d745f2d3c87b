import type { Db } from "./client.ts";

export interface HandsetMessage {
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
    sql: `select m.direction, m.person, m.sender, m.text, coalesce(m.sent_at, m.created_at) as at from messages m
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
      direction: inbound ? "inbound" : "outbound",
      from: inbound ? person : sender,
      to: inbound ? sender : person,
      text: row["text"] as string,
      at: Number(row["at"]),
    };
  });
}
