import type { DbClient } from "../libsql/client.ts";

export interface StoredAnswer {
  body_hash: string;
  status: 202 | 422;
  body: string;
  /** Of the message: it may have been made by another message at the same time, which is known only after the commit. */
  conversation_id: string | null;
}

/** Answers already given under the keys of `group`, by position; no statement when no item has a key. */
export async function idempotentAnswers(
  client: DbClient,
  group: readonly { idempotency: { api_key_id: string; key: string } | null }[],
): Promise<Map<number, StoredAnswer>> {
  const keys = group.flatMap(({ idempotency }, index) =>
    idempotency === null ? [] : [[index, idempotency.api_key_id, idempotency.key]]
  );
  if (keys.length === 0) return new Map();
  const { rows } = await client.execute({
    sql: `select j.value->>0 as position, i.body_hash, i.status, i.body, m.conversation_id from json_each(?) j
      join idempotency_keys i on i.api_key_id = j.value->>1 and i.key = j.value->>2
      left join messages m on m.id = i.message_id`,
    args: [JSON.stringify(keys)],
  });
  return new Map(rows.map((row) => [Number(row["position"]), row as unknown as StoredAnswer]));
}
