import type { InStatement } from "@libsql/client/web";

/**
 * The same words, from the same person to the same sender over the same account, within this time and under another id (or none) are
 * most likely one message that the carrier brought twice: chatwoot#15450, textbee#159 and android-sms-gateway#288 tell of such
 * resends seconds later. A person may also mean it ("OK", "OK"), so it is kept, shown and decided; only answering it twice would
 * be wrong.
 */
export const REPEAT_WINDOW_MS = 10_000;

/** Messages of a thread that are looked at: a machine that writes a hundred times a second must not cost more than a person. */
const REACH = 50;

/** A message of ours that reached the person in between makes the same words an answer to something new. */
const SPOKEN_TO = `exists (select 1 from messages o where o.conversation_id = m.conversation_id and o.id > e.id
  and o.direction = 'outbound' and o.reply_kind is null and o.status in ('sending', 'sent', 'delivered', 'unknown'))`;

/**
 * Marks those of the messages just stored that repeat another. Whichever was committed first is the original, whatever the clocks of
 * the instances say, and the window counts from it: a person who writes "OK" every few seconds does not repeat one of an hour ago.
 * `repeatable_from`: the least id that an original may have, so that only the end of the thread is read.
 */
export function markRepeats(messages: readonly { message_id: string; repeatable_from: string }[]): InStatement {
  return {
    sql: `with found (id, original) as materialized (
        select m.id, (select e.id from (select id, rowid as place, direction, repeats, text, carrier_id, metadata, created_at
            from messages where conversation_id = m.conversation_id and id >= j.value->>1 order by id desc limit ${REACH}) e
          where e.place < m.rowid and e.direction = 'inbound' and e.repeats is null and e.text = m.text
            and e.carrier_id = m.carrier_id and e.metadata is m.metadata
            and e.created_at > m.created_at - ${REPEAT_WINDOW_MS} and not ${SPOKEN_TO}
          order by e.id limit 1)
        from json_each(?) j join messages m on m.id = j.value->>0)
      update messages set repeats = found.original from found where messages.id = found.id and found.original is not null`,
    args: [JSON.stringify(messages.map(({ message_id, repeatable_from }) => [message_id, repeatable_from]))],
  };
}
