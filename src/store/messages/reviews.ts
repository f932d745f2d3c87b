import type { InStatement } from "@libsql/client/web";
import type { ReviewKind } from "../../core/message.ts";
import { named } from "../dispatch/outbox.ts";
import type { Db } from "../libsql/client.ts";
import type { reviews } from "../schema.ts";

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
  const [, reached, id] = /^(open|settled)\.(.+)$/.exec(cursor ?? "") ?? [];
  const parts = (["open", "settled"] as const)
    .filter((part) => (state === undefined || state === part) && (reached !== "settled" || part === "settled"));
  const results = await client.batch(
    parts.map((part) => {
      const below = part === reached ? id! : undefined;
      // Few are open: their own index finds them. Of one kind few may be settled: looked for in one go, not in the order of an index.
      const order = part === "settled" && kind !== undefined && person === undefined ? "+r.id" : "r.id";
      return named(
        `select r.*, m.text, m.status as message_status, m.conversation_id, m.carrier_id
          from reviews r ${
          part === "open" ? "indexed by reviews_open" : ""
        } cross join messages m on m.id = r.message_id
          where r.settled_at is ${part === "open" ? "" : "not"} null ${kind === undefined ? "" : "and r.kind = :kind"}
            ${person === undefined ? "" : "and r.person = :person"} ${below === undefined ? "" : "and r.id < :below"}
          order by ${order} desc limit :limit`,
        { kind: kind ?? "", person: person ?? "", below: below ?? "", limit: limit + 1 },
      );
    }),
    "read",
  );
  const found = results.flatMap(({ rows }) => rows as unknown as ReviewRow[]);
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

/** Other open doubts about a person, at most `limit`: of the same text, or with `text` null all of them. */
export async function openDoubts(
  { client }: Db,
  { person, text, limit }: { person: string; text: string | null; limit: number },
): Promise<CopyReview[]> {
  const { rows } = await client.execute({
    sql: `select r.id, r.person, r.message_id from reviews r join messages m on m.id = r.message_id
      where r.person = :person and r.settled_at is null and r.kind = 'doubtful_reply' and (:text is null or m.text = :text)
      limit :limit`,
    args: { person, text, limit },
  });
  return rows as unknown as CopyReview[];
}

/** Settles those of the reviews `ids` that are open. Their entries may stand before, each written if its review is open. */
export function settleAll(ids: readonly string[], { settlement, by, at, note }: Omit<Settlement, "id">): InStatement {
  return {
    sql: `update reviews set settled_at = :at, settled_by = :by, settlement = :settlement, note = :note
      where id in (select value from json_each(:ids)) and settled_at is null`,
    args: { ids: JSON.stringify(ids), settlement, by, at, note },
  };
}

/** Suppressions of a person by their own words that stand, for `liftSuspicion`. */
export async function ownSuppressions({ client }: Db, person: string): Promise<string[]> {
  const { rows } = await client.execute({
    sql: "select id from suppressions where recipient = ? and lifted_at is null and source = 'keyword'",
    args: [person],
  });
  return rows.map((row) => row["id"] as string);
}

/**
 * Lifts a suppression that stood on suspicion alone: every message that made or repeated it was looked at and is no opt-out. One
 * that nobody looked at, or that says something else as well (a wrong number), keeps it.
 */
export function liftSuspicion(
  suppressionId: string,
  { by, at, reason }: { by: string; at: number; reason: string },
): InStatement {
  return {
    sql: `update suppressions set lifted_at = :at, lifted_by = :by, lift_reason = :reason
      where id = :suppressionId and lifted_at is null and source = 'keyword' and ${cleared("suppressions.message_id")}
        and not exists (select 1 from audit_log l left join audit_details d on d.id = l.id
          where l.subject = :suppressionId and l.action = 'suppression.repeated'
            and not ${cleared("d.details->>'message_id'")})`,
    args: { suppressionId, by, at, reason },
  };
}

/** A message is no opt-out: somebody settled so, and it is about no wrong number. Never null. */
function cleared(message: string): string {
  return `(exists (select 1 from reviews v where v.message_id = ${message} and v.settlement = 'not_opt_out')
    and not exists (select 1 from reviews w where w.message_id = ${message} and w.kind = 'wrong_number'))`;
}

