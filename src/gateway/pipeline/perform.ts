import type { Effect } from "../../core/effects.ts";
import type { PersonFacts, ReplyKind } from "../../core/message.ts";
import type { RequiringMessage, Writes } from "../../store/messages/writes.ts";
import { type AuditFact, auditRow } from "../../store/oversight/audit.ts";
import { recipientsOf } from "../../store/people/erased.ts";
import type { Deps } from "../gateway.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";
import { composeDraft, type Draft, draftRow } from "./compose.ts";

/** The message that caused the effects, and what is known about its writer. */
export interface Cause {
  message_id: string;
  person: string;
  text: string;
  sender: ConfiguredSender | null;
  conversation_id: string;
  facts: PersonFacts;
  now: number;
  carrier_id: string;
  /** What the rows hang on; the message itself unless given. */
  requires?: string;
  /** Given for a message that may repeat another; in that case it gets no answer, lifts nothing and grants nothing. */
  unless_repeat?: string;
  /** When the person began to write it, where what they wrote since may be stored already: what they refused since stays. */
  said_at?: number;
  /** Who decided, for the audit log; whoever `source` says unless given. */
  actor?: string;
  /** Who says so: the person's own words, or the carrier. */
  source: "keyword" | "carrier";
}

/**
 * An answer that comes later than this is worse than none: a confirmation is presumed fine within 5 minutes, and after 15 it is
 * dropped (47 CFR 64.1200(a)(12); compliance.md 7.2, rule 5).
 */
const REPLY_VALID_MS = 15 * 60_000;

/** Rows that hang on rows of the same transaction, and so are written after them. */
export type LaterMessage = RequiringMessage & { requires: string };

/**
 * Turns effects into rows. Everything hangs on the message that caused it: were that one not stored (another instance has the
 * same webhook), nothing that follows from it would be either.
 */
