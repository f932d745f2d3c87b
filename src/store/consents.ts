import type { InStatement } from "@libsql/client/web";
import { and, asc, desc, eq, gt, lt, type SQL } from "drizzle-orm";
import { type AuditRow, auditStatements } from "./audit.ts";
import type { Db } from "./client.ts";
import { pageOf } from "./messages.ts";
import { walk } from "./pages.ts";
import { consents } from "./schema.ts";

export type ConsentRow = typeof consents.$inferSelect;

/** A page of the ledger, newest first. `recipient` is E.164. */
export async function listConsents(
  { orm }: Db,
  { recipient, limit, cursor }: { recipient?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: ConsentRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (recipient !== undefined) where.push(eq(consents.recipient, recipient));
  if (cursor !== undefined) where.push(lt(consents.id, cursor));
  const rows = await orm.select().from(consents).where(and(...where)).orderBy(desc(consents.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findConsent({ orm }: Db, id: string): Promise<ConsentRow | null> {
  const [row] = await orm.select().from(consents).where(eq(consents.id, id));
  return row ?? null;
}

/** The whole ledger, oldest entry first. */
export function allConsents({ orm }: Db): AsyncGenerator<ConsentRow[], void> {
  return walk((after, limit) =>
    orm.select().from(consents).where(gt(consents.id, after)).orderBy(asc(consents.id)).limit(limit)
  );
}

/** The act that holds now for a recipient and purpose, and the suppressions that stand beside it. */
export interface Permission {
  latest: ConsentRow | null;
  suppressions: { scope: "commercial" | "all"; sender: string }[];
}

export async function permissionOf({ client }: Db, recipient: string, purpose: string): Promise<Permission> {
  const [latest, suppressions] = await client.batch([
    {
      sql: "select * from consents where recipient = ? and purpose = ? order by granted_at desc, id desc limit 1",
      args: [recipient, purpose],
    },
    { sql: "select scope, sender from suppressions where recipient = ? and lifted_at is null", args: [recipient] },
  ], "read");
  return {
    latest: (latest!.rows[0] as unknown as ConsentRow | undefined) ?? null,
    suppressions: suppressions!.rows as unknown as Permission["suppressions"],
  };
}

const COLUMNS = [
  "id",
  "recipient",
  "purpose",
  "status",
  "source",
  "wording",
  "granted_at",
  "expires_at",
  "evidence",
  "message_id",
  "rule",
  "created_at",
] as const;
const VALUES = COLUMNS.map((_, index) => `j.value->>${index}`).join(", ");
const value = (column: typeof COLUMNS[number]) => `j.value->>${COLUMNS.indexOf(column)}`;

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
    args: [rowsOf(rows)],
  }, ...auditStatements(audit)]);
  return appended!.rowsAffected;
}

/**
 * Appends withdrawals where a consent is in force, and nothing where none is: the ledger keeps acts, not attempts. At most
 * one row for a recipient and purpose.
 */
export function withdrawConsents(rows: readonly Omit<NewConsent, "status">[]): InStatement {
  return {
    sql: `insert into consents (${COLUMNS.join(", ")}) select ${VALUES} from json_each(?) j
      where (select n.status from consents n where n.recipient = ${value("recipient")} and n.purpose = ${
      value("purpose")
    }
        order by n.granted_at desc, n.id desc limit 1) = 'granted'`,
    args: [rowsOf(rows.map((row) => ({ ...row, status: "withdrawn" })))],
  };
}

/** Ends advertising to a person (E.164) that waits, because the consent it relied on is withdrawn. */
export function cancelAdvertising(recipient: string, now: number): InStatement[] {
  const waiting = `conversation_id in (select id from conversations where person = :recipient)
    and status in ('queued', 'held') and category = 'commercial'`;
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :now, 'canceled', 'consent_missing' from messages where ${waiting}`,
      args: { recipient, now },
    },
    {
      sql: `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'consent_missing', error_detail = 'The person withdrew the consent before it left.'
        where ${waiting}`,
      args: { recipient },
    },
  ];
}
