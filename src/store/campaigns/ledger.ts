import type { InStatement } from "@libsql/client/web";
import { named } from "../dispatch/outbox.ts";
import type { DbClient } from "../libsql/client.ts";
import { DatabaseError } from "../libsql/database_error.ts";
import { decisionId, saveDecisions } from "../messages/shared_decisions.ts";
import { acceptedEvents, type MessageRow } from "../messages/writes.ts";
import { FOR_BEING_ON } from "./lists.ts";

/**
 * Writing the messages of a campaign. Most recipients differ in nothing that the rules ask about, so that a decision is given once
 * for all who share it: of a row of a kilobyte a hundred bytes are its own (docs/figures.md).
 */

/** Clocks of two instances. */
const CLOCKS_DIFFER_MS = 5_000;

/** Columns of `messages` that recipients of one decision share. */
const SHARED = [
  "status",
  "text",
  "submitted_text",
  "category",
  "declared_category",
  "purpose",
  "encoding",
  "segments",
  "max_segments",
  "priority",
  "hold_until",
  "hold_reason",
  "scheduled_at",
  "valid_until",
  "allowed_until",
  "carrier_id",
  "unsubscribe_token",
  "sending_window",
  "error_code",
  "error_detail",
  "decision",
] as const satisfies readonly (keyof MessageRow)[];
export type SharedColumns = Pick<MessageRow, (typeof SHARED)[number]>;

export interface LedgerRow {
  id: string;
  person: string;
  /** Of a thread that is new; where there is one it keeps its own. */
  conversation_id: string;
  due_at: number | null;
  /** Place in `Group.shared`. */
  shared: number;
  /** What stands in this row in place of each of `Group.marks`. */
  own: readonly string[];
}

export interface Group {
  campaign: { id: string; sender: string };
  lease: string;
  /** Where the campaign stood when the group was read, and where it stands with it. */
  after: string;
  cursor: string;
  /** Messages planned with it. */
  planned: number;
  /** True when nobody is left behind it. */
  last: boolean;
  shared: readonly SharedColumns[];
  /** Stand in `WITH_MARKS` of `shared` for what each row has of its own. */
  marks: readonly string[];
  rows: readonly LedgerRow[];
  now: number;
  leaseUntil: number;
}

const WITH_MARKS: readonly string[] = [
  "text",
  "submitted_text",
  "unsubscribe_token",
] satisfies (typeof SHARED)[number][];

/** SQL: what rows share as `v`, and the rows with what is their own as `r`. */
function take(marks: readonly string[]): string {
  const shared = SHARED.map((column, place) => `value->>${place} as ${column}`).join(", ");
  const own = marks.map((_, place) => `, value->>${4 + place} as own${place}`).join("");
  return `with v as materialized (select key as k, ${shared} from json_each(:shared)),
    r as materialized (select value->>0 as id, value->>1 as person, value->>2 as due_at, value->>3 as k${own}
      from json_each(:rows))`;
}

/** SQL: a column of `v` as row `r` has it. */
function ownColumn(column: string, marks: readonly string[]): string {
  if (!WITH_MARKS.includes(column)) return `v.${column}`;
  return marks.reduce((sql, _, place) => `replace(${sql}, :mark${place}, r.own${place})`, `v.${column}`);
}

/**
 * Makes the messages of a group and moves the campaign's cursor, in one transaction; false, and nothing is written, when the campaign
 * has been stopped or another instance has it.
 */
