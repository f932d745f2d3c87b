import type { InStatement } from "@libsql/client/web";
import { getTableColumns, getTableName, type InferInsertModel, type Table } from "drizzle-orm";
import { consents, idempotency_keys, message_events, messages, suppressions } from "./schema.ts";

/**
 * What a group of concurrent requests wants written, as plain rows. The whole group becomes one transaction of a few bulk
 * statements: single commits cost 10 to 30 times as much a row (docs/figures.md).
 *
 * A row with `requires` is written only if the row of that id exists by then. That is how the effects of a message share its
 * fate: when another instance stored the same webhook first, neither the message nor anything that follows from it is written.
 */
export interface Writes {
  conversations: ConversationWrite[];
  messages: (MessageRow & { requires?: string })[];
  suppressions: (InferInsertModel<typeof suppressions> & { requires?: string })[];
  consents: (InferInsertModel<typeof consents> & { requires?: string })[];
  lifts: { recipient: string; sender: string; at: number; by: string; requires: string }[];
  /** Numbers that leave the address book. */
  departures: { msisdn: string; requires: string }[];
  idempotency: InferInsertModel<typeof idempotency_keys>[];
}

export type MessageRow = InferInsertModel<typeof messages>;
export interface ConversationWrite {
  id: string;
  person: string;
  sender: string;
  at: number;
  inbound: boolean;
}

export function noWrites(): Writes {
  return {
    conversations: [],
    messages: [],
    suppressions: [],
    consents: [],
    lifts: [],
    departures: [],
    idempotency: [],
  };
}

/**
 * The statements of one transaction, in the order that makes a STOP win over whatever is written beside it. The result of
 * `returning.messages` lists the messages that were really stored, each with its conversation.
 */
export function statementsOf(writes: Writes, now: number): { statements: InStatement[]; messagesAt: number } {
  const statements: InStatement[] = [];
  const add = (rows: readonly unknown[], sql: string, ...more: (string | number)[]) => {
    if (rows.length > 0) statements.push({ sql, args: [JSON.stringify(rows), ...more] });
  };
  add(
    writes.idempotency.map((row) => values(row, idempotencyColumns)),
    insertSql(idempotency_keys, idempotencyColumns, { ignore: true }),
  );
  add(
    writes.conversations.map((one) => [one.id, one.person, one.sender, one.at, one.inbound ? one.at : null]),
    `insert into conversations (id, person, sender, created_at, last_message_at, last_inbound_at)
     select value->>0, value->>1, value->>2, value->>3, value->>3, value->>4 from json_each(?) where true
     on conflict (person, sender) do update set last_message_at = excluded.last_message_at,
       last_inbound_at = coalesce(excluded.last_inbound_at, last_inbound_at)`,
  );
  const messagesAt = statements.length;
  add(writes.messages.map((row) => [...values(row, messageColumns), row.requires ?? null]), MESSAGES);
  add(
    writes.suppressions.map((row) => [...values(row, suppressionColumns), row.requires ?? null]),
    insertSql(suppressions, suppressionColumns, { ignore: true, requires: true }),
  );
  add(
    writes.consents.map((row) => [...values(row, consentColumns), row.requires ?? null]),
    insertSql(consents, consentColumns, { requires: true }),
  );
  add(
    writes.lifts.map((one) => [one.recipient, one.sender, one.at, one.by, one.requires]),
    `update suppressions set lifted_at = j.value->>2, lifted_by = j.value->>3 from json_each(?) j
     where suppressions.recipient = j.value->>0 and suppressions.lifted_at is null
       and (suppressions.scope = 'commercial' or suppressions.sender in ('', j.value->>1))
       and exists (select 1 from messages where id = j.value->>4)`,
  );
  // Invariant 2: whatever waits within the scope of a suppression ends in the transaction that makes the suppression.
  const stopped = writes.suppressions.map((row) => [row.recipient, row.scope, row.sender ?? "", row.requires ?? null]);
  add(stopped, CANCEL_EVENTS, now);
  add(stopped, CANCEL);
  // Confirmations hang on the suppression, so they come after it and after the cancellation.
  add(
    writes.departures.map((one) => [one.msisdn, one.requires]),
    `delete from contacts where msisdn in (select value->>0 from json_each(?)
     where exists (select 1 from messages where id = value->>1))`,
  );
  return { statements, messagesAt };
}

