import {
  type CampaignCounts,
  type CampaignState,
  clicksOf,
  type Fuse,
  type PauseReason,
  progressOf,
  statusesOf,
} from "../../core/campaign.ts";
import type { Category } from "../../core/message.ts";
import type { SavedAudience } from "../../store/campaigns/audience.ts";
import type { CampaignRow } from "../../store/campaigns/campaigns.ts";
import { instant, instantOrNull } from "../message_view.ts";
import { revisionOf } from "./revision.ts";

/** A campaign as the API and webhooks show it. */
export interface CampaignView {
  id: string;
  name: string;
  state: CampaignState;
  pause_reason: PauseReason | null;
  from: string;
  text: string;
  category: Category | null;
  purpose: string | null;
  settled_category: Category | null;
  max_segments: number | null;
  audience: SavedAudience;
  scheduled_at: string | null;
  valid_until: string | null;
  sending_window: Record<string, string> | null;
  rate_per_second: number | null;
  fuse: Fuse;
  /** Of what is written, from `name` to `fuse` (`revision.ts`). */
  revision: string;
  /** Whether everybody of the audience has their message. */
  complete: boolean;
  messages: number;
  /** Of how many nothing is left to do but wait for reports. */
  done: number;
  counts: Record<string, number>;
  opted_out: number;
  /** On short links, and people who clicked on any. */
  clicks: number;
  clicked: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export function campaignView(row: CampaignRow, counts: CampaignCounts = {}): CampaignView {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    pause_reason: row.state === "paused" ? row.pause_reason : null,
    from: row.sender,
    text: row.template,
    category: row.declared_category,
    purpose: row.purpose,
    settled_category: row.settled_category,
    max_segments: row.max_segments,
    audience: JSON.parse(row.audience) as SavedAudience,
    scheduled_at: instantOrNull(row.scheduled_at),
    valid_until: instantOrNull(row.valid_until),
    sending_window: row.sending_window === null ? null : JSON.parse(row.sending_window) as Record<string, string>,
    rate_per_second: row.rate_per_second,
    fuse: JSON.parse(row.fuse) as Fuse,
    revision: revisionOf(row),
    complete: row.expanded_at !== null,
    ...progressOf(counts),
    counts: statusesOf(counts),
    opted_out: counts["opted_out"] ?? 0,
    ...clicksOf(counts),
    created_at: instant(row.created_at),
    started_at: instantOrNull(row.started_at),
    finished_at: instantOrNull(row.finished_at),
  };
}