export async function writeGroup(client: DbClient, group: Group): Promise<boolean> {
  const { campaign, rows, shared, marks, now } = group;
  const counts = new Map<string, number>();
  const uses = new Map<string, number>();
  for (const row of rows) {
    const { status, decision } = shared[row.shared]!;
    counts.set(status, (counts.get(status) ?? 0) + 1);
    uses.set(decision, (uses.get(decision) ?? 0) + 1);
  }
  // Texts that differ by a name mostly get the same decision too.
  const ids = new Map([...uses].flatMap(([decision, n]) => n < 2 ? [] : [[decision, decisionId(decision)]]));
  const columns = shared.map((one) => ({ ...one, decision: ids.get(one.decision) ?? one.decision }));
  const statements: InStatement[] = [
    {
      sql:
        `update campaigns set cursor = :cursor, planned = planned + :planned, lease_until = :leaseUntil, updated_at = :now,
          expanded_at = iif(:last, :now, null)
        where id = :id and state = 'running' and lease = :lease and cursor = :after`,
      args: {
        id: campaign.id,
        lease: group.lease,
        after: group.after,
        cursor: group.cursor,
        planned: group.planned,
        leaseUntil: group.leaseUntil,
        last: group.last ? 1 : 0,
        now,
      },
    },
    // A batch has no condition for all of it: a row that the schema forbids takes everything back.
    { sql: "insert into campaign_counts (campaign_id, name, n) select null, '', 0 where changes() = 0", args: [] },
  ];
  if (rows.length > 0) {
    const args: Record<string, string | number> = {
      rows: JSON.stringify(rows.map((row) => [row.id, row.person, row.due_at, row.shared, ...row.own])),
      sender: campaign.sender,
      campaign: campaign.id,
      now,
    };
    statements.push(
      ...saveDecisions(ids),
      {
        sql: `insert into conversations (id, person, sender, created_at, last_message_at)
          select value->>0, value->>1, :sender, :now, :now from json_each(:threads) where true
          on conflict (person, sender) do update set last_message_at = excluded.last_message_at`,
        args: {
          threads: JSON.stringify(rows.map((row) => [row.conversation_id, row.person])),
          sender: campaign.sender,
          now,
        },
      },
      {
        sql: `${
          take(marks)
        } insert into messages (id, direction, person, sender, conversation_id, campaign_id, attempts, created_at,
            due_at, ${SHARED.join(", ")})
          select r.id, 'outbound', r.person, :sender,
            (select c.id from conversations c where c.person = r.person and c.sender = :sender),
            :campaign, 0, :now, r.due_at, ${
          SHARED.map((column) => ownColumn(column, marks)).join(", ")
        } from r join v on v.k = r.k`,
        args: {
          ...args,
          ...Object.fromEntries(marks.map((mark, place) => [`mark${place}`, mark])),
          shared: JSON.stringify(columns.map((one) => SHARED.map((column) => one[column] ?? null))),
        },
      },
      ...acceptedEvents(rows.map((row) => ({ id: row.id, status: shared[row.shared]!.status }))),
      addCounts(campaign.id, counts),
      // Whoever left a list since the group was read; of what waits for them, leaving could not know this.
      named(
        `insert into message_events (message_id, at, status, detail) select m.id, :now, 'canceled', 'list_left' ${LEFT}`,
        args,
      ),
      named(
        `update messages set status = 'canceled', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'list_left', error_detail = 'The person left the list that it went to.'
        where id in (select m.id ${LEFT})`,
        args,
      ),
    );
  }
  try {
    await client.batch(statements);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === "constraint" && error.message.includes(GUARD)) return false;
    throw error;
  }
}

/** Message `m` of the group waits, and is for a person who left the list because of which they got it after the group was read. */
const LEFT = `from json_each(:rows) j join messages m on m.id = j.value->>0 and m.status in ('queued', 'held')
  join campaigns c on c.id = :campaign
  where exists (select 1 from list_departures d where d.person = m.person and d.left_at >= :now - ${CLOCKS_DIFFER_MS}
    and ${FOR_BEING_ON.replaceAll(":list", "d.list_id").replaceAll(":person", "d.person")})`;

const GUARD = "campaign_counts.campaign_id";

function addCounts(id: string, counts: ReadonlyMap<string, number>): InStatement {
  return {
    sql: `insert into campaign_counts (campaign_id, name, n) select ?, value->>0, value->>1 from json_each(?) where true
      on conflict (campaign_id, name) do update set n = n + excluded.n`,
    args: [id, JSON.stringify([...counts])],
  };
}
