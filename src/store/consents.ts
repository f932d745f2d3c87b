import { and, desc, eq, lt, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { pageOf } from "./messages.ts";
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

/** Appends to the ledger; nothing is ever changed in it. */
export async function appendConsents({ orm }: Db, rows: (typeof consents.$inferInsert)[]): Promise<void> {
  await orm.insert(consents).values(rows);
}
