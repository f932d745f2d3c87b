import type { InStatement, ResultSet } from "@libsql/client/web";
import { getTableColumns, getTableName, type InferInsertModel, type Table } from "drizzle-orm";
import {
  type ConfirmationWrite,
  insertConfirmations,
  insertQuestions,
  type QuestionWrite,
} from "../consent/consent_questions.ts";
import { addFlowContacts, type FlowContact } from "../contacts/flow_contacts.ts";
import type { DbClient } from "../libsql/client.ts";
import { requires } from "../libsql/requires.ts";
import { auditLifted, type AuditRow, auditStatements } from "../oversight/audit.ts";
import { consents, conversations, idempotency_keys, messages, reviews, suppressions } from "../schema.ts";
import { markRepeats } from "./repeats.ts";

/**
 * What a group of concurrent requests wants written, as plain rows. The whole group becomes one transaction of a few bulk
 * statements: single commits cost 10 to 30 times as much a row (docs/figures.md).
 *
 * A row with `requires` is written only if the row of that id exists by then. That is how the effects of a message share its
 * fate: when another instance stored the same webhook first, neither the message nor anything that follows from it is written.
 */
export interface Writes {
  conversations: ConversationWrite[];
  messages: RequiringMessage[];
  suppressions: (InferInsertModel<typeof suppressions> & { requires?: string })[];
  consents: (InferInsertModel<typeof consents> & {
    requires?: string;
    unless_repeat?: string | undefined;
    /** A person (E.164) who must not be suppressed by then. */
    unless_suppressed?: string;
  })[];
  /** Questions of a double opt-in, and the answers that confirm one. */
  questions: QuestionWrite[];
  confirmations: ConfirmationWrite[];
  /** `by` is a message; one that repeats another lifts nothing. `audit` becomes an entry for each suppression that is lifted. */
  lifts: {
    /** All that a suppression of theirs may stand under (erased.ts). */
    recipients: readonly string[];
    sender: string;
    at: number;
    by: string;
    requires: string;
    /** What was refused after this instant stays; null where nothing can have been. */
    said_at: number | null;
    audit: AuditRow;
  }[];
  /** What somebody on the staff has to look at. */
  reviews: (InferInsertModel<typeof reviews> & {
    requires: string;
    /** Of a handover: whom to and from whom, as a JSON array; not written while one of the two is open. */
    unless_open?: string;
  })[];
  /** People whom flows put into the address book. */
  flow_contacts: FlowContact[];
  /** Numbers that leave the address book. */
  departures: { msisdn: string; requires: string }[];
  idempotency: InferInsertModel<typeof idempotency_keys>[];
  /** What of this the audit log records. */
  audit: AuditRow[];
}

export type MessageRow = InferInsertModel<typeof messages>;
/** `unless_repeat`: id of the message that causes the row; when that one turns out to repeat another, the row is not written. */
export type RequiringMessage = MessageRow & {
  requires?: string;
  unless_repeat?: string | undefined;
  /** Of an answer that goes out once in a period: the person, its kind, since when (ms) and the sender, as a JSON array. */
  unless_answered?: string;
};
export interface ConversationWrite {
  id: string;
  person: string;
  sender: string;
  at: number;
  /**
   * For a message from the person: its id, whether it was an ordinary one, to which an answer is conversation, and the least id of
   * the messages that it may repeat.
   */
  inbound: { message_id: string; chat: boolean; repeatable_from: string } | null;
}

export function noWrites(): Writes {
  return {
    conversations: [],
    messages: [],
    suppressions: [],
    consents: [],
    questions: [],
    confirmations: [],
    flow_contacts: [],
    lifts: [],
    reviews: [],
    departures: [],
    idempotency: [],
    audit: [],
  };
}

/**
 * The statements of one transaction, in the order that makes a STOP win over whatever is written beside it. `later` are messages
 * that hang on rows of this transaction (a confirmation on its suppression).
 */
