import { decideInbound } from "../../core/decide.ts";
import type { Effect } from "../../core/effects.ts";
import type { ReviewKind } from "../../core/message.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import {
  type CopyReview,
  findReview,
  liftSuspicion,
  openCopies,
  openDoubts,
  ownSuppressions,
  releaseHeld,
  returnedSince,
  type ReviewRow,
  settle,
  settleAll,
  settleCategory,
  type Settlement,
} from "../../store/messages/reviews.ts";
import { noWrites, statementsOf } from "../../store/messages/writes.ts";
import { auditIfChanged, type AuditRow, auditRow, auditStatements } from "../../store/oversight/audit.ts";
import type { Deps } from "../gateway.ts";
import { type LaterMessage, perform } from "./perform.ts";
import { findSender } from "./receive.ts";

/** How a review of each kind can be settled. */
export const SETTLEMENTS = {
  /** It was a wish to leave, with everything that follows; or it was not, and what was held goes on. */
  doubtful_reply: ["opt_out", "not_opt_out"],
  complaint: ["opt_out", "answered"],
  /** What stopped stays stopped either way: only START or an override lifts it (compliance.md 7.3). */
  wrong_number: ["confirmed", "dismissed"],
  health: ["answered", "opt_out"],
  handover: ["answered", "opt_out"],
  category_conflict: ["commercial", "informative", "refuse"],
} as const satisfies Record<ReviewKind, readonly string[]>;

export type SettleFailure = "not_found" | "already_settled" | "settlement_not_possible" | "returned_since";

/** 47 CFR 64.1200(a)(12): a confirmation is presumed fine within minutes. Elsewhere a day later it would only puzzle. */
const CONFIRM_NORTH_AMERICA_MS = 15 * 60_000;
const CONFIRM_MS = 86_400_000;

/**
 * Settles a review: who, when and what is recorded, and its consequences happen in the same transaction. Of two that settle at
 * once the first one counts. `actor` is an API key.
 */
export async function settleReview(
  deps: Deps,
  id: string,
  { settlement, note, actor }: { settlement: string; note: string | null; actor: string },
): Promise<{ ok: true; review: ReviewRow } | { ok: false; code: SettleFailure; review: ReviewRow | null }> {
  const review = await findReview(deps.db, id);
  if (review === null) return { ok: false, code: "not_found", review };
  if (review.settled_at !== null) return { ok: false, code: "already_settled", review };
  if (!(SETTLEMENTS[review.kind] as readonly string[]).includes(settlement)) {
    return { ok: false, code: "settlement_not_possible", review };
  }
  const at = deps.now();
  const settled: Settlement = { id, settlement, by: actor, at, note };
  const { person, message_id, kind } = review;
  if (kind === "category_conflict") return await settleCopies(review, settled, deps);
  // What the person said last holds, against us as for us.
  if (settlement === "opt_out" && await returnedSince(deps.db, person, message_id)) {
    return { ok: false, code: "returned_since", review };
  }
  const entry = auditRow(
    { at, actor, action: "review.settled", subject: id, person, details: { settlement, note, kind, message_id } },
    deps.newId,
  );
  // What hangs on the review being open comes first, its settlement then: a second one finds it settled and does nothing.
  const before = settlement === "opt_out" ? await optOut(review, actor, at, deps) : [];
  const results = await deps.db.client.batch([
    ...before,
    settle(settled),
    ...auditIfChanged(entry),
    ...(settlement === "not_opt_out" ? await lift(review, actor, at, deps) : []),
    releaseHeld(person, at),
  ]);
  const first = results[before.length]!.rowsAffected === 1;
  if (first && kind === "doubtful_reply") await settleDoubts(review, settled, deps);
  const now = (await findReview(deps.db, id))!;
  return first ? { ok: true, review: now } : { ok: false, code: "already_settled", review: now };
}

/**
 * What else the settlement of one doubtful reply settles: after an opt-out every other one of the person, else those with the very
 * same text. A machine may answer all day, and nobody shall have to judge the same words a hundred times.
 */
