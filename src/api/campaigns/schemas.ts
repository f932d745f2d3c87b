import { z } from "@hono/zod-openapi";
import { CAMPAIGN_STATES, PAUSE_REASONS } from "../../core/campaign.ts";
import { parseTemplate } from "../../core/text/template.ts";
import { isSeen } from "../../core/text/text.ts";
import { compileWeek } from "../../core/time/quiet_hours.ts";
import { ContactFilter, ListId } from "../contacts/filter.ts";
import { line, UNSEEN } from "../http/fields.ts";
import { Category, Instant, Purpose } from "../http/schemas.ts";

/** A text of ten segments of GSM-7, with room for the names of fields. */
const MAX_TEMPLATE = 3_000;

const TemplateText = z.string().max(MAX_TEMPLATE).refine(isSeen, UNSEEN)
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "must be text")
  .superRefine((text, context) => {
    const parsed = parseTemplate(text);
    if ("problem" in parsed) context.addIssue({ code: "custom", message: parsed.problem });
  }).openapi({
    description:
      "`{name}` is the contact's name, `{field.NAME}` a custom field; `{name|friend}` says `friend` where there is none. " +
      "Without words to fall back on, contacts who lack it are left out (`field_missing`). `{link https://shop.example/winter}` " +
      "becomes a short link of each recipient's own, whose clicks are counted. A brace itself is written twice",
    example: "Bonjour {name|cher client}, -20% ce week-end à {field.city|Lyon} !",
  });

const SendingWindow = z.record(z.string().max(20), z.string().max(20)).superRefine((open, context) => {
  try {
    compileWeek(open);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
}).openapi({
  description: "Hours at the recipient's place, within what the country allows; a day that is not named is closed",
  example: { "mon-fri": "10:00-18:00" },
});

const Percent = z.number().min(0).max(100);
const Fuse = z.strictObject({
  opt_out_percent: Percent.default(5),
  failure_percent: Percent.default(25),
  after: z.number().int().min(1).max(1_000_000).default(100).openapi({ description: "Handed over before it may blow" }),
}).openapi({
  description: "Pauses the campaign when more than so many of a hundred leave because of it, or do not get it",
});

const Audience = z.strictObject({
  lists: z.array(ListId).max(20).default([]).openapi({
    description: "On any of these; none means the whole address book",
  }),
  filter: ContactFilter.default({}).openapi({ description: "And whom this means" }),
  exclude_lists: z.array(ListId).max(20).default([]).openapi({ description: "And on none of these" }),
});

export const NewCampaign = z.strictObject({
  name: line(100).openapi({ example: "Winter sale" }),
  from: z.string().min(1).max(20).openapi({ description: "One of your senders", example: "36105" }),
  text: TemplateText,
  category: Category.optional().openapi({ description: "Checked against the words; a mixed message is commercial" }),
  purpose: Purpose.optional().openapi({ description: "As of a message: what its people must have agreed to" }),
  audience: Audience,
  scheduled_at: Instant.optional().openapi({ description: "When it begins; at once when left out" }),
  valid_until: Instant.optional().openapi({
    description: "After this instant no message of it is handed over any more",
  }),
  sending_window: SendingWindow.optional(),
  rate_per_second: z.number().min(0.01).max(10_000).optional().openapi({
    description: "Messages planned a second; the sender's own rate holds in any case",
  }),
  max_segments: z.number().int().min(1).max(10).optional(),
  fuse: Fuse.default({ opt_out_percent: 5, failure_percent: 25, after: 100 }),
}).openapi("NewCampaign");
export type NewCampaign = z.infer<typeof NewCampaign>;

export const Campaign = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(CAMPAIGN_STATES),
  pause_reason: z.enum(PAUSE_REASONS).nullable(),
  from: z.string(),
  text: z.string(),
  category: Category.nullable(),
  purpose: z.string().nullable(),
  settled_category: Category.nullable(),
  max_segments: z.number().int().nullable(),
  audience: Audience,
  scheduled_at: z.string().nullable(),
  valid_until: z.string().nullable(),
  sending_window: z.record(z.string(), z.string()).nullable(),
  rate_per_second: z.number().nullable(),
  fuse: Fuse,
  revision: z.string().openapi({
    description: "Names what is written, from `name` to `fuse`; in quotation marks the `ETag`, for `If-Match`",
  }),
  complete: z.boolean().openapi({ description: "Everybody of the audience has their message" }),
  messages: z.number().int(),
  done: z.number().int().openapi({ description: "Messages of which nothing is left to do but wait for reports" }),
  counts: z.record(z.string(), z.number().int()).openapi({ description: "Messages by status" }),
  opted_out: z.number().int().openapi({ description: "People who left within seven days of their message" }),
  clicks: z.number().int().openapi({ description: "On its short links, as far as they were people's" }),
  clicked: z.number().int().openapi({ description: "People who clicked on any of them" }),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
}).openapi("Campaign");

const Counts = z.record(z.string(), z.number().int());

export const Preview = z.object({
  recipients: z.number().int(),
  complete: z.boolean().openapi({ description: "Whether that is everybody of the audience" }),
  queued: z.number().int(),
  held: Counts.openapi({ description: "By reason" }),
  refused: Counts.openapi({ description: "By code" }),
  segments: z.number().int(),
  cost: z.object({ amount: z.number(), currency: z.string() }).nullable().openapi({
    description: "By the prices of `rules/deployment.yaml`; null when it names none",
  }),
  samples: z.array(z.object({
    to: z.string(),
    text: z.string(),
    status: z.string(),
    segments: z.number().int(),
    encoding: z.string(),
    category: z.string().nullable(),
    hold_reason: z.string().nullable(),
    hold_until: z.string().nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  })),
}).openapi("CampaignPreview");

export const Results = z.object({
  handed_over: z.number().int(),
  delivered: z.number().int(),
  delivery_percent: z.number(),
  segments: z.number().int(),
  not_sent: Counts.openapi({ description: "Why messages never left, by code or status" }),
  replied: z.number().int().openapi({ description: "People who wrote to the sender after they got it" }),
  reply_percent: z.number(),
  opted_out: z.number().int(),
  opt_out_percent: z.number(),
  clicks: z.number().int(),
  clicked: z.number().int(),
  click_percent: z.number().openapi({ description: "People who clicked, of a hundred messages handed over" }),
  links: z.array(z.object({
    url: z.string(),
    clicks: z.number().int(),
    clicked: z.number().int(),
    click_percent: z.number(),
  })).openapi({ description: "The same of each short link of the text" }),
  lines: z.array(z.object({
    carrier_id: z.string(),
    country: z.string(),
    hour: z.string().openapi({ description: "In which they were handed over" }),
    handed_over: z.number().int(),
    delivered: z.number().int(),
    delivery_percent: z.number(),
    reasons: Counts.openapi({ description: "Why others did not arrive; `unreported`: no report came yet" }),
  })),
}).openapi("CampaignResults");
