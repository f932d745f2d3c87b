import { STATUSES } from "./message.ts";

/** Words of campaigns. */

/**
 * `draft`: being written. `scheduled`: waits for its time. `running`: its messages are made and leave. `paused`: nothing leaves until
 * it is resumed. `canceled` and `done` are for good.
 */
export const CAMPAIGN_STATES = ["draft", "scheduled", "running", "paused", "canceled", "done"] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Who or what paused it: somebody, the fuse, a doubt about its words that a person has to settle, or that its sender was removed. */
export const PAUSE_REASONS = ["by_hand", "opt_outs", "failures", "needs_review", "sender_gone"] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Pauses a campaign when more than so many of a hundred left because of it, or did not get it. */
export interface Fuse {
  opt_out_percent: number;
  failure_percent: number;
  /** Handed over before it may blow: of few, one is many percent. */
  after: number;
}

/** What the fuse looks at; counted since the campaign was started or last resumed. */
export interface FuseCounts {
  handed_over: number;
  opted_out: number;
  failed: number;
}

/** Why the fuse blows; null while all is well. */
export function blown(fuse: Fuse, { handed_over, opted_out, failed }: FuseCounts): "opt_outs" | "failures" | null {
  if (handed_over < fuse.after) return null;
  if (opted_out * 100 > fuse.opt_out_percent * handed_over) return "opt_outs";
  return failed * 100 > fuse.failure_percent * handed_over ? "failures" : null;
}

/**
 * How many messages have each status; `opted_out`: how many people left because of the campaign; how many `clicks` there were on its
 * links and how many people `clicked`, of all links and of each by its place (`clicks 0`).
 */
export type CampaignCounts = Readonly<Record<string, number>>;

const OPEN = ["queued", "held", "sending"] as const;

/** How many messages there are, and of how many nothing is left to do but wait for reports. */
export function progressOf(counts: CampaignCounts): { messages: number; done: number } {
  const messages = sumOf(counts, STATUSES);
  return { messages, done: messages - sumOf(counts, OPEN) };
}

/** The numbers of messages alone, without those that are none. */
export function statusesOf(counts: CampaignCounts): Record<string, number> {
  return Object.fromEntries(STATUSES.flatMap((name) => (counts[name] ?? 0) > 0 ? [[name, counts[name]!]] : []));
}

/** On all links of a campaign, or on one by its place in the text. */
export function clicksOf(counts: CampaignCounts, link?: number): { clicks: number; clicked: number } {
  const of = link === undefined ? "" : ` ${link}`;
  return { clicks: counts[`clicks${of}`] ?? 0, clicked: counts[`clicked${of}`] ?? 0 };
}

export function sumOf(counts: CampaignCounts, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}
