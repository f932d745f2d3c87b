import type { Decision } from "../../core/message.ts";
import type { DbClient } from "../libsql/client.ts";

/** Messages already stored under the carrier ids of `group`, by position: the second delivery of a webhook gets the first's answer. */
export async function storedInbound(
  client: DbClient,
  group: readonly { carrier_id: string; sms: { carrierMessageId: string | null } }[],
): Promise<Map<number, { messageId: string; intent: string }>> {
  const ids = group.flatMap(({ carrier_id, sms }, index) =>
    sms.carrierMessageId === null ? [] : [[index, carrier_id, sms.carrierMessageId]]
  );
  if (ids.length === 0) return new Map();
  const { rows } = await client.execute({
    sql: `select j.value->>0 as position, m.id, m.decision from json_each(?) j
      join messages m on m.direction = 'inbound' and m.carrier_message_id is not null
        and m.carrier_id = j.value->>1 and m.carrier_message_id = j.value->>2`,
    args: [JSON.stringify(ids)],
  });
  return new Map(rows.map((row) => [
    Number(row["position"]),
    {
      messageId: row["id"] as string,
      intent: (JSON.parse(row["decision"] as string) as Decision).intent ?? "none",
    },
  ]));
}
