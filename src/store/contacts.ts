import type { InStatement } from "@libsql/client/web";
import { and, desc, eq, getTableColumns, lt, type SQL, sql } from "drizzle-orm";
import { auditIfChanged, type AuditRow } from "./audit.ts";
import type { Db } from "./client.ts";
import { pageOf } from "./messages.ts";
import { contacts } from "./schema.ts";

/** A person in the address book; `suppressed` while any suppression stands for the number. */
export type ContactRow = typeof contacts.$inferSelect & { suppressed: number };

/** What staff may say about a person; what is undefined stays as it is. */
export interface ContactChange {
  name?: string | null | undefined;
  language?: string | null | undefined;
  time_zone?: string | null | undefined;
  /** JSON object of strings. */
  fields?: string | null | undefined;
}

const suppressed = sql<number>`exists (select 1 from suppressions s
  where s.recipient = contacts.msisdn and s.lifted_at is null)`.as("suppressed");
const columns = { ...getTableColumns(contacts), suppressed };

/** A page of the address book, newest first. `msisdn` is E.164. */
export async function listContacts(
  { orm }: Db,
  { msisdn, limit, cursor }: { msisdn?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: ContactRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (msisdn !== undefined) where.push(eq(contacts.msisdn, msisdn));
  if (cursor !== undefined) where.push(lt(contacts.id, cursor));
  const rows = await orm.select(columns).from(contacts).where(and(...where)).orderBy(desc(contacts.id))
    .limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findContact({ orm }: Db, id: string): Promise<ContactRow | null> {
  const [row] = await orm.select(columns).from(contacts).where(eq(contacts.id, id));
  return row ?? null;
}

/** Adds the person or changes what is known about them; `created` tells which. One number is one contact. */
export async function upsertContact(
  { orm }: Db,
  { id, msisdn, now, change }: { id: string; msisdn: string; now: number; change: ContactChange },
): Promise<{ row: ContactRow; created: boolean }> {
  const [, [row]] = await orm.batch([
    orm.insert(contacts).values({ id, msisdn, ...change, created_at: now, updated_at: now })
      .onConflictDoUpdate({ target: contacts.msisdn, set: { ...change, updated_at: now } }),
    orm.select(columns).from(contacts).where(eq(contacts.msisdn, msisdn)),
  ]);
  return { row: row!, created: row!.id === id };
}

/** Null when there is no such contact. */
export async function changeContact(
  { orm }: Db,
  id: string,
  change: ContactChange,
  now: number,
): Promise<ContactRow | null> {
  const [, [row]] = await orm.batch([
    orm.update(contacts).set({ ...change, updated_at: now }).where(eq(contacts.id, id)),
    orm.select(columns).from(contacts).where(eq(contacts.id, id)),
  ]);
  return row ?? null;
}

/** Takes a contact out of the address book; false when there is none of this id. `entry` records it. */
export async function deleteContact({ client }: Db, id: string, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    { sql: "delete from contacts where id = ?", args: [id] },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}

/** Takes numbers (E.164) out of the address book. */
export function removeContacts(msisdns: readonly string[]): InStatement {
  return {
    sql: "delete from contacts where msisdn in (select value from json_each(?))",
    args: [JSON.stringify(msisdns)],
  };
}
