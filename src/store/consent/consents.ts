import type { InStatement } from "@libsql/client/web";
import { and, asc, desc, eq, getTableColumns, gt, lt, type SQL } from "drizzle-orm";
import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import type { Db } from "../libsql/client.ts";
import { pageOf, walk } from "../libsql/pages.ts";
import { type AuditRow, auditStatements } from "../oversight/audit.ts";
import { recipientsOf } from "../people/erased.ts";
import { consents } from "../schema.ts";
import { isPending } from "./consent_questions.ts";

export type ConsentRow = typeof consents.$inferSelect;

/** A page of the ledger, newest first. `recipient` is E.164. */
export async function listConsents(
  { orm }: Db,
  { recipient, purpose, limit, cursor }: {
    recipient?: string | undefined;
    purpose?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
): Promise<{ rows: ConsentRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (recipient !== undefined) where.push(eq(consents.recipient, recipient));
  if (purpose !== undefined) where.push(eq(consents.purpose, purpose));
  if (cursor !== undefined) where.push(lt(consents.id, cursor));
  const rows = await orm.select().from(consents).where(and(...where)).orderBy(desc(consents.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findConsent({ orm }: Db, id: string): Promise<ConsentRow | null> {
  const [row] = await orm.select().from(consents).where(eq(consents.id, id));
  return row ?? null;
}

/** The ledger, whole or of one person (E.164), oldest entry first. */
export function allConsents({ orm }: Db, recipient?: string): AsyncGenerator<ConsentRow[], void> {
  return walk((after, limit) =>
    orm.select().from(consents)
      .where(and(gt(consents.id, after), recipient === undefined ? undefined : eq(consents.recipient, recipient)))
      .orderBy(asc(consents.id)).limit(limit)
  );
}

/** The act that holds now for a recipient and purpose, and the suppressions that stand beside it. */
export interface Permission {
  latest: ConsentRow | null;
  suppressions: { scope: "commercial" | "all"; sender: string }[];
  /** The person's last sign of life (ms). */
  heard_at: number | null;
}

/** What was asked and not answered holds nothing, so the acts before it go on. */
const HOLDS = "status != 'pending' order by granted_at desc, id desc limit 1";

export async function permissionOf(
  { db: { client }, people }: { db: Db; people: PersonKeys | null },
  recipient: string,
  purpose: string,
): Promise<Permission> {
  const [latest, suppressions, heard] = await client.batch([
    {
      sql: `select * from consents where recipient = ? and purpose = ? and ${HOLDS}`,
      args: [recipient, purpose],
    },
    {
      sql: `select scope, sender from suppressions
        where recipient in (select value from json_each(?)) and lifted_at is null`,
      args: [JSON.stringify(recipientsOf(recipient, people))],
    },
    { sql: "select max(last_inbound_at) as at from conversations where person = ?", args: [recipient] },
  ], "read");
  return {
    latest: (latest!.rows[0] as unknown as ConsentRow | undefined) ?? null,
    suppressions: suppressions!.rows as unknown as Permission["suppressions"],
    heard_at: heard!.rows[0]!["at"] as number | null,
  };
}

/** Purposes that a person (E.164) has agreed to, or been asked about and may still agree to at the instant `now`. */
export async function purposesInForce({ client }: Db, recipient: string, now: number): Promise<string[]> {
  const { rows } = await client.execute({
    sql: `select distinct purpose from consents c where recipient = :recipient
      and (${isPending("c", ":now")}
        or (select n.status from consents n where n.recipient = c.recipient and n.purpose = c.purpose and n.${HOLDS}) = 'granted')
      order by purpose`,
    args: { recipient, now },
  });
  return rows.map((row) => row["purpose"] as string);
}

const COLUMNS = Object.keys(getTableColumns(consents)) as (keyof ConsentRow)[];
const VALUES = COLUMNS.map((_, index) => `j.value->>${index}`).join(", ");
const value = (column: keyof ConsentRow) => `j.value->>${COLUMNS.indexOf(column)}`;

export type NewConsent = typeof consents.$inferInsert;

function rowsOf(rows: readonly NewConsent[]): string {
  return JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column] ?? null)));
}

/**
 * Appends to the ledger, in which nothing is ever changed. With `once`, an act that is recorded already (same person, purpose,
 * status, instant and source) is left out, so that importing a file twice is harmless. `audit`: its entries in the audit log.
 * Resolves with the number appended.
 */
export async function appendConsents(
  { client }: Db,
  rows: readonly NewConsent[],
  { once = false, audit }: { once?: boolean; audit: readonly AuditRow[] },
): Promise<number> {
  const [appended] = await client.batch([{
    sql: `insert into consents (${COLUMNS.join(", ")}) select ${VALUES} from json_each(?) j where ${
      once
        ? `not exists (select 1 from consents n where n.recipient = ${value("recipient")}
            and n.purpose = ${value("purpose")} and n.status = ${value("status")}
            and n.granted_at = ${value("granted_at")} and n.source = ${value("source")})`
        : "true"
    }`,
    args: [rowsOf(once ? distinct(rows) : rows)],
  }, ...auditStatements(audit)]);
  return appended!.rowsAffected;
}

/** Each line of a file once, should it stand there twice: a statement does not see the rows that it inserts itself. */
function distinct(rows: readonly NewConsent[]): NewConsent[] {
  return [...new Map(rows.map((row) => [JSON.stringify({ ...row, id: null }), row])).values()];
}

/**
 * Appends withdrawals where a consent is in force or a question may still be answered, and nothing where neither is: the ledger keeps
 * acts, not attempts. At most one row for a recipient and purpose.
 */
export function withdrawConsents(rows: readonly Omit<NewConsent, "status">[]): InStatement {
  const same = `n.recipient = ${value("recipient")} and n.purpose = ${value("purpose")}`;
  return {
    sql: `insert into consents (${COLUMNS.join(", ")}) select ${VALUES} from json_each(?) j
      where (select n.status from consents n where ${same} and n.${HOLDS}) = 'granted'
        or exists (select 1 from consents n where ${same} and ${isPending("n", value("created_at"))})`,
    args: [rowsOf(rows.map((row) => ({ ...row, status: "withdrawn" })))],
  };
}

/** Ends messages to a person (E.164) that wait and rely on the purpose whose consent is withdrawn. */
export function cancelRelying(recipient: string, purpose: string, now: number): InStatement[] {
  const waiting = `conversation_id in (select id from conversations where person = :recipient)
    and status in ('queued', 'held') and ${
    purpose === "commercial"
      ? "category = 'commercial' and coalesce(purpose, :purpose) = :purpose"
      : "purpose = :purpose"
  }`;
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :now, 'canceled', 'consent_missing' from messages where ${waiting}`,
      args: { recipient, purpose, now },
    },
    {
      sql: `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'consent_missing', error_detail = 'The person withdrew the consent before it left.'
        where ${waiting}`,
      args: { recipient, purpose },
    },
  ];
}
