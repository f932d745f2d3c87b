import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import type { canned_replies } from "../schema.ts";

export type CannedReplyRow = typeof canned_replies.$inferSelect;

/** A page, newest first. */
export async function listCannedReplies(
  { client }: Db,
  { language, limit, cursor }: { language?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: CannedReplyRow[]; next: string | null }> {
  const { rows } = await client.execute({
    sql: `select * from canned_replies where (:language is null or language = :language) and id < :below
      order by id desc limit :take`,
    args: { language: language ?? null, below: cursor ?? "can_~", take: limit + 1 },
  });
  return pageOf(rows as unknown as CannedReplyRow[], limit);
}

export async function findCannedReply({ client }: Db, id: string): Promise<CannedReplyRow | null> {
  const { rows } = await client.execute({ sql: "select * from canned_replies where id = ?", args: [id] });
  return (rows[0] as unknown as CannedReplyRow | undefined) ?? null;
}

/** False when one of this title exists in the language. */
export async function createCannedReply({ client }: Db, row: CannedReplyRow, entry: AuditRow): Promise<boolean> {
  const { id, title, language, text, created_at } = row;
  const [created] = await client.batch([
    {
      sql: `insert or ignore into canned_replies (id, title, language, text, created_at, updated_at)
        values (:id, :title, :language, :text, :at, :at)`,
      args: { id, title, language, text, at: created_at },
    },
    ...auditIfChanged(entry),
  ]);
  return created!.rowsAffected > 0;
}

/** Resolves with the reply as it is then, null when it is gone, or `title_taken`. What is undefined stays. */
export async function changeCannedReply(
  db: Db,
  id: string,
  { title, language, text }: Partial<Record<"title" | "language" | "text", string | undefined>>,
  now: number,
  entry: AuditRow,
): Promise<CannedReplyRow | null | "title_taken"> {
  const [changed] = await db.client.batch([
    {
      sql:
        `update or ignore canned_replies set title = coalesce(:title, title), language = coalesce(:language, language),
        text = coalesce(:text, text), updated_at = :now where id = :id`,
      args: { id, now, title: title ?? null, language: language ?? null, text: text ?? null },
    },
    ...auditIfChanged(entry),
  ]);
  const row = await findCannedReply(db, id);
  return row !== null && changed!.rowsAffected === 0 ? "title_taken" : row;
}

/** False when there is none of this id. */
export async function deleteCannedReply({ client }: Db, id: string, entry: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    { sql: "delete from canned_replies where id = ?", args: [id] },
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}
