import type { InStatement } from "@libsql/client/web";
import { and, desc, eq, lt, type SQL } from "drizzle-orm";
import type { NewId } from "../../gateway/ids.ts";
import { samePerson } from "../access/api_keys.ts";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, auditRow } from "../oversight/audit.ts";
import { overrides } from "../schema.ts";
import { findSuppression, type SuppressionRow } from "./suppressions.ts";

/**
 * Lifting an opt-out by hand. What a person said themselves only they take back; short of that it takes a reason, evidence and two
 * people (compliance.md 7.3). Every condition stands in the SQL of the change, so that whatever commits first wins.
 */

export type OverrideRow = typeof overrides.$inferSelect;

/** What keeps a suppression from being lifted by hand. `overridable`: not by one person alone. */
export type Protection = "none" | "overridable" | "only_the_person";

/**
 * How a suppression is protected. Staff and imports made some themselves, and one administrator may mend that; but not when the
 * person has refused as well since. A block that stands at the carrier cannot be lifted here at all: a message would only fail.
 */
export async function protectionOf({ client }: Db, row: SuppressionRow): Promise<Protection> {
  const { rows } = await client.execute({
    sql: `select exists (select 1 from senders where kind = 'toll_free' and address =
        case when :sender != '' then :sender else (select sender from messages where id = :message) end) as toll_free,
      exists (select 1 from audit_log where ${REPEATED} and actor glob 'carrier:*') as carrier,
      exists (select 1 from audit_log where ${REPEATED} and actor = 'person') as person`,
    args: { sender: row.sender, message: row.message_id, id: row.id },
  });
  const { toll_free, carrier, person } = rows[0]!;
  if (row.source === "carrier" || carrier === 1 || (toll_free === 1 && isOwn(row))) return "only_the_person";
  return isOwn(row) || person === 1 ? "overridable" : "none";
}

const REPEATED = "subject = :id and action = 'suppression.repeated'";

/** Said by the person, and not entered by somebody else. */
function isOwn({ source }: SuppressionRow): boolean {
  return source === "keyword" || source === "link" || source === "carrier" || source === "erasure";
}

export type RequestFailure = "not_found" | "already_lifted" | "only_the_person" | "override_pending";

/** Asks for a suppression to be lifted. `actor` is an API key or a user. */
export async function requestOverride(
  db: Db,
  { suppression_id, reason, evidence, actor, at }: {
    suppression_id: string;
    reason: string;
    evidence: string;
    actor: string;
    at: number;
  },
  newId: NewId,
): Promise<{ ok: true; row: OverrideRow } | { ok: false; code: RequestFailure }> {
  const suppression = await findSuppression(db, suppression_id);
  if (suppression === null) return { ok: false, code: "not_found" };
  if (suppression.lifted_at !== null) return { ok: false, code: "already_lifted" };
  if (await protectionOf(db, suppression) === "only_the_person") return { ok: false, code: "only_the_person" };
  const id = newId("ovr");
  const entry = auditRow({
    at,
    actor,
    action: "override.requested",
    subject: id,
    person: suppression.recipient,
    details: { suppression_id, reason, evidence },
  }, newId);
  const [inserted] = await db.client.batch([
    {
      sql: `insert into overrides (id, kind, subject_id, reason, evidence, state, requested_by, requested_at)
        select :id, 'lift_suppression', :suppression_id, :reason, :evidence, 'requested', :actor, :at
        where exists (select 1 from suppressions where id = :suppression_id and lifted_at is null)
          and not exists (select 1 from overrides where subject_id = :suppression_id and state = 'requested')
        returning *`,
      args: { id, suppression_id, reason, evidence, actor, at },
    },
    ...auditIfChanged(entry),
  ]);
  const row = inserted!.rows[0] as unknown as OverrideRow | undefined;
  return row === undefined ? { ok: false, code: "override_pending" } : { ok: true, row };
}

export type DecisionFailure =
  | "not_found"
  | "second_person_needed"
  | "already_decided"
  | "already_lifted"
  | "refused_again";

