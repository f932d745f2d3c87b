import type { InStatement } from "@libsql/client/web";
import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import { type ClickRow, clicksOn } from "../campaigns/link_clicks.ts";
import type { ConsentRow } from "../consent/consents.ts";
import type { OverrideRow } from "../consent/overrides.ts";
import type { SuppressionRow } from "../consent/suppressions.ts";
import { CONTACT_COLUMNS, type ContactRow } from "../contacts/contacts.ts";
import { named } from "../dispatch/outbox.ts";
import { BARRIER } from "../libsql/barrier.ts";
import type { Db } from "../libsql/client.ts";
import { withDecisions } from "../messages/shared_decisions.ts";
import type { MessageRow } from "../messages/writes.ts";
import type { AuditEntry } from "../oversight/audit_read.ts";
import type { reviews } from "../schema.ts";
import { recipientsOf } from "./erased.ts";

export type ReviewRow = typeof reviews.$inferSelect;
export interface TimelineRow {
  message_id: string;
  at: number;
  status: string;
  detail: string | null;
}

/** Everything that is stored about one person, as it was at one instant. */
export interface Dossier {
  contact: ContactRow | null;
  consents: ConsentRow[];
  suppressions: SuppressionRow[];
  /** The messages that suppressions name as their cause, whether or not they are on this page. */
  causes: MessageRow[];
  /** When the suppressions of STOPs were durable (`barrier.ts`). */
  barriers: TimelineRow[];
  reviews: ReviewRow[];
  overrides: OverrideRow[];
  audit: AuditEntry[];
  /** A page of the messages, newest first. */
  messages: MessageRow[];
  /** Of the messages on the page. */
  timeline: TimelineRow[];
  /** On the short links of the messages on the page. */
  clicks: ClickRow[];
  next: string | null;
  /** Names of the lists that hold more than `MOST` rows, of which the newest are given. */
  truncated: string[];
}

/** Rows of each list but the messages: a person has a handful, a machine that writes STOP all day has more. */
export const MOST = 1_000;

/** What was kept of a person who was erased stands under the keyed hash. */
const OWN = "in (select value from json_each(:recipients))";
const ROWS = `select id from suppressions where recipient ${OWN}
  union all select id from consents where recipient ${OWN} union all select id from reviews where person = :person`;
/**
 * Ids of the entries of the imports that brought rows of the person, which have none of their own: the first one made after the row,
 * in the same request. An import that withdrew a consent has the ids of its suppressions only.
 */
const IMPORTS = `select l.id from (select id, created_at from consents where recipient ${OWN}
    union all select id, created_at from suppressions where recipient ${OWN}) r
  join audit_log l on l.id = (select a.id from audit_log a where a.id > 'aud' || substr(r.id, 4)
    and a.action in ('consent.imported', 'suppression.imported') order by a.id limit 1)
  left join audit_details d on d.id = l.id
  where l.at = r.created_at and not exists (select 1 from audit_log o where o.subject = r.id)
    and (d.id is null or substr(d.details->>'first', 1, 3) != substr(r.id, 1, 3)
      or r.id between d.details->>'first' and d.details->>'last')`;

/** Reads all of it in one transaction. `person` is E.164. */
export async function readDossier(
  { db: { client }, people }: { db: Db; people: PersonKeys | null },
  person: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Dossier> {
  const recipients = JSON.stringify(recipientsOf(person, people));
  const ofPerson = (sql: string): InStatement => named(`${sql} limit ${MOST + 1}`, { person, recipients });
  const page =
    `select m.* from messages m where m.conversation_id in (select id from conversations where person = :person)
    ${cursor === undefined ? "" : "and m.id < :cursor"} order by m.id desc limit ${limit + 1}`;
  const args: Record<string, string> = cursor === undefined ? { person } : { person, cursor };
  const standing = `select id from suppressions where recipient ${OWN}`;
  const causes = `select message_id from suppressions where recipient ${OWN} and message_id is not null`;
  const results = await client.batch([
    ofPerson(
      `select ${CONTACT_COLUMNS} from contacts where msisdn = :person`,
    ),
    ofPerson(`select * from consents where recipient ${OWN} order by granted_at desc, id desc`),
    ofPerson(`select * from suppressions where recipient ${OWN} order by id desc`),
    ofPerson(`select * from messages where id in (${causes}) order by id desc`),
    ofPerson(`select message_id, at, status, detail from message_events
      where message_id in (${causes}) and status = '${BARRIER}' order by id desc`),
    ofPerson("select * from reviews where person = :person order by id desc"),
    ofPerson(`select * from overrides where subject_id in (${standing}) order by id desc`),
    ofPerson(`select l.*, d.person, d.details from audit_log l left join audit_details d on d.id = l.id
      where l.id in (select id from audit_details where person = :person union all ${IMPORTS})
        or l.subject in (${ROWS}) order by l.seq desc`),
    { sql: page, args },
    {
      sql: `select message_id, at, status, detail from message_events
        where message_id in (select id from (${page})) order by id`,
      args,
    },
    { sql: clicksOn(`select id from (${page})`), args },
  ], "read");
  const truncated: string[] = [];
  const rows = <T>(index: number, name: string): T[] => {
    const found = results[index]!.rows as unknown as T[];
    if (found.length > MOST) truncated.push(name);
    return found.slice(0, MOST);
  };
  const messages = results[8]!.rows as unknown as MessageRow[];
  return {
    contact: rows<ContactRow>(0, "contact")[0] ?? null,
    consents: rows(1, "consents"),
    suppressions: rows(2, "suppressions"),
    causes: await withDecisions(client, rows<MessageRow>(3, "suppressions")),
    barriers: rows(4, "suppressions"),
    reviews: rows(5, "reviews"),
    overrides: rows(6, "overrides"),
    audit: rows(7, "audit"),
    messages: await withDecisions(client, messages.slice(0, limit)),
    timeline: results[9]!.rows as unknown as TimelineRow[],
    clicks: results[10]!.rows as unknown as ClickRow[],
    next: messages.length > limit ? messages[limit - 1]!.id : null,
    truncated: [...new Set(truncated)],
  };
}
