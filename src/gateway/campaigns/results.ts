import { clicksOf } from "../../core/campaign.ts";
import { parseTemplate } from "../../core/text/template.ts";
import { type CampaignRow, countsOf } from "../../store/campaigns/campaigns.ts";
import { resultsOf } from "../../store/campaigns/results.ts";
import type { Deps } from "../gateway.ts";
import { instant } from "../message_view.ts";

/** What became of the messages of one carrier, country and hour. */
export interface ResultLine {
  carrier_id: string;
  country: string;
  /** The hour in which they were handed over. */
  hour: string;
  handed_over: number;
  delivered: number;
  /** Of a hundred handed over. */
  delivery_percent: number;
  /** Why others did not arrive, by code: `unreported` where no report came yet. */
  reasons: Record<string, number>;
}

export interface CampaignResults {
  lines: ResultLine[];
  handed_over: number;
  delivered: number;
  delivery_percent: number;
  segments: number;
  /** Why messages never left, by code. */
  not_sent: Record<string, number>;
  /** People who wrote to the sender after they got it. */
  replied: number;
  reply_percent: number;
  opted_out: number;
  opt_out_percent: number;
  /** On its short links, and people who clicked on any. */
  clicks: number;
  clicked: number;
  click_percent: number;
  /** The same of each link, in the order of the text. */
  links: { url: string; clicks: number; clicked: number; click_percent: number }[];
}

const HOUR = 3_600_000;

/** Reads every message of a campaign once, in pieces: a second for some hundred thousand. */
export async function campaignResults(
  { id, template }: Pick<CampaignRow, "id" | "template">,
  { db, settings }: Pick<Deps, "db" | "settings">,
): Promise<CampaignResults> {
  const { rulebook } = await settings.current();
  const parsed = parseTemplate(template);
  const urls = "problem" in parsed ? [] : parsed.template.links;
  const lines = new Map<string, ResultLine>();
  const results: CampaignResults = {
    lines: [],
    handed_over: 0,
    delivered: 0,
    delivery_percent: 0,
    segments: 0,
    not_sent: {},
    replied: 0,
    reply_percent: 0,
    opted_out: 0,
    opt_out_percent: 0,
    clicks: 0,
    clicked: 0,
    click_percent: 0,
    links: [],
  };
  for await (const rows of resultsOf(db.client, id)) {
    for (const row of rows) {
      // A phone may be off until the carrier gives up; what ran out of time here has no instant at which it was sent.
      if (!LEFT.has(row.status) && !(row.status === "expired" && row.sent_at !== null)) {
        count(results.not_sent, row.error_code ?? row.status);
        continue;
      }
      const country = rulebook.locate(row.person).country ?? "unknown";
      // One that was refused by the carrier at once never got an instant of its own.
      const hour = row.sent_at === null ? "none" : instant(Math.floor(row.sent_at / HOUR) * HOUR);
      const key = JSON.stringify([hour, country, row.carrier_id]);
      let line = lines.get(key);
      if (line === undefined) {
        line = {
          carrier_id: row.carrier_id ?? "none",
          country,
          hour,
          handed_over: 0,
          delivered: 0,
          delivery_percent: 0,
          reasons: {},
        };
        lines.set(key, line);
      }
      line.handed_over++;
      results.handed_over++;
      results.segments += row.segments;
      results.replied += row.replied;
      if (row.status === "delivered") {
        line.delivered++;
        results.delivered++;
      } else count(line.reasons, row.status === "sent" ? "unreported" : row.error_code ?? row.status);
    }
  }
  results.lines = [...lines].sort(([a], [b]) => a < b ? -1 : 1).map(([, line]) => ({
    ...line,
    delivery_percent: percent(line.delivered, line.handed_over),
  }));
  results.delivery_percent = percent(results.delivered, results.handed_over);
  results.reply_percent = percent(results.replied, results.handed_over);
  const counts = (await countsOf(db, [id])).get(id) ?? {};
  const clicks = (link?: number) => {
    const { clicks, clicked } = clicksOf(counts, link);
    return { clicks, clicked, click_percent: percent(clicked, results.handed_over) };
  };
  results.opted_out = counts["opted_out"] ?? 0;
  results.opt_out_percent = percent(results.opted_out, results.handed_over);
  Object.assign(results, clicks());
  results.links = urls.map((url, link) => ({ url, ...clicks(link) }));
  return results;
}

const LEFT = new Set(["sent", "delivered", "undelivered", "failed", "unknown"]);

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round(part * 10_000 / whole) / 100;
}
