import type { SendingWindow } from "../../core/message.ts";
import type { Claimed } from "../../store/dispatch/claim.ts";
import { heldDue, redecide, type Redecided } from "../../store/dispatch/outbox.ts";
import type { WaitingRow } from "../../store/dispatch/waiting.ts";
import { type Facts, loadFacts, withErased } from "../../store/messages/facts.ts";
import { releaseSettled } from "../../store/messages/reviews.ts";
import { noWrites, statementsOf, type Writes } from "../../store/messages/writes.ts";
import { inPace } from "../campaigns/pace.ts";
import { withMarks } from "../campaigns/short_links.ts";
import type { Deps } from "../gateway.ts";
import { composeDraft, decidedColumns, refusalDetail, reviewWrites } from "../pipeline/compose.ts";
import type { Settings } from "../settings.ts";

/** Held messages that are decided in one go. */
export const RELEASE_GROUP = 200;

/**
 * Decides one group of held messages again whose time has come: consent, hours and rules may have changed since (compliance.md,
 * rule of thumb 3). Resolves with how many there were.
 */
export async function release(deps: Deps, settings: Settings): Promise<number> {
  const { client } = deps.db;
  const now = deps.now();
  const held = await heldDue(client, now, RELEASE_GROUP);
  if (held.length === 0) return 0;
  const facts = await loadFacts(
    deps,
    held.map(({ person, sender, purpose }) => ({ person, sender, purpose })),
    now,
    "releasing",
  );
  const opened = noWrites();
  const rows = decideInTurn(held.map((row, index) => ({ row, facts: facts[index]! })), deps, settings, now, opened);
  const doubted = heldForDoubt(rows.filter((_, index) => facts[index]!.person.open_review));
  const paced = await inPace(client, held, rows, { settings, now });
  await client.batch([
    ...redecide(paced.rows, now),
    ...paced.statements,
    ...statementsOf(opened, now),
    ...releaseSettled(doubted, now),
  ]);
  return held.length;
}

/**
 * Decides claimed advertising again before it is handed over, with what the claim itself read: consent that was withdrawn or ran
 * out in the queue, and a frequency cap that several instances filled at once, are seen here. `rows` may leave as they are;
 * `changed` must be written first, which most claims do not need, and only those still `sending` leave. `asked`: the database was, and time
 * has passed since the claim.
 */
export async function lookAgain(
  { rows, facts, erased_under }: Claimed,
  deps: Deps,
  known: Settings,
): Promise<{ rows: WaitingRow[]; changed: (WaitingRow & Redecided)[]; opened: Writes; asked: boolean }> {
  const claimed = rows.flatMap((row) => {
    const found = facts.get(row.id);
    return found === undefined ? [] : [{ row, person: row.person, facts: found }];
  });
  if (claimed.length === 0) return { rows, changed: [], opened: noWrites(), asked: false };
  const advertising = erased_under.length === 0 ? claimed : await withErased(deps, claimed, erased_under);
  // A sender may be newer than the settings: what is claimed is not given up for that.
  const settings = advertising.every(({ row }) => known.senders.has(row.sender))
    ? known
    : await deps.settings.refresh();
  const opened = noWrites();
  const decisions = decideInTurn(advertising, deps, settings, deps.now(), opened);
  const changed = advertising.flatMap(({ row }, index): (WaitingRow & Redecided)[] => {
    const decision = decisions[index]!;
    if (decision.status !== "queued") return [{ ...row, ...decision }];
    return decision.text === row.text ? [] : [{ ...row, ...decision, status: "sending", due_at: row.due_at ?? null }];
  });
  const ids = new Set(changed.map(({ id }) => id));
  const asked = advertising !== claimed || settings !== known;
  return { rows: rows.filter(({ id }) => !ids.has(id)), changed, opened, asked };
}

/** Decides stored messages in their order; advertising that is let through counts against the next to the same person. */
function decideInTurn(
  waiting: readonly { row: WaitingRow; facts: Facts }[],
  deps: Deps,
  settings: Settings,
  now: number,
  opened: Writes,
): Redecided[] {
  const before = new Map<string, number[]>();
  return waiting.map(({ row, facts: { person } }) => {
    const sender = settings.senders.get(row.sender);
    if (sender === undefined) return senderGone(row);
    const earlier = before.get(row.person) ?? [];
    const submitted = row.submitted_text ?? row.text;
    const marked = withMarks(submitted, deps.publicUrl);
    const { verdict, token } = composeDraft(
      {
        to: row.person,
        sender,
        text: marked.text,
        category: row.declared_category ?? null,
        purpose: row.purpose ?? null,
        scheduled_at: row.scheduled_at ?? null,
        valid_until: row.valid_until ?? null,
        max_segments: row.max_segments ?? null,
        metadata: null,
        sending_window: row.sending_window ? JSON.parse(row.sending_window) as SendingWindow : null,
        reply: null,
        // A link that was promised to the person stays the same link.
        copies: 1,
        settled_category: row.settled_category,
        unsubscribe_token: row.unsubscribe_token ?? null,
      },
      { ...person, advertising_at: [...earlier, ...person.advertising_at] },
      { rulebook: settings.rulebook, now, publicUrl: deps.publicUrl, tokens: deps.tokens },
    );
    const review = reviewWrites(row, verdict, now, deps.newId);
    opened.reviews.push(...review.reviews);
    opened.audit.push(...review.audit);
    if (verdict.category === "commercial" && verdict.decision.outcome === "allow") {
      before.set(row.person, [now, ...earlier]);
    }
    return {
      id: row.id,
      text: marked.restore(verdict.text),
      submitted_text: submitted,
      unsubscribe_token: token,
      ...decidedColumns(verdict, now),
      error_code: verdict.code,
      error_detail: verdict.code === null ? null : refusalDetail(verdict),
    };
  });
}

/** Ids of those that wait for somebody to settle a doubt. */
export function heldForDoubt(rows: readonly Redecided[]): string[] {
  return rows.filter(({ hold_reason }) => hold_reason === "needs_review").map(({ id }) => id);
}

function senderGone(row: WaitingRow): Redecided {
  return {
    ...row,
    status: "failed",
    due_at: null,
    hold_until: null,
    hold_reason: null,
    error_code: "sender_not_allowed",
    error_detail: "The sender was removed while the message waited.",
  };
}
