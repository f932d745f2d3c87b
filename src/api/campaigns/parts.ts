import { z } from "@hono/zod-openapi";
import { parseTemplate } from "../../core/text/template.ts";
import { revisionOf } from "../../gateway/campaigns/revision.ts";
import { campaignView } from "../../gateway/campaigns/view.ts";
import type { Deps } from "../../gateway/gateway.ts";
import { reachableFromPhones } from "../../gateway/network/public_url.ts";
import type { ConfiguredSender } from "../../gateway/settings.ts";
import { type CampaignRow, countsOf, findCampaign } from "../../store/campaigns/campaigns.ts";
import { audienceIsGone } from "../../store/campaigns/lists.ts";
import type { Db } from "../../store/libsql/client.ts";
import { invalidField, problem, type ProblemError } from "../http/problem.ts";

/** What the routes of campaigns share. */

/** Request header of what changes a draft. */
export const IfMatch = z.object({
  "if-match": z.string().max(1_000).optional().openapi({
    description: "The `ETag` of the campaign as you saw it. When it reads otherwise by now, nothing is done (412)",
  }),
});

export const changed = {
  412: { description: "`campaign_changed`: `If-Match` names another text than the one that stands there" },
} as const;

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

/** The entity tag of what is written: of a campaign that runs it stays, whatever is counted. */
export const etagOf = (revision: string) => `"${revision}"`;

/**
 * What a change must still find there: the row when `If-Match` names what it says, null when nothing was asked for.
 * @throws ProblemError 412.
 */
export function requireMatch(row: CampaignRow, ifMatch: string | undefined): CampaignRow | null {
  if (ifMatch === undefined) return null;
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  if (!tags.includes("*") && !tags.includes(etagOf(revisionOf(row)))) throw changedMeanwhile(row, ifMatch);
  return tags.includes("*") ? null : row;
}

/**
 * Why a draft could not be changed a moment after it was found: it is gone, no draft any more (`over` says what it would have to be), or
 * says something else.
 */
export async function lostTo(db: Db, id: string, ifMatch: string | undefined, over: string): Promise<ProblemError> {
  const row = await foundCampaign(db, id);
  if (row.state !== "draft") return wrongState(row, over);
  return ifMatch === undefined
    ? wrongState(row, "It was written anew in this very moment; look at it again.")
    : changedMeanwhile(row, ifMatch);
}

function changedMeanwhile(row: CampaignRow, ifMatch: string): ProblemError {
  const etag = etagOf(revisionOf(row));
  return problem(
    412,
    "campaign_changed",
    "The campaign was changed elsewhere",
    `Its ETag is ${etag}, not ${ifMatch || "empty"}: in another window, perhaps. Nothing was done; look at it again.`,
    { etag },
  );
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
