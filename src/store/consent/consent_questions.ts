import type { InStatement } from "@libsql/client/web";
import { getTableColumns } from "drizzle-orm";
import { requires } from "../libsql/requires.ts";
import { consents } from "../schema.ts";

/**
 * Questions of a double opt-in: pending rows of the ledger. Whether one may be asked, and whether an answer still counts, is settled by
 * the statement that writes it, so that two instances, two answers, or a STOP in between cannot make a consent that nobody gave.
 * `rowid` tells in which order rows were committed, which instants of two instances do not.
 */

/** A pending row. Not written when the sender has asked the person since `not_since` (ms), or while the person is suppressed. */
export interface QuestionWrite {
  row: typeof consents.$inferInsert & { sender: string; confirm_until: number };
  not_since: number;
  /** Id of the message that asked for it, and of one that, where it repeats another, asks for nothing. */
  requires?: string | undefined;
  unless_repeat?: string | undefined;
}

/** A yes to the pending row `request`, said in a message at the instant `at` (ms). */
export interface ConfirmationWrite {
  /** Of the consent. */
  id: string;
  request: string;
  at: number;
  message_id: string;
  text: string;
  rule: string;
  requires: string;
  unless_repeat?: string | undefined;
}

/** Pending row `p` waits for its answer at the instant `at` (SQL): not withdrawn, disputed or answered since. */
export function isPending(p: string, at: string): string {
  return `${p}.status = 'pending' and ${p}.confirm_until > ${at}
    and not exists (select 1 from consents l where l.recipient = ${p}.recipient and l.purpose = ${p}.purpose
      and l.rowid > ${p}.rowid and (l.status in ('withdrawn', 'disputed') or l.confirms = ${p}.id))`;
}

/** Of a message of ours: it reached the person, or may have. */
export const CAME = "('sending', 'sent', 'delivered', 'unknown')";
/** The same of what else we said: of a message that a carrier reports as undelivered nobody knows for sure. */
export const SAID = "('sending', 'sent', 'delivered', 'undelivered', 'unknown')";

/**
 * A yes at the instant `at` (SQL) can mean nothing but the question of row `p`: it waits, its person has opted out of nothing since (not
 * even with a START behind it), it came, and it is the last thing that this sender said but for automatic answers. Who was asked
 * since whether the appointment suits them says yes to that (GDPR art. 4(11): unambiguous).
 */
export function isAnswerable(p: string, at: string): string {
  const said = (which: string) =>
    `exists (select 1 from messages o where o.conversation_id = q.conversation_id and ${which}
      and o.direction = 'outbound' and o.reply_kind is null and o.status in ${SAID}
      and coalesce(o.sent_at, ${at}) >= coalesce(q.sent_at, q.created_at))`;
  return `${isPending(p, at)}
    and not exists (select 1 from suppressions s where s.recipient = ${p}.recipient
      and (s.lifted_at is null or s.created_at >= ${p}.created_at))
    and exists (select 1 from messages q where q.id = ${p}.message_id and q.status in ${CAME}
      and not ${said("o.id > q.id")} and not ${said("o.scheduled_at is not null")})`;
}

const notRepeat = (id: string) => `not exists (select 1 from messages where id = ${id} and repeats is not null)`;
const COLUMNS = Object.keys(getTableColumns(consents)) as (keyof typeof consents.$inferInsert)[];
const place = (name: string) => `j.value->>${COLUMNS.indexOf(name as typeof COLUMNS[number])}`;

export function insertQuestions(questions: readonly QuestionWrite[]): InStatement[] {
  if (questions.length === 0) return [];
  const [since, required, repeat] = [0, 1, 2].map((more) => `j.value->>${COLUMNS.length + more}`) as [
    string,
    string,
    string,
  ];
  return [{
    sql: `insert into consents (${COLUMNS.join(", ")}) select ${COLUMNS.map(place).join(", ")} from json_each(?) j
      where not exists (select 1 from consents q where q.recipient = ${place("recipient")} and q.status = 'pending'
          and q.sender = ${place("sender")} and q.created_at > ${since})
        and not exists (select 1 from suppressions s where s.recipient = ${place("recipient")} and s.lifted_at is null)
        and ${requires(required)} and (${repeat} is null or ${notRepeat(repeat)})`,
    args: [JSON.stringify(questions.map(({ row, not_since, requires, unless_repeat }) => [
      ...COLUMNS.map((column) => row[column] ?? null),
      not_since,
      requires ?? null,
      unless_repeat ?? null,
    ]))],
  }];
}

/** The consent keeps what the question was about and where it came from; its proof is the message that said yes. */
export function insertConfirmations(confirmations: readonly ConfirmationWrite[]): InStatement[] {
  if (confirmations.length === 0) return [];
  return [{
    sql:
      `insert into consents (id, recipient, purpose, status, source, wording, wording_version, wording_language, granted_at,
        expires_at, evidence, evidence_ref, recorded_by, sender, confirms, message_id, rule, created_at)
      select j.value->>0, p.recipient, p.purpose, 'granted', p.source, p.wording, p.wording_version, p.wording_language, j.value->>2,
        p.expires_at, json_patch(coalesce(p.evidence, '{}'), json_object('double_opt_in',
          json_object('asked_at', strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch'), 'request_message_id', p.message_id, 'answer', j.value->>4))),
        p.evidence_ref, 'person', p.sender, p.id, j.value->>3, j.value->>5, j.value->>2
      from json_each(?) j join consents p on p.id = j.value->>1
      where ${isAnswerable("p", "j.value->>2")} and ${requires("j.value->>6")}
        and (j.value->>7 is null or ${notRepeat("j.value->>7")})`,
    args: [JSON.stringify(confirmations.map((one) => [
      one.id,
      one.request,
      one.at,
      one.message_id,
      one.text,
      one.rule,
      one.requires,
      one.unless_repeat ?? null,
    ]))],
  }];
}
