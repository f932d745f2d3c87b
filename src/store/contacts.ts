import { and, desc, eq, lt, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { pageOf } from "./messages.ts";
import { contacts } from "./schema.ts";

export type ContactRow = typeof contacts.$inferSelect;

/** A page of the address book, newest first. `msisdn` is E.164. */
export async function listContacts(
  { orm }: Db,
  { msisdn, limit, cursor }: { msisdn?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: ContactRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (msisdn !== undefined) where.push(eq(contacts.msisdn, msisdn));
  if (cursor !== undefined) where.push(lt(contacts.id, cursor));
  const rows = await orm.select().from(contacts).where(and(...where)).orderBy(desc(contacts.id)).limit(limit + 1);
  return pageOf(rows, limit);
}
