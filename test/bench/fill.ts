import type { Db } from "../../src/store/libsql/client.ts";

/** Many messages at once, with what a month of them would have left: written straight into the database, as no API could in a minute. */
export interface FillOptions {
  messages: number;
  /** ms since 1970; the last of them. */
  now: number;
  /** Over how long they are spread (ms); 0 puts all into this moment. */
  spreadMs: number;
}

const PIECE = 50_000;
/** Eight of ten messages arrive, one does not, one of a hundred is a STOP. */
const STATUS =
  `case when value % 10 = 9 then 'received' when value % 100 = 18 then 'undelivered' when value % 100 = 28 then 'failed'
  when value % 100 = 38 then 'refused' when value % 100 = 48 then 'sent' else 'delivered' end`;
const DECISION = JSON.stringify({
  rulebook: "0".repeat(64),
  outcome: "allow",
  category_source: "rules",
  intent: null,
  rules: [{
    id: "classification.informative",
    reason: "Words of information and none of advertising",
    source: "Code des postes et des communications électroniques, L34-5",
    confidence: "confirmed",
    effect: "category informative",
  }],
});

export async function fillMessages(db: Pick<Db, "client">, { messages, now, spreadMs }: FillOptions): Promise<void> {
  const step = spreadMs / messages;
  for (let from = 0; from < messages; from += PIECE) {
    const args = { from, to: Math.min(from + PIECE, messages) - 1, now, messages, step, decision: DECISION };
    const rows = `(with recursive s (value) as (select :from union all select value + 1 from s where value < :to)
      select value, :now - cast((:messages - value) * :step as integer) as at,
        '+' || case value % 20 when 0 then '1415555' || printf('%04d', value / 3 % 10000)
          when 1 then '4477009' || printf('%05d', value / 3 % 100000) else '33612' || printf('%06d', value / 3 % 200000) end as person,
        iif(value % 20 = 0, '+15005550006', iif(value % 20 = 1, '+447700900000', '36105')) as sender from s)`;
    const statement = (sql: string) => ({
      sql,
      args: Object.fromEntries(Object.entries(args).filter(([name]) => new RegExp(`:${name}\\b`).test(sql))),
    });
    await db.client.batch([
      statement(`insert into conversations (id, person, sender, created_at, last_message_at, last_inbound_at)
        select 'cnv_' || substr(person, 2) || substr(sender, -4), person, sender, at, at, at from ${rows} where true
        on conflict (person, sender) do update set last_message_at = excluded.last_message_at`),
      statement(
        `insert into messages (id, direction, status, person, sender, text, category, encoding, segments, priority, attempts,
          carrier_id, carrier_message_id, conversation_id, created_at, sent_at, delivered_at, error_code, decision)
        select 'msg_' || printf('%010x', at) || printf('%016d', value), iif(value % 10 = 9, 'inbound', 'outbound'), ${STATUS}, person, sender,
          iif(value % 10 = 9, iif(value % 100 = 99, 'STOP', 'Merci, à demain !'),
            'Votre rendez-vous est confirmé mardi 24 novembre à 15h00. Dossier ' || value),
          'informative', 'GSM-7', 1, 1, 1, 'sandbox', 'bench_' || value, 'cnv_' || substr(person, 2) || substr(sender, -4), at, at, at,
          iif(value % 10 = 8, 'e' || value % 7, null),
          iif(value % 100 = 99, json_set(:decision, '$.intent', 'opt_out'), :decision)
        from ${rows}`,
      ),
      statement(`insert into message_events (message_id, at, status, detail)
        select 'msg_' || printf('%010x', at) || printf('%016d', value), at, iif(value % 10 = 9, 'suppressed', ${STATUS}),
          iif(value % 10 = 9, (value % 37) || ' ms after it was received', null)
        from ${rows} where value % 10 != 9 or value % 100 = 99`),
    ]);
  }
}
