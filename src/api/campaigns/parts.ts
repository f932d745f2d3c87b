import { parseTemplate } from "../../core/text/template.ts";
import { campaignView } from "../../gateway/campaigns/view.ts";
import type { Deps } from "../../gateway/gateway.ts";
import { reachableFromPhones } from "../../gateway/network/public_url.ts";
import type { ConfiguredSender } from "../../gateway/settings.ts";
import { type CampaignRow, countsOf, findCampaign } from "../../store/campaigns/campaigns.ts";
import { audienceIsGone } from "../../store/campaigns/lists.ts";
import type { Db } from "../../store/libsql/client.ts";
import { invalidField, problem, type ProblemError } from "../http/problem.ts";

/** What the routes of campaigns share. */

export const conflict = { 409: { description: "`wrong_state`: not possible in the state in which it is" } } as const;
/** @throws ProblemError 404. */
export async function foundCampaign(db: Db, id: string): Promise<CampaignRow> {
  const row = await findCampaign(db, id);
  if (row === null) throw problem(404, "not_found", "No such campaign");
  return row;
}

/** A campaign as the API shows it, with the number of its messages by status. */
export async function viewOf(db: Db, row: CampaignRow) {
  return campaignView(row, (await countsOf(db, [row.id])).get(row.id));
}

/** 409, for what its state does not allow. */
export function wrongState({ state }: CampaignRow, detail: string): ProblemError {
  return problem(409, "wrong_state", "Not in this state", `The campaign is ${state}. ${detail}`);
}

/** @throws ProblemError 409 when the audience would not be the one that was meant. */
export async function requireLists(db: Db, { id }: CampaignRow): Promise<void> {
  if (!await audienceIsGone(db, id)) return;
  throw problem(409, "list_gone", "A list is gone", "The audience names a list that was deleted; write it anew.");
}

/** Short links are addresses of this gateway, which phones must be able to open. @throws ProblemError 422. */
export function requireOpenLinks(text: string, sender: ConfiguredSender, { publicUrl }: Pick<Deps, "publicUrl">): void {
  const parsed = parseTemplate(text);
  if ("problem" in parsed || parsed.template.links.length === 0) return;
  if (!sender.real || reachableFromPhones(publicUrl)) return;
  throw invalidField(
    "text",
    "has a short link, and PARLEY_PUBLIC_URL is not set to an address that phones can open",
    "public_url_unreachable",
  );
}
