import type { InStatement } from "@libsql/client/web";
import type { Db } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";

/** What somebody on the staff found out about a message of unknown outcome. */
export const OUTCOMES = ["sent", "delivered", "failed", "resend"] as const;
export type SettledOutcome = (typeof OUTCOMES)[number];

/** When it left, as far as is known: nobody knew from then on. */
const HANDED_OVER =
  `(select max(e.at) from message_events e where e.message_id = messages.id and e.status = 'unknown')`;

const CHANGES: Record<SettledOutcome, string> = {
  sent: `status = 'sent', sent_at = coalesce(sent_at, ${HANDED_OVER}, :at), error_code = null, error_detail = null`,
  delivered: `status = 'delivered', sent_at = coalesce(sent_at, ${HANDED_OVER}, :at), delivered_at = :at,
    error_code = null, error_detail = null`,
  failed:
    `status = 'failed', error_code = 'settled_failed', error_detail = 'Somebody on the staff found that it did not leave.'`,
  // A new life: whoever settled it so takes a second copy into account.
  resend: `status = 'queued', due_at = :at, attempts = 0, maybe_taken = null, error_code = null, error_detail = null`,
};
const SAYS: Record<SettledOutcome, string> = {
  sent: "Settled by hand: the carrier took it.",
  delivered: "Settled by hand: it arrived.",
  failed: "Settled by hand: it did not leave.",
  resend: "Settled by hand: it leaves again and may arrive twice.",
};

/**
 * False when its outcome is not unknown (any more): a report that came first stands; or when it should leave again and its sender or
 * its text is gone. `entry` records it.
 */
export async function settleUnknown(
  { client }: Db,
  { id, outcome, at }: { id: string; outcome: SettledOutcome; at: number },
  entry: AuditRow,
): Promise<boolean> {
  const settle: InStatement = {
    sql: `update messages set ${CHANGES[outcome]} where id = :id and direction = 'outbound' and status = 'unknown'${
      outcome === "resend" ? " and text != '' and exists (select 1 from senders where address = messages.sender)" : ""
    }`,
    args: outcome === "failed" ? { id } : { id, at },
  };
  const [settled] = await client.batch([
    settle,
    {
      sql: `insert into message_events (message_id, at, status, detail) select ?, ?, ?, ? where changes() > 0`,
      args: [id, at, outcome === "resend" ? "queued" : outcome, SAYS[outcome]],
    },
    ...auditIfChanged(entry),
  ]);
  return settled!.rowsAffected > 0;
}
