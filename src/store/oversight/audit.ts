import type { InStatement } from "@libsql/client/web";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type NewId, secretToken } from "../../gateway/ids.ts";
import { requires } from "../libsql/requires.ts";

/**
 * The audit log: one entry for each decision on state, written in the transaction of what it records, so that neither exists
 * without the other. `audit_chain.ts` seals entries a moment later.
 */

/** What an entry may record. Add here what is new; the names are part of the public contract. */
export const AUDIT_ACTIONS = [
  "suppression.created",
  "suppression.repeated",
  "suppression.lifted",
  "suppression.imported",
  "consent.asked",
  "consent.granted",
  "consent.withdrawn",
  "consent.disputed",
  "consent.imported",
  "contact.removed",
  "contacts.imported",
  "list.saved",
  "list.deleted",
  "list.members_added",
  "list.members_removed",
  "list.left",
  "campaign.saved",
  "campaign.deleted",
  "campaign.started",
  "campaign.paused",
  "campaign.resumed",
  "campaign.canceled",
  "campaign.settled",
  "conversation.assigned",
  "note.added",
  "canned_reply.saved",
  "canned_reply.deleted",
  "clock.set",
  "clock.cleared",
  "override.requested",
  "override.approved",
  "override.rejected",
  "review.opened",
  "review.settled",
  "message.settled",
  "rulebook.proposed",
  "rulebook.approved",
  "rulebook.rejected",
  "rulebook.withdrawn",
  "rulebook.activated",
  "details.erased",
  "person.erasure_requested",
  "person.erased",
  "person.exported",
  "retention.applied",
  "key.created",
  "key.revoked",
  "user.invited",
  "user.joined",
  "user.changed",
  "user.link_made",
  "user.password_changed",
  "user.signed_in",
  "user.signed_out",
  "carrier.saved",
  "carrier.deleted",
  "sender.saved",
  "sender.deleted",
  "webhook.saved",
  "webhook.deleted",
  "webhook.secret_rotated",
  "webhook.replayed",
  "webhook.failing",
  "webhook.disabled",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** A decision, as the one who makes it tells it. */
export interface AuditFact {
  /** ms since 1970. */
  at: number;
  /**
   * Who decided: the id of an API key or of a user of the console, `person` (their own message, or the page behind a link), `carrier:ID`, `files` (the rules
   * folder) or `system`. Never personal data: this is what remains after an erasure.
   */
  actor: string;
  action: AuditAction;
  /** Id of the record that it is about. */
  subject: string;
  /** E.164, when it is about one person. */
  person?: string | undefined;
  /** Whatever else explains it; may be personal, since it can be erased. Ids rather than copies of texts. */
  details?: Record<string, unknown> | undefined;
}

/** Rows of both tables, ready to be written. */
export interface AuditRow {
  id: string;
  at: number;
  actor: string;
  action: AuditAction;
  subject: string;
  digest: string;
  person: string | null;
  /** JSON. */
  details: string;
  /** Written only if the row of this id exists by then (`requires.ts`). */
  requires?: string | undefined;
  /** Written only if this number is in the address book; the subject is then the contact's id. */
  leaving?: string | undefined;
  /**
   * Of a refusal by `person`, whose suppression is the subject: when the same stood already, that one is the subject and the action
   * is `suppression.repeated`. Who said it again must be known before anybody lifts it.
   */
  refusal?: { scope: "commercial" | "all"; sender: string } | undefined;
}

/** When a row is written, and of what. */
export type AuditCondition = Pick<AuditRow, "requires" | "leaving" | "refusal">;

/** SHA-256 of an entry's details as they are stored, in hex: all that the chain knows of them. */
export function digestOf(details: string): string {
  return bytesToHex(sha256(utf8ToBytes(details)));
}

/**
 * An entry to be written with `auditStatements`, `auditIfChanged` or `Writes.audit`. The details get a random part of 128 bits:
 * numbers are few enough that without it one could be found again from the digest that outlives its erasure (compliance.md 6.4).
 */
export function auditRow(
  { person, details, ...entry }: AuditFact,
  newId: NewId,
  condition: AuditCondition = {},
): AuditRow {
  // The number is in the digest as well, so that an entry cannot be moved to somebody else.
  const json = JSON.stringify({ ...details, ...(person === undefined ? {} : { person }), salt: secretToken() });
  return { id: newId("aud"), ...entry, person: person ?? null, details: json, digest: digestOf(json), ...condition };
}

/** Statements for the end of the transaction that does what the entries record; none for no entries. */
export function auditStatements(rows: readonly AuditRow[]): InStatement[] {
  if (rows.length === 0) return [];
  const json = jsonOf(rows);
  return [
    {
      sql: `with rows (v) as materialized (select value from json_each(?))
        insert into audit_log (id, at, actor, action, subject, digest)
        select ${field("id")}, ${field("at")}, ${field("actor")},
          case when ${REPEATED} then 'suppression.repeated' else ${field("action")} end,
          case when ${REPEATED} then (select id from suppressions where recipient = ${field("person")}
              and scope = ${field("refusal")}->>'scope' and sender = ${
        field("refusal")
      }->>'sender' and lifted_at is null)
            when ${field("leaving")} is not null then (select id from contacts where msisdn = ${field("leaving")})
            else ${field("subject")} end, ${field("digest")}
        from rows where ${requires(field("requires"))}
          and (${field("leaving")} is null or exists (select 1 from contacts where msisdn = ${field("leaving")}))`,
      args: [json],
    },
    detailsOf(json),
  ];
}

/**
 * Statements to stand right behind the one that does what the entry records: nothing is written when that one changed no row.
 * `subject`: SQL, with its one argument, for the id of what was changed where only the database knows it.
 */
export function auditIfChanged(row: AuditRow, subject?: { sql: string; arg: string }): InStatement[] {
  const { id, at, actor, action, digest } = row;
  return [
    {
      sql: `insert into audit_log (id, at, actor, action, subject, digest)
        select ?, ?, ?, ?, ${subject?.sql ?? "?"}, ? where changes() > 0`,
      args: [id, at, actor, action, subject?.arg ?? row.subject, digest],
    },
    detailsOf(jsonOf([row])),
  ];
}

/**
 * `recipients`: all that a suppression of the person may stand under.
 *
 * Statements to stand behind the one that lifted what a START covers: an entry for each suppression of the person that was lifted
 * by the message `row.requires`. How many that are, only the database knows; the second and later ones get a suffix to their id.
 */
export function auditLifted(lifts: readonly { audit: AuditRow; recipients: readonly string[] }[]): InStatement[] {
  if (lifts.length === 0) return [];
  const json = JSON.stringify(lifts.map(({ audit, recipients }) => [...valuesOf(audit), recipients]));
  const lifted = `with rows (v) as materialized (select value from json_each(?)),
    lifted (v, subject, n) as (select v, s.id, row_number() over (partition by ${field("id")} order by s.id) from rows
      cross join json_each(v->>${FIELDS.length}) k join suppressions s on s.recipient = k.value and s.lifted_by = ${
    field("requires")
  })`;
  const id = `${field("id")} || case n when 1 then '' else '_' || n end`;
  return [
    {
      sql: `${lifted} insert into audit_log (id, at, actor, action, subject, digest)
        select ${id}, ${field("at")}, ${field("actor")}, ${field("action")}, subject, ${field("digest")} from lifted`,
      args: [json],
    },
    {
      sql: `${lifted} insert into audit_details (id, person, details)
        select ${id}, ${field("person")}, ${field("details")} from lifted`,
      args: [json],
    },
  ];
}

/**
 * Statements that make an entry for each of the suppressions, named by person, scope and sender, that stands while somebody asked
 * for it to be lifted: who imports it again has refused since (overrides.ts). One entry for each line of a list would be too many,
 * so the others have none; those of one list have the same details, without a number, and ids with a suffix.
 */
export function auditRepeatedAsked(
  row: AuditRow,
  refusals: readonly { recipient: string; scope: string; sender?: string | undefined }[],
): InStatement[] {
  const { id, at, actor, action, digest, details } = row;
  const named = JSON.stringify(refusals.map(({ recipient, scope, sender }) => [recipient, scope, sender ?? ""]));
  return [
    {
      sql: `insert into audit_log (id, at, actor, action, subject, digest)
        select :id || case n when 1 then '' else '_' || n end, :at, :actor, :action, subject, :digest from (
          select s.id as subject, row_number() over (order by s.id) as n from overrides o
          join suppressions s on s.id = o.subject_id and s.lifted_at is null
          where o.state = 'requested' and exists (select 1 from json_each(:named)
            where value->>0 = s.recipient and value->>1 = s.scope and value->>2 = s.sender))`,
      args: { id, at, actor, action, digest, named },
    },
    {
      // The character behind the underscore ends what may begin with the id.
      sql: `insert into audit_details (id, person, details)
        select id, null, :details from audit_log where id >= :id and id < :id || '\`'`,
      args: { id, details },
    },
  ];
}

/** Details of the entries that were written. */
function detailsOf(json: string): InStatement {
  return {
    sql: `with rows (v) as materialized (select value from json_each(?))
      insert into audit_details (id, person, details) select ${field("id")}, ${field("person")}, ${
      field("details")
    } from rows
      where exists (select 1 from audit_log where id = ${field("id")})`,
    args: [json],
  };
}

const FIELDS = [
  "id",
  "at",
  "actor",
  "action",
  "subject",
  "digest",
  "person",
  "details",
  "requires",
  "leaving",
  "refusal",
] as const satisfies (keyof AuditRow)[];

const field = (name: (typeof FIELDS)[number]) => `v->>${FIELDS.indexOf(name)}`;
const REPEATED = `(${field("refusal")} is not null and not exists (select 1 from suppressions where id = ${
  field("subject")
}))`;

function jsonOf(rows: readonly AuditRow[]): string {
  return JSON.stringify(rows.map(valuesOf));
}

function valuesOf(row: AuditRow): unknown[] {
  return FIELDS.map((name) => row[name] ?? null);
}
