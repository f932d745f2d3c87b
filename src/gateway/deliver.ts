import type { DeliveryReport } from "../carriers/carrier.ts";
import { isDatabaseDown } from "../store/database_error.ts";
import { applyReports, reportedMessages } from "../store/reports.ts";
import { Batcher } from "./batcher.ts";
import { type CarrierOptOut, suppressFromCarrier } from "./carrier_opt_out.ts";
import type { Deps } from "./gateway.ts";

export interface Reported {
  carrier_id: string;
  report: DeliveryReport;
}

export interface Reporter {
  /** Resolves when the report is durable; false when no message of this carrier matches it. */
  submit(reported: Reported): Promise<boolean>;
}

/** Delivery reports in groups. Status only moves up the ladder; late, repeated and reordered reports change nothing (invariant 7). */
export function reporter(deps: Deps): Reporter {
  const batcher = new Batcher<Reported, boolean>(
    (group) => applyGroup(group, deps),
    ({ carrier_id, report }) => [report.messageId ?? `${carrier_id} ${report.carrierMessageId}`],
    { groupSize: 256, groups: 2 },
    isDatabaseDown,
  );
  return { submit: (reported) => batcher.submit(reported) };
}

async function applyGroup(group: Reported[], deps: Deps): Promise<boolean[]> {
  const { client } = deps.db;
  const found = await reportedMessages(client, group);
  const now = deps.now();
  const known = group.flatMap(({ carrier_id, report }, index) => {
    const message = found.get(index);
    return message === undefined ? [] : [{ carrier_id, message, report }];
  });
  if (known.length > 0) {
    const optOuts = known.flatMap(({ carrier_id, message, report }): CarrierOptOut[] =>
      report.error?.optedOut
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
    await client.batch([
      ...applyReports(known.map(({ message, report }) => ({ id: message.id, report })), now),
      ...suppress,
    ]);
  }
  return group.map((_, index) => found.has(index));
}
