import type { RefusalCode } from "../../core/message.ts";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { idempotentAnswers, type StoredAnswer } from "../../store/messages/idempotency.ts";
import { releaseSettled } from "../../store/messages/reviews.ts";
import { RecentDecisions, saveDecisions } from "../../store/messages/shared_decisions.ts";
import { commit, type MessageRow, noWrites } from "../../store/messages/writes.ts";
import type { Deps } from "../gateway.ts";
import { type MessageView, messageView } from "../message_view.ts";
import { Batcher, GROUP_LIMITS } from "./batcher.ts";
import { composeDraft, type Draft, draftRow, refusalDetail, reviewWrites } from "./compose.ts";

/** An outbound message to accept, with the key under which a repetition is recognised. */
export interface Submission {
  draft: Draft;
  idempotency: { api_key_id: string; key: string; body_hash: string } | null;
}

/** A refusal by the rules: stored, explained, and answered as problem details. */
export interface Refusal {
  type: string;
  title: string;
  status: 422;
  code: RefusalCode | "idempotency_key_reused";
  detail: string;
  message_id?: string;
  decision?: MessageView["decision"];
}

/** `body` is what the caller gets: the message, or why not. */
export type Acceptance = { status: 202; body: MessageView } | { status: 422; body: Refusal };

export interface Acceptor {
  /**
   * Resolves when the message (or its refusal) is durable. Rejects with NoRulebookError, when nothing is stored, or with
   * DatabaseError, whose kind tells whether something may be (`unavailable`).
   */
  submit(submission: Submission): Promise<Acceptance>;
  /**
   * What was answered under this key before, null for a new one. For what cannot be accepted any more: a repetition gets its answer all
   * the same, or the caller would send it again in other words.
   */
  earlier(idempotency: NonNullable<Submission["idempotency"]>): Promise<Acceptance | null>;
  readonly depth: number;
}

/** `stored` is called after each commit that left something to dispatch. */
export function acceptor(deps: Deps, stored: () => void): Acceptor {
  const decisions = new RecentDecisions();
  const batcher = new Batcher<Submission, Acceptance>(
    (group) => acceptGroup(group, deps, decisions, stored),
    // A person's messages see each other one by one; a repeated key waits for the first to be stored.
    ({ draft, idempotency }) =>
      idempotency === null ? [draft.to] : [draft.to, `${idempotency.api_key_id} ${idempotency.key}`],
    GROUP_LIMITS,
    isDatabaseDown,
  );
  return {
    submit: (submission) => batcher.submit(submission),
    async earlier(idempotency) {
      const answer = (await idempotentAnswers(deps.db.client, [{ idempotency }])).get(0);
      return answer === undefined ? null : repeated(answer, idempotency.body_hash);
    },
    get depth() {
      return batcher.depth;
    },
  };
}

async function acceptGroup(
  group: Submission[],
  deps: Deps,
  decisions: RecentDecisions,
  stored: () => void,
): Promise<(Acceptance | Promise<Acceptance>)[]> {
  const now = deps.now();
  const settings = await deps.settings.current();
  const { rulebook } = settings;
  const { publicUrl, tokens } = deps;
  const { client } = deps.db;
  const [facts, answers] = await Promise.all([
    loadFacts(
      deps,
      group.map(({ draft }) => ({ person: draft.to, sender: draft.sender.address, purpose: draft.purpose })),
      now,
    ),
    idempotentAnswers(client, group),
  ]);

  const writes = noWrites();
  const doubted: string[] = [];
  const results = group.map(({ draft, idempotency }, index): { acceptance: Acceptance; row: MessageRow | null } => {
    const earlier = answers.get(index);
    if (earlier && idempotency) return { acceptance: repeated(earlier, idempotency.body_hash), row: null };
    const known = facts[index]!;
    const composed = composeDraft(draft, known.person, { rulebook, now, publicUrl, tokens });
    const row = draftRow(draft, composed, {
      id: deps.newId("msg"),
      now,
      conversation_id: known.conversation_id ?? deps.newId("cnv"),
      settings,
    });
    const acceptance = acceptanceOf(row, composed.verdict);
    if (row.hold_reason === "needs_review" && known.person.open_review) doubted.push(row.id);
    writes.conversations.push({
      id: row.conversation_id,
      person: row.person,
      sender: row.sender,
      at: now,
      inbound: null,
    });
    writes.messages.push(idempotency === null ? row : { ...row, requires: row.id });
    const opened = reviewWrites(row, composed.verdict, now, deps.newId);
    writes.reviews.push(...opened.reviews);
    writes.audit.push(...opened.audit);
    if (idempotency !== null) {
      writes.idempotency.push({
        ...idempotency,
        message_id: row.id,
        status: acceptance.status,
        body: JSON.stringify(acceptance.body),
        created_at: now,
      });
    }
    return { acceptance, row };
  });

  if (writes.messages.length === 0) return results.map((one) => one.acceptance);
  const { rows, ids } = decisions.share(writes.messages);
  const { kept } = await commit(client, { ...writes, messages: rows }, now, {
    before: saveDecisions(ids),
    beside: releaseSettled(doubted, now),
  });
  if (results.some(({ row }) => row?.status === "queued")) stored();

  // A message that was not kept lost the race for its key against another instance: the answer is the winner's. Only its own
  // caller waits for that, and only he fails with it: the others are stored and must not be decided again.
  const lost = group.filter((_, index) => results[index]!.row !== null && !kept.has(results[index]!.row!.id));
  const winners = lost.length === 0 ? null : idempotentAnswers(client, lost);
  return results.map(({ acceptance, row }, index) => {
    if (row === null) return acceptance;
    const conversation = kept.get(row.id);
    if (conversation === undefined) {
      const submission = group[index]!;
      return winners!.then((answers) =>
        repeated(answers.get(lost.indexOf(submission))!, submission.idempotency!.body_hash)
      );
    }
    if (acceptance.status === 202) acceptance.body.conversation_id = conversation;
    return acceptance;
  });
}

function repeated(earlier: StoredAnswer, bodyHash: string): Acceptance {
  if (earlier.body_hash === bodyHash) {
    const answer = { status: earlier.status, body: JSON.parse(earlier.body) } as Acceptance;
    if (answer.status === 202 && earlier.conversation_id !== null) {
      answer.body.conversation_id = earlier.conversation_id;
    }
    return answer;
  }
  return {
    status: 422,
    body: {
      type: "about:blank",
      title: "Idempotency key reused",
      status: 422,
      code: "idempotency_key_reused",
      detail: "This Idempotency-Key was used with another body; use a new key for a new message.",
    },
  };
}

function acceptanceOf(row: MessageRow, verdict: Parameters<typeof refusalDetail>[0]): Acceptance {
  if (verdict.code === null) return { status: 202, body: messageView(row, verdict.decision) };
  return { status: 422, body: refusal(verdict, row.id) };
}

/** The problem details of a refused message; without an id for a dry run. */
export function refusal(verdict: Parameters<typeof refusalDetail>[0], messageId?: string): Refusal {
  return {
    type: "about:blank",
    title: "Refused by the rules",
    status: 422,
    code: verdict.code!,
    detail: refusalDetail(verdict),
    ...(messageId === undefined ? {} : { message_id: messageId }),
    decision: verdict.decision,
  };
}
