import { z } from "@hono/zod-openapi";
import { CONSENT_STATUSES, SOFT_OPT_IN } from "../../core/message.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import type { ConsentRow } from "../../store/consent/consents.ts";
import { Language, line, lines } from "../http/fields.ts";
import { Instant, Purpose } from "../http/schemas.ts";

/** What the ledger of consents takes and shows (compliance.md 6.2, proof record). */

/** Parsers of other programs give up a few hundred deep, and one entry would keep them from reading the whole ledger. */
const DEEPEST = 32;
// Aborts: what is measured next would be written as JSON, for which the stack may not suffice.
const Free = z.unknown().refine((value) => isShallow(value, DEEPEST), {
  error: `is nested more than ${DEEPEST} deep`,
  abort: true,
});

function isShallow(value: unknown, deepest: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return deepest > 0 && Object.values(value).every((inner) => isShallow(inner, deepest - 1));
}

export const Evidence = z.record(z.string().max(100), Free);

/** CSV has no booleans. */
const yes = z.preprocess(
  (value) => value === "true" ? true : value === "false" ? false : value,
  z.boolean(),
);

/** In years. No coercion: it would make an age of zero, or one, of what says nothing. */
const age = z.number().int().min(0).max(150);

/** Columns of the ledger beside who, what and when. */
const proofColumns = {
  wording_version: line(100).nullish().openapi({ description: "Version of the wording", example: "2026-03" }),
  wording_language: Language.nullish(),
  evidence_ref: line(500).nullish().openapi({
    description: "Where the proof is kept: a file and its hash, a sheet, a recording",
    example: "scans/2026-01-10.pdf sha256:9f86d081884c7d65…",
  }),
};

/** Proof that is kept with the evidence, in the form that this says; anything else is kept as it is. */
const proofEvidence = {
  ip: z.union([z.ipv4().openapi({ format: "ipv4" }), z.ipv6().openapi({ format: "ipv6" })]).nullish(),
  user_agent: line(500).nullish(),
  page_url: line(2_000).nullish().openapi({ description: "Page, or screen of an app, on which it was given" }),
  form_id: line(200).nullish(),
  privacy_policy_version: line(100).nullish(),
  checkbox_state_before: yes.nullish().openapi({ description: "True for a box that was ticked already: no consent" }),
  collector: line(200).nullish().openapi({ description: "Who collected it, when not you: a partner, a shop" }),
  sale_ref: line(200).nullish().openapi({ description: `The sale behind a \`${SOFT_OPT_IN}\`` }),
  product_family: line(200).nullish().openapi({
    description: "What was sold; only similar products may be advertised",
  }),
  opt_out_offered: yes.nullish().openapi({ description: "The person could refuse, free, when the number was taken" }),
  age_declared: age.nullish(),
};

const given = {
  recipient: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }),
  purpose: Purpose.openapi({ example: "commercial", description: "Advertising asks for `commercial`" }),
  source: line(100).openapi({
    description:
      `How it was obtained. \`${SOFT_OPT_IN}\` is the soft opt-in of an own customer: it counts only where the country's ` +
      "file allows it, and needs `sale_ref`, `product_family` and `opt_out_offered: true`",
    example: "web_form",
  }),
  granted_at: Instant.openapi({ description: "When the person agreed; not in the future" }),
};
const wording = lines(5_000).openapi({ description: "What the person read and agreed to, in full" });

export const NewConsent = z.object({
  ...given,
  wording,
  expires_at: Instant.optional(),
  ...proofColumns,
  ...proofEvidence,
  evidence: Evidence.optional(),
  double_opt_in: z.boolean().optional().openapi({
    description:
      "Ask the person by SMS first: the entry is `pending` until they answer yes, and then becomes a consent",
  }),
  from: z.string().max(20).optional().openapi({
    description: "With `double_opt_in`: the sender that asks",
    example: "36105",
  }),
}).catchall(Free).refine(
  ({ double_opt_in, from }) => (double_opt_in === true) === (from !== undefined),
  { path: ["from"], message: "goes with `double_opt_in: true`: the sender that asks, and that the person answers" },
).openapi("NewConsent", { description: "Further fields are kept as evidence" });

/** A line of an import: as exported, or as `NewConsent`. */
export const ImportedConsent = z.object({
  ...given,
  status: z.enum(CONSENT_STATUSES).default("granted"),
  wording: wording.nullish(),
  expires_at: Instant.nullish(),
  ...proofColumns,
  ...proofEvidence,
  // CSV has no numbers either.
  age_declared: z.preprocess(
    (value) => typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value,
    age.nullish(),
  ),
  evidence: Evidence.nullish(),
  recorded_by: line(100).nullish(),
  message_id: z.string().max(100).nullish(),
  rule: z.string().max(200).nullish(),
  // Of the ledger it was exported from, where alone they mean something.
  id: z.unknown().optional(),
  created_at: z.unknown().optional(),
  sender: z.unknown().optional(),
  confirm_until: z.unknown().optional(),
  confirms: z.unknown().optional(),
}).catchall(Free).refine(
  ({ status, wording }) => status !== "granted" || !!wording,
  { path: ["wording"], message: "is missing: consent cannot be proved without it" },
);

const consentFields = {
  id: z.string(),
  recipient: z.string(),
  purpose: z.string(),
  status: z.enum(CONSENT_STATUSES).openapi({
    description: "`pending`: a question that the person has to answer until `confirm_until`; it permits nothing",
  }),
  source: z.string(),
  wording: z.string().nullable(),
  wording_version: z.string().nullable(),
  wording_language: z.string().nullable(),
  granted_at: z.string().openapi({ description: "When the person agreed, was asked, or withdrew" }),
  expires_at: z.string().nullable(),
  evidence: Evidence.nullable(),
  evidence_ref: z.string().nullable(),
  recorded_by: z.string().nullable().openapi({
    description: "An API key, `person` for what they wrote themselves, or `carrier:ID`",
  }),
  sender: z.string().nullable().openapi({ description: "Which sender asked the question, and may be answered" }),
  confirm_until: z.string().nullable(),
  confirms: z.string().nullable().openapi({
    description: "The pending entry that this consent answers: a double opt-in",
  }),
  message_id: z.string().nullable(),
  rule: z.string().nullable(),
  created_at: z.string().openapi({ description: "When it was recorded here" }),
};
export const Consent = z.object(consentFields).openapi("Consent");
export const ConsentState = z.object({
  ...consentFields,
  effective: z.boolean().openapi({ description: "Whether the person may be written to for this purpose now" }),
  effective_reason: z.string().nullable().openapi({ description: "Why not" }),
  effective_until: z.string().nullable().openapi({
    description:
      "When it runs out, by `expires_at` or by the period in the country's file, which begins anew when the person writes",
  }),
}).openapi("ConsentState");

export const COLUMNS = Object.keys(consentFields) as (keyof typeof consentFields)[];

export function consentView(
  { granted_at, expires_at, evidence, confirm_until, created_at, ...row }: ConsentRow,
): z.infer<typeof Consent> {
  return {
    ...row,
    granted_at: instant(granted_at),
    expires_at: instantOrNull(expires_at),
    evidence: evidence === null ? null : JSON.parse(evidence) as Record<string, unknown>,
    confirm_until: instantOrNull(confirm_until),
    created_at: instant(created_at),
  };
}
