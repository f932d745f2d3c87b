import { cancelRelying, withdrawConsents } from "../consent/consents.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { auditIfChanged, auditLifted, type AuditRow } from "../oversight/audit.ts";

/** The message whose link was opened, and what is stored about the person who got it. */
export interface LinkedPerson {
  message_id: string;
  /** E.164. */
  person: string;
  sender: string;
  /** When the message left, or was accepted while it has not (ms). */
  sent_at: number;
  /** From the address book. */
  language: string | null;
  /** Those that stand, oldest first. */
  suppressions: { scope: "commercial" | "all"; sender: string; source: string; created_at: number }[];
  /** When the person last said, here or by SMS, what stands (ms); null when nothing stands or others said it. */
  said_at: number | null;
  /** True while somebody asks for a suppression to be lifted: that the person says it again must be known then. */
  lift_asked: boolean;
  /** The person's last message to anybody here (ms). */
  heard_at: number | null;
  /** The act that holds for each purpose. */
  consents: {
    purpose: string;
    status: "granted" | "withdrawn" | "disputed";
    source: string;
    granted_at: number;
    expires_at: number | null;
  }[];
  /** Addresses with which there is a thread, the latest first. */
  senders: string[];
  /** Lists with members that the person is on. */
  lists: { id: string; name: string }[];
  /** True when all that stands was said on this page, and a consent ended with it. */
  returnable: boolean;
}

/** Rows of each kind: a page is no archive, and a person has a handful. */
const MOST = 20;

/** A suppression that the person did not only ask for on this page: said by SMS as well, or entered by staff, an import, a carrier. */
const FROM_ELSEWHERE =
  `(s.source != 'link' or exists (select 1 from audit_log l left join audit_details d on d.id = l.id
  where l.subject = s.id and l.action = 'suppression.repeated' and coalesce(d.details->>'source', '') != 'link'))`;

/** Times that one link takes an opt-out back: by mistake somebody presses a button once or twice. */
const RETURNS = 3;

/** SQL: the consent to advertising of `who`, as its status and source. */
function latestAct(who: string): string {
  return `select n.status || ' ' || n.source ${commercial(who)} order by n.granted_at desc, n.id desc limit 1`;
}

function commercial(who: string): string {
  return `from consents n where n.recipient = ${who} and n.purpose = 'commercial' and n.status != 'pending'`;
}

/** SQL: the person may take back on the page what they said on the page. SQL for their number, and for the message of the link. */
function returnable(who: string, message: string): string {
  const act = commercial(who);
  return `(exists (select 1 from suppressions s where s.recipient = ${who} and s.lifted_at is null)
    and not exists (select 1 from suppressions s where s.recipient = ${who} and s.lifted_at is null and ${FROM_ELSEWHERE})
    and (${latestAct(who)}) = 'withdrawn link'
    and exists (select 1 ${act} and n.status = 'granted')
    and (select count(*) ${act} and n.status = 'granted' and n.source = 'link' and n.message_id = ${message}) < ${RETURNS})`;
}

const LINKED = `select m.id as message_id, m.person, m.sender, coalesce(m.sent_at, m.created_at) as sent_at, k.language,
    (select nullif(max(max(iif(s.source in ('link', 'keyword'), s.created_at, 0), coalesce((select max(l.at) from audit_log l
        where l.subject = s.id and l.action = 'suppression.repeated' and l.actor = 'person'), 0))), 0) from suppressions s
      where s.recipient = m.person and s.lifted_at is null) as said_at,
    exists (select 1 from suppressions s join overrides o on o.subject_id = s.id and o.state = 'requested'
      where s.recipient = m.person and s.lifted_at is null) as lift_asked,
    (select max(last_inbound_at) from conversations where person = m.person) as heard_at,
    (select json_group_array(json_object('scope', scope, 'sender', sender, 'source', source, 'created_at', created_at)) from (
      select * from suppressions where recipient = m.person and lifted_at is null order by id limit ${MOST})
    ) as suppressions,
    (select json_group_array(json_object('purpose', purpose, 'status', status, 'source', source, 'granted_at', granted_at,
      'expires_at', expires_at)) from (
        select *, row_number() over (partition by purpose order by granted_at desc, id desc) as place
        from consents where recipient = m.person and status != 'pending') where place = 1 limit ${MOST}) as consents,
    (select json_group_array(sender) from (select sender from conversations where person = m.person
      order by last_message_at desc limit ${MOST})) as senders,
    (select json_group_array(json_object('id', id, 'name', name)) from (select l.id, l.name from list_members b
      join contact_lists l on l.id = b.list_id and l.deleted_at is null and l.filter is null
      where b.contact_id = k.id order by l.name limit ${MOST})) as lists,
    ${returnable("m.person", "m.id")} as returnable
  from messages m left join contacts k on k.msisdn = m.person where m.unsubscribe_token = ?`;

