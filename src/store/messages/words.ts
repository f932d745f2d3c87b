import type { DbClient } from "../libsql/client.ts";

/**
 * Search by the words of messages: `searchable` numbers the messages, `message_words` (FTS5) holds their words. The tick fills both, so
 * that accepting and receiving cost what they did; a message that was just stored is found a moment later. Messages of campaigns are left
 * out: a million times one text helps nobody to find a thread.
 *
 * The index has a copy of each text, because a text may change while its message waits, and FTS5 must know what it takes out; its
 * `secure-delete` (migrations) leaves no word behind that stood in nothing else.
 */

/** Name of the setting that tells how far the index is. */
const PLACE = "message_words";

/** Where the walk stands: the row that it looked at last. A `vacuum` numbers rows anew, so that the id decides. */
interface Place {
  row: number;
  id: string;
}

const NEXT = `with place (row, id) as (select value->>'row', value->>'id' from settings where name = '${PLACE}')
  select m.rowid as row, m.id from messages m where m.rowid > coalesce(
    (select x.rowid from place p cross join messages x on x.rowid = p.row and x.id = p.id),
    (select x.rowid from place p cross join messages x on x.id <= p.id order by x.id desc limit 1), 0)
  order by m.rowid limit ?`;

/**
 * Takes the next `limit` messages in the order in which they were committed; resolves with how many were looked at. The transaction reads
 * the texts itself: what is erased or let go meanwhile is empty by then, or is taken out by whoever empties it afterwards. Two instances
 * that take the same messages number them once.
 */
export async function indexWords(client: DbClient, limit: number): Promise<number> {
  const { rows } = await client.execute({ sql: NEXT, args: [limit] });
  if (rows.length === 0) return 0;
  const last = rows.at(-1)! as unknown as Place;
  const ids = JSON.stringify(rows.map(({ id }) => id));
  await client.batch([
    {
      sql: `insert or ignore into searchable (message_id, conversation_id) select id, conversation_id from messages
        where id in (select value from json_each(?)) and text != '' and campaign_id is null`,
      args: [ids],
    },
    {
      sql: `insert into message_words (rowid, text) select s.n, m.text from json_each(?) j
        join searchable s on s.message_id = j.value join messages m on m.id = j.value
        where m.text != '' and s.n not in (select rowid from message_words where rowid = s.n)`,
      args: [ids],
    },
    {
      sql: "insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
      args: [PLACE, JSON.stringify({ row: last.row, id: last.id })],
    },
  ]);
  return rows.length;
}

/** Statements that take the messages `which` (SQL for their ids) out of the index; for the transaction that empties or deletes them. */
export function forgetWords(which: string): string[] {
  return [
    `delete from message_words where rowid in (select n from searchable where message_id in (${which}))`,
    `delete from searchable where message_id in (${which})`,
  ];
}

/** More do not make a search more precise. */
const MOST_WORDS = 10;

/** What FTS5 is asked for: all words of `q`, the last one possibly unfinished; null when there is no word in it. */
export function matchOf(q: string): string | null {
  // As FTS5's tokenizer cuts words (unicode61): letters, digits and private use, marks above letters apart.
  const words = q.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").split(/[^\p{L}\p{N}\p{Co}]+/u)
    .filter((word) => word !== "").slice(0, MOST_WORDS);
  const last = words.at(-1);
  if (last === undefined) return null;
  return words.map((word) => `"${word}"`).join(" ") + (last.length >= UNFINISHED_FROM ? "*" : "");
}

/** Shorter beginnings fit so many words that putting them together takes long. */
const UNFINISHED_FROM = 3;
