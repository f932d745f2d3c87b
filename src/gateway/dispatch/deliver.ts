import type { InStatement } from "@libsql/client/web";
import { UNDER_WAY } from "../../core/ladder.ts";
import { dropSurplus, lookedAt, PARKED_MS, parkedDue, parkReports } from "../../store/dispatch/parked_reports.ts";
import {
  applyReports,
  forgetParts,
  type Reported,
  type ReportedMessage,
  reportedMessages,
} from "../../store/dispatch/reports.ts";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import type { Deps } from "../gateway.ts";
import { Batcher, GROUP_LIMITS } from "../pipeline/batcher.ts";
import { type CarrierOptOut, suppressFromCarrier } from "./carrier_opt_out.ts";

/** `parked`: it may have come before the carrier's own answer, and is looked at again. `unmatched`: no message of this account. */
export type ReportResult = "applied" | "parked" | "unmatched";

export interface Reporter {
  /** Resolves when the report is durable. */
  submit(reported: Reported): Promise<ReportResult>;
  /** Looks again at reports that came before their message had its carrier's id. For the tick. */
  matchParked(): Promise<void>;
}

/** Parked reports looked at in one go. */
const PARKED_GROUP = 500;
/** At most so many times in one tick. */
const PARKED_ROUNDS = 10;
/** A message waits no longer than this for reports on its parts: no carrier keeps one longer. */
const PARTS_MS = 7 * 86_400_000;

/** Delivery reports in groups. Status only moves up the ladder; late, repeated and reordered reports change nothing (invariant 7). */
export function reporter(deps: Deps): Reporter {
  const batcher = new Batcher<Reported, ReportResult>(
    (group) => applyGroup(group, deps),
    ({ carrier_id, report, key }) => [report.messageId ?? `${carrier_id} ${key ?? report.carrierMessageId}`],
    GROUP_LIMITS,
    isDatabaseDown,
  );
  return { submit: (reported) => batcher.submit(reported), matchParked: () => matchAll(deps) };
}

async function applyGroup(group: Reported[], deps: Deps): Promise<ReportResult[]> {
  const { client } = deps.db;
  const found = await reportedMessages(client, group);
  const now = deps.now();
  const results = group.map(({ report }, index): ReportResult => {
    if (found.has(index)) return "applied";
    // Our own id is known before a message leaves: what has one and is not found is not ours.
    return report.messageId === null && report.carrierMessageId !== null ? "parked" : "unmatched";
  });
  const parked = group.filter((_, index) => results[index] === "parked");
  const statements = [...await applied(group, found, now, deps), ...parkReports(parked, now)];
  if (statements.length > 0) await client.batch(statements);
  return results;
}

/** Statements that apply those of the reports whose messages were found, by position. */
async function applied(
  group: readonly Reported[],
  found: ReadonlyMap<number, ReportedMessage>,
  now: number,
  deps: Deps,
) {
  const known = group.flatMap(({ carrier_id, report }, index) => {
    const message = found.get(index);
    return message === undefined ? [] : [{ carrier_id, message, report }];
  });
  const optOuts = known.flatMap(({ carrier_id, message, report }): CarrierOptOut[] =>
    report.error?.optedOut && message.person !== "" && !isKnown(report.error.code, message)
      ? [{
        person: message.person,
        sender: message.sender,
        message_id: message.id,
        carrier_id,
        detail: report.error.code,
      }]
      : []
  );
  const suppress = optOuts.length === 0 ? [] : suppressFromCarrier(optOuts, await deps.settings.current(), deps);
  return [...applyReports(known.map(({ message, report }) => ({ id: message.id, report })), now), ...suppress];
}

/** The message ended with that error already: what followed from it did, and the person may have come back since (invariant 4). */
function isKnown(code: string, { status, error_code }: ReportedMessage): boolean {
  return error_code === code && !UNDER_WAY.includes(status);
}

async function matchAll(deps: Deps): Promise<void> {
  for (let round = 0; round < PARKED_ROUNDS; round++) if (await matchParked(deps) < PARKED_GROUP) return;
}

/**
 * Looks at one group, and resolves with how many it had. Of several reports for one message each is applied by itself, so that each sees
 * what the one before did.
 */
async function matchParked(deps: Deps): Promise<number> {
  const { client } = deps.db;
  const now = deps.now();
  const { due, oldest_part, surplus } = await parkedDue(client, now, PARKED_GROUP);
  if (oldest_part !== null && oldest_part < now - PARTS_MS) await client.execute(forgetParts(now - PARTS_MS));
  if (due.length === 0) return 0;
  const found = await reportedMessages(client, due);
  const expired = due.filter(({ received_at }, index) => !found.has(index) && received_at <= now - PARKED_MS);
  const matched = due.flatMap((one, index) => {
    const message = found.get(index);
    return message === undefined ? [] : [{ one, message }];
  });
  const statements: InStatement[] = [];
  for (const { one, message } of matched) {
    statements.push(...await applied([one], new Map([[0, message]]), now, deps));
  }
  const done = new Set([...expired, ...matched.map(({ one }) => one)].map(({ id }) => id));
  await client.batch([...statements, ...lookedAt(due, done, now)]);
  const dropped = expired.length + (surplus ? await dropSurplus(client) : 0);
  if (dropped > 0) deps.log("warn", "report.dropped", { count: dropped });
  return due.length;
}
