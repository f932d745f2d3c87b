import type { InValue } from "@libsql/client/web";
import { numberPrefix } from "../contacts/filter.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { PAGE_REACH } from "../libsql/pages.ts";
import { withDecisions } from "../messages/shared_decisions.ts";
import { matchOf } from "../messages/words.ts";
import type { MessageRow } from "../messages/writes.ts";
import type { conversations } from "../schema.ts";

/** A thread, with what staff make of it and the name in the address book. */
export type ConversationRow = typeof conversations.$inferSelect & {
  assigned_to: string | null;
  /** 1 when something came from the person since it was last read. */
  unread: 0 | 1;
  name: string | null;
};

/** Place in the list: threads with one last instant are told apart by their id. */
export interface ConversationCursor {
  last_message_at: number;
  id: string;
}

export interface ConversationFilter {
  /** E.164. */
  person?: string | undefined;
  sender?: string | undefined;
  unread?: boolean | undefined;
  /** Id of a user or an API key; null: nobody's. */
  assigned_to?: string | null | undefined;
  /** The beginning of a number, a part of a name, or words of messages. */
  q?: string | undefined;
  limit: number;
  after?: ConversationCursor | undefined;
}

/** Messages with the words that are asked for, and contacts among which a name is looked for: the newest ones. */
export const WORDS_REACH = 2_000;
export const NAMES_REACH = 50_000;
const NAMES_FOUND = 500;

const UNREAD = "c.last_inbound_at is not null and c.last_inbound_at is not d.read_at";
const ROW = `c.*, d.assigned_to, (${UNREAD}) as unread, k.name`;
const BESIDE = "left join desk d on d.conversation_id = c.id left join contacts k on k.msisdn = c.person";

/** What a page asks the database with. Only the arguments that a statement names are sent with it. */
type Ask = <T>(sql: string) => Promise<T[]>;

/**
 * A page, most recent message first. Where no index finds the threads it looks at `PAGE_REACH` of them, so that it may be short, even
 * empty, with more to come. A thread that gets a message while one walks moves to the front, past the walker.
 */
export async function listConversations(
  { client }: Db,
  filter: ConversationFilter,
): Promise<{ rows: ConversationRow[]; next: ConversationCursor | null }> {
  const { limit, after, person } = filter;
  const args = argumentsOf(filter);
  const ask: Ask = async <T>(sql: string) => {
    const named = Object.entries(args).filter(([name]) => new RegExp(`:${name}\\b`).test(sql));
    return (await client.execute({ sql, args: Object.fromEntries(named) })).rows as T[];
  };
  const { candidates, conditions } = await candidatesOf(filter, ask);
  const where = [...conditions, ...conditionsOf(filter)];
  const place = after === undefined ? [] : ["(c.last_message_at, c.id) < (:at, :id)"];
  const order = "order by c.last_message_at desc, c.id desc";
  let lowest: ConversationCursor | null = null;
  // The index is named, because SQLite would rather sort all threads than skip or pass over so many.
  if (candidates === null && where.length > 0 && person === undefined) {
    const [bottom] = await ask<ConversationCursor>(
      `select c.last_message_at, c.id from conversations c indexed by conversations_newest where ${place[0] ?? "true"}
        ${order} limit 1 offset ${PAGE_REACH - 1}`,
    );
    if (bottom !== undefined) {
      lowest = bottom;
      args["lowest_at"] = bottom.last_message_at;
      args["lowest_id"] = bottom.id;
      where.push("(c.last_message_at, c.id) >= (:lowest_at, :lowest_id)");
    }
  }
  const from = candidates !== null
    ? `(${candidates}) j cross join conversations c on c.id = j.id`
    : person === undefined
    ? "conversations c indexed by conversations_newest"
    : "conversations c";
  const rows = await ask<ConversationRow>(
    `select ${ROW} from ${from} ${BESIDE} where ${[...place, ...where].join(" and ") || "true"} ${order} limit :take`,
  );
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? page.at(-1)! : lowest };
}

