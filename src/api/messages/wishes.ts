import type { Category } from "../../core/message.ts";
import type { ConfiguredSender, Settings } from "../../gateway/settings.ts";
import { invalidField } from "../http/problem.ts";

/** What a message and a campaign are asked for alike. */

/** A date further off is a slip, and the rules that it was accepted under will not hold by then. */
const MAX_AHEAD_MS = 365 * 24 * 60 * 60_000;

/** @throws ProblemError 422. */
export function senderOf(address: string, settings: Settings): ConfiguredSender {
  const sender = settings.senders.get(address);
  if (sender !== undefined) return sender;
  throw invalidField(
    "from",
    `"${address}" is not one of your senders (GET /v1/senders lists them)`,
    "sender_not_allowed",
  );
}

/** ms, or null. @throws ProblemError 422. */
export function timesOf(
  body: { scheduled_at?: string | undefined; valid_until?: string | undefined },
  now: number,
): { scheduled_at: number | null; valid_until: number | null } {
  const valid_until = body.valid_until === undefined ? null : Date.parse(body.valid_until);
  const scheduled_at = body.scheduled_at === undefined ? null : Date.parse(body.scheduled_at);
  if (scheduled_at !== null && scheduled_at > now + MAX_AHEAD_MS) {
    throw invalidField("scheduled_at", "must lie within a year from now");
  }
  if (valid_until !== null && valid_until <= Math.max(now, scheduled_at ?? 0)) {
    throw invalidField("valid_until", "must lie after now and after scheduled_at");
  }
  return { scheduled_at, valid_until };
}

/**
 * What the caller says that it is. Who names a purpose of advertising declares advertising, which is always allowed.
 * @throws ProblemError 422.
 */
export function declarationOf(
  { category, purpose }: { category?: Category | undefined; purpose?: string | undefined },
): { category: Category | null; purpose: string | null } {
  if (purpose === undefined) return { category: category ?? null, purpose: null };
  const meant = purpose.startsWith("informative:") ? "informative" : "commercial";
  if (category !== undefined && category !== meant) {
    throw invalidField("purpose", `"${purpose}" is no purpose of a message declared ${category}`);
  }
  return { category: meant, purpose };
}
