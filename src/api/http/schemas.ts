import { z } from "@hono/zod-openapi";
import { MESSAGE_HOLD_REASONS, STATUSES } from "../../core/message.ts";
import { digits, line } from "./fields.ts";
import { ProblemSchema } from "./problem.ts";

/** Schemas used by more than one route. The same objects validate requests and make the OpenAPI document. */

const [EARLIEST, LATEST] = [Date.parse("1970-01-01T00:00:00Z"), Date.parse("2099-12-31T23:59:59.999Z")];
/** Of a few years, since an offset makes of the first and the last one what RFC 3339 cannot write. */
export const Instant = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  // What is no instant at all has been told of already.
  return !(at < EARLIEST || at > LATEST);
}, "must lie between 1970 and 2099").openapi({ example: "2026-11-25T10:00:00+01:00" });
/** What a person agrees to, and an advertisement asks for. */
export const Purpose = line(100).regex(
  /^(commercial|(partner|informative):\S.{0,79})$/,
  "must be commercial, partner:NAME or informative:TYPE",
);
export const Category = z.enum(["commercial", "informative"]);

export const RuleTrace = z.object({
  id: z.string(),
  reason: z.string(),
  source: z.string(),
  confidence: z.string(),
  effect: z.string(),
}).openapi("RuleTrace");

export const Decision = z.object({
  rulebook: z.string(),
  outcome: z.enum(["allow", "hold", "refuse"]),
  category_source: z.enum(["declared", "rules"]),
  intent: z.string().nullable(),
  rules: z.array(RuleTrace),
}).openapi("Decision");

export const Message = z.object({
  id: z.string(),
  direction: z.enum(["outbound", "inbound"]),
  status: z.enum(STATUSES),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  submitted_text: z.string(),
  category: Category.nullable(),
  purpose: z.string().nullable().openapi({
    description: "What the person must have agreed to, where the caller named it",
  }),
  segments: z.number().int(),
  encoding: z.enum(["GSM-7", "UCS-2"]),
  hold_until: z.string().nullable(),
  hold_reason: z.enum(MESSAGE_HOLD_REASONS).nullable(),
  scheduled_at: z.string().nullable(),
  valid_until: z.string().nullable(),
  carrier_id: z.string().nullable(),
  carrier_message_id: z.string().nullable(),
  conversation_id: z.string(),
  campaign_id: z.string().nullable(),
  repeats: z.string().nullable().openapi({
    description:
      "Inbound: the message with the same words that the person sent seconds before, when the carrier brought it again " +
      "under another id. It counts, but nothing is answered to it and nothing is lifted by it",
  }),
  incomplete: z.boolean().openapi({
    description: "Inbound: parts of a long message never came; `[…]` stands where they are missing",
  }),
  metadata: z.record(z.string(), z.string()).openapi({
    description: "Inbound: `media` holds the addresses of pictures and other media, separated by spaces",
  }),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  created_at: z.string(),
  sent_at: z.string().nullable(),
  delivered_at: z.string().nullable(),
  intent: z.string().nullable(),
  decision: Decision,
}).openapi("Message");

/**
 * A named schema, or null. `.nullable()` would make the document say that it is an object and null at once, or call the named schema
 * itself null wherever it is used.
 */
export function orNull<T extends z.ZodType>(schema: T) {
  return z.union([schema, z.null()]);
}

/** `{data, next_cursor}` of one kind of thing. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), next_cursor: z.string().nullable() });
}

const NOT_GIVEN = "is not one that this list gave";

export const PageQuery = {
  limit: digits(1, 200).default(50),
  cursor: z.string().min(1, NOT_GIVEN).max(100).optional(),
};

/** The same where only some cursors are the list's: another one would begin it anew, and a client would never come to its end. */
export function pageQuery(cursors: RegExp) {
  return { ...PageQuery, cursor: z.string().max(100).regex(cursors, NOT_GIVEN).optional() };
}

/** Of a list in the order of its ids, which begin with `prefix`. */
export const pageOfIds = (prefix: string) => pageQuery(new RegExp(`^${prefix}_\\w+$`));

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

export const problems = {
  401: { description: "No valid key", content: { "application/problem+json": { schema: ProblemSchema } } },
  422: { description: "Invalid or refused", content: { "application/problem+json": { schema: ProblemSchema } } },
  503: {
    description: "The database cannot be used",
    content: { "application/problem+json": { schema: ProblemSchema } },
  },
} as const;
/** A message that the rules refused: stored, and answered with the decision. */
export const Refused = ProblemSchema.extend({
  message_id: z.string().openapi({ description: "Under which it is stored, as `refused`" }),
  decision: Decision,
}).openapi("Refused");
/** 422 of routes that send: a problem of the request, or a message that the rules refused. */
export const refusable = {
  422: {
    description: "Invalid, or refused by the rules: then `decision` says why",
    content: { "application/problem+json": { schema: z.union([Refused, ProblemSchema]) } },
  },
} as const;
export const notFound = {
  404: { description: "Not found", content: { "application/problem+json": { schema: ProblemSchema } } },
} as const;
