import type { InStatement } from "@libsql/client/web";
import type { DeliveryReport } from "../../carriers/carrier.ts";
import type { DbClient } from "../libsql/client.ts";
import type { Reported } from "./reports.ts";

/**
 * Reports that came before the message they speak of had its carrier's id. They are looked at again by the tick, soon and then ever
 * less often: nothing on the way of a message that leaves has to know of them.
 */

/** Longer than any carrier waits between taking a message and its last report. */
export const PARKED_MS = 3 * 86_400_000;
const FIRST_LOOK_MS = 500;
const LAST_LOOK_MS = 3_600_000;
/** Should the instance that looks at one be gone. */
const TAKE_OVER_MS = 5_000;
/** An account that brings the reports of another system as well must not fill the database. */
export const MOST_PARKED = 100_000;

/** Keeps reports for which no message was found; one that is parked already is not parked twice. */
export function parkReports(reports: readonly Reported[], now: number): InStatement[] {
  if (reports.length === 0) return [];
  return [{
    sql: `insert or ignore into parked_reports (carrier_id, carrier_message_id, key, report, received_at, next_at)
      select value->>0, value->>1, value->>2, value->>3, ?2, ?2 + ${FIRST_LOOK_MS} from json_each(?1)`,
    args: [
      JSON.stringify(reports.map(({ carrier_id, report, key }) => [
        carrier_id,
        report.carrierMessageId,
        key ?? null,
        JSON.stringify(report),
      ])),
      now,
    ],
  }];
}

export interface ParkedReport extends Reported {
  id: number;
  received_at: number;
}

/**
 * Those that it is time to look at, at most `limit`; each is given to one caller until it is due again. `oldest_part`: when the least
 * recent report on a part came (ms); null when none is kept. `surplus`: there may be too many.
 */
export async function parkedDue(
  client: DbClient,
  now: number,
  limit: number,
): Promise<{ due: ParkedReport[]; oldest_part: number | null; surplus: boolean }> {
  const due = `select id from parked_reports where next_at <= ?1 order by next_at, id limit ?2`;
  // A read takes no write lock, and mostly there is nothing.
  const looked = await client.execute({
    sql: `select exists (${due}) as due, (select min(at) from report_parts) as oldest_part,
        (select max(id) from parked_reports) - (select min(id) from parked_reports) as span`,
    args: [now, limit],
  });
  const oldest_part = looked.rows[0]!["oldest_part"] as number | null;
  const surplus = Number(looked.rows[0]!["span"]) >= MOST_PARKED;
  if (looked.rows[0]!["due"] === 0) return { due: [], oldest_part, surplus };
  const { rows } = await client.execute({
    sql: `update parked_reports set next_at = ?1 + ${TAKE_OVER_MS} where id in (${due})
      returning id, carrier_id, key, report, received_at`,
    args: [now, limit],
  });
  const taken = rows.map((row) => ({
    id: Number(row["id"]),
    carrier_id: row["carrier_id"] as string,
    key: row["key"] as string | null,
    report: JSON.parse(row["report"] as string) as DeliveryReport,
    received_at: Number(row["received_at"]),
  }));
  // In the order in which they came.
  return { due: taken.toSorted((a, b) => a.id - b.id), oldest_part, surplus };
}

/** Statements behind a look: `done` are gone, the others are looked at again when as much time again has passed. */
export function lookedAt(
  looked: readonly ParkedReport[],
  done: ReadonlySet<number>,
  now: number,
): InStatement[] {
  const later = looked.flatMap(({ id, received_at }) =>
    done.has(id) ? [] : [[id, now + Math.min(Math.max(now - received_at, FIRST_LOOK_MS), LAST_LOOK_MS)]]
  );
  return [
    {
      sql: `delete from parked_reports where id in (select value from json_each(?))`,
      args: [JSON.stringify([...done])],
    },
    {
      sql: `update parked_reports set next_at = j.value->>1 from json_each(?) j where parked_reports.id = j.value->>0`,
      args: [JSON.stringify(later)],
    },
  ];
}

/** Drops the oldest of too many, and resolves with how many those were. */
export async function dropSurplus(client: DbClient): Promise<number> {
  const { rowsAffected } = await client.execute({
    sql: `delete from parked_reports where id <= (select max(id) - ${MOST_PARKED} from parked_reports)`,
    args: [],
  });
  return rowsAffected;
}
