import { and, asc, desc, eq, getTableColumns, gt, gte, lt, type SQL } from "drizzle-orm";
import { firstIdAt } from "../../gateway/ids.ts";
import { instant } from "../../gateway/message_view.ts";
import type { Db } from "../libsql/client.ts";
import { PAGE_REACH, pageOf } from "../libsql/pages.ts";
import { audit_details, audit_log } from "../schema.ts";

/** An entry with its details; those are null once they were erased. */
export type AuditEntry = typeof audit_log.$inferSelect & { person: string | null; details: string | null };

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  /** Id of the record that it is about. */
  subject?: string | undefined;
  /** E.164. */
  person?: string | undefined;
  /** ms; from this instant on. */
  from?: number | undefined;
  /** ms; before this instant. */
  to?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

const columns = {
  ...getTableColumns(audit_log),
  person: audit_details.person,
  details: audit_details.details,
};
/** An id is made when the entry is, a moment after its instant; a clock that was set back meanwhile makes it later still. */
const ID_SLACK_MS = 3_600_000;

/**
 * A page, newest first. Where only actor or action are given no index finds the fitting entries: a page then looks at `PAGE_REACH` of
 * them, so that it may be short, even empty, with more to come.
 */
export async function listAudit(
  { orm }: Db,
  { actor, action, subject, person, from, to, limit, cursor }: AuditFilter,
): Promise<{ rows: AuditEntry[]; next: string | null }> {
  const below: SQL[] = [];
  if (cursor !== undefined) below.push(lt(audit_log.id, cursor));
  if (to !== undefined) below.push(lt(audit_log.at, to), lt(audit_log.id, firstIdAt("aud", to + ID_SLACK_MS)));
  const where = [...below];
  if (from !== undefined) where.push(gte(audit_log.at, from), gte(audit_log.id, firstIdAt("aud", from)));
  if (subject !== undefined) where.push(eq(audit_log.subject, subject));
  if (person !== undefined) where.push(eq(audit_details.person, person));
  let lowest: string | null = null;
  if (action !== undefined) where.push(eq(audit_log.action, action));
  if (actor !== undefined) where.push(eq(audit_log.actor, actor));
  if (action !== undefined || actor !== undefined) {
    if (subject === undefined && person === undefined) {
      const [bottom] = await orm.select({ id: audit_log.id }).from(audit_log).where(and(...below))
        .orderBy(desc(audit_log.id)).limit(1).offset(PAGE_REACH - 1);
      lowest = bottom?.id ?? null;
      if (lowest !== null) where.push(gte(audit_log.id, lowest));
    }
  }
  const found = person === undefined
    ? orm.select(columns).from(audit_log).leftJoin(audit_details, eq(audit_details.id, audit_log.id))
    : orm.select(columns).from(audit_details).innerJoin(audit_log, eq(audit_details.id, audit_log.id));
  const rows = await found.where(and(...where)).orderBy(desc(audit_log.id)).limit(limit + 1);
  const page = pageOf(rows as AuditEntry[], limit);
  return { rows: page.rows, next: page.next ?? lowest };
}

/** Entries after `after` in the order of the chain, at most `limit`. */
export async function auditAfter({ orm }: Db, after: number, limit: number): Promise<AuditEntry[]> {
  const rows = await orm.select(columns).from(audit_log).leftJoin(audit_details, eq(audit_details.id, audit_log.id))
    .where(gt(audit_log.seq, after)).orderBy(asc(audit_log.seq)).limit(limit);
  return rows as AuditEntry[];
}

/** An entry as the API and `deno task audit` show it. */
export interface AuditView {
  seq: number;
  id: string;
  at: string;
  actor: string;
  action: string;
  subject: string;
  person: string | null;
  details: Record<string, unknown> | null;
  digest: string;
  hash: string | null;
}

export function auditView(
  { seq, id, at, actor, action, subject, person, details, digest, hash }: AuditEntry,
): AuditView {
  return {
    seq,
    id,
    at: instant(at),
    actor,
    action,
    subject,
    person,
    details: details === null ? null : JSON.parse(details) as Record<string, unknown>,
    digest,
    hash,
  };
}
