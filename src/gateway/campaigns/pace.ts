import type { InStatement } from "@libsql/client/web";
import type { CampaignRow } from "../../store/campaigns/campaigns.ts";
import { plansOf, takePlaces } from "../../store/campaigns/plan.ts";
import type { Redecided } from "../../store/dispatch/outbox.ts";
import type { WaitingRow } from "../../store/dispatch/waiting.ts";
import type { DbClient } from "../../store/libsql/client.ts";
import type { Settings } from "../settings.ts";

/** Milliseconds between two messages of a campaign: its own rate, within its sender's, so that others of the sender get their turn. */
export function gapOf(
  { rate_per_second, sender }: Pick<CampaignRow, "rate_per_second" | "sender">,
  { senders }: Settings,
): number {
  const most = senders.get(sender)?.rate_per_second ?? 1;
  return 1_000 / Math.min(rate_per_second ?? most, most);
}

/**
 * Messages of campaigns that wait for no more than the end of a hold, and may leave now, one after the other at their campaign's rate:
 * all whom one evening cut off wait for the same morning. Those that have a place in the plan keep it. `statements` take the places.
 */
export async function inPace(
  client: DbClient,
  held: readonly WaitingRow[],
  decided: readonly Redecided[],
  { settings, now }: { settings: Settings; now: number },
): Promise<{ rows: Redecided[]; statements: InStatement[] }> {
  const rows = [...decided];
  const placeless = Map.groupBy(
    rows.keys().filter((at) => rows[at]!.status === "queued" && !hasPlace(held[at]!)),
    (at) => held[at]!.campaign_id!,
  );
  if (placeless.size === 0) return { rows, statements: [] };
  const statements: InStatement[] = [];
  for (const plan of await plansOf(client, [...placeless.keys()])) {
    const gap = gapOf(plan, settings);
    const from = Math.max(now, plan.planned_from + plan.planned * gap);
    const waiting = placeless.get(plan.id)!;
    for (const [place, at] of waiting.entries()) rows[at] = { ...rows[at]!, due_at: Math.round(from + place * gap) };
    statements.push(takePlaces(plan.id, { places: waiting.length, gap, now }));
  }
  return { rows, statements };
}

/** What was planned is due behind the end of its hold; after a pause everybody was planned anew. */
function hasPlace({ campaign_id, due_at = null, hold_until = null, hold_reason }: WaitingRow): boolean {
  return campaign_id === null || due_at === null || hold_until === null || due_at > hold_until ||
    hold_reason === "paused";
}