/** Insert statement for rows written after the rows they `require`, that is, after `statementsOf` of the same group. */
export function laterMessages(rows: readonly (MessageRow & { requires?: string })[]): InStatement[] {
  if (rows.length === 0) return [];
  return [{
    sql: MESSAGES,
    args: [JSON.stringify(rows.map((row) => [...values(row, messageColumns), row.requires ?? null]))],
  }];
}

function columnsOf(table: Table): string[] {
  return Object.values(getTableColumns(table)).map((column) => column.name);
}
const messageColumns = columnsOf(messages);
const suppressionColumns = columnsOf(suppressions);
const consentColumns = columnsOf(consents);
const idempotencyColumns = columnsOf(idempotency_keys);
const eventColumns = ["message_id", "at", "status", "detail"];

function values(row: object, columns: readonly string[]): unknown[] {
  const fields = row as Record<string, unknown>;
  return columns.map((column) => fields[column] ?? null);
}

function insertSql(
  table: Table,
  columns: readonly string[],
  options: { ignore?: boolean; requires?: boolean },
): string {
  const picked = columns.map((_, index) => `value->>${index}`).join(", ");
  return `insert ${options.ignore ? "or ignore " : ""}into ${getTableName(table)} (${columns.join(", ")})
    select ${picked} from json_each(?) where ${options.requires ? requires(columns.length) : "true"}`;
}

/** The id that a row hangs on may be a message, a suppression, or the message that owns an idempotency key. */
function requires(index: number): string {
  const id = `value->>${index}`;
  return `(${id} is null or exists (select 1 from messages where id = ${id})
    or exists (select 1 from suppressions where id = ${id})
    or exists (select 1 from idempotency_keys where message_id = ${id}))`;
}

const conversationAt = messageColumns.indexOf("conversation_id");
const MESSAGES = `insert or ignore into messages (${messageColumns.join(", ")})
  select ${
  messageColumns.map((_, index) =>
    index === conversationAt
      // The thread is found by its two ends, so that two instances that create it at once agree on one.
      ? `(select c.id from conversations c where c.person = value->>${messageColumns.indexOf("person")}
          and c.sender = value->>${messageColumns.indexOf("sender")})`
      : `value->>${index}`
  ).join(", ")
}
  from json_each(?) where ${requires(messageColumns.length)}
  returning id, conversation_id`;

/** `m` is waiting and within the scope of suppression `j`. */
const COVERED = `m.person = j.value->>0 and m.status in ('queued', 'held') and m.reply_kind is null
  and (m.category = 'commercial' or (j.value->>1 = 'all' and j.value->>2 in ('', m.sender)))
  and (j.value->>3 is null or exists (select 1 from messages where id = j.value->>3))`;
const CANCEL_EVENTS = `insert into message_events (message_id, at, status, detail)
  select distinct m.id, ?2, 'canceled', 'recipient_opted_out' from json_each(?1) j join messages m on ${COVERED}`;
const CANCEL = `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
    error_code = 'recipient_opted_out', error_detail = 'The person opted out before it left.'
  where id in (select m.id from json_each(?) j join messages m on ${COVERED})`;

/** Statement that appends to the timelines of messages. */
export function appendEvents(
  events: readonly Omit<InferInsertModel<typeof message_events>, "id">[],
): InStatement[] {
  if (events.length === 0) return [];
  return [{
    sql: insertSql(message_events, eventColumns, {}),
    args: [JSON.stringify(events.map((event) => values(event, eventColumns)))],
  }];
}
