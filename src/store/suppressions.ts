import { and, desc, eq, isNull, lt, type SQL } from "drizzle-orm";
import type { Db } from "./client.ts";
import { pageOf } from "./messages.ts";
import { suppressions } from "./schema.ts";

export type SuppressionRow = typeof suppressions.$inferSelect;

export interface SuppressionFilter {
  /** E.164. */
  recipient?: string | undefined;
  includeLifted: boolean;
  limit: number;
  cursor?: string | undefined;
}

/** A page, newest first. */
export async function listSuppressions(
  { orm }: Db,
  { recipient, includeLifted, limit, cursor }: SuppressionFilter,
): Promise<{ rows: SuppressionRow[]; next: string | null }> {
  const where: SQL[] = [];
  if (recipient !== undefined) where.push(eq(suppressions.recipient, recipient));
  if (!includeLifted) where.push(isNull(suppressions.lifted_at));
  if (cursor !== undefined) where.push(lt(suppressions.id, cursor));
  const rows = await orm.select().from(suppressions).where(and(...where)).orderBy(desc(suppressions.id))
    .limit(limit + 1);
  return pageOf(rows, limit);
}
