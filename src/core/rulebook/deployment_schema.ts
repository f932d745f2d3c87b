import { z } from "zod";
import { cap } from "./country_schema.ts";
import { country, Source, text } from "./rule_values.ts";

/** What an installation chooses for itself, and how long it keeps what. */

/** What a deployment chooses for itself without touching the shipped files. */
export const Deployment = z.strictObject({
  kind: z.literal("deployment"),
  brand: text,
  /** Told in the HELP answer: a web address, an e-mail address or a telephone number. */
  contact: text,
  /** Country code to the name of one of its quiet-hours profiles. */
  quiet_hours: z.record(country, text).optional(),
  /** How long a question may be answered, and how long none is asked again after it. */
  double_opt_in: z.strictObject({
    answer_hours: z.number().int().min(1).max(720),
    again_hours: z.number().int().min(1).max(8760),
  }).optional(),
  /** Caps on advertising beside those of the country files, by country code or for `any` country. */
  frequency: z.record(z.union([country, z.literal("any")]), z.array(z.strictObject(cap)).min(1)).optional(),
  /** What a segment costs, for estimates: by country, and for every other one. */
  prices: z.strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, "is an ISO 4217 code such as EUR"),
    per_segment: z.record(country, z.number().min(0)).default({}),
    elsewhere: z.number().min(0),
  }).optional(),
});
export type Deployment = z.infer<typeof Deployment>;

/**
 * Kinds of data that may go after a time, each with the least number of days for which the gateway itself needs them: caps on
 * advertising look back 45 days, webhooks are retried for three, an opt-out and what was agreed to must be provable.
 */
export const RETAINED = {
  message_texts: 30,
  inbound_texts: 30,
  notes: 30,
  reviews: 90,
  messages: 60,
  idempotency_keys: 1,
  webhook_deliveries: 7,
  imports: 1,
  contacts: 90,
  consents: 365,
  lifted_suppressions: 365,
  audit_details: 365,
} as const;
export type RetainedData = keyof typeof RETAINED;
const keptFor = (least: number) =>
  z.strictObject({ days: z.number().int().min(least).max(36_500), why: text, source: Source });
export type RetentionPeriod = z.infer<ReturnType<typeof keptFor>>;
const keeps = Object.fromEntries(
  Object.entries(RETAINED).map(([data, least]) => [data, keptFor(least).optional()]),
) as { [data in RetainedData]: z.ZodOptional<ReturnType<typeof keptFor>> };
/** How long what is stored: data that is not named stays. Suppressions that stand never go. */
export const Retention = z.strictObject({ kind: z.literal("retention"), keep: z.strictObject(keeps) });
