import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { instant } from "../../gateway/message_view.ts";
import type { Db } from "../libsql/client.ts";
import { PAGE_REACH, pageOf } from "../libsql/pages.ts";
import { conversations, message_events, messages, RARE_STATUSES } from "../schema.ts";
import { DECISION, withDecisions } from "./shared_decisions.ts";
import type { MessageRow } from "./writes.ts";

export interface MessageFilter {
  direction?: "outbound" | "inbound" | undefined;
  status?: MessageRow["status"] | undefined;
  category?: "commercial" | "informative" | undefined;
  /** E.164 of the person at the other end. */
  person?: string | undefined;
  conversation_id?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** SQL for an update that takes all words from a message; what was decided stays, and by which rules. */
export const BLANK_TEXTS = `text = '', submitted_text = null, metadata = null, error_detail = null,
  decision = (select json_set(d.decision, '$.rules', json((select json_group_array(json_set(r.value, '$.reason', ''))
    from json_each(d.decision, '$.rules') r))) from (select ${DECISION} as decision) d)`;

/**
 * A page, newest first; `next` is the cursor of the following one. Where no index knows the fitting messages a page looks at
 * `PAGE_REACH` of them, so that it may be short, even empty, with more to come.
 */
export async function listMessages(
  { client, orm }: Db,
  { limit, cursor, person, ...filter }: MessageFilter,
): Promise<{ rows: MessageRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (cursor !== undefined) where.push(lt(messages.id, cursor));
  if (filter.direction !== undefined) where.push(eq(messages.direction, filter.direction));
  if (filter.status !== undefined) {
    // The word itself, not a parameter: only so does SQLite see that the index of rare ones applies.
    where.push(
      isRare(filter.status)
        ? sql`${messages.status} = ${sql.raw(`'${filter.status}'`)}`
        : eq(messages.status, filter.status),
    );
  }
  if (filter.category !== undefined) where.push(eq(messages.category, filter.category));
  if (filter.conversation_id !== undefined) where.push(eq(messages.conversation_id, filter.conversation_id));
  if (person !== undefined) {
    // Through the person's few threads, whose index is there anyway.
    const threads = orm.select({ id: conversations.id }).from(conversations).where(eq(conversations.person, person));
    where.push(inArray(messages.conversation_id, threads));
  }
  const filtered = filter.direction !== undefined || filter.category !== undefined || filter.status !== undefined;
  const indexed = person !== undefined || filter.conversation_id !== undefined || isRare(filter.status);
  let lowest: string | null = null;
  if (filtered && !indexed) {
    const [bottom] = await orm.select({ id: messages.id }).from(messages)
      .where(cursor === undefined ? undefined : lt(messages.id, cursor))
      .orderBy(desc(messages.id)).limit(1).offset(PAGE_REACH - 1);
    lowest = bottom?.id ?? null;
    if (lowest !== null) where.push(gte(messages.id, lowest));
  }
  const rows = await orm.select().from(messages).where(and(...where)).orderBy(desc(messages.id)).limit(limit + 1);
  const page = pageOf(rows, limit);
  return { rows: await withDecisions(client, page.rows), next: page.next ?? lowest };
}

function isRare(status: MessageRow["status"] | undefined): boolean {
  return RARE_STATUSES.some((rare) => rare === status);
}

export async function findMessage(db: Db, id: string): Promise<MessageRow | null> {
  const [row] = await findMessages(db, [id]);
  return row ?? null;
}

/** Those of the messages `ids` that exist, in no order. */
export async function findMessages({ client, orm }: Db, ids: readonly string[]): Promise<MessageRow[]> {
  if (ids.length === 0) return [];
  const rows = await orm.select().from(messages)
    .where(sql`${messages.id} in (select value from json_each(${JSON.stringify(ids)}))`);
  return await withDecisions(client, rows);
}

/** Stages of a message, oldest first, from its acceptance on. */
export async function timelineOf(
  { orm }: Db,
  message: MessageRow,
): Promise<{ at: string; status: string; detail: string | null }[]> {
  const events = await orm.select().from(message_events).where(eq(message_events.message_id, message.id))
    .orderBy(asc(message_events.id));
  const accepted = message.direction === "inbound" ? "received" : "accepted";
  return [
    { at: instant(message.created_at), status: accepted, detail: null },
    ...events.map(({ at, status, detail }) => ({ at: instant(at), status, detail })),
  ];
}

/** False when it does not exist or is not waiting any more; the dispatcher may have taken it a moment ago. */
export async function cancelMessage({ client }: Db, id: string, now: number): Promise<boolean> {
  const results = await client.batch([
    {
      sql: `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null
        where id = ? and direction = 'outbound' and status in ('queued', 'held') returning id`,
      args: [id],
    },
    {
      sql:
        `insert into message_events (message_id, at, status, detail) select ?, ?, 'canceled', 'canceled by the sender'
        where changes() > 0`,
      args: [id, now],
    },
  ]);
  return results[0]!.rows.length > 0;
}
