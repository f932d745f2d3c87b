import type { z } from "@hono/zod-openapi";
import { lapsesAt } from "../../core/consent.ts";
import { SOFT_OPT_IN } from "../../core/message.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import type { ConsentRow, Permission } from "../../store/consent/consents.ts";
import { type ConsentState, consentView } from "./consent_schemas.ts";

/** Characters of the JSON of all further proof. */
export const MAX_EVIDENCE = 16_384;
export const TOO_LONG = `is longer than ${MAX_EVIDENCE} characters of JSON`;

/** An entry as it was sent, its number read. */
export interface GivenEntry {
  recipient: string;
  purpose: string;
  source: string;
  wording: string | null;
  wording_version?: string | null | undefined;
  wording_language?: string | null | undefined;
  status: ConsentRow["status"];
  granted_at: string;
  expires_at: string | null | undefined;
  evidence: Record<string, unknown>;
  evidence_ref?: string | null | undefined;
  recorded_by: string;
  message_id?: string | null | undefined;
  rule?: string | null | undefined;
}

export interface WrongEntry {
  field: string;
  wrong: string;
}

/**
 * The row of an entry, or what is wrong with it that no schema sees: instants, and what the country's file says of customers who
 * did not refuse. `now`: ms.
 */
export function entryRow(
  entry: GivenEntry,
  { id, now, rulebook }: { id: string; now: number; rulebook: Rulebook },
): ConsentRow | WrongEntry {
  const granted_at = Date.parse(entry.granted_at);
  const expires_at = entry.expires_at ? Date.parse(entry.expires_at) : null;
  if (granted_at > now) return { field: "granted_at", wrong: "lies in the future" };
  if (expires_at !== null && expires_at <= granted_at) {
    return { field: "expires_at", wrong: "must lie after granted_at" };
  }
  const wrong = entry.status === "granted" ? unproved(entry, rulebook) : null;
  if (wrong !== null) return wrong;
  // The hour on the person's own clock is part of the proof, and an instant does not tell it.
  const local = entry.granted_at.endsWith("Z") ? {} : { granted_at_local: entry.granted_at };
  const evidence = evidenceOf({ ...local, ...entry.evidence });
  if (evidence !== null && evidence.length > MAX_EVIDENCE) return { field: "evidence", wrong: TOO_LONG };
  return {
    id,
    ...entry,
    wording_version: entry.wording_version ?? null,
    wording_language: entry.wording_language ?? null,
    granted_at,
    expires_at,
    evidence,
    evidence_ref: entry.evidence_ref ?? null,
    sender: null,
    confirm_until: null,
    confirms: null,
    message_id: entry.message_id ?? null,
    rule: entry.rule ?? null,
    created_at: now,
  };
}

/** Why what was sent is no proof of a consent; null when it is. */
function unproved({ recipient, purpose, source, evidence }: GivenEntry, rulebook: Rulebook): WrongEntry | null {
  // A box that was ticked already is no positive act (CNIL; CJEU C-673/17, Planet49).
  if (evidence["checkbox_state_before"] === true) {
    return { field: "checkbox_state_before", wrong: "is true: a box that was ticked already is no consent" };
  }
  if (source !== SOFT_OPT_IN) return null;
  const { name, code, consent } = rulebook.country(rulebook.locate(recipient).country).table;
  if (consent.soft_opt_in?.allowed !== true) {
    const reason = consent.soft_opt_in === undefined ? "" : ` (${consent.soft_opt_in.source.text})`;
    const where = code === "default" ? "the country of this number" : name;
    return { field: "source", wrong: `is ${SOFT_OPT_IN}, which counts for nothing in ${where}${reason}` };
  }
  if (purpose !== "commercial") {
    return { field: "purpose", wrong: `must be commercial: ${SOFT_OPT_IN} is for similar products of your own` };
  }
  for (const field of ["sale_ref", "product_family"]) {
    if (!evidence[field]) return { field, wrong: `is missing: ${SOFT_OPT_IN} rests on a sale and on similar products` };
  }
  return evidence["opt_out_offered"] === true ? null : {
    field: "opt_out_offered",
    wrong: `must be true: without a free way to refuse at collection it is no ${SOFT_OPT_IN}`,
  };
}

/** JSON of further proof; null when there is none. What was left empty says nothing. */
export function evidenceOf(evidence: Record<string, unknown>): string | null {
  const said = Object.entries(evidence).filter(([, value]) => value !== null && value !== undefined);
  return said.length === 0 ? null : JSON.stringify(Object.fromEntries(said));
}

/** An entry with what it means now. */
export function stateView(
  row: ConsentRow,
  permission: Permission,
  rulebook: Rulebook,
  now: number,
): z.infer<typeof ConsentState> {
  const until = effectiveUntil(permission, rulebook);
  const reason = whyNot(row, permission, until, now);
  return {
    ...consentView(row),
    effective: reason === null,
    effective_reason: reason,
    effective_until: instantOrNull(until),
  };
}

/** When what holds now runs out (ms): by its own term or by the country's, whichever comes first. */
function effectiveUntil({ latest, heard_at }: Permission, rulebook: Rulebook): number | null {
  if (latest?.status !== "granted") return null;
  const { recipient, purpose, source, granted_at: at, expires_at } = latest;
  const { consent } = rulebook.country(rulebook.locate(recipient).country).table;
  const lapses = lapsesAt({ at, soft: source === SOFT_OPT_IN }, purpose, consent, heard_at);
  return lapses === null || expires_at === null ? expires_at ?? lapses : Math.min(lapses, expires_at);
}

/** Null while the person may be written to for the purpose. */
function whyNot(
  { purpose, status, confirm_until }: ConsentRow,
  { latest, suppressions }: Permission,
  until: number | null,
  now: number,
): string | null {
  // Information may go on after a STOP that ended advertising.
  const covered = purpose.startsWith("informative:")
    ? suppressions.some(({ scope, sender }) => scope === "all" && sender === "")
    : suppressions.length > 0;
  if (covered) return "The person opted out; only their own START or an administrator can lift that.";
  if (latest === null || latest.status === "pending") {
    if (status !== "pending") return null;
    const open = confirm_until !== null && confirm_until > now;
    return open
      ? `The person was asked and has not answered; they may until ${instant(confirm_until)}.`
      : "The person was asked and did not answer in time.";
  }
  if (latest.status === "withdrawn") return `It was withdrawn at ${instant(latest.granted_at)}, which is later.`;
  if (latest.status === "disputed") return `It was disputed at ${instant(latest.granted_at)}, which is later.`;
  return until !== null && until <= now ? `It expired at ${instant(until)}.` : null;
}
