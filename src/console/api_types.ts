import type { z } from "@hono/zod-openapi";
import type * as keys from "../api/access/api_keys.ts";
import type * as me from "../api/access/me.ts";
import type * as users from "../api/access/user_schemas.ts";
import type * as campaigns from "../api/campaigns/schemas.ts";
import type * as carriers from "../api/carriers/carriers.ts";
import type * as senders from "../api/carriers/senders.ts";
import type * as consents from "../api/consent/consent_schemas.ts";
import type * as overrides from "../api/consent/overrides.ts";
import type * as suppressions from "../api/consent/suppressions.ts";
import type * as contacts from "../api/contacts/contacts.ts";
import type * as columns from "../api/contacts/import_columns.ts";
import type * as imports from "../api/contacts/imports.ts";
import type * as lists from "../api/contacts/lists.ts";
import type * as schemas from "../api/http/schemas.ts";
import type * as reviews from "../api/messages/reviews.ts";
import type * as audit from "../api/oversight/audit.ts";
import type * as verification from "../api/oversight/audit_verification.ts";
import type * as erasures from "../api/people/erasures.ts";
import type * as people from "../api/people/people.ts";
import type * as retention from "../api/people/retention.ts";
import type * as search from "../api/people/search.ts";
import type * as webhooks from "../api/webhooks/schemas.ts";

/** What the API answers, as its own schemas say it. */

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
export type AuditEntry = z.infer<typeof audit.AuditEntry>;
export type AuditVerification = z.infer<typeof verification.Verified>;
export type Campaign = z.infer<typeof campaigns.Campaign>;
export type CampaignPreview = z.infer<typeof campaigns.Preview>;
export type CampaignResults = z.infer<typeof campaigns.Results>;
export type Carrier = z.infer<typeof carriers.CarrierView>;
export type Consent = z.infer<typeof consents.Consent>;
export type ConsentState = z.infer<typeof consents.ConsentState>;
export type Contact = z.infer<typeof contacts.Contact>;
export type ContactImport = z.infer<typeof imports.ContactImport>;
export type ContactList = z.infer<typeof lists.List>;
export type Delivery = z.infer<typeof webhooks.Delivery>;
export type Erasure = z.infer<typeof erasures.Erasure>;
export type FileColumns = z.infer<typeof columns.FileColumns>;
export type ImportProblem = z.infer<typeof imports.ImportProblem>;
export type Message = z.infer<typeof schemas.Message>;
export type Override = z.infer<typeof overrides.Override>;
export type Person = z.infer<typeof people.Person>;
export type Retained = z.infer<typeof retention.Retained>;
export type Review = z.infer<typeof reviews.Review>;
export type Sender = z.infer<typeof senders.Sender>;
export type SpelledNumber = z.infer<typeof search.Spelled>;
export type Suppression = z.infer<typeof suppressions.Suppression>;
export type ApiKey = z.infer<typeof keys.Key>;
export type OneTimeLink = z.infer<typeof users.OneTimeLink>;
export type Session = z.infer<typeof me.Session>;
export type User = z.infer<typeof users.User>;
export type Webhook = z.infer<typeof webhooks.Webhook>;
export interface ImportReport {
  imported: number;
  already: number;
  rejected: number;
  invalid: { line: number; detail: string }[];
}
