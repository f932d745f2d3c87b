import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Db, DbClient } from "./client.ts";
import { conversations } from "./schema.ts";
import type { MessageRow } from "./writes.ts";

export type ConversationRow = typeof conversations.$inferSelect;

/** Place in the list: threads with one last instant are told apart by their id. */
export interface ConversationCursor {
  last_message_at: number;
  id: string;
}

export interface ConversationFilter {
  /** E.164. */
  person?: string | undefined;
  sender?: string | undefined;
  limit: number;
  after?: ConversationCursor | undefined;
}

/** As for messages: how many threads a page looks at when only the sender is given. */
const PAGE_REACH = 5_000;

/** A page, most recent message first; one of a sender may be short, even empty, with more to come. A thread that gets a message while one walks moves to the front, past the walker. */
export async function listConversations(
  { orm }: Db,
  { person, sender, limit, after }: ConversationFilter,
): Promise<{ rows: ConversationRow[]; next: ConversationCursor | null }> {
  const where: SQL[] = [];
  if (person !== undefined) where.push(eq(conversations.person, person));
  if (sender !== undefined) where.push(eq(conversations.sender, sender));
  const { last_message_at, id } = conversations;
  const place = after === undefined ? [] : [sql`(${last_message_at}, ${id}) < (${after.last_message_at}, ${after.id})`];
  const newestFirst = [desc(last_message_at), desc(id)];
  let lowest: ConversationCursor | null = null;
  if (sender !== undefined && person === undefined) {
    const [bottom] = await orm.select({ last_message_at, id }).from(conversations).where(and(...place))
      .orderBy(...newestFirst).limit(1).offset(PAGE_REACH - 1);
    if (bottom !== undefined) {
      lowest = bottom;
      where.push(sql`(${last_message_at}, ${id}) >= (${bottom.last_message_at}, ${bottom.id})`);
    }
  }
  const rows = await orm.select().from(conversations).where(and(...place, ...where))
    .orderBy(...newestFirst).limit(limit + 1);
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? page.at(-1)! : lowest };
}

export async function findConversation({ orm }: Db, id: string): Promise<ConversationRow | null> {
  const [row] = await orm.select().from(conversations).where(eq(conversations.id, id));
  return row ?? null;
}

/** The last message of each thread, by thread. */
export async function lastMessages({ client }: Db, ids: readonly string[]): Promise<Map<string, MessageRow>> {
  const { rows } = await client.execute({
    sql: `select m.* from json_each(?) j join messages m on m.id =
      (select x.id from messages x where x.conversation_id = j.value order by x.id desc limit 1)`,
    args: [JSON.stringify(ids)],
  });
  return new Map((rows as unknown as MessageRow[]).map((row) => [row.conversation_id, row]));
}

/** People whom we have a thread with. Reads all of an index: for tasks of the night. */
export async function countPeople(client: DbClient): Promise<number> {
  const { rows } = await client.execute("select count(distinct person) as people from conversations");
  return rows[0]!["people"] as number;
}
