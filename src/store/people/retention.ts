import type { InStatement } from "@libsql/client/web";
import type { RetainedData } from "../../core/rulebook/rulebook_schema.ts";
import { firstIdAt } from "../../gateway/ids.ts";
import { named } from "../dispatch/outbox.ts";
import { forgetDesk } from "../inbox/desk.ts";
import type { DbClient } from "../libsql/client.ts";
import { BLANK_TEXTS } from "../messages/messages.ts";
import { forgetWords } from "../messages/words.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { countedAsItStands, FORGET_COUNTED } from "../oversight/totals.ts";
import { eraseDetails } from "./erasures.ts";

/**
 * What goes when its time is over. Each kind of data is walked in the order of its ids, which is that of age: a window at a time, from
 * where the last look ended, and once a day from the beginning, because what could not go then may go now.
 */

interface Kind {
  table: string;
  /** Column by whose order it is walked, and the prefix of its ids. */
  id: string;
  prefix: string;
  /** SQL: row `t`, which is old enough by its id, may go. `:before`: ms. */
  due: string;
  /** What happens to the rows `:ids`; the first statement changes something unless another instance was faster. */
  apply: readonly string[];
  /** And what follows from that. */
  afterwards?: string;
}

const NAMED = "select value from json_each(:ids)";
const IDS = `(${NAMED})`;
const ENDED = "status not in ('queued', 'held', 'sending')";
/** Somebody has yet to look at message `t`, and can neither read nor settle what is gone. */
const IN_DOUBT = "exists (select 1 from reviews v where v.message_id = t.id and v.settled_at is null)";
/** Of the messages `:ids` those that go: a report may have come since they were looked at. */
const GOING = `select g.id from messages g where g.id in ${IDS} and g.${ENDED} and ${countedAsItStands("g")}`;
/** Threads that have no other messages than those that go. */
const EMPTIED =
  `select c.id from conversations c where c.id in (select conversation_id from messages where id in (${GOING}))
  and c.last_message_at < :before and not exists (select 1 from messages m
    where m.conversation_id = c.id and m.id not in (${GOING}))`;
/** The act that holds for the recipient and purpose of consent `t`. */
const LATEST =
  `(select n.id from consents n where n.recipient = t.recipient and n.purpose = t.purpose and n.status != 'pending'
  order by n.granted_at desc, n.id desc limit 1)`;

function texts(direction: "outbound" | "inbound"): Kind {
  return {
    table: "messages",
    id: "id",
    prefix: "msg",
    due: `t.direction = '${direction}' and t.${ENDED} and (t.text != '' or t.metadata is not null)
      and not ${IN_DOUBT}`,
    apply: [
      `update messages set ${BLANK_TEXTS} where id in ${IDS} and ${ENDED} and (text != '' or metadata is not null)`,
      `update message_events set detail = null where message_id in ${IDS} and detail is not null and status != 'suppressed'`,
      ...forgetWords(NAMED),
    ],
  };
}

export const KINDS: Readonly<Record<RetainedData, Kind>> = {
  message_texts: texts("outbound"),
  inbound_texts: texts("inbound"),
  messages: {
    table: "messages",
    id: "id",
    prefix: "msg",
    due: `t.${ENDED} and not ${IN_DOUBT} and ${countedAsItStands("t")}`,
    apply: [
      // Before the messages, by which it is known what goes.
      `delete from message_events where message_id in (${GOING})`,
      ...forgetDesk(EMPTIED),
      `delete from conversations where id in (${EMPTIED})`,
      ...forgetWords(GOING),
      `delete from idempotency_keys where message_id in (${GOING})`,
      `delete from report_parts where message_id in (${GOING})`,
      `delete from reviews where message_id in (${GOING}) and settled_at is not null`,
      `delete from messages where id in (${GOING})`,
    ],
    afterwards: FORGET_COUNTED,
  },
  idempotency_keys: {
    table: "idempotency_keys",
    id: "message_id",
    prefix: "msg",
    due: "true",
    apply: [`delete from idempotency_keys where message_id in ${IDS}`],
  },
  webhook_deliveries: {
    table: "webhook_events",
    id: "seq",
    prefix: "",
    due: "true",
    apply: [],
  },
  imports: {
    table: "contact_imports",
    id: "id",
    prefix: "imp",
    due: "t.state != 'running'",
    apply: [`delete from import_problems where import_id in ${IDS}`, `delete from contact_imports where id in ${IDS}`],
  },
  notes: {
    table: "notes",
    id: "id",
    prefix: "nte",
    due: "true",
    apply: [`delete from notes where id in ${IDS}`],
  },
  reviews: {
    table: "reviews",
    id: "id",
    prefix: "rev",
    due: "t.settled_at is not null and t.settled_at < :before",
    apply: [`delete from reviews where id in ${IDS}`],
  },
  contacts: {
    table: "contacts",
    id: "id",
    prefix: "con",
    due: `t.updated_at < :before
      and not exists (select 1 from conversations c where c.person = t.msisdn and c.last_inbound_at >= :before)
      and not exists (select 1 from consents n where n.recipient = t.msisdn and n.status = 'granted'
        and n.granted_at >= :before)`,
    apply: [`delete from contacts where id in ${IDS} and updated_at < :before`],
  },
  consents: {
    table: "consents",
    id: "id",
    prefix: "cns",
    due: `t.granted_at < :before and coalesce((select n.granted_at < :before and (n.status != 'granted'
      or n.expires_at is not null and n.expires_at < :before) from consents n where n.id = ${LATEST}), true)`,
    apply: [`delete from consents where id in ${IDS}`],
  },
  lifted_suppressions: {
    table: "suppressions",
    id: "id",
    prefix: "sup",
    due: "t.lifted_at is not null and t.lifted_at < :before",
    apply: [
      // What was written to have it lifted has no other end, and an erasure finds it by the suppression.
      `delete from overrides where subject_id in (select id from suppressions where id in ${IDS} and lifted_at is not null)`,
      `delete from suppressions where id in ${IDS} and lifted_at is not null`,
    ],
  },
  audit_details: {
    table: "audit_details",
    id: "id",
    prefix: "aud",
    // That details went is itself an entry with details; those hold nothing of anybody, and would be told of for ever.
    due: `not exists (select 1 from audit_log l where l.id = t.id
      and l.action in ('details.erased', 'retention.applied', 'person.erased', 'person.erasure_requested'))`,
    apply: [],
  },
};

