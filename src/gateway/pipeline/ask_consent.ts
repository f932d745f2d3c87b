import { optInRequest } from "../../core/decide.ts";
import { DOUBLE_OPT_IN } from "../../core/rulebook/rulebook_schema.ts";
import { type ConsentRow, findConsent } from "../../store/consent/consents.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { commit, noWrites } from "../../store/messages/writes.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import type { Deps } from "../gateway.ts";
import type { ConfiguredSender } from "../settings.ts";
import { type Refusal, refusal } from "./accept.ts";
import { composeDraft, type Draft, draftRow } from "./compose.ts";

/** A question that could not leave within this time belongs to another moment than the form that the person filled in. */
const REQUEST_VALID_MS = 60 * 60_000;
const HOUR = 3_600_000;

/** A consent that somebody says they gave, to be confirmed from the number itself. */
export interface Question {
  /** As it would be recorded without confirmation. */
  entry: ConsentRow;
  /** Who asks; it has to be one that can be answered. */
  sender: ConfiguredSender;
  /** The key that recorded it. */
  actor: string;
}

export type Asked =
  | { ok: true; row: ConsentRow }
  /** The rules refuse the question; it is stored with its decision like any other refused message. */
  | { ok: false; refusal: Refusal }
  /** Another instance asked the same person, or the person opted out, at this very moment. */
  | { ok: false; refusal: null };

/**
 * Asks a person by one SMS whether they agree: the question, decided by the rules, and the pending entry that it hangs on are one
 * transaction. The consent exists when the person says yes.
 */
export async function askConsent(deps: Deps, { entry, sender, actor }: Question): Promise<Asked> {
  const settings = await deps.settings.current();
  const { rulebook } = settings;
  const { client } = deps.db;
  const now = deps.now();
  const { recipient: person, purpose } = entry;
  const [facts] = await loadFacts(deps, [{ person, sender: sender.address, purpose }], now);
  const { languages } = rulebook.country(rulebook.locate(person).country).table;
  const asked = [entry.wording_language, facts!.person.language].filter((one) => one !== null);
  const draft: Draft = {
    to: person,
    sender,
    text: optInRequest(purpose, sender, [...asked, ...languages], rulebook).text,
    category: null,
    purpose,
    scheduled_at: null,
    valid_until: now + REQUEST_VALID_MS,
    max_segments: null,
    metadata: null,
    reply: { kind: "opt_in_request", cause_id: null },
    copies: 1,
    unsubscribe_token: null,
  };
  const composed = composeDraft(draft, facts!.person, {
    rulebook,
    now,
    publicUrl: deps.publicUrl,
    tokens: deps.tokens,
  });
  const id = deps.newId("msg");
  const conversation_id = facts!.conversation_id ?? deps.newId("cnv");
  const message = draftRow(draft, composed, { id, now, conversation_id, settings });
  const writes = noWrites();
  writes.conversations.push({ id: conversation_id, person, sender: sender.address, at: now, inbound: null });
  if (composed.verdict.decision.outcome !== "allow") {
    writes.messages.push(message);
    await commit(client, writes, now);
    return { ok: false, refusal: refusal(composed.verdict, id) };
  }
  const { answer_hours, again_hours } = rulebook.deployment.double_opt_in ?? DOUBLE_OPT_IN;
  const row = {
    ...entry,
    status: "pending" as const,
    sender: sender.address,
    confirm_until: now + answer_hours * HOUR,
    message_id: id,
  };
  writes.questions.push({ row, not_since: now - again_hours * HOUR });
  const fact = {
    at: now,
    actor,
    action: "consent.asked",
    subject: row.id,
    person,
    details: { purpose, source: row.source, message_id: id },
  } as const;
  writes.audit.push(auditRow(fact, deps.newId, { requires: row.id }));
  await commit(client, writes, now, { later: [{ ...message, requires: row.id }] });
  return await findConsent(deps.db, row.id) === null ? { ok: false, refusal: null } : { ok: true, row };
}
