import { alikeKey } from "../../core/alike.ts";
import type { SendingWindow } from "../../core/message.ts";
import { measure } from "../../core/text/segment.ts";
import { fillTemplate, parseTemplate, type Template, type TemplatePart } from "../../core/text/template.ts";
import { isSeen } from "../../core/text/text.ts";
import type { Recipient } from "../../store/campaigns/audience.ts";
import type { CampaignRow } from "../../store/campaigns/campaigns.ts";
import type { SharedColumns } from "../../store/campaigns/ledger.ts";
import type { Facts } from "../../store/messages/facts.ts";
import type { Deps } from "../gateway.ts";
import type { LinkTokens } from "../links/link_tokens.ts";
import { composeDraft, type Draft, draftRow, inputOf } from "../pipeline/compose.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";
import { linkMark, shortUrl } from "./short_links.ts";

/** What a campaign is, as far as its messages depend on it. */
export interface Plan {
  campaign: Pick<
    CampaignRow,
    | "id"
    | "declared_category"
    | "purpose"
    | "settled_category"
    | "max_segments"
    | "valid_until"
    | "scheduled_at"
    | "copies"
  >;
  template: Template;
  sender: ConfiguredSender;
  sending_window: SendingWindow | null;
}

/** What a plan is made from; a draft that was never stored will do. */
export type PlannedCampaign = Plan["campaign"] & Pick<CampaignRow, "sender" | "template" | "sending_window">;

/** What carriers accept at most. */
const MAX_SEGMENTS = 10;

/** Null when the sender is gone. */
export function planOf(campaign: PlannedCampaign, settings: Settings): Plan | null {
  const sender = settings.senders.get(campaign.sender);
  const parsed = parseTemplate(campaign.template);
  // What is stored was read before; only a sender can go.
  if (sender === undefined || "problem" in parsed) return null;
  return {
    campaign,
    template: parsed.template,
    sender,
    sending_window: campaign.sending_window === null ? null : JSON.parse(campaign.sending_window) as SendingWindow,
  };
}

/** The messages of some recipients as they are decided now. */
export interface ComposedGroup {
  /** One for each recipient, in order: which of `shared` is theirs. */
  places: number[];
  /** With marks in place of what each recipient has of their own (`ownTokens`). */
  shared: SharedColumns[];
  /** One for the token of the unsubscribe page where its sender may need that, then one for each short link. */
  marks: string[];
  /** True when a person has to look at the words before any of it may leave. */
  doubtful: boolean;
}

const NOTHING_LEFT = "";

/**
 * Decides a group by the rules, as single messages are; those who are alike in all that the rules ask about, once. No rule may ask about
 * the letters of their links, for which marks of the same length stand.
 */
export function composeGroup(
  recipients: readonly Recipient[],
  facts: readonly Facts[],
  plan: Plan,
  { settings, now, publicUrl, tokens }: Pick<Deps, "publicUrl" | "tokens"> & { settings: Settings; now: number },
): ComposedGroup {
  const { rulebook } = settings;
  const shared: SharedColumns[] = [];
  const known = new Map<string, number>();
  // One that nobody can have written into a text, and that is decided about by its length alone (core/mention.ts).
  const unsubscribeMark = mayNeedPage(plan) ? tokens.make() : null;
  const linkMarks = plan.template.links.map((_, link) => linkMark(link));
  const links = linkMarks.map((mark) => shortUrl(publicUrl, mark));
  let doubtful = false;
  const place = (key: string, make: () => SharedColumns): number => {
    const same = known.get(key);
    if (same !== undefined) return same;
    const made = shared.push(make()) - 1;
    known.set(key, made);
    return made;
  };
  const places = recipients.map((recipient, index) => {
    const filled = fillTemplate(plan.template, recipient, links);
    const missing = "missing" in filled ? filled.missing : !isSeen(filled.text) ? NOTHING_LEFT : null;
    if (missing !== null || "missing" in filled) {
      return place(`\0${missing}`, () => unfilled(plan, missing === NOTHING_LEFT ? null : missing, settings));
    }
    const { person } = facts[index]!;
    const draft = draftTo(recipient.msisdn, filled.text, plan, unsubscribeMark);
    return place(alikeKey(inputOf(draft, person, now), rulebook), () => {
      const composed = composeDraft(draft, person, { rulebook, now, publicUrl, tokens });
      doubtful ||= composed.verdict.review !== null;
      return draftRow(draft, composed, { id: "", conversation_id: "", now, settings });
    });
  });
  return { places, shared, marks: [...unsubscribeMark === null ? [] : [unsubscribeMark], ...linkMarks], doubtful };
}

/** What stands in a message in place of the marks, in their order; empty for one that does not stand in it. */
export function ownTokens(
  id: string,
  { unsubscribe_token }: SharedColumns,
  plan: Plan,
  { make, short }: LinkTokens,
): string[] {
  const { links } = plan.template;
  const page = mayNeedPage(plan) ? [unsubscribe_token ? make() : ""] : [];
  return links.length === 0 ? page : [...page, ...short.of(id, links.length)];
}

/** Only a name cannot be answered. */
function mayNeedPage({ sender }: Plan): boolean {
  return sender.kind === "alphanumeric";
}

function draftTo(
  to: string,
  text: string,
  { campaign, sender, sending_window }: Plan,
  unsubscribeMark: string | null,
): Draft {
  return {
    to,
    sender,
    text,
    category: campaign.declared_category,
    purpose: campaign.purpose,
    // Its time has come: a campaign is not made before.
    scheduled_at: null,
    valid_until: campaign.valid_until,
    max_segments: campaign.max_segments ?? MAX_SEGMENTS,
    metadata: null,
    copies: campaign.copies ?? 1,
    settled_category: campaign.settled_category,
    reply: null,
    unsubscribe_token: unsubscribeMark,
    sending_window,
  };
}

/** A recipient of whom the text has nothing to say is in the ledger as well, with the reason. */
function unfilled({ template, sender, campaign }: Plan, missing: string | null, settings: Settings): SharedColumns {
  const text = template.parts.map((part) => asWritten(part, template)).join("");
  const { encoding, segments } = measure(text);
  return {
    status: "refused",
    text,
    category: null,
    declared_category: campaign.declared_category,
    purpose: campaign.purpose,
    encoding,
    segments,
    priority: 2,
    carrier_id: sender.carrier_id,
    error_code: "field_missing",
    error_detail: missing === null
      ? "Nothing is left of the text for this contact."
      : `The contact has no ${missing}, and the text has nothing to fall back on: {${missing}|…}.`,
    decision: JSON.stringify({
      rulebook: settings.rulebook.hash,
      outcome: "refuse",
      category_source: "rules",
      intent: null,
      rules: [],
    }),
  };
}

function asWritten(part: TemplatePart, { links }: Template): string {
  if (typeof part === "string") return part;
  return part.kind === "link" ? links[part.link]! : part.kind === "name" ? "{name}" : `{field.${part.field}}`;
}
