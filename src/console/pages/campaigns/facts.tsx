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
  /** By the API's names; all without it. */
  only?: ReadonlySet<string>;
}

/** What was written: the text, for whom, when and within which limits. */
export function CampaignFacts({ c, campaign, lists, only }: Props) {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const names = new Map(lists.map(({ id, name }) => [id, name]));
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? id).join(", ");
  const { audience, fuse } = campaign;
  const narrowed = filterText(audience.filter, reader.language, lists);
  const category = campaign.settled_category ?? campaign.category;
  const window = Object.entries(campaign.sending_window ?? {}).map((one) => one.join(" ")).join("; ");
  const time = (at: string | null) => at === null ? null : <When at={at} reader={reader} />;
  const facts: [name: keyof Campaign, label: string, value: Child][] = [
    ["name", words.name, only === undefined ? null : campaign.name],
    ["from", words.from, campaign.from],
    ["text", words.text, <span class="said">{campaign.text}</span>],
    [
      "category",
      words.category,
      category === null ? words.category_unsaid : messageWords(reader.language).categories[category],
    ],
    ["purpose", words.purpose, campaign.purpose],
    ["audience", words.audience, named(audience.lists) || narrowed || words.everybody],
    ["audience", words.narrow, named(audience.lists) === "" ? null : narrowed || null],
    ["audience", words.exclude, named(audience.exclude_lists) || null],
    ["scheduled_at", words.scheduled_at, time(campaign.scheduled_at)],
    ["valid_until", words.valid_until, time(campaign.valid_until)],
    ["sending_window", words.window, window || null],
    ["rate_per_second", words.rate, campaign.rate_per_second],
    ["max_segments", words.max_segments, campaign.max_segments],
    [
      "fuse",
      words.fuse,
      `${words.fuse_opt_out}: ${fuse.opt_out_percent}, ${words.fuse_failure}: ${fuse.failure_percent}, ${words.fuse_after}: ${fuse.after}`,
    ],
  ];
  const shown = only === undefined
    ? facts.filter(([, , value]) => value !== null)
    // Of what differs, that it says nothing is said too; what an audience has no part in, it has not.
    : facts.filter(([name, , value]) => only.has(name) && (value !== null || name !== "audience"));
  return (
    <section class="card" aria-label={words.text}>
      <dl class="facts">
        {shown.map(([, label, value]) => (
          <>
            <dt>{label}</dt>
            <dd class="said">{value ?? "–"}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
