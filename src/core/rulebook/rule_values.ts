import { z } from "zod";
import { CONFIDENCES } from "../message.ts";

/** What files under `rules/` say again and again. */

export const text = z.string().trim().min(1);
export const id = z.string().regex(
  /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/,
  "an id is like `consent.advertising_needs_consent`",
);
export const isoDate = z.iso.date();
const COUNTRY_CODE = /^[A-Z]{2}$/;
export const country = z.string().regex(COUNTRY_CODE, "an ISO 3166 code such as FR");
export const language = z.string().regex(/^([a-z]{2}|und)$/, "an ISO 639-1 code such as fr, or und for any language");

export const Source = z.strictObject({
  text,
  url: z.url().optional(),
  confidence: z.enum(CONFIDENCES),
  /** Day on which somebody last read the source. */
  reviewed: isoDate,
});
export type Source = z.infer<typeof Source>;

/** A rule's own source, or `country.<section>`: the source that the recipient's country file gives for that section. */
export const SourceRef = z.union([
  Source,
  z.string().regex(/^country\.(opt_out|consent|quiet_hours|mention|frequency|senders)$/),
]);
