import type { InStatement } from "@libsql/client/web";
import { desc, eq, lt } from "drizzle-orm";
import { type Refusal, suppressStatements } from "../consent/suppressions.ts";
import { removeContacts } from "../contacts/contacts.ts";
import { named } from "../dispatch/outbox.ts";
import { forgetDesk } from "../inbox/desk.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { BLANK_TEXTS } from "../messages/messages.ts";
import { forgetWords } from "../messages/words.ts";
import { auditIfChanged, type AuditRow, auditStatements } from "../oversight/audit.ts";
import { erasures } from "../schema.ts";
import { rememberKey } from "./erased.ts";

/**
 * Erasing a person: what waits for them ends at once, what is stored goes in pieces, and what has to stay stays without number and
 * text. Every statement says what it needs, so that a process may end between any two and any number of instances may work on it.
 */

export type ErasureRow = typeof erasures.$inferSelect;
/** The number is there as long as there is something to erase. */
export type RunningErasure = ErasureRow & { person: string };
/** With all that anything of the person may stand under (erased.ts): they may have been erased before. */
export type KnownErasure = RunningErasure & { recipients: readonly string[] };
export type NewErasure =
  & Pick<
    ErasureRow,
    "id" | "requested_by" | "reason" | "actor" | "created_at" | "settles_at"
  >
  & { /** E.164. */ person: string };

/** Whether the person (E.164) ever withdrew what holds now, or left a list: what they refused must not come back with their number. */
export async function refusedBefore({ client }: Db, person: string): Promise<boolean> {
  const { rows } = await client.execute({
    sql: `select exists (select 1 from list_departures where person = :person)
      or exists (select 1 from consents c where recipient = :person and status in ('withdrawn', 'disputed')
        and not exists (select 1 from consents n where n.recipient = c.recipient and n.purpose = c.purpose
          and n.status = 'granted' and (n.granted_at, n.id) > (c.granted_at, c.id))) as refused`,
    args: { person },
  });
  return rows[0]!["refused"] === 1;
}

/**
 * Begins an erasure: one transaction in which everything that waits for the person is canceled, they leave the address book, and, with
 * `refusal`, a suppression stands. Resolves with the erasure, or with the one that is under way already.
 */
export async function beginErasure(
  { client }: Db,
  erasure: NewErasure,
  { refusal, entry }: { refusal: Refusal | null; entry: AuditRow },
): Promise<ErasureRow> {
  const { id, person, requested_by, reason, actor, created_at, settles_at } = erasure;
  const results = await client.batch([
    {
      sql: `insert or ignore into erasures (id, person, state, requested_by, reason, actor, created_at, settles_at)
        values (:id, :person, 'running', :requested_by, :reason, :actor, :created_at, :settles_at)`,
      args: { id, person, requested_by, reason, actor, created_at, settles_at },
    },
    ...auditIfChanged(entry),
    // Either ends with the contact.
    ...(refusal === null ? [removeContacts([person])] : suppressStatements([refusal], created_at)),
    { sql: "update erasures set contacts = contacts + changes() where person = ?", args: [person] },
    ...cancelWaiting(person, created_at),
    { sql: "select * from erasures where person = ?", args: [person] },
  ]);
  return results.at(-1)!.rows[0] as unknown as ErasureRow;
}

/**
 * Ends all that waits for a person, advertising and information: a text cannot be erased and sent. `ids` (JSON): of these messages only,
 * since a person may have very many.
 */