export function statementsOf(writes: Writes, now: number, later: readonly RequiringMessage[] = []): InStatement[] {
  const statements: InStatement[] = [
    ...insertRows(idempotency_keys, writes.idempotency, "insert or ignore"),
    ...upsertConversations(writes.conversations),
  ];
  statements.push(
    ...insertMessages(writes.messages),
    ...heard(writes.conversations),
    ...insertRows(suppressions, writes.suppressions, "insert or ignore"),
    ...insertRows(consents, writes.consents),
    ...insertQuestions(writes.questions),
    ...insertConfirmations(writes.confirmations),
    ...addFlowContacts(writes.flow_contacts),
    ...insertRows(reviews, writes.reviews, "insert or ignore"),
  );
  if (writes.lifts.length > 0) {
    statements.push({
      sql:
        `update suppressions set lifted_at = j.value->>2, lifted_by = j.value->>3 from json_each(?) j, json_each(j.value->>0) k
        where suppressions.recipient = k.value and suppressions.lifted_at is null and suppressions.source != 'operator'
          and (suppressions.scope = 'commercial' or suppressions.sender in ('', j.value->>1))
          and ${requires("j.value->>4")}
          and not exists (select 1 from messages where id = j.value->>3 and repeats is not null)
          and (j.value->>5 is null or suppressions.created_at <= j.value->>5)`,
      args: [
        JSON.stringify(
          writes.lifts.map((one) => [one.recipients, one.sender, one.at, one.by, one.requires, one.said_at]),
        ),
      ],
    }, ...auditLifted(writes.lifts));
  }
  if (writes.suppressions.length > 0) {
    // Invariant 2: whatever waits within the scope of a suppression ends in the transaction that makes the suppression.
    const stopped = JSON.stringify(
      writes.suppressions.map((row) => [row.recipient, row.scope, row.sender ?? "", row.requires ?? null]),
    );
    statements.push({ sql: CANCEL_EVENTS, args: [stopped, now] }, { sql: CANCEL, args: [stopped] });
    statements.push(withdrawPartners(writes.suppressions));
  }
  // Before the contacts go, of whose ids it tells.
  statements.push(...auditStatements(writes.audit));
  if (writes.departures.length > 0) {
    statements.push({
      sql: `delete from contacts where msisdn in (select value->>0 from json_each(?)
        where ${requires("value->>1")})`,
      args: [JSON.stringify(writes.departures.map((one) => [one.msisdn, one.requires]))],
    });
  }
  statements.push(...insertMessages(later));
  return statements;
}

/**
 * Commits `writes` and tells which of its messages were stored, each with its conversation. `before`: statements of rows that `writes`
 * hang on. `beside`: those that are in no hurry, and go with it because a commit of their own would cost as much; their results come
 * in order.
 */
export async function commit(
  client: DbClient,
  writes: Writes,
  now: number,
  { later = [], before = [], beside = [] }: {
    later?: readonly RequiringMessage[];
    before?: readonly InStatement[];
    beside?: readonly InStatement[];
  } = {},
): Promise<{ kept: Map<string, string>; beside: ResultSet[] }> {
  const results = await client.batch([
    ...before,
    ...statementsOf(writes, now, later),
    {
      // One row for all of them: a row of a result costs more than finding it.
      sql: `select json_group_array(json_array(id, conversation_id)) as stored from messages
        where id in (select value from json_each(?))`,
      args: [JSON.stringify(writes.messages.map((row) => row.id))],
    },
    ...beside,
  ]);
  const stored = results[results.length - beside.length - 1]!.rows[0]!["stored"] as string;
  return {
    kept: new Map(JSON.parse(stored) as [string, string][]),
    beside: results.slice(results.length - beside.length),
  };
}

function insertMessages(rows: readonly RequiringMessage[]): InStatement[] {
  return [
    ...insertRows(messages, rows, "insert or ignore", {
      // The thread is found by its two ends, so that two instances that create it at once agree on one.
      conversation_id: (column) =>
        `(select c.id from conversations c where c.person = ${column("person")} and c.sender = ${column("sender")})`,
    }),
    ...acceptedEvents(rows),
  ];
}