async function settleDoubts(review: ReviewRow, settled: Settlement, deps: Deps): Promise<void> {
  const { person } = review;
  const text = settled.settlement === "opt_out" ? null : review.text;
  while (true) {
    const others = await openDoubts(deps.db, { person, text, limit: GROUP });
    if (others.length === 0) return;
    await deps.db.client.batch([
      ...auditStatements(settledWith(review, others, settled, deps)),
      settleAll(others.map(({ id }) => id), settled),
      ...(text === null ? [] : await lift(review, settled.by, settled.at, deps)),
      releaseHeld(person, settled.at),
    ]);
  }
}

/** Entries of reviews that are settled with another one, each written if its own is open. */
function settledWith(
  { id, kind }: ReviewRow,
  others: readonly CopyReview[],
  { settlement, by, at, note }: Settlement,
  deps: Deps,
): AuditRow[] {
  return others.map((other) =>
    auditRow(
      {
        at,
        actor: by,
        action: "review.settled",
        subject: other.id,
        person: other.person,
        details: {
          settlement,
          note,
          kind,
          message_id: other.message_id,
          ...(other.id === id ? {} : { settled_with: id }),
        },
      },
      deps.newId,
      { requires: other.id },
    )
  );
}

/** Reviews of one transaction. */
const GROUP = 500;

/**
 * What somebody settled about one message of ours holds for every copy of its text from the same sender: the one itself first, then
 * the others in groups, each with an entry of its own. Should the process end in between, the rest stay open and can be settled.
 */
async function settleCopies(review: ReviewRow, settled: Settlement, deps: Deps) {
  const settleGroup = async (copies: readonly CopyReview[]): Promise<number> => {
    const audit = auditStatements(settledWith(review, copies, settled, deps));
    const results = await deps.db.client.batch([...audit, ...settleCategory(copies.map(({ id }) => id), settled)]);
    return results[audit.length]!.rowsAffected;
  };
  const first = await settleGroup([review]);
  while (first === 1) {
    const copies = await openCopies(deps.db, review.message_id, GROUP);
    if (copies.length === 0) break;
    await settleGroup(copies);
  }
  const now = (await findReview(deps.db, review.id))!;
  return first === 1
    ? { ok: true as const, review: now }
    : { ok: false as const, code: "already_settled" as const, review: now };
}

/** Statements that lift what stood on suspicion alone, to stand behind the settlement. */
async function lift(review: ReviewRow, actor: string, at: number, deps: Deps) {
  const reason = `Review ${review.id}: not an opt-out.`;
  const standing = await ownSuppressions(deps.db, review.person);
  return standing.flatMap((subject) => [
    liftSuspicion(subject, { by: actor, at, reason }),
    ...auditIfChanged(auditRow(
      {
        at,
        actor,
        action: "suppression.lifted",
        subject,
        person: review.person,
        details: { review: review.id, reason },
      },
      deps.newId,
    )),
  ]);
}

/** What the rules do after an opt-out, as if they had understood the message so. */
async function optOut(review: ReviewRow, actor: string, at: number, deps: Deps) {
  const settings = await deps.settings.current();
  const sender = review.sender === null ? null : findSender(review.sender, settings);
  const [facts] = await loadFacts(deps, [{ person: review.person, sender: review.sender ?? "" }], at, "receiving");
  const verdict = decideInbound(
    {
      message: {
        direction: "inbound",
        from: review.person,
        text: review.text,
        carrier_intent: null,
        stop_reply: "gateway",
        answered: facts!.answered,
      },
      sender,
      person: facts!.person,
      now: at,
    },
    settings.rulebook,
    "opt_out",
  );
  const inTime = at - review.created_at <= (review.person.startsWith("+1") ? CONFIRM_NORTH_AMERICA_MS : CONFIRM_MS);
  const effects = verdict.effects.flatMap((effect): Effect[] => {
    if (effect.type === "open_review" || effect.type === "reply" && !inTime) return [];
    return [effect.type === "reply" ? { ...effect, once: false } : effect];
  });
  const writes = noWrites();
  const later: LaterMessage[] = perform(
    effects,
    {
      message_id: review.message_id,
      person: review.person,
      text: review.text,
      sender,
      conversation_id: review.conversation_id,
      facts: facts!.person,
      now: at,
      source: "keyword",
      carrier_id: review.carrier_id ?? "",
      requires: review.id,
      actor,
    },
    writes,
    deps,
    settings,
  );
  return statementsOf(writes, at, later);
}
