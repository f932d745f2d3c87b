/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Campaign, ContactList } from "../../api_types.ts";
import type { ConsoleContext } from "../../console.ts";
import { When } from "../../parts.tsx";
import { filterText } from "../contacts/filter_words.ts";
import { messageWords } from "../messages/words.ts";
import { campaignWords } from "./words.ts";

interface Props {
  c: ConsoleContext;
  campaign: Campaign;
  lists: readonly ContactList[];
}

/** What was written: the text, for whom, when and within which limits. */
export function CampaignFacts({ c, campaign, lists }: Props) {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const names = new Map(lists.map(({ id, name }) => [id, name]));
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? id).join(", ");
  const { audience, fuse } = campaign;
  const narrowed = filterText(audience.filter, reader.language, lists);
  const category = campaign.settled_category ?? campaign.category;
  const window = Object.entries(campaign.sending_window ?? {}).map((one) => one.join(" ")).join("; ");
  const time = (at: string | null) => at === null ? null : <When at={at} reader={reader} />;
  const facts: [string, Child][] = [
    [words.from, campaign.from],
    [words.text, <span class="said">{campaign.text}</span>],
    [words.category, category === null ? words.category_unsaid : messageWords(reader.language).categories[category]],
    [words.purpose, campaign.purpose],
    [words.audience, named(audience.lists) || narrowed || words.everybody],
    [words.narrow, named(audience.lists) === "" ? null : narrowed || null],
    [words.exclude, named(audience.exclude_lists) || null],
    [words.scheduled_at, time(campaign.scheduled_at)],
    [words.valid_until, time(campaign.valid_until)],
    [words.window, window || null],
    [words.rate, campaign.rate_per_second],
    [words.max_segments, campaign.max_segments],
    [
      words.fuse,
      `${words.fuse_opt_out}: ${fuse.opt_out_percent}, ${words.fuse_failure}: ${fuse.failure_percent}, ${words.fuse_after}: ${fuse.after}`,
    ],
  ];
  return (
    <section class="card" aria-label={words.text}>
      <dl class="facts">
        {facts.filter(([, value]) => value !== null).map(([label, value]) => (
          <>
            <dt>{label}</dt>
            <dd class="said">{value}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