/** Null for a token of which no message is stored any more. One round trip, since the page is read and read again after an act. */
export async function findByToken(client: DbClient, token: string): Promise<LinkedPerson | null> {
  const { rows } = await client.execute({ sql: LINKED, args: [token] });
  const row = rows[0];
  if (row === undefined) return null;
  const list = (name: string) => JSON.parse(row[name] as string) as never;
  return {
    ...(row as unknown as LinkedPerson),
    suppressions: list("suppressions"),
    consents: list("consents"),
    senders: list("senders"),
    lists: list("lists"),
    lift_asked: row["lift_asked"] === 1,
    returnable: row["returnable"] === 1,
  };
}

/** Ends one purpose for which a consent is in force, and what waits and relies on it; false when none is. `entry` records it. */
export async function withdrawPurpose(
  { client }: Db,
  withdrawal: { id: string; person: string; purpose: string; message_id: string; now: number },
  entry: AuditRow,
): Promise<boolean> {
  const { id, person: recipient, purpose, message_id, now } = withdrawal;
  const [withdrawn] = await client.batch([
    withdrawConsents([
      { id, recipient, purpose, source: "link", recorded_by: "person", granted_at: now, message_id, created_at: now },
    ]),
    ...auditIfChanged(entry),
    ...cancelRelying(recipient, purpose, now),
  ]);
  return withdrawn!.rowsAffected > 0;
}

/**
 * Takes back what the person said on this page, and on this page only: their consent is recorded with the words that stood beside
 * the button, and what stood on the strength of the page is lifted, in one transaction. True when that holds then, also where another
 * press at the same time did it.
 */
export async function returnByLink(
  { client }: Db,
  consent: {
    id: string;
    person: string;
    wording: string;
    language: string;
    evidence: string;
    message_id: string;
    now: number;
  },
  { granted, lifted }: { granted: AuditRow; lifted: AuditRow },
): Promise<boolean> {
  const { id, person, now } = consent;
  const results = await client.batch([
    {
      sql: `insert into consents (id, recipient, purpose, status, source, wording, wording_language, granted_at,
          evidence, recorded_by, message_id, created_at)
        select :id, :person, 'commercial', 'granted', 'link', :wording, :language, :now, :evidence, 'person', :message_id, :now
        where ${returnable(":person", ":message_id")}`,
      args: consent,
    },
    ...auditIfChanged(granted),
    {
      // Known by the consent, of which there is one for each return: the entries below find what it lifted by it.
      sql:
        `update suppressions set lifted_at = :now, lifted_by = :id, lift_reason = 'Taken back on the unsubscribe page.'
        where recipient = :person and lifted_at is null and exists (select 1 from consents where id = :id)`,
      args: { id, person, now },
    },
    ...auditLifted([{ audit: { ...lifted, requires: id }, recipients: [person] }]),
    {
      sql: `select not exists (select 1 from suppressions where recipient = :person and lifted_at is null)
        and (${latestAct(":person")}) = 'granted link' as returned`,
      args: { person },
    },
  ]);
  return results.at(-1)!.rows[0]!["returned"] === 1;
}