/**
 * Events for apps of messages that are not simply queued. Every other event is written by a trigger (webhook_events); one on this
 * table's inserts costs 3 to 5 µs for every message even while nobody listens, this statement costs nothing for a queued one.
 */
export function acceptedEvents(rows: readonly Pick<MessageRow, "id" | "status">[]): InStatement[] {
  const ids = rows.flatMap(({ id, status }) => status === "queued" ? [] : [id]);
  if (ids.length === 0) return [];
  return [{
    sql:
      `insert into webhook_events (type, subject, thread) select 'message.' || status, id, conversation_id from messages
      where exists (select 1 from webhook_endpoints) and id in (select value from json_each(?)) order by id`,
    args: [JSON.stringify(ids)],
  }];
}

function upsertConversations(rows: readonly ConversationWrite[]): InStatement[] {
  return insertRows(
    conversations,
    rows.map(({ at, inbound, ...row }) => ({
      ...row,
      created_at: at,
      last_message_at: at,
      last_inbound_at: inbound ? at : null,
      last_chat_at: inbound?.chat ? at : null,
    })),
    "insert",
    {},
    `on conflict (person, sender) do update set last_message_at = excluded.last_message_at,
      last_inbound_at = coalesce(excluded.last_inbound_at, last_inbound_at),
      last_chat_at = case when excluded.last_inbound_at is null then last_chat_at else excluded.last_chat_at end`,
  );
}

/**
 * Finds out which of the messages just stored repeat another. Here and not before the commit, where two instances would not see each
 * other's message. A repetition does not open a conversation again that the person has left since (the same words, STOP, and the
 * same words brought again).
 */
function heard(conversations: readonly ConversationWrite[]): InStatement[] {
  const messages = conversations.flatMap(({ inbound }) => inbound === null ? [] : [inbound]);
  if (messages.length === 0) return [];
  return [
    markRepeats(messages),
    {
      sql: `update conversations set last_chat_at = null where changes() > 0
        and id in (select m.conversation_id from json_each(?) j join messages m on m.id = j.value and m.repeats is not null)
        and (select l.decision->>'intent' from messages l where l.conversation_id = conversations.id
          and l.direction = 'inbound' and l.repeats is null order by l.id desc limit 1) is not 'none'`,
      args: [JSON.stringify(messages.map(({ message_id }) => message_id))],
    },
  ];
}

/** No answer of a kind has gone to the person from the sender since an instant: `[person, kind, since, sender]` as JSON. */
const notAnswered = (value: string) =>
  `(${value} is null or not exists (select 1 from messages a where a.person = (${value})->>0 and a.reply_kind is not null
    and a.reply_kind = (${value})->>1 and a.created_at > (${value})->>2 and a.sender = (${value})->>3
    and a.status not in ('refused', 'canceled')))`;

/** What must hold of a row that has a field of this name which is no column. */
const CONDITIONS: Record<string, (value: string) => string> = {
  requires,
  unless_answered: notAnswered,
  unless_suppressed: (person) =>
    `(${person} is null or not exists (select 1 from suppressions s where s.recipient = ${person} and s.lifted_at is null))`,
  unless_open: (value) =>
    `(${value} is null or not exists (select 1 from reviews v where v.person = (${value})->>0 and v.settled_at is null
      and v.kind = 'handover' and v.sender is (${value})->>1))`,
  unless_repeat: (id) => `not exists (select 1 from messages where id = ${id} and repeats is not null)`,
};

/** Rows of one statement: enough that its fixed cost does not show, and a parameter of about a megabyte. */
const ROWS_PER_STATEMENT = 1_000;

/**
 * Bulk inserts of the columns that any of the rows fills: empty columns cost nothing. One JSON parameter, taken apart once
 * (`materialized`), beats thousands of bound values (docs/figures.md). Rows with `requires` are filtered by it. `computed`
 * gives SQL for a column in terms of others.
 */
