import type { WebhookRefusal } from "../../carriers/carrier.ts";
import type { RefusalCode } from "../../core/message.ts";
import type { DatabaseErrorKind } from "../../store/libsql/database_error.ts";

/**
 * Every `code` of a problem, by what its caller can do about it. Programs decide by them, so none is renamed. A new one needs a row
 * in docs/errors.md; a test compares the two.
 */
const OWN = [
  // What was sent cannot be read.
  "invalid_json",
  "invalid_encoding",
  "body_incomplete",
  "body_too_large",
  "unsupported_media_type",
  "method_not_allowed",
  "http_error",
  // Who sent it may not do this.
  "unauthorized",
  "forbidden",
  "users_only",
  "password_wrong",
  "too_many_attempts",
  "second_person_needed",
  "approval_by_proposer",
  "only_the_proposer",
  // There is no such thing.
  "not_found",
  "no_such_rulebook",
  "no_such_proposal",
  "no_such_draft",
  "no_such_rule",
  "no_such_file",
  "no_such_country",
  // A field is wrong, or does not fit what there is.
  "invalid_request",
  "invalid_csv",
  "invalid_period",
  "idempotency_key_reused",
  "settlement_not_possible",
  "public_url_unreachable",
  "rulebook_invalid",
  "draft_too_large",
  // The state of what it is about does not allow it: messages and people,
  "not_cancelable",
  "outcome_known",
  "sender_missing",
  "text_missing",
  "not_asked",
  "already_settled",
  "returned_since",
  "already_lifted",
  "override_needed",
  "override_pending",
  "only_the_person",
  "already_decided",
  "refused_again",
  "secret_missing",
  // lists, campaigns and the desk,
  "name_taken",
  "not_a_list_with_members",
  "list_in_use",
  "import_ended",
  "title_taken",
  "wrong_state",
  "list_gone",
  "nobody",
  "too_late",
  // carriers, senders and webhooks,
  "carrier_in_use",
  "sender_in_use",
  "sender_of_another_carrier",
  "no_sandbox",
  "real_carrier",
  "test_clock",
  "no_list",
  "list_unreadable",
  "too_many_missing",
  "webhook_disabled",
  "too_many_webhooks",
  // keys and users,
  "last_admin_key",
  "last_admin",
  "user_disabled",
  "email_taken",
  // and rulebooks.
  "approved_alone",
  "base_moved",
  "draft_changed",
  "too_many_drafts",
  "proposal_state",
  "already_active",
  "already_proposed",
  "nothing_to_roll_back",
  "never_active",
  // Not now.
  "no_rulebook",
  "passwords_busy",
  "not_configured",
  "internal_error",
] as const;

/** What a message or a webhook of a carrier is refused for, and how the database failed. */
const ELSEWHERE = Object.keys(
  {
    recipient_opted_out: 0,
    consent_missing: 0,
    content_refused: 0,
    sender_not_allowed: 0,
    recipient_invalid: 0,
    frequency_exceeded: 0,
    segment_budget_exceeded: 0,
    credentials_missing: 0,
    credentials_wrong: 0,
    credentials_stale: 0,
    credentials_unverifiable: 0,
    webhook_malformed: 0,
    database_busy: 0,
    database_readonly: 0,
    database_constraint: 0,
    database_unavailable: 0,
    database_corrupt: 0,
    database_other: 0,
  } satisfies Record<Foreign, 0>,
) as Foreign[];
type Foreign = RefusalCode | WebhookRefusal | `database_${DatabaseErrorKind}`;

export type ProblemCode = (typeof OWN)[number] | Foreign;
export const PROBLEM_CODES: readonly ProblemCode[] = [...OWN, ...ELSEWHERE];
