import type { InStatement } from "@libsql/client/web";

/**
 * The same words, from the same person to the same sender over the same account, within this time and under another id (or none) are
 * most likely one message that the carrier brought twice: chatwoot#15450, textbee#159 and android-sms-gateway#288 tell of such
 * resends seconds later. A person may also mean it ("OK", "OK"), so it is kept, shown and decided; only answering it twice would
 * be wrong.
 */
export const REPEAT_WINDOW_MS = 10_000;

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
    sql: `update messages set repeats = u.original from (
        select m.id as id, (select e.id from messages e where e.conversation_id = m.conversation_id and e.id >= j.value->>1
            and e.id != m.id and e.direction = 'inbound' and e.repeats is null and e.text = m.text
            and e.carrier_id = m.carrier_id and e.metadata is m.metadata and e.created_at > m.created_at - ${REPEAT_WINDOW_MS} and not ${SPOKEN_TO}
          order by e.id limit 1) as original
        from json_each(?) j join messages m on m.id = j.value->>0) u
      where messages.id = u.id and u.original is not null`,
    args: [JSON.stringify(messages.map(({ message_id, repeatable_from }) => [message_id, repeatable_from]))],
  };
}
