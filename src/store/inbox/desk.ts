import type { InStatement } from "@libsql/client/web";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import type { notes } from "../schema.ts";

/** What staff make of threads: whose they are, what was read, what they told each other. Receiving and accepting know nothing of it. */

export type NoteRow = typeof notes.$inferSelect;

/** What is undefined stays as it is. */
export interface DeskChange {
  /** Id of a user or an API key; null: nobody's. */
  assigned_to?: string | null | undefined;
  /** True: everything that came until now. */
  read?: boolean | undefined;
}

/** One writer at a time: no two changes have one number. After an erasure a number may come again. */
const NEXT = "(select coalesce(max(changed), 0) + 1 from desk)";

/**
 * Changes what staff make of a thread; what is so already is not written. `assigned`: the entry of the audit log, written when the thread
 * changes hands.
 */
export async function changeDesk(
  { client }: Db,
  id: string,
  { assigned_to, read }: DeskChange,
  assigned: AuditRow,
): Promise<void> {
  const statements: InStatement[] = [];
  if (assigned_to !== undefined) {
    statements.push({
      sql:
        `insert into desk (conversation_id, assigned_to, changed) select id, :to, ${NEXT} from conversations where id = :id
        on conflict (conversation_id) do update set assigned_to = excluded.assigned_to, changed = excluded.changed
          where desk.assigned_to is not excluded.assigned_to`,
      args: { id, to: assigned_to },
    }, ...auditIfChanged(assigned));
  }
  if (read !== undefined) {
    // Compared with `is not` and never with `>`: a test clock may go back.
    statements.push({
      sql: `insert into desk (conversation_id, read_at, changed) select id, iif(:read, last_inbound_at, null), ${NEXT}
          from conversations where id = :id
        on conflict (conversation_id) do update set read_at = excluded.read_at, changed = excluded.changed
          where desk.read_at is not excluded.read_at`,
      args: { id, read: read ? 1 : 0 },
    });
  }
  if (statements.length > 0) await client.batch(statements);
}

/** False when there is no such thread. `entry` records it, without the text. */
export async function addNote({ client }: Db, note: NoteRow, entry: AuditRow): Promise<boolean> {
  const { id, conversation_id, text, author, author_name, created_at } = note;
  const [added] = await client.batch([
    {
      sql: `insert into notes (id, conversation_id, text, author, author_name, created_at)
        select :id, id, :text, :author, :author_name, :created_at from conversations where id = :conversation_id`,
      args: { id, conversation_id, text, author, author_name, created_at },
    },
    ...auditIfChanged(entry),
    {
      sql:
        `insert into desk (conversation_id, changed) select id, ${NEXT} from conversations where id = :conversation_id
        on conflict (conversation_id) do update set changed = excluded.changed`,
      args: { conversation_id },
    },
  ]);
  return added!.rowsAffected > 0;
}

/** A page, newest first. */
export async function listNotes(
  { client }: Db,
  { conversation_id, limit, cursor }: { conversation_id: string; limit: number; cursor?: string | undefined },
): Promise<{ rows: NoteRow[]; next: string | null }> {
  const { rows } = await client.execute({
    sql: `select * from notes where conversation_id = :conversation_id and id < :below order by id desc limit :take`,
    args: { conversation_id, below: cursor ?? "nte_~", take: limit + 1 },
  });
  return pageOf(rows as unknown as NoteRow[], limit);
}

/** Takes away all that staff made of the threads `which` (SQL for their ids), for those who take the threads away. */
export function forgetDesk(which: string): string[] {
  return ["notes", "desk"].map((table) => `delete from ${table} where conversation_id in (${which})`);
}