function insertRows(
  table: Table,
  rows: readonly object[],
  verb: "insert" | "insert or ignore" = "insert",
  computed: Record<string, (column: (name: string) => string) => string> = {},
  tail = "",
): InStatement[] {
  if (rows.length === 0) return [];
  const filled = rows as readonly Record<string, unknown>[];
  const columns = columnsOf(table).filter((column) =>
    column in computed || filled.some((row) => row[column] !== null && row[column] !== undefined)
  );
  const given = columns.filter((column) => !(column in computed));
  const conditions = Object.entries(CONDITIONS).filter(([name]) => filled.some((row) => row[name] !== undefined));
  const taken = [...given, ...conditions.map(([name]) => name)];
  const place = (name: string) => `v->>${taken.indexOf(name)}`;
  const picked = columns.map((column) => computed[column]?.(place) ?? place(column));
  const sql = `with rows (v) as materialized (select value from json_each(?))
    ${verb} into ${getTableName(table)} (${columns.join(", ")}) select ${picked.join(", ")} from rows
    where ${conditions.map(([name, holds]) => holds(place(name))).join(" and ") || "true"} ${tail}`;
  const statements: InStatement[] = [];
  for (let from = 0; from < filled.length; from += ROWS_PER_STATEMENT) {
    const chunk = filled.slice(from, from + ROWS_PER_STATEMENT);
    statements.push({ sql, args: [JSON.stringify(chunk.map((row) => taken.map((column) => row[column] ?? null)))] });
  }
  return statements;
}

const columnNames = new Map<Table, string[]>();
function columnsOf(table: Table): string[] {
  let names = columnNames.get(table);
  if (names === undefined) {
    names = Object.values(getTableColumns(table)).map((column) => column.name);
    columnNames.set(table, names);
  }
  return names;
}

/**
 * Who refuses advertising refuses that of partners as well: what was agreed to for them is withdrawn, and does not come back with a
 * START that says nothing of them. The ids follow that of the suppression.
 */
function withdrawPartners(refusals: Writes["suppressions"]): InStatement {
  return {
    sql:
      `insert into consents (id, recipient, purpose, status, source, wording, granted_at, recorded_by, message_id, rule, created_at)
      select 'cns' || substr(j.value->>0, 4) || 'p' || row_number() over (partition by j.value->>0 order by g.purpose),
        g.recipient, g.purpose, 'withdrawn', j.value->>2, j.value->>3, j.value->>4,
        case when j.value->>2 in ('keyword', 'link') then 'person' end, j.value->>5, j.value->>6, j.value->>4
      from json_each(?) j join consents g on g.recipient = j.value->>1 and g.status = 'granted' and g.purpose glob 'partner:*'
      where g.id = (select n.id from consents n where n.recipient = g.recipient and n.purpose = g.purpose
          and n.status != 'pending' order by n.granted_at desc, n.id desc limit 1)
        and ${requires("j.value->>7")}`,
    args: [JSON.stringify(refusals.map((row) => [
      row.id,
      row.recipient,
      row.source,
      row.text ?? row.note ?? null,
      row.created_at,
      row.message_id ?? null,
      row.rule ?? null,
      row.requires ?? null,
    ]))],
  };
}

/** An answer of ours that a STOP stops: those to STOP, START and HELP go out whatever stands. SQL. */
export function stoppable(kind: string): string {
  return `${kind} not in ('opt_out_confirmation', 'opt_in_confirmation', 'help')`;
}

/** `m` is waiting and within the scope of suppression `j`. */
const COVERED = `m.conversation_id = c.id and m.status in ('queued', 'held')
  and (m.reply_kind is null or ${stoppable("m.reply_kind")})
  and (m.category = 'commercial' or m.reply_kind = 'opt_in_request' or (j.value->>1 = 'all' and j.value->>2 in ('', m.sender)))
  and ${requires("j.value->>3")}`;
const CANCEL_EVENTS = `insert into message_events (message_id, at, status, detail)
  select distinct m.id, ?2, 'canceled', 'recipient_opted_out' from json_each(?1) j
  join conversations c on c.person = j.value->>0 join messages m on ${COVERED}`;
const CANCEL = `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
    error_code = 'recipient_opted_out', error_detail = 'The person opted out before it left.'
  where id in (select m.id from json_each(?) j
    join conversations c on c.person = j.value->>0 join messages m on ${COVERED})`;