export function perform(
  effects: readonly Effect[],
  cause: Cause,
  writes: Writes,
  deps: Pick<Deps, "newId" | "publicUrl" | "tokens" | "people">,
  settings: Settings,
): LaterMessage[] {
  const { message_id, person, now } = cause;
  const requires = cause.requires ?? message_id;
  const later: LaterMessage[] = [];
  const fact = (action: AuditFact["action"], subject: string, details: Record<string, unknown>): AuditFact => ({
    at: now,
    actor: cause.actor ?? (cause.source === "keyword" ? "person" : `carrier:${cause.carrier_id}`),
    action,
    subject,
    person,
    details: { message_id, ...details },
  });
  // The stronger act is the one that is recorded: what is disputed is withdrawn as well.
  const disputed = effects.some((effect) => effect.type === "dispute_consent");
  // Known before the effects are looked at: their order is that of the rules, and a confirmation may stand first.
  const suppression = effects.some((effect) => effect.type === "suppress") ? deps.newId("sup") : null;
  const joining = effects.some((effect) =>
    effect.type === "confirm_consent" || effect.type === "record_consent" && effect.unless_suppressed
  );
  const consent = joining ? deps.newId("cns") : null;
  const answer = (
    { kind, text, purpose }: { kind: ReplyKind; text: string; purpose?: string },
    sender: ConfiguredSender,
  ) => {
    const draft: Draft = {
      to: person,
      sender,
      text,
      category: null,
      purpose: purpose ?? null,
      scheduled_at: null,
      valid_until: now + REPLY_VALID_MS,
      max_segments: null,
      metadata: null,
      reply: { kind, cause_id: message_id },
      copies: 1,
      unsubscribe_token: null,
    };
    const { rulebook } = settings;
    const { publicUrl, tokens } = deps;
    const composed = composeDraft(draft, cause.facts, { rulebook, now, publicUrl, tokens });
    return draftRow(draft, composed, { id: deps.newId("msg"), now, conversation_id: cause.conversation_id, settings });
  };
  for (const effect of effects) {
    switch (effect.type) {
      case "suppress":
        writes.suppressions.push({
          id: suppression!,
          recipient: person,
          scope: effect.scope,
          sender: effect.sender ?? "",
          source: cause.source,
          rule: effect.rule,
          message_id,
          text: cause.text,
          created_at: now,
          requires,
        });
        writes.audit.push(auditRow(
          fact("suppression.created", suppression!, { rule: effect.rule, scope: effect.scope, sender: effect.sender }),
          deps.newId,
          { requires, refusal: { scope: effect.scope, sender: effect.sender ?? "" } },
        ));
        break;
      case "lift_suppression":
        writes.lifts.push({
          recipients: recipientsOf(person, deps.people),
          sender: effect.sender,
          at: now,
          by: message_id,
          requires,
          said_at: cause.said_at ?? null,
          audit: auditRow(
            fact("suppression.lifted", message_id, { rule: effect.rule, sender: effect.sender }),
            deps.newId,
            // Whom the message lifted something of is known by its id.
            { requires: message_id },
          ),
        });
        break;
      case "record_consent":
      case "withdraw_consent":
      case "dispute_consent": {
        const granted = effect.type === "record_consent";
        if (effect.type === "withdraw_consent" && disputed) break;
        const id = granted && effect.unless_suppressed ? consent! : deps.newId("cns");
        const status = granted ? "granted" : disputed ? "disputed" : "withdrawn";
        // A withdrawal counts even when no consent is on record: one of an earlier day may be recorded later.
        writes.consents.push({
          id,
          recipient: person,
          purpose: effect.purpose,
          status,
          source: cause.source,
          recorded_by: cause.actor ?? (cause.source === "keyword" ? "person" : `carrier:${cause.carrier_id}`),
          wording: granted ? effect.wording : cause.text,
          granted_at: granted ? cause.said_at ?? now : now,
          message_id,
          rule: effect.rule,
          created_at: now,
          requires,
          unless_repeat: granted ? cause.unless_repeat : undefined,
          ...(granted && effect.unless_suppressed ? { unless_suppressed: person } : {}),
        });
        writes.audit.push(auditRow(
          fact(`consent.${status}`, id, { rule: effect.rule, purpose: effect.purpose }),
          deps.newId,
          { requires: id },
        ));
        break;
      }
      case "confirm_consent":
        writes.confirmations.push({
          id: consent!,
          request: effect.request,
          at: now,
          message_id,
          text: cause.text,
          rule: effect.rule,
          requires,
          unless_repeat: cause.unless_repeat,
        });
        writes.audit.push(auditRow(
          fact("consent.granted", consent!, {
            rule: effect.rule,
            purpose: effect.purpose,
            confirms: effect.request,
          }),
          deps.newId,
          { requires: consent! },
        ));
        break;
      case "open_review": {
        const id = deps.newId("rev");
        writes.reviews.push({
          id,
          kind: effect.kind,
          person,
          sender: cause.sender?.address ?? null,
          message_id,
          rule: effect.rule,
          words: effect.words,
          created_at: now,
          requires,
          // Who has asked for somebody already waits for them: a machine may write the word all day.
          ...(effect.kind === "handover"
            ? { unless_open: JSON.stringify([person, cause.sender?.address ?? null]) }
            : {}),
        });
        writes.audit.push(auditRow(
          { ...fact("review.opened", id, { rule: effect.rule, kind: effect.kind }), actor: "system" },
          deps.newId,
          { requires: id },
        ));
        break;
      }
      case "remove_contact":
        writes.departures.push({ msisdn: person, requires });
        writes.audit.push(auditRow(
          fact("contact.removed", message_id, { rule: effect.rule }),
          deps.newId,
          { requires, leaving: person },
        ));
        break;
      case "save_contact":
        writes.flow_contacts.push({
          id: deps.newId("con"),
          msisdn: person,
          tags: effect.tags,
          list: effect.list,
          now,
          requires: effect.once ? consent ?? requires : requires,
          unless_repeat: cause.unless_repeat,
        });
        break;
      case "request_consent": {
        if (cause.sender === null) break;
        const message = answer({ kind: "opt_in_request", text: effect.text, purpose: effect.purpose }, cause.sender);
        // What the rules refuse is stored with its decision, and nobody waits for an answer to it.
        if (message.status !== "queued") {
          later.push({ ...message, requires, unless_repeat: cause.unless_repeat });
          break;
        }
        const id = deps.newId("cns");
        const { purpose, wording, answer_until, not_since, rule } = effect;
        writes.questions.push({
          row: {
            ...{
              id,
              recipient: person,
              purpose,
              status: "pending",
              source: cause.source,
              wording,
              granted_at: now,
              rule,
            },
            ...{ sender: cause.sender.address, confirm_until: answer_until, message_id: message.id, created_at: now },
            ...{ recorded_by: "person", evidence: JSON.stringify({ flow: effect.flow, asked_for: message_id }) },
          },
          not_since,
          requires,
          unless_repeat: cause.unless_repeat,
        });
        writes.audit.push(auditRow(
          fact("consent.asked", id, { rule, purpose, flow: effect.flow }),
          deps.newId,
          { requires: id },
        ));
        later.push({ ...message, requires: id });
        break;
      }
      case "reply": {
        if (cause.sender === null) break;
        const row = answer(effect, cause.sender);
        // One confirmation per opt-out, or yes: it exists only if what this very message caused took hold.
        later.push({
          ...row,
          requires: effect.once ? suppression ?? consent ?? requires : requires,
          unless_repeat: cause.unless_repeat,
          ...(effect.not_since === undefined
            ? {}
            : { unless_answered: JSON.stringify([person, effect.kind, effect.not_since, cause.sender.address]) }),
        });
        break;
      }
      default:
        effect satisfies never;
    }
  }
  return later;
}
