import type { ContactFilter } from "../../../api/contacts/filter.ts";
import type { Campaign } from "../../api_types.ts";
import { fieldsOf, type Form } from "../../form.ts";
import { instantOf, localOf } from "../../local_time.ts";
import { filterOf } from "../contacts/filter_form.ts";

/** A campaign as its form holds it, there and back. The API validates; what it cannot read reaches it as it was typed. */

/** Body of `POST /v1/campaigns`, of what somebody filled in; times are theirs. */
export function campaignOf({ text, all }: Pick<Form, "text" | "all">, zone: string): Record<string, unknown> {
  const time = (name: string) => {
    const typed = text(name);
    return typed === undefined ? undefined : instantOf(typed, zone) ?? typed;
  };
  const number = (name: string) => {
    const typed = text(name);
    return typed === undefined ? undefined : Number.isNaN(Number(typed)) ? typed : Number(typed);
  };
  const window = text("sending_window");
  return {
    name: text("name") ?? "",
    from: text("from") ?? "",
    text: text("text")?.replaceAll("\r\n", "\n") ?? "",
    category: text("category"),
    purpose: text("purpose"),
    audience: {
      lists: all("lists"),
      exclude_lists: all("exclude_lists"),
      filter: both(keptFilter(text("filter_kept")), filterOf({ text })),
    },
    scheduled_at: time("scheduled_at"),
    valid_until: time("valid_until"),
    sending_window: window === undefined ? undefined : windowOf(window),
    rate_per_second: number("rate_per_second"),
    max_segments: number("max_segments"),
    fuse: {
      opt_out_percent: number("fuse_opt_out"),
      failure_percent: number("fuse_failure"),
      after: number("fuse_after"),
    },
  };
}

/** The header by which a form changes only what it showed; without its field, nothing. */
export function asSeen({ text }: Pick<Form, "text">): { "if-match": string } {
  return { "if-match": `"${text("revision") ?? ""}"` };
}

/** What of a stored draft reads otherwise than what somebody filled in, by the API's names. */
export function differing(campaign: Campaign, typed: URLSearchParams, zone: string): ReadonlySet<string> {
  const [stored, mine] = [formOfCampaign(campaign, zone), typed].map((form) => campaignOf(fieldsOf(form), zone));
  return new Set(Object.keys(stored!).filter((name) => JSON.stringify(stored![name]) !== JSON.stringify(mine![name])));
}

/** What the form shows of a stored draft. */
export function formOfCampaign(campaign: Campaign, zone: string): URLSearchParams {
  const { audience: { lists, exclude_lists, filter }, fuse } = campaign;
  const { tags, language, q, fields = {}, ...others } = filter;
  const [field, ...moreFields] = Object.entries(fields);
  // The form has one field; what it cannot show it gives back as it came.
  const kept = { ...others, ...(moreFields.length === 0 ? {} : { fields: Object.fromEntries(moreFields) }) };
  const shown: Record<string, string | number | null | undefined> = {
    revision: campaign.revision,
    name: campaign.name,
    from: campaign.from,
    text: campaign.text,
    category: campaign.category,
    purpose: campaign.purpose,
    tag: tags?.join(", "),
    language,
    q,
    field_name: field?.[0],
    field_value: field?.[1],
    filter_kept: Object.keys(kept).length === 0 ? null : JSON.stringify(kept),
    scheduled_at: campaign.scheduled_at === null ? null : localOf(campaign.scheduled_at, zone),
    valid_until: campaign.valid_until === null ? null : localOf(campaign.valid_until, zone),
    sending_window: Object.entries(campaign.sending_window ?? {}).map((one) => one.join(" ")).join("; "),
    rate_per_second: campaign.rate_per_second,
    max_segments: campaign.max_segments,
    fuse_opt_out: fuse.opt_out_percent,
    fuse_failure: fuse.failure_percent,
    fuse_after: fuse.after,
  };
  return new URLSearchParams([
    ...Object.entries(shown).flatMap(([name, value]) =>
      value === null || value === undefined || value === "" ? [] : [[name, String(value)]]
    ),
    ...lists.map((id) => ["lists", id]),
    ...exclude_lists.map((id) => ["exclude_lists", id]),
  ]);
}

/** `mon-fri 10:00-18:00; sat 10:00-13:00`. */
function windowOf(typed: string): Record<string, string> {
  return Object.fromEntries(
    typed.split(";").map((one) => one.trim().split(/\s+/)).map(([days = "", ...hours]) => [days, hours.join("")]),
  );
}

function both(kept: ContactFilter, typed: ContactFilter): ContactFilter {
  if (kept.fields === undefined) return { ...kept, ...typed };
  return { ...kept, ...typed, fields: { ...kept.fields, ...typed.fields } };
}

function keptFilter(json: string | undefined): ContactFilter {
  if (json === undefined) return {};
  try {
    return JSON.parse(json) as ContactFilter;
  } catch {
    // Refused by the API, which knows no such key: without it the audience would be larger.
    return { kept: json } as ContactFilter;
  }
}