/**
 * Approves or rejects an override; not for the person who asked for it. An approval lifts the suppression in the same transaction,
 * and brings no consent back. A refusal that came after the request ends it: what the person said last holds.
 */
export async function decideOverride(
  db: Db,
  id: string,
  { approve, actor, note, at }: { approve: boolean; actor: string; note: string | null; at: number },
  newId: NewId,
): Promise<{ ok: true; row: OverrideRow } | { ok: false; code: DecisionFailure }> {
  const override = await findOverride(db, id);
  if (override === null) return { ok: false, code: "not_found" };
  if (await samePerson(db, override.requested_by, actor)) return { ok: false, code: "second_person_needed" };
  const suppression = await findSuppression(db, override.subject_id);
  const person = suppression?.recipient;
  const details = { suppression_id: override.subject_id, requested_by: override.requested_by, note };
  const action = approve ? "override.approved" : "override.rejected";
  const state = approve ? "approved" : "rejected";
  const [decided] = await db.client.batch([
    {
      sql: `update overrides set state = :state, decided_by = :actor, decided_at = :at, decision_note = :note
        where id = :id and state = 'requested' ${approve ? `and ${STANDS} and not ${AGAIN}` : ""}
        returning *`,
      args: { state, actor, at, note, id },
    },
    ...auditIfChanged(auditRow({ at, actor, action, subject: id, person, details }, newId)),
    ...(approve ? lift(override, { id, at }, person, actor, newId) : []),
  ]);
  const row = decided!.rows[0] as unknown as OverrideRow | undefined;
  return row === undefined ? { ok: false, code: await whyNotDecided(db, id) } : { ok: true, row };
}

const STANDS = `exists (select 1 from suppressions where id = overrides.subject_id and lifted_at is null)`;
/** The order of commits is that of the log; clocks of several instances are not. */
const AGAIN = `exists (select 1 from audit_log r where r.subject = overrides.subject_id
  and r.action = 'suppression.repeated' and r.seq > (select q.seq from audit_log q
    where q.subject = overrides.id and q.action = 'override.requested'))`;

/** Lifts what an override was just approved for; nothing when it was not. */
function lift(
  { subject_id, reason }: OverrideRow,
  { id, at }: { id: string; at: number },
  person: string | undefined,
  actor: string,
  newId: NewId,
): InStatement[] {
  const entry = auditRow({
    at,
    actor,
    action: "suppression.lifted",
    subject: subject_id,
    person,
    details: { override_id: id, reason },
  }, newId);
  return [
    {
      sql: `update suppressions set lifted_at = :at, lifted_by = :id, lift_reason = :reason
        where id = :subject_id and lifted_at is null
          and exists (select 1 from overrides where id = :id and state = 'approved')`,
      args: { at, id, reason, subject_id },
    },
    ...auditIfChanged(entry),
  ];
}

async function whyNotDecided({ client }: Db, id: string): Promise<DecisionFailure> {
  const { rows } = await client.execute({
    sql: `select state, ${STANDS} as stands from overrides where id = ?`,
    args: [id],
  });
  const { state, stands } = rows[0]!;
  if (state !== "requested") return "already_decided";
  return stands === 1 ? "refused_again" : "already_lifted";
}

export async function findOverride({ orm }: Db, id: string): Promise<OverrideRow | null> {
  const [row] = await orm.select().from(overrides).where(eq(overrides.id, id));
  return row ?? null;
}

/** A page, newest first. */
export async function listOverrides(
  { orm }: Db,
  { state, suppression_id, limit, cursor }: {
    state?: OverrideRow["state"] | undefined;
    suppression_id?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
): Promise<{ rows: OverrideRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (state !== undefined) where.push(eq(overrides.state, state));
  if (suppression_id !== undefined) where.push(eq(overrides.subject_id, suppression_id));
  if (cursor !== undefined) where.push(lt(overrides.id, cursor));
  const rows = await orm.select().from(overrides).where(and(...where)).orderBy(desc(overrides.id)).limit(limit + 1);
  return pageOf(rows, limit);
}
