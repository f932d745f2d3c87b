import type { ResultSet } from "@libsql/client/web";
import type { Category } from "../../core/message.ts";
import type { MessageRow } from "../messages/writes.ts";

/** What handing over, and deciding again before that, asks of a message. */
const WAITING_COLUMNS = [
  "id",
  "status",
  "person",
  "sender",
  "text",
  "submitted_text",
  "declared_category",
  "encoding",
  "segments",
  "max_segments",
  "sending_window",
  "due_at",
  "scheduled_at",
  "valid_until",
  "lease",
  "attempts",
  "carrier_id",
  "maybe_taken",
  "unsubscribe_token",
  "category",
  "hold_until",
  "hold_reason",
  "allowed_until",
  "error_code",
  "error_detail",
  "decision",
  "purpose",
  "campaign_id",
] as const satisfies readonly (keyof MessageRow)[];

export type WaitingRow = Required<Pick<MessageRow, (typeof WAITING_COLUMNS)[number]>> & {
  /** What somebody on the staff settled about it; null when nobody had to. */
  settled_category: Category | null;
};
const READ_COLUMNS = [...WAITING_COLUMNS, "settled_category"] as const;
/**
 * The settlement of a review of the message itself, or of its campaign. `refuse` ends a message, so none that waits has it.
 */
const SETTLED =
  `coalesce((select r.settlement from reviews r where r.message_id = messages.id and r.kind = 'category_conflict'
    and r.settlement in ('commercial', 'informative')),
  (select c.settled_category from campaigns c where c.id = messages.campaign_id)) as settled_category`;

/** All of them in one cell: each cell of a result costs microseconds, and a message has forty. */
export function waitingRows(from: string): string {
  return `select json_group_array(json_array(${
    READ_COLUMNS.join(", ")
  })) as waiting from (select *, ${SETTLED} from messages ${from})`;
}

export function readWaiting({ rows }: ResultSet): WaitingRow[] {
  const waiting = JSON.parse(rows[0]!["waiting"] as string) as unknown[][];
  return waiting.map((values) =>
    Object.fromEntries(READ_COLUMNS.map((column, place) => [column, values[place]])) as unknown as WaitingRow
  );
}
