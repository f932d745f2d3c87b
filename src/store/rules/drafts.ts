import { and, desc, eq, getTableColumns, lt, sql } from "drizzle-orm";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { rule_drafts } from "../schema.ts";

/** Changes of the rules that people are writing. Every statement names the owner: nobody sees or changes another's. */

type Row = typeof rule_drafts.$inferSelect;
/** `files`: what it changes, path to content; null for a file that goes. */
export type RuleDraft = Omit<Row, "files"> & { files: Record<string, string | null> };

/** A person who keeps more has forgotten most of them. */
export const MOST_DRAFTS = 20;

/** Stores a new draft; false when the owner has `MOST_DRAFTS` already. */
export async function addDraft({ client }: Db, draft: RuleDraft): Promise<boolean> {
  const { id, owner, name, base, files, revision, created_at, updated_at } = draft;
  const { rows } = await client.execute({
    sql: `insert into rule_drafts (id, owner, name, base, files, revision, created_at, updated_at)
      select :id, :owner, :name, :base, :files, :revision, :created_at, :updated_at
      where (select count(*) from rule_drafts where owner = :owner) < :most returning id`,
    args: { id, owner, name, base, files: JSON.stringify(files), revision, created_at, updated_at, most: MOST_DRAFTS },
  });
  return rows.length > 0;
}

export async function findDraft({ orm }: Db, owner: string, id: string): Promise<RuleDraft | null> {
  const [row] = await orm.select().from(rule_drafts).where(and(eq(rule_drafts.owner, owner), eq(rule_drafts.id, id)));
  return row === undefined ? null : draftOf(row);
}

/** A draft without what it changes, which may be large; `changed`: paths of the files. */
export type ListedDraft = Omit<RuleDraft, "files"> & { changed: string[] };

/** Newest first. */
export async function listDrafts(
  { orm }: Db,
  owner: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ListedDraft[]; next: string | null }> {
  const { files, ...columns } = getTableColumns(rule_drafts);
  const changed = sql<string>`(select json_group_array(key) from json_each(${files}))`;
  const rows = await orm.select({ ...columns, changed }).from(rule_drafts).where(and(
    eq(rule_drafts.owner, owner),
    cursor === undefined ? undefined : lt(rule_drafts.id, cursor),
  )).orderBy(desc(rule_drafts.id)).limit(limit + 1);
  return pageOf(rows.map((row) => ({ ...row, changed: JSON.parse(row.changed) as string[] })), limit);
}

/** Writes a draft as it is now, if it still stands at `revision`; false when somebody, in another window perhaps, was faster. */
export async function saveDraft(
  { client }: Db,
  { id, owner, name, base, files, updated_at }: RuleDraft,
  revision: number,
): Promise<boolean> {
  const { rows } = await client.execute({
    sql:
      `update rule_drafts set name = :name, base = :base, files = :files, updated_at = :updated_at, revision = revision + 1
      where id = :id and owner = :owner and revision = :revision returning id`,
    args: { id, owner, name, base, files: JSON.stringify(files), updated_at, revision },
  });
  return rows.length > 0;
}

/** With `revision`, only if it still stands there. False when nothing was deleted. */
export async function deleteDraft({ client }: Db, owner: string, id: string, revision?: number): Promise<boolean> {
  const { rows } = await client.execute({
    sql: `delete from rule_drafts
      where id = :id and owner = :owner and (:revision is null or revision = :revision) returning id`,
    args: { id, owner, revision: revision ?? null },
  });
  return rows.length > 0;
}

function draftOf(row: Row): RuleDraft {
  return { ...row, files: JSON.parse(row.files) as RuleDraft["files"] };
}