function cancelWaiting(person: string, now: number, ids?: string): InStatement[] {
  const waiting = `${ids === undefined ? "" : "id in (select value from json_each(:ids)) and "}conversation_id in (
    select id from conversations where person = :person) and status in ('queued', 'held') and direction = 'outbound'`;
  const which = { person, ...(ids === undefined ? {} : { ids }) };
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :now, 'canceled', 'person_erased' from messages where ${waiting}`,
      args: { ...which, now },
    },
    {
      sql: `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'person_erased' where ${waiting}`,
      args: which,
    },
  ];
}

export async function findErasure({ orm }: Db, id: string): Promise<ErasureRow | null> {
  const [row] = await orm.select().from(erasures).where(eq(erasures.id, id));
  return row ?? null;
}

/** A page, newest first. */
export async function listErasures(
  { orm }: Db,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ErasureRow[]; next: string | null }> {
  const rows = await orm.select().from(erasures).where(cursor === undefined ? undefined : lt(erasures.id, cursor))
    .orderBy(desc(erasures.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

/** Takes one that nobody works on until `leaseUntil`; null when there is none. `id`: only that one. */
export async function claimErasure(
  client: DbClient,
  { now, leaseUntil, id }: { now: number; leaseUntil: number; id?: string | undefined },
): Promise<RunningErasure | null> {
  const free = `select id from erasures where state = 'running' and lease_until <= :now
    ${id === undefined ? "" : "and id = :id"} order by lease_until limit 1`;
  // A read takes no write lock, and mostly there is nothing.
  const args = { now, ...(id === undefined ? {} : { id }) };
  if ((await client.execute({ sql: free, args })).rows.length === 0) return null;
  const { rows } = await client.execute({
    sql: `update erasures set lease_until = :leaseUntil where id = (${free}) returning *`,
    args: { ...args, leaseUntil },
  });
  return (rows[0] as unknown as RunningErasure | undefined) ?? null;
}

/** Gives a claimed one back: nobody needs to look at it before `lookAt`. */
export async function releaseErasure(client: DbClient, id: string, lookAt: number): Promise<void> {
  await client.execute({
    sql: "update erasures set lease_until = ? where id = ? and state = 'running'",
    args: [lookAt, id],
  });
}

/** Messages of one transaction: some ten milliseconds. */
export const PIECE = 250;

/** Erases a piece of the person's messages; resolves with how many were looked at. What is being handed over is left for later. */
export async function eraseMessages(client: DbClient, { id, person }: RunningErasure, now: number): Promise<number> {
  const { rows } = await client.execute({
    sql: `select m.id from conversations c join messages m on m.conversation_id = c.id
      where c.person = ? and m.status != 'sending' limit ${PIECE}`,
    args: [person],
  });
  if (rows.length === 0) return 0;
  const ids = JSON.stringify(rows.map((row) => row["id"]));
  await client.batch([
    // What was accepted since the erasure began.
    ...cancelWaiting(person, now, ids),
    // Before the messages lose their threads, by which it is known that they are this person's.
    ...forgetAnswers(ids, person),
    ...forgetWords("select value from json_each(:ids)").map((sql) => ({ sql, args: { ids } })),
    {
      sql: `update messages set ${BLANK_MESSAGE}, conversation_id = :id
        where id in (select value from json_each(:ids)) and status != 'sending'
          and conversation_id in (select id from conversations where person = :person)`,
      args: { id, ids, person },
    },
    counted("messages", id),
  ]);
  return rows.length;
}

/** Everything of a message but what books, evidence and a second delivery of the same webhook need. */
const BLANK_MESSAGE = `person = '', unsubscribe_token = null, ${BLANK_TEXTS}`;

/** What others wrote about the messages `ids`: carriers, apps, and we to the apps. */
function forgetAnswers(ids: string, person: string): InStatement[] {
  const meant = "(select value from json_each(:ids))";
  return [
    {
      sql: `update message_events set detail = null
        where message_id in ${meant} and detail is not null and status != 'suppressed'`,
      args: { ids },
    },
    // From the hash of a body its number would be found again. The key stays taken: repeated, it is refused and stores nothing anew.
    {
      sql: `delete from idempotency_keys where message_id in ${meant} and instr(key, :digits) > 0`,
      args: { ids, digits: person.slice(1) },
    },
    { sql: `update idempotency_keys set body_hash = '', body = '{}' where message_id in ${meant}`, args: { ids } },
    // The totals of the campaign, which name nobody, stay.
    { sql: `delete from link_clicks where message_id in ${meant}`, args: { ids } },
    named(forgetAppAnswers(meant), { ids }),
  ];
}

/** What apps answered to events about the records `subjects` (SQL): an answer may repeat what it was told. */
function forgetAppAnswers(subjects: string): string {
  return `update webhook_attempts set answer = null where answer is not null and delivery in (
    select d.n from webhook_events e cross join webhook_endpoints w
      join webhook_deliveries d on d.endpoint_id = w.id and d.event_seq = e.seq
    where e.subject in ${subjects})`;
}

function counted(
  column: "messages" | "conversations" | "contacts" | "reviews" | "suppressions" | "consents",
  id: string,
) {
  return { sql: `update erasures set ${column} = ${column} + changes() where id = ?`, args: [id] };
}

/** SQL: a text without what may stand between the digits of a number (`numberPrefix`). */
function bare(text: string): string {
  return [" ", "-", ".", "(", ")", "\u00a0", "\u202f"].reduce((sql, one) => `replace(${sql}, '${one}', '')`, text);
}

/** Audit entries of one transaction. */
const ENTRIES = 200;

/**
 * Erases the details of a piece of the entries about the person; each gets an entry that says so, and the chain stays whole.
 * Resolves with how many there were. `entryOf`: that entry.
 */
export async function eraseAuditDetails(
  client: DbClient,
  { id, person, recipients }: KnownErasure,
  entryOf: (subject: string) => AuditRow,
): Promise<number> {
  const { rows } = await client.execute({
    // And those about filters that name this one person, or did once.
    sql: `select id from audit_details where person in (select value from json_each(:recipients)) union
      select d.id from audit_log l cross join audit_details d on d.id = l.id and instr(${
      bare("d.details")
    }, :digits) > 0
        where l.subject glob 'lst_*' and l.action = 'list.saved' limit ${ENTRIES}`,
    args: { recipients: JSON.stringify(recipients), digits: person.slice(1) },
  });
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row["id"] as string);
  await client.batch([
    ...eraseDetails(ids, entryOf),
    { sql: "update erasures set audit_details = audit_details + changes() where id = ?", args: [id] },
  ]);
  return rows.length;
}

/** Statements that erase the details of entries, and write for each of those the entry that says so. The last one deletes. */
export function eraseDetails(ids: readonly string[], entryOf: (subject: string) => AuditRow): InStatement[] {
  return [
    ...auditStatements(ids.map(entryOf)),
    { sql: "delete from audit_details where id in (select value from json_each(?))", args: [JSON.stringify(ids)] },
  ];
}

/** Erases all else that is found by the number, except what the end of the erasure keeps. */
export async function eraseRest(client: DbClient, { id, person }: RunningErasure, now: number): Promise<void> {
  const parts = "(select id from long_messages where person = :person)";
  await client.batch([
    ...cancelWaiting(person, now),
    removeContacts([person]),
    counted("contacts", id),
    ...forgetDesk("select id from conversations where person = :person").map((sql) => ({ sql, args: { person } })),
    // Whoever left a list is refused altogether from now on (`refusedBefore`).
    named("delete from list_departures where person = :person", { person }),
    // A campaign walks in the order of the numbers: where it stands is told without this one. A colon is behind every digit.
    named(
      `update campaigns set cursor = iif(expanded_at is not null, '',
          substr(:person, 1, length(:person) - 1) || iif(:person like '%0', '', (substr(:person, -1) - 1) || ':'))
        where cursor = :person`,
      { person },
    ),
    // Filters that name this one person name nobody any more.
    ...["campaigns.audience", "contact_lists.filter"].map((place) => place.split(".") as [string, string]).map((
      [table, column],
    ) =>
      named(
        `update ${table} set ${column} = replace(${column}, :digits, '0') where instr(${column}, :digits) > 0`,
        { digits: person.slice(1) },
      )
    ),
    // The same of a number that was typed with blanks between its digits.
    ...[["campaigns", "audience", "$.filter.q"], ["contact_lists", "filter", "$.q"]].map(([table, column, path]) =>
      named(
        `update ${table} set ${column} = json_set(${column}, '${path}', '0')
          where instr(${bare(`${column}->>'${path}'`)}, :digits) > 0`,
        { digits: person.slice(1) },
      )
    ),
    named(
      forgetAppAnswers(`(select id from suppressions where recipient = :person
        union all select id from reviews where person = :person)`),
      { person },
    ),
    named(
      `update reviews set person = '', words = null, note = null, settlement = coalesce(settlement, 'erased'),
        settled_by = coalesce(settled_by, 'system'), settled_at = coalesce(settled_at, :now) where person = :person`,
      { person, now },
    ),
    counted("reviews", id),
    // Rows stay a few days, so that a part that is brought again is known.
    named(`update message_parts set text = '""', media = null where long_message_id in ${parts}`, { person }),
    named(
      `update long_messages set person = '', due_at = null, closed_at = coalesce(closed_at, :now) where person = :person`,
      { person, now },
    ),
    {
      sql: "delete from parked_reports where instr(report, ?) > 0",
      args: [person.slice(1)],
    },
  ]);
}

/**
 * Ends an erasure when nothing of the person is left but what is kept: suppressions and consents then stand under the keyed hash `key`,
 * in the same transaction. False when there is still something. `entry` records it.
 */
export async function finishErasure(
  client: DbClient,
  { id, person, recipients }: KnownErasure,
  { key, key_id, entry, now }: { key: string; key_id: string; entry: AuditRow; now: number },
): Promise<boolean> {
  const ended = "exists (select 1 from erasures where id = :id and state = 'done' and person is not null)";
  const args = { id, person, key };
  const all = { id, recipients: JSON.stringify(recipients) };
  const known = "in (select value from json_each(:recipients))";
  const [finished] = await client.batch([
    {
      sql:
        `update erasures set state = 'done', finished_at = :now where id = :id and state = 'running' and settles_at <= :now
        and not exists (select 1 from conversations c join messages m on m.conversation_id = c.id where c.person = :person)
        and not exists (select 1 from long_messages where person = :person)
        and not exists (select 1 from reviews where person = :person)
        and not exists (select 1 from audit_details where person ${known})`,
      args: { ...all, person, now },
    },
    ...auditIfChanged(entry),
    ...forgetDesk(`select id from conversations where person = :person and ${ended}`).map((sql) => ({
      sql,
      args: { id, person },
    })),
    { sql: `delete from conversations where person = :person and ${ended}`, args: { id, person } },
    counted("conversations", id),
    { sql: `delete from contacts where msisdn = :person and ${ended}`, args: { id, person } },
    { sql: `delete from list_departures where person = :person and ${ended}`, args: { id, person } },
    {
      sql: `update overrides set reason = '', evidence = '', decision_note = null,
          decided_by = iif(state = 'requested', 'system', decided_by),
          decided_at = iif(state = 'requested', :now, decided_at),
          state = iif(state = 'requested', 'rejected', state)
        where subject_id in (select id from suppressions where recipient ${known}) and ${ended}`,
      args: { ...all, now },
    },
    {
      // Somebody who was erased before, and refused again since: the same stands already.
      sql: `delete from suppressions where recipient = :person and lifted_at is null and ${ended}
        and exists (select 1 from suppressions k where k.recipient = :key and k.lifted_at is null
          and k.scope = suppressions.scope and k.sender = suppressions.sender)`,
      args,
    },
    {
      sql:
        `update suppressions set recipient = iif(recipient = :person, :key, recipient), text = null, note = null, lift_reason = null
        where recipient ${known} and ${ended}`,
      args: { ...args, ...all },
    },
    counted("suppressions", id),
    {
      sql:
        `update consents set recipient = :key, evidence = null, evidence_ref = null, wording = iif(status = 'granted', wording, null)
        where recipient = :person and ${ended}`,
      args,
    },
    counted("consents", id),
    rememberKey(key_id, `${ended} and exists (select 1 from suppressions where recipient = :key)`, { id, key }),
    { sql: "update erasures set person = null where id = ? and state = 'done'", args: [id] },
  ]);
  return finished!.rowsAffected > 0;
}
