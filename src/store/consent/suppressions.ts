import type { InStatement } from "@libsql/client/web";
import { and, asc, desc, eq, gt, gte, inArray, type InferInsertModel, isNull, lt, type SQL } from "drizzle-orm";
import type { NewId } from "../../gateway/ids.ts";
import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import { removeContacts } from "../contacts/contacts.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { PAGE_REACH, pageOf, walk } from "../libsql/pages.ts";
import { noWrites, statementsOf } from "../messages/writes.ts";
import { auditIfChanged, auditRepeatedAsked, type AuditRow, auditRow, auditStatements } from "../oversight/audit.ts";
import { erasedUnder, rememberKeysOf } from "../people/erased.ts";
import { suppressions } from "../schema.ts";
import { withdrawConsents } from "./consents.ts";

export type SuppressionRow = typeof suppressions.$inferSelect;

export interface SuppressionFilter {
  /** All that those of one person may stand under (erased.ts). */
  recipients?: readonly string[] | undefined;
  source?: SuppressionRow["source"] | undefined;
  includeLifted: boolean;
  limit: number;
  cursor?: string | undefined;
}

/**
 * A page, newest first. Where only the source is given no index finds the fitting ones: a page then looks at `PAGE_REACH` of them, so
 * that it may be short, even empty, with more to come.
 */
