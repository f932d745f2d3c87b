import type { DbClient } from "./client.ts";

/** The message whose link was opened, and the language its reader chose, where one is known. */
export interface LinkedMessage {
  message_id: string;
  /** E.164. */
  person: string;
  sender: string;
  language: string | null;
}

/** Null for a token that was never given out. */
export async function findByToken(client: DbClient, token: string): Promise<LinkedMessage | null> {
  const { rows } = await client.execute({
    sql: `select m.id as message_id, m.person, m.sender, k.language from messages m
      left join contacts k on k.msisdn = m.person where m.unsubscribe_token = ?`,
    args: [token],
  });
  return (rows[0] as unknown as LinkedMessage | undefined) ?? null;
}