/** Rows that one look reads, and rows that one transaction changes. */
export const WINDOW = 1_000;
const PIECE = 250;

/** How far the walk through one kind of data is. */
export interface Walk {
  after: string;
  /** Until then (ms) there is nothing to look at: the end was reached. */
  rest_until: number;
  /** Of the period then: another one is looked at at once. */
  days: number;
}

const PREFIX = "retention:";

export async function readWalks(client: DbClient): Promise<Map<string, Walk>> {
  const { rows } = await client.execute(
    `select name, value from settings where name >= '${PREFIX}' and name < '${PREFIX.replace(":", ";")}'`,
  );
  return new Map(rows.map((row) => [
    (row["name"] as string).slice(PREFIX.length),
    JSON.parse(row["value"] as string) as Walk,
  ]));
}

export async function saveWalk(client: DbClient, data: RetainedData, walk: Walk): Promise<void> {
  await client.execute({
    sql: "insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
    args: [`${PREFIX}${data}`, JSON.stringify(walk)],
  });
}

/** Ids of the next window behind `after`, and which of them may go. `before`: ms. */
export async function lookAt(
  client: DbClient,
  data: RetainedData,
  { after, before }: { after: string; before: number },
): Promise<{ last: string | null; due: string[] }> {
  const { table, id, prefix, due } = KINDS[data];
  const statement = named(
    `select t.${id} as id, ${due} as due from ${table} t where t.${id} > :after and t.${id} < :first
      order by t.${id} limit ${WINDOW}`,
    { after, first: firstIdAt(prefix, before), before },
  );
  const { rows } = await client.execute(statement);
  return {
    last: rows.length < WINDOW ? null : rows.at(-1)!["id"] as string,
    due: [...new Set(rows.flatMap((row) => row["due"] === 1 ? [row["id"] as string] : []))],
  };
}

/**
 * Lets rows go, a piece in a transaction, each with its entry in the audit log. `entryOf`: that entry, of so many rows. `erasedOf`: the
 * entry that details of an entry were erased.
 */
export async function letGo(
  client: DbClient,
  data: RetainedData,
  due: readonly string[],
  { before, entryOf, erasedOf }: {
    before: number;
    entryOf: (rows: number) => AuditRow;
    erasedOf: (subject: string) => AuditRow;
  },
): Promise<void> {
  for (let from = 0; from < due.length; from += PIECE) {
    const ids = due.slice(from, from + PIECE);
    const entry = auditIfChanged(entryOf(ids.length));
    if (data === "audit_details") {
      await client.batch([...eraseDetails(ids, erasedOf), ...entry]);
      continue;
    }
    const { apply, afterwards } = KINDS[data];
    const statements = (sqls: readonly string[]) =>
      sqls.map((sql): InStatement => named(sql, { ids: JSON.stringify(ids), before }));
    // The last statement takes what all others depend on.
    const [first, others] = data === "message_texts" || data === "inbound_texts"
      ? [apply.slice(0, 1), apply.slice(1)]
      : [apply, afterwards === undefined ? [] : [afterwards]];
    await client.batch([...statements(first), ...entry, ...statements(others)]);
  }
}

/** Rows of one kind that would go now, among the `reach` oldest. `looked`: how many those were. */
export async function countDue(
  client: DbClient,
  data: RetainedData,
  before: number,
  reach: number,
): Promise<{ due: number; looked: number }> {
  const { table, id, prefix, due } = KINDS[data];
  const age = data === "webhook_deliveries" ? "t.at < :before" : `t.${id} < :first`;
  const { rows } = await client.execute(named(
    `select count(*) as looked, coalesce(sum(due), 0) as due from (
      select ${due} as due from ${table} t where ${age} order by t.${id} limit ${reach})`,
    { first: firstIdAt(prefix, before), before },
  ));
  return { due: Number(rows[0]!["due"]), looked: Number(rows[0]!["looked"]) };
}