export async function listSuppressions(
  { orm }: Db,
  { recipients, source, includeLifted, limit, cursor }: SuppressionFilter,
): Promise<{ rows: SuppressionRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (recipients !== undefined) where.push(inArray(suppressions.recipient, [...recipients]));
  if (!includeLifted) where.push(isNull(suppressions.lifted_at));
  if (cursor !== undefined) where.push(lt(suppressions.id, cursor));
  let lowest: string | null = null;
  if (source !== undefined) {
    if (recipients === undefined) {
      const [bottom] = await orm.select({ id: suppressions.id }).from(suppressions)
        .where(cursor === undefined ? undefined : lt(suppressions.id, cursor))
        .orderBy(desc(suppressions.id)).limit(1).offset(PAGE_REACH - 1);
      lowest = bottom?.id ?? null;
      if (lowest !== null) where.push(gte(suppressions.id, lowest));
    }
    where.push(eq(suppressions.source, source));
  }
  const rows = await orm.select().from(suppressions).where(and(...where)).orderBy(desc(suppressions.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit);
  return { rows: page.rows, next: page.next ?? lowest };
}

export async function findSuppression({ orm }: Db, id: string): Promise<SuppressionRow | null> {
  const [row] = await orm.select().from(suppressions).where(eq(suppressions.id, id));
  return row ?? null;
}

export type KnownSuppression = Pick<SuppressionRow, "recipient" | "scope" | "sender" | "lifted_at">;

/** All that was ever known of these people (E.164), by person; those of whom nothing is known are left out. */
export async function suppressionsOf(
  { db: { client }, people }: { db: Db; people: PersonKeys | null },
  recipients: readonly string[],
): Promise<Map<string, KnownSuppression[]>> {
  const { recipientsOf } = await erasedUnder(client, people);
  const named = new Map(recipients.flatMap((person) => recipientsOf(person).map((one) => [one, person])));
  const { rows } = await client.execute({
    sql: `select recipient, scope, sender, lifted_at from suppressions
      where recipient in (select value from json_each(?))`,
    args: [JSON.stringify([...named.keys()])],
  });
  return Map.groupBy(rows as unknown as KnownSuppression[], ({ recipient }) => named.get(recipient)!);
}

/** People with a thread with one of `senders` who are suppressed by a carrier's word, a page at a time. */
export async function* suppressedByCarriers(
  client: DbClient,
  senders: readonly string[],
): AsyncGenerator<string[], void> {
  const pages = walk(async (after, limit) => {
    const { rows } = await client.execute({
      sql: `select id, recipient from suppressions s where id > ? and lifted_at is null and source = 'carrier'
          and exists (select 1 from conversations c where c.person = s.recipient
            and c.sender in (select value from json_each(?)))
        order by id limit ?`,
      args: [after, JSON.stringify(senders), limit],
    });
    return rows as unknown as { id: string; recipient: string }[];
  });
  for await (const page of pages) yield page.map(({ recipient }) => recipient);
}

/** Every suppression, oldest first. */
export function allSuppressions({ orm }: Db, includeLifted: boolean): AsyncGenerator<SuppressionRow[], void> {
  return walk((after, limit) =>
    orm.select().from(suppressions)
      .where(and(gt(suppressions.id, after), includeLifted ? undefined : isNull(suppressions.lifted_at)))
      .orderBy(asc(suppressions.id)).limit(limit)
  );
}

/** A refusal that did not come as a message: a clerk's entry, a line of an imported list, a click on a link. */
export interface Refusal {
  suppression: InferInsertModel<typeof suppressions>;
  /** Id of the row that withdraws the consent, should there be one to withdraw. */
  withdrawal_id: string;
  /** Entries of the audit log; none for a line of an import, which has one for all of its group. */
  audit: readonly AuditRow[];
}

/** A refusal and its entries in the audit log. `actor` as in `AuditFact`. */
export function auditedRefusal(suppression: Refusal["suppression"], actor: string, newId: NewId): Refusal {
  const { id, recipient: person, scope, sender, source, message_id, created_at: at } = suppression;
  const withdrawal_id = newId("cns");
  const details = { source, scope, sender: sender || null, message_id: message_id ?? null };
  const told = { at, actor, person, details };
  return {
    suppression,
    withdrawal_id,
    audit: [
      auditRow({ ...told, action: "suppression.created", subject: id }, newId, {
        refusal: { scope, sender: sender ?? "" },
      }),
      auditRow({ ...told, action: "consent.withdrawn", subject: withdrawal_id }, newId, { requires: withdrawal_id }),
      auditRow({ ...told, action: "contact.removed", subject: id }, newId, { leaving: person }),
    ],
  };
}

/**
 * Statements of one transaction with which refusals have the consequences of a STOP, whatever way they came: suppressed, what
 * waits canceled, consent withdrawn, out of the address book. The first one inserts the suppressions; of a
 * refusal that stands already nothing is inserted.
 */
export function suppressStatements(refusals: readonly Refusal[], now: number): InStatement[] {
  const writes = noWrites();
  const withdrawals = new Map<string, Parameters<typeof withdrawConsents>[0][number]>();
  for (const { suppression, withdrawal_id } of refusals) {
    writes.suppressions.push(suppression);
    withdrawals.set(suppression.recipient, {
      id: withdrawal_id,
      recipient: suppression.recipient,
      purpose: "commercial",
      source: suppression.source,
      wording: suppression.text ?? suppression.note ?? null,
      granted_at: now,
      message_id: suppression.message_id ?? null,
      created_at: now,
    });
  }
  return [
    ...statementsOf(writes, now),
    withdrawConsents([...withdrawals.values()]),
    ...auditStatements(refusals.flatMap(({ audit }) => audit)),
    removeContacts([...withdrawals.keys()]),
  ];
}

/** Stores one refusal; when the same stands already, that one is returned and `created` is false. */
export async function suppress(
  { client }: Db,
  refusal: Refusal,
  now: number,
): Promise<{ row: SuppressionRow; created: boolean }> {
  const { id, recipient, scope, sender = "" } = refusal.suppression;
  const results = await client.batch([
    ...suppressStatements([refusal], now),
    {
      sql: "select * from suppressions where recipient = ? and scope = ? and sender = ? and lifted_at is null",
      args: [recipient, scope, sender],
    },
  ]);
  const row = results.at(-1)!.rows[0] as unknown as SuppressionRow;
  return { row, created: row.id === id };
}

/**
 * Stores a group of refusals in one transaction, with the one entry of the audit log that stands for them all; resolves with how
 * many did not stand already. `repeated` becomes an entry for each that stands and that somebody asked to have lifted.
 */
export async function suppressGroup(
  { client }: Db,
  refusals: readonly Refusal[],
  { entry, repeated }: { entry: AuditRow; repeated: AuditRow },
  now: number,
): Promise<number> {
  const [inserted] = await client.batch([
    ...suppressStatements(refusals, now),
    ...rememberKeysOf(refusals.map(({ suppression }) => suppression.recipient)),
    ...auditStatements([entry]),
    ...auditRepeatedAsked(repeated, refusals.map(({ suppression }) => suppression)),
  ]);
  return inserted!.rowsAffected;
}

/**
 * Ends a suppression that staff or an import entered, and says who did and why; null when it stands no more, never did, or when
 * the person said it themselves, then or since (`protectionOf` tells).
 */
export async function liftSuppression(
  db: Db,
  id: string,
  { at, by, reason }: { at: number; by: string; reason: string },
  newId: NewId,
): Promise<SuppressionRow | null> {
  const standing = await findSuppression(db, id);
  if (standing === null) return null;
  const fact = { at, actor: by, action: "suppression.lifted", subject: id, person: standing.recipient } as const;
  const [lifted] = await db.client.batch([
    {
      sql: `update suppressions set lifted_at = ?, lifted_by = ?, lift_reason = ? where id = ? and lifted_at is null
        and source in ('operator', 'import') and not exists (select 1 from audit_log where subject = suppressions.id
          and action = 'suppression.repeated' and actor not glob 'key_*')
        returning *`,
      args: [at, by, reason, id],
    },
    ...auditIfChanged(auditRow({ ...fact, details: { reason } }, newId)),
  ]);
  return (lifted!.rows[0] as unknown as SuppressionRow | undefined) ?? null;
}