/**
 * What waited for the settlement is due now and is decided again by the dispatcher: advertising to a person about whom no doubt is
 * open any more, and messages whose own review is settled.
 */
export function releaseHeld(person: string, at: number): InStatement {
  return {
    sql: `update messages set due_at = :at where status = 'held' and hold_reason = 'needs_review' and due_at is null
        and conversation_id in (select id from conversations where person = :person)
        and not exists (select 1 from reviews r where r.person = :person and r.settled_at is null
          and r.kind not in ('category_conflict', 'handover'))
        and not exists (select 1 from reviews r where r.message_id = messages.id and r.settled_at is null)`,
    args: { person, at },
  };
}

/**
 * To stand behind the statements that hold advertising because of a doubt about its reader. When that doubt was settled after it was
 * read and before the hold was written, `releaseHeld` has passed by: without this the message would wait for ever. `ids` are
 * those of the messages held so; none for none.
 */
export function releaseSettled(ids: readonly string[], at: number): InStatement[] {
  if (ids.length === 0) return [];
  return [{
    sql: `update messages set due_at = :at where id in (select value from json_each(:ids))
        and status = 'held' and hold_reason = 'needs_review' and due_at is null and not ${DOUBTED}
        and not exists (select 1 from reviews r where r.message_id = messages.id and r.settled_at is null)`,
    args: { ids: JSON.stringify(ids), at },
  }];
}

/** A review of a message of ours, and whom the message goes to. */
export type CopyReview = Pick<ReviewRow, "id" | "person" | "message_id">;

/** Open reviews, at most `limit`, of the same text from the same sender as message `messageId`. */
export async function openCopies({ client }: Db, messageId: string, limit: number): Promise<CopyReview[]> {
  const { rows } = await client.execute({
    sql: `select r.id, r.person, r.message_id from messages m join reviews r on r.settled_at is null
        and r.kind = 'category_conflict'
      join messages c on c.id = r.message_id and c.sender = m.sender
        and coalesce(c.submitted_text, c.text) = coalesce(m.submitted_text, m.text)
      where m.id = :messageId limit :limit`,
    args: { messageId, limit },
  });
  return rows as unknown as CopyReview[];
}

/**
 * Settles those of the reviews `ids` that are open, and what waited for them is decided again, unless about its reader a doubt is
 * open, or does not leave. Their entries stand before, each written if its review is open. The first statement settles.
 */
export function settleCategory(
  ids: readonly string[],
  { settlement, by, at, note }: Omit<Settlement, "id">,
): InStatement[] {
  const json = JSON.stringify(ids);
  const which = `status = 'held' and hold_reason = 'needs_review' and id in (select message_id from reviews
    where id in (select value from json_each(:ids)) and settled_at = :at and settled_by = :by)`;
  const args = { ids: json, at, by };
  const settled = settleAll(ids, { settlement, by, at, note });
  if (settlement !== "refuse") {
    return [settled, {
      sql: `update messages set due_at = :at where ${which} and due_at is null and not ${DOUBTED}`,
      args,
    }];
  }
  return [
    settled,
    {
      sql: `insert into message_events (message_id, at, status, detail)
        select id, :at, 'refused', 'content_refused' from messages where ${which}`,
      args,
    },
    {
      sql: `update messages set status = 'refused', due_at = null, hold_until = null, hold_reason = null,
          error_code = 'content_refused', error_detail = 'Somebody on the staff looked at it and refused it.' where ${which}`,
      args,
    },
  ];
}

/** A doubt is open about whom message `messages` goes to. */
const DOUBTED = `exists (select 1 from reviews r where r.person = messages.person and r.settled_at is null
  and r.kind not in ('category_conflict', 'handover'))`;

/**
 * Whether the writer of message `since` asked to come back later: a START of theirs lifted something, or they agreed to advertising. Who
 * agreed to a kind of information, or to a partner's, did not.
 */
export async function returnedSince({ client }: Db, person: string, since: string): Promise<boolean> {
  const { rows } = await client.execute({
    sql:
      `select exists (select 1 from suppressions where recipient = :person and lifted_by glob 'msg_*' and lifted_by > :since)
        or exists (select 1 from consents where recipient = :person and status = 'granted' and purpose = 'commercial'
          and message_id > :since) as returned`,
    args: { person, since },
  });
  return rows[0]!["returned"] === 1;
}
