import type { InStatement, ResultSet } from "@libsql/client/web";
import { LONGEST_PAUSE_MS } from "../dispatch/rates.ts";

/** Hand-overs in a row of which an account is out of order before nothing more is handed to it. */
export const OPEN_AFTER = 5;
/** After that one message tries at first this soon, then as long after as it has been out of order already, so ever later. */
export const FIRST_PROBE_MS = 5_000;
/** But not later than this. */
const LAST_PROBE_MS = 120_000;
/** A carrier that asks to send more slowly without saying how long: doubled each time in a row, at most a minute. */
const FIRST_PAUSE_MS = 1_000;
const PAUSE_DOUBLINGS = 6;
const LONGEST_OWN_PAUSE_MS = 60_000;

/** What a group of hand-overs through one account, in the order in which they ended, said of the account itself. */
export interface CarrierNews {
  id: string;
  /** It answered at least once. */
  answered: boolean;
  /** It took at least one message, and turned none away as too fast. */
  took: boolean;
  /** Failures of the account since its last answer. */
  failures: number;
  /** It was too fast for it; `waitMs` when the account said how long to wait. */
  throttled: { waitMs: number | null } | null;
}

/** A change of an account that operators want to know of. */
export interface CarrierChange {
  event: "carrier.opened" | "carrier.closed" | "carrier.paused";
  id: string;
  /** For `paused`, in ms. */
  until?: number;
}

/** A statement, and what its result means. */
export interface HealthStep {
  statement: InStatement;
  read(result: ResultSet): CarrierChange[];
}

const PAUSED = `paused_until between :now + 1 and :now + ${LONGEST_PAUSE_MS}`;

/** Statements that record the news; state is shared by all instances, and only the one that changes it says so. */
export function healthSteps(news: CarrierNews, now: number): HealthStep[] {
  const { id, answered, took, failures, throttled } = news;
  const steps: HealthStep[] = [];
  if (answered) {
    steps.push({
      statement: {
        sql:
          `update carriers set opened_at = null, probe_at = null where id = :id and opened_at is not null returning id`,
        args: { id },
      },
      read: ({ rows }) => rows.length > 0 ? [{ event: "carrier.closed", id }] : [],
    }, {
      statement: {
        sql: `update carriers set failures = 0, throttles = case when :took then 0 else throttles end
          where id = :id and (failures > 0 or throttles > 0)`,
        args: { id, took: took ? 1 : 0 },
      },
      read: () => [],
    });
  }
  if (failures > 0) {
    steps.push({
      statement: {
        sql: `update carriers set failures = failures + :failures,
            opened_at = case when failures + :failures >= ${OPEN_AFTER} then coalesce(opened_at, :now) else opened_at end,
            probe_at = case when failures + :failures >= ${OPEN_AFTER} then
              :now + min(max(${FIRST_PROBE_MS}, :now - coalesce(opened_at, :now)), ${LAST_PROBE_MS}) else probe_at end
          where id = :id returning failures`,
        args: { id, failures, now },
      },
      read: ({ rows }) => {
        const total = Number(rows[0]?.["failures"] ?? 0);
        return total >= OPEN_AFTER && total - failures < OPEN_AFTER ? [{ event: "carrier.opened", id }] : [];
      },
    });
  }
  if (throttled !== null) {
    // A burst is turned away message by message: once it has led to a pause, only a longer wait changes anything.
    const waitMs = throttled.waitMs === null ? null : Math.min(Math.max(throttled.waitMs, 0), LONGEST_PAUSE_MS);
    steps.push({
      statement: {
        sql: `update carriers set throttles = throttles + 1,
            paused_until = :now + coalesce(:waitMs,
              min(${FIRST_PAUSE_MS} << min(throttles, ${PAUSE_DOUBLINGS}), ${LONGEST_OWN_PAUSE_MS}))
          where id = :id and (not (${PAUSED}) or paused_until < :now + :waitMs) returning paused_until`,
        args: { id, now, waitMs },
      },
      read: ({ rows }) => rows.map((row) => ({ event: "carrier.paused", id, until: Number(row["paused_until"]) })),
    });
  }
  return steps;
}

/** The message that was to try an account fell out of its claim: another one may. */
export function probeAgain(ids: readonly string[], leaseUntil: number, now: number): InStatement {
  return {
    sql: `update carriers set probe_at = :now where opened_at is not null and probe_at = :leaseUntil
      and id in (select value from json_each(:ids))`,
    args: { ids: JSON.stringify(ids), leaseUntil, now },
  };
}