function argumentsOf({ person, sender, assigned_to, q, limit, after }: ConversationFilter): Record<string, InValue> {
  const prefix = numberPrefix(q);
  return {
    person: person ?? null,
    sender: sender ?? null,
    assigned_to: assigned_to ?? null,
    from: prefix,
    // The colon sorts right behind the digits.
    before: `${prefix}:`,
    at: after?.last_message_at ?? null,
    id: after?.id ?? null,
    match: q === undefined ? null : matchOf(q),
    like: `%${(q ?? "").replace(/[\\%_]/g, "\\$&")}%`,
    take: limit + 1,
  };
}

function conditionsOf({ person, sender, unread, assigned_to }: ConversationFilter): string[] {
  return [
    ...(person === undefined ? [] : ["c.person = :person"]),
    ...(sender === undefined ? [] : ["c.sender = :sender"]),
    ...(unread === undefined ? [] : [unread ? `(${UNREAD})` : `not (${UNREAD})`]),
    ...(assigned_to === undefined ? [] : ["d.assigned_to is :assigned_to"]),
  ];
}

const IN_RANGE = "c.person >= :from and c.person < :before";
const ASSIGNED = "from desk where assigned_to = :assigned_to";
const WITH_WORDS = `select conversation_id as id from searchable where n in (
  select rowid from message_words where message_words match :match order by rowid desc limit ${WORDS_REACH})`;
const WITH_NAME = `select c.id from conversations c where c.person in (
  select msisdn from (select msisdn, name from contacts order by rowid desc limit ${NAMES_REACH})
    where name like :like escape '\\' limit ${NAMES_FOUND})`;

/** SQL for the ids that an index finds, at most a few thousand; null where none does. `conditions`: what must hold besides. */
async function candidatesOf(
  { q, assigned_to }: ConversationFilter,
  ask: Ask,
): Promise<{ candidates: string | null; conditions: string[] }> {
  // Without their ids, which stand in the rows and not in the indexes.
  const few = async (from: string) =>
    (await ask<{ n: number }>(`select count(*) as n from (select 1 ${from} limit ${PAGE_REACH})`))[0]!.n < PAGE_REACH;
  if (q !== undefined) {
    const words = matchOf(q) === null ? [] : [WITH_WORDS];
    if (numberPrefix(q) === null) return { candidates: [...words, WITH_NAME].join(" union "), conditions: [] };
    const numbers = `from conversations c where ${IN_RANGE}`;
    return await few(numbers)
      ? { candidates: [...words, `select c.id ${numbers}`].join(" union "), conditions: [] }
      : { candidates: null, conditions: [IN_RANGE] };
  }
  if (typeof assigned_to === "string" && await few(ASSIGNED)) {
    return { candidates: `select conversation_id as id ${ASSIGNED}`, conditions: [] };
  }
  return { candidates: null, conditions: [] };
}

export async function findConversation({ client }: Db, id: string): Promise<ConversationRow | null> {
  const { rows } = await client.execute({
    sql: `select ${ROW} from conversations c ${BESIDE} where c.id = ?`,
    args: [id],
  });
  return (rows[0] as unknown as ConversationRow | undefined) ?? null;
}

/** The last message of each thread, by thread. */
export async function lastMessages(
  { client }: Pick<Db, "client">,
  ids: readonly string[],
): Promise<Map<string, MessageRow>> {
  const { rows } = await client.execute({
    sql: `select m.* from json_each(?) j join messages m on m.id =
      (select x.id from messages x where x.conversation_id = j.value order by x.id desc limit 1)`,
    args: [JSON.stringify(ids)],
  });
  const last = await withDecisions(client, rows as unknown as MessageRow[]);
  return new Map(last.map((row) => [row.conversation_id, row]));
}

/** People whom we have a thread with. Reads all of an index: for tasks of the night. */
export async function countPeople(client: DbClient): Promise<number> {
  const { rows } = await client.execute("select count(distinct person) as people from conversations");
  return rows[0]!["people"] as number;
}
