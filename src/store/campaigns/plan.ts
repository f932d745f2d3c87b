import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";
import type { CampaignRow } from "./campaigns.ts";

/** Until when a campaign has planned its messages, and what its rate follows from. */
export type CampaignPlan = Pick<CampaignRow, "id" | "sender" | "rate_per_second" | "planned" | "planned_from">;

export async function plansOf(client: DbClient, ids: readonly string[]): Promise<CampaignPlan[]> {
  const { rows } = await client.execute({
    sql: `select id, sender, rate_per_second, planned, planned_from from campaigns
      where id in (select value from json_each(?))`,
    args: [JSON.stringify(ids)],
  });
  return rows as unknown as CampaignPlan[];
}

/** Takes places behind all that a campaign has planned, or from `now` on when that is over. `gap`: ms between two messages. */
export function takePlaces(
  id: string,
  { places, gap, now }: { places: number; gap: number; now: number },
): InStatement {
  const over = "planned_from + planned * :gap < :now";
  return {
    sql: `update campaigns set planned = iif(${over}, 0, planned) + :places,
      planned_from = iif(${over}, :now, planned_from) where id = :id`,
    args: { id, places, gap, now },
  };
}
