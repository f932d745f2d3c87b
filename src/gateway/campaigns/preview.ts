import { nextRecipients, readAudience, type SavedAudience } from "../../store/campaigns/audience.ts";
import type { CampaignRow } from "../../store/campaigns/campaigns.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import type { Deps } from "../gateway.ts";
import { instantOrNull } from "../message_view.ts";
import { composeGroup, type PlannedCampaign, planOf } from "./compose.ts";

/** What a campaign would do if it began at an instant. */
export interface CampaignPreview {
  /** Everybody whom the audience means, or of whom `most` were looked at. */
  recipients: number;
  /** Whether that is everybody. */
  complete: boolean;
  queued: number;
  /** By reason, `needs_review` among them. */
  held: Record<string, number>;
  /** By code. */
  refused: Record<string, number>;
  /** Of what would be sent, now or later. */
  segments: number;
  /** Of those segments; null where the deployment names no prices. */
  cost: { amount: number; currency: string } | null;
  samples: PreviewedMessage[];
}

export interface PreviewedMessage {
  to: string;
  text: string;
  status: string;
  segments: number;
  encoding: string;
  category: string | null;
  hold_reason: string | null;
  hold_until: string | null;
  error: { code: string; detail: string } | null;
}

/** A draft, stored or not. */
export type PreviewedCampaign = PlannedCampaign & Pick<CampaignRow, "audience">;

const GROUP = 1_000;
/** Groups of contacts in which a preview of some recipients looks for them. */
const GROUPS = 100;

/** Counted up to this many, of how many a campaign has the same text: rules ask for no higher number. */
export const COPIES = 1_000;

/** How many the audience means, counted up to `most`, among the first contacts if `groups` of a thousand bound it. */
export async function countAudience(
  { db }: Pick<Deps, "db">,
  saved: SavedAudience,
  most: number,
  groups = Infinity,
): Promise<number> {
  const audience = await readAudience(db, saved);
  let found = 0;
  let after: string | null = "";
  for (let looked = 0; after !== null && found < most && looked < groups; looked++) {
    const { recipients, last }: Awaited<ReturnType<typeof nextRecipients>> = await nextRecipients(
      db.client,
      audience,
      after,
      GROUP,
    );
    found += recipients.length;
    after = last;
  }
  return Math.min(found, most);
}

/**
 * Decides everybody as the campaign would at the instant `at`, and stores nothing. `samples` messages are shown whole. Throws when the
 * sender is gone. With `most` it ends when so many were decided, or it has looked at 100,000 contacts. Memory does not grow with the audience, time does: some 20,000 recipients a second.
 */
export async function previewCampaign(
  campaign: PreviewedCampaign,
  { at, samples, most = Infinity }: { at: number; samples: number; most?: number },
  deps: Pick<Deps, "db" | "settings" | "publicUrl" | "tokens" | "people">,
): Promise<CampaignPreview> {
  const { db } = deps;
  const settings = await deps.settings.current();
  const saved = JSON.parse(campaign.audience) as SavedAudience;
  const reach = most === Infinity ? Infinity : GROUPS;
  const copies = campaign.copies ?? await countAudience(deps, saved, COPIES, reach);
  const plan = planOf({ ...campaign, copies }, settings);
  if (plan === null) throw new Error(`the sender ${campaign.sender} is gone`);
  const audience = await readAudience(db, saved);
  const { prices } = settings.rulebook.deployment;
  const preview: CampaignPreview = {
    recipients: 0,
    complete: true,
    queued: 0,
    held: {},
    refused: {},
    segments: 0,
    cost: prices === undefined ? null : { amount: 0, currency: prices.currency },
    samples: [],
  };
  const add = (counts: Record<string, number>, name: string) => counts[name] = (counts[name] ?? 0) + 1;
  let after: string | null = "";
  for (let groups = 0; after !== null; groups++) {
    if (preview.recipients >= most || groups >= reach) {
      preview.complete = false;
      break;
    }
    const { recipients, last }: Awaited<ReturnType<typeof nextRecipients>> = await nextRecipients(
      db.client,
      audience,
      after,
      GROUP,
    );
    after = last;
    if (recipients.length === 0) continue;
    const { sender, purpose } = campaign;
    const requests = recipients.map(({ msisdn }) => ({ person: msisdn, sender, purpose }));
    const facts = await loadFacts(deps, requests, at);
    const { places, shared } = composeGroup(recipients, facts, plan, {
      settings,
      now: at,
      publicUrl: deps.publicUrl,
      tokens: deps.tokens,
    });
    for (const [index, { msisdn }] of recipients.entries()) {
      const one = shared[places[index]!]!;
      preview.recipients++;
      if (one.status === "refused") add(preview.refused, one.error_code!);
      else {
        if (one.status === "held") add(preview.held, one.hold_reason!);
        else preview.queued++;
        preview.segments += one.segments;
        if (preview.cost !== null && prices !== undefined) {
          const { country } = settings.rulebook.locate(msisdn);
          preview.cost.amount += one.segments * (prices.per_segment[country ?? ""] ?? prices.elsewhere);
        }
      }
      if (preview.samples.length < samples) {
        preview.samples.push({
          to: msisdn,
          text: one.text,
          status: one.status,
          segments: one.segments,
          encoding: one.encoding,
          category: one.category ?? null,
          hold_reason: one.hold_reason ?? null,
          hold_until: instantOrNull(one.hold_until),
          error: one.error_code ? { code: one.error_code, detail: one.error_detail ?? "" } : null,
        });
      }
    }
  }
  if (preview.cost !== null) preview.cost.amount = Math.round(preview.cost.amount * 10_000) / 10_000;
  return preview;
}
