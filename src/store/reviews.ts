import type { InStatement } from "@libsql/client/web";
import type { ReviewKind } from "../core/message.ts";
import type { Db } from "./client.ts";
import type { reviews } from "./schema.ts";

/** What somebody on the staff has to look at, and what follows when they have. */

/** A review with the message that it is about. */
export type ReviewRow = typeof reviews.$inferSelect & {
  text: string;
  message_status: string;
  conversation_id: string;
  carrier_id: string | null;
};

export interface ReviewFilter {
  kind?: ReviewKind | undefined;
  /** E.164. */
  person?: string | undefined;
  state?: "open" | "settled" | undefined;
  limit: number;
  cursor?: string | undefined;
}

const SELECT = `select r.*, m.text, m.status as message_status, m.conversation_id, m.carrier_id
  from reviews r join messages m on m.id = r.message_id`;

/** A page, open ones first and the newest of each first. The cursor tells in which of the two the page ended. */
export async function listReviews(
  { client }: Db,
  { kind, person, state, limit, cursor }: ReviewFilter,
): Promise<{ rows: ReviewRow[]; next: string | null }> {
  const [, part, id] = /^(open|settled)\.(.+)$/.exec(cursor ?? "") ?? [];
  const { rows } = await client.execute({
    sql: `${SELECT} where (:kind is null or r.kind = :kind) and (:person is null or r.person = :person)
        and (:state is null or (r.settled_at is null) = (:state = 'open'))
        and (:id is null or (r.settled_at is not null) > (:part = 'settled')
          or ((r.settled_at is not null) = (:part = 'settled') and r.id < :id))
      order by r.settled_at is not null, r.id desc limit :limit`,
    args: {
      kind: kind ?? null,
      person: person ?? null,
      state: state ?? null,
      id: id ?? null,
      part: part ?? null,
      limit: limit + 1,
    },
  });
  const found = rows as unknown as ReviewRow[];
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page,
    next: found.length > limit && last ? `${last.settled_at === null ? "open" : "settled"}.${last.id}` : null,
  };
}

export async function findReview({ client }: Db, id: string): Promise<ReviewRow | null> {
  const { rows } = await client.execute({ sql: `${SELECT} where r.id = ?`, args: [id] });
  return (rows[0] as unknown as ReviewRow | undefined) ?? null;
}

export interface Settlement {
  id: string;
  settlement: string;
  /** API key. */
  by: string;
  at: number;
  note: string | null;
}

/** Settles an open review, and changes nothing when it is settled already. The audit entry may stand right behind it. */
export function settle({ id, settlement, by, at, note }: Settlement): InStatement {
  return {
    sql: `update reviews set settled_at = :at, settled_by = :by, settlement = :settlement, note = :note
      where id = :id and settled_at is null`,
    args: { id, settlement, by, at, note },
  };
}

/**
 * The same for every open review of a message that waits with the same text from the same sender: what somebody settled about one
 * copy of a batch holds for all.
 */
export function settleCopies({ id, settlement, by, at, note }: Settlement): InStatement {
  return {
    sql: `update reviews set settled_at = :at, settled_by = :by, settlement = :settlement, note = :note
      where settled_at is null and kind = 'category_conflict' and message_id in (select c.id from messages m
        join messages c on c.status = 'held' and c.hold_reason = 'needs_review' and c.sender = m.sender
          and coalesce(c.submitted_text, c.text) = coalesce(m.submitted_text, m.text)
        where m.id = (select message_id from reviews where id = :id and settled_at = :at and settled_by = :by))`,
    args: { id, settlement, by, at, note },
  };
}

/** The suppression that stands because of a message; null when there is none. */
export async function suppressedBy({ client }: Db, messageId: string): Promise<string | null> {
  const { rows } = await client.execute({
    sql: `select s.id from messages m join suppressions s on s.recipient = m.person and s.message_id = m.id
      where m.id = ? and s.lifted_at is null and s.source = 'keyword'`,
    args: [messageId],
  });
  return rows[0]?.["id"] as string | undefined ?? null;
}

/**
 * Lifts a suppression that stood on suspicion while its review is open, unless the person has refused again since: then it stands on
 * their own words.
 */
export function liftSuspicion(
  reviewId: string,
  suppressionId: string,
  { by, at, reason }: { by: string; at: number; reason: string },
): InStatement {
  return {
    sql: `update suppressions set lifted_at = :at, lifted_by = :by, lift_reason = :reason
      where id = :suppressionId and lifted_at is null
        and exists (select 1 from reviews where id = :reviewId and settled_at is null)
        and not exists (select 1 from audit_log where subject = :suppressionId and action = 'suppression.repeated')`,
    args: { reviewId, suppressionId, by, at, reason },
  };
}

/**
 * What waited for the settlement is due now and is decided again by the dispatcher: advertising to a person about whom no doubt is
 * open any more, and messages whose own review is settled.
 */
export function releaseHeld(person: string, at: number): InStatement {
  return {
    sql: `update messages set due_at = :at where status = 'held' and hold_reason = 'needs_review' and due_at is null
        and conversation_id in (select id from conversations where person = :person)
        and not exists (select 1 from reviews r where r.person = :person and r.settled_at is null and r.kind != 'category_conflict')
        and not exists (select 1 from reviews r where r.message_id = messages.id and r.settled_at is null)`,
    args: { person, at },
  };
}

/** As `releaseHeld`, for every message that was settled with this one; about whom a doubt is open, waits on. */
export function releaseCopies({ by, at, settlement }: Settlement): InStatement {
  return {
    sql: `update messages set due_at = :at where status = 'held' and hold_reason = 'needs_review' and due_at is null
        and id in (select message_id from reviews where ${SETTLED_NOW})
        and not exists (select 1 from reviews r where r.person = messages.person and r.settled_at is null
          and r.kind != 'category_conflict')`,
    args: { by, at, settlement },
  };
}

/** Every message that was settled with this one does not leave. */
export function refuseCopies({ by, at, settlement }: Settlement): InStatement[] {
  const which =
    `status = 'held' and hold_reason = 'needs_review' and id in (select message_id from reviews where ${SETTLED_NOW})`;
  return [
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :at, 'refused', 'content_refused' from messages where ${which}`,
      args: { by, at, settlement },
    },
    {
      sql: `update messages set status = 'refused', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'content_refused', error_detail = 'Somebody on the staff looked at it and refused it.' where ${which}`,
      args: { by, at, settlement },
    },
  ];
}

const SETTLED_NOW = "kind = 'category_conflict' and settled_at = :at and settled_by = :by and settlement = :settlement";
