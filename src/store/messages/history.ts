import { SOFT_OPT_IN } from "../../core/message.ts";
import type { Category, PersonFacts, ReplyKind, SuppressionFact } from "../../core/message.ts";
import { firstIdAt } from "../../gateway/ids.ts";
import { CAME, SAID } from "../consent/consent_questions.ts";
import type { DbClient } from "../libsql/client.ts";
import { type Consent, consentStatus } from "./facts.ts";
import type { MessageRow } from "./writes.ts";

/** A stored message with what was known about the person when it came. */
export interface PastMessage {
  row: HistoryRow;
  /** As of the message; language and time zone, which are not versioned, as of now. */
  person: PersonFacts;
  /** Our last texts in the thread before it, newest first, as far as they advertised or answered. */
  answered: string[];
  /** What the carrier had recognised, known where it led to an opt-out; null otherwise. */
  carrier_intent: "opt_out" | null;
}

export type HistoryRow =
  & Pick<
    MessageRow,
    | "id"
    | "direction"
    | "person"
    | "sender"
    | "declared_category"
    | "max_segments"
    | "sending_window"
    | "scheduled_at"
    | "reply_kind"
    | "purpose"
  >
  & {
    /** As submitted. */
    text: string;
    created_at: number;
    /** What somebody settled about the campaign that it belongs to; null without one. */
    settled_category: Category | null;
    /** How many people its campaign means; 1 without one, since how a batch was put together is not stored. */
    copies: number;
  };

/** Messages of one reading. Their people's history is read with them, so that memory stays bounded. */
const PAGE = 500;
/** The longest period of a cap and then some: what a decision may look back on. */
const REACH_MS = 45 * 86_400_000;
const REPLIES = 20;
/** A person answers what reached them lately. */
const ANSWERED = 12;

/** The last `count` messages, newest first, page by page; `before` is a message id to begin below. */
export async function* pastMessages(
  client: DbClient,
  count: number,
  before?: string,
): AsyncGenerator<PastMessage[], void> {
  let below = before ?? "msg_~";
  for (let left = count; left > 0;) {
    const limit = Math.min(PAGE, left);
    const page = await client.execute({
      sql:
        `select m.id, m.direction, m.person, m.sender, coalesce(m.submitted_text, m.text) as text, m.declared_category,
          m.max_segments, m.sending_window, m.scheduled_at, m.reply_kind, m.purpose, m.created_at, k.language, k.time_zone,
          c.settled_category, coalesce(c.copies, 1) as copies
        from messages m left join contacts k on k.msisdn = m.person left join campaigns c on c.id = m.campaign_id
        where m.id < ? and m.person != '' and m.text != '' order by m.id desc limit ?`,
      args: [below, limit],
    });
    const rows = page.rows as unknown as (HistoryRow & Pick<PersonFacts, "language" | "time_zone">)[];
    if (rows.length > 0) yield await withFacts(client, rows);
    if (rows.length < limit) return;
    left -= rows.length;
    below = rows.at(-1)!.id;
  }
}

interface Past {
  suppressions: Map<string, SuppressionRow[]>;
  consents: Map<string, ConsentRow[]>;
  /** Questions of a double opt-in, newest first. */
  questions: Map<string, QuestionRow[]>;
  /** Advertising that left, by person. */
  advertising: Map<string, ThreadRow[]>;
  /** What the person wrote, and what the gateway answered, by person and sender. */
  inbound: Map<string, ThreadRow[]>;
  /** What the person wrote to anybody, by person. */
  written: Map<string, ThreadRow[]>;
  replies: Map<string, ThreadRow[]>;
  /** What we sent, by person and sender. */
  outbound: Map<string, ThreadRow[]>;
  /** Doubts about the person, which hold advertising while they are open. */
  reviews: Map<string, ReviewRow[]>;
}

interface ReviewRow {
  person: string;
  created_at: number;
  settled_at: number | null;
}

type SuppressionRow = SuppressionFact & {
  recipient: string;
  message_id: string | null;
  lifted_at: number | null;
  lifted_by: string | null;
};
interface ConsentRow {
  id: string;
  recipient: string;
  purpose: string;
  status: Consent[0];
  expires_at: number | null;
  granted_at: number;
  soft: 0 | 1;
}
interface QuestionRow {
  id: string;
  recipient: string;
  purpose: string;
  sender: string;
  flow: string | null;
  confirm_until: number;
  /** When it was answered or taken back; null while neither. */
  over: string | null;
  /** When its sender next said something else (ms); null while it has not. */
  spoken_at: number | null;
}
interface ThreadRow {
  id: string;
  person: string;
  sender: string;
  direction: "outbound" | "inbound";
  reply_kind: ReplyKind | null;
  advertising: number;
  created_at: number;
  left_at: number;
  intent: string | null;
  text: string | null;
}

async function withFacts(
  client: DbClient,
  rows: (HistoryRow & Pick<PersonFacts, "language" | "time_zone">)[],
): Promise<PastMessage[]> {
  const people = JSON.stringify([...new Set(rows.map(({ person }) => person))]);
  const oldest = Math.min(...rows.map(({ created_at }) => created_at)) - REACH_MS;
  const [suppressions, consents, questions, threads, reviews] = await client.batch([
    {
      sql: `select id, recipient, scope, nullif(sender, '') as sender, source, message_id, lifted_at, lifted_by
        from suppressions where recipient in (select value from json_each(?))`,
      args: [people],
    },
    {
      sql:
        `select id, recipient, purpose, status, expires_at, granted_at, source = '${SOFT_OPT_IN}' as soft from consents
        where recipient in (select value from json_each(?)) and status != 'pending' order by granted_at desc, id desc`,
      args: [people],
    },
    {
      sql: `select p.id, p.recipient, p.purpose, p.sender, p.evidence->>'flow' as flow, p.confirm_until,
          (select min(l.id) from consents l where l.recipient = p.recipient and l.purpose = p.purpose and l.rowid > p.rowid
            and (l.status in ('withdrawn', 'disputed') or l.confirms = p.id)) as over,
          (select min(coalesce(o.sent_at, o.created_at)) from messages o where o.conversation_id = q.conversation_id
            and o.direction = 'outbound' and o.reply_kind is null and o.status in ${SAID}
            and coalesce(o.sent_at, o.created_at) >= coalesce(q.sent_at, q.created_at)) as spoken_at
        from consents p join messages q on q.id = p.message_id and q.status in ${CAME}
        where p.recipient in (select value from json_each(?)) and p.status = 'pending'
          and p.confirm_until is not null order by p.id desc`,
      args: [people],
    },
    {
      sql: `select m.id, m.person, m.sender, m.direction, m.reply_kind, m.created_at,
          m.direction = 'outbound' and m.category = 'commercial'
            and m.status not in ('refused', 'canceled', 'failed', 'expired') as advertising,
          coalesce(m.sent_at, m.scheduled_at, m.created_at) as left_at,
          case when m.direction = 'inbound' then m.decision->>'intent' end as intent,
          case when m.direction = 'outbound' then m.text end as text
        from conversations t join messages m on m.conversation_id = t.id
        where t.person in (select value from json_each(:people)) and t.last_message_at > :oldest
          and m.id >= :first and m.id <= :last
          and (m.direction = 'inbound' or m.category = 'commercial'
            or m.reply_kind is not null and m.status not in ('refused', 'canceled'))
        order by m.id`,
      args: { people, oldest, first: firstIdAt("msg", oldest), last: rows[0]!.id },
    },
    {
      sql: `select person, created_at, settled_at from reviews
        where person in (select value from json_each(?)) and kind not in ('category_conflict', 'handover')`,
      args: [people],
    },
  ], "read");
  const thread = threads!.rows as unknown as ThreadRow[];
  const past: Past = {
    suppressions: Map.groupBy(suppressions!.rows as unknown as SuppressionRow[], (row) => row.recipient),
    consents: Map.groupBy(consents!.rows as unknown as ConsentRow[], (row) => row.recipient),
    questions: Map.groupBy(questions!.rows as unknown as QuestionRow[], (row) => row.recipient),
    advertising: Map.groupBy(thread.filter((row) => row.advertising === 1), (row) => row.person),
    written: Map.groupBy(thread.filter((row) => row.direction === "inbound"), (row) => row.person),
    inbound: Map.groupBy(thread.filter((row) => row.direction === "inbound"), threadOf),
    replies: Map.groupBy(thread.filter((row) => row.reply_kind !== null), threadOf),
    outbound: Map.groupBy(thread.filter((row) => row.direction === "outbound"), threadOf),
    reviews: Map.groupBy(reviews!.rows as unknown as ReviewRow[], (row) => row.person),
  };
  return rows.map(({ language, time_zone, ...row }) => pastMessage(row, { language, time_zone }, past));
}

function pastMessage(
  row: HistoryRow,
  book: Pick<PersonFacts, "language" | "time_zone">,
  past: Past,
): PastMessage {
  const { id, person, created_at: at } = row;
  const suppressions = past.suppressions.get(person) ?? [];
  const consents = (past.consents.get(person) ?? [])
    .filter((one) => one.purpose === (row.purpose ?? "commercial") && made(one.id) < made(id)).slice(0, REPLIES);
  const [latest] = consents;
  const consent = consentStatus(latest && [latest.status, latest.expires_at, latest.granted_at, latest.soft], at);
  const lastInbound = before(past.inbound.get(threadOf(row)), id, 1)[0];
  return {
    row,
    answered: before(past.outbound.get(threadOf(row)), id, ANSWERED).map(({ text }) => text!),
    carrier_intent: suppressions.some((one) => one.message_id === id && one.source === "carrier") ? "opt_out" : null,
    person: {
      available: true,
      suppressions: suppressions
        .filter((one) =>
          made(one.id) < made(id) && (one.lifted_at === null || one.lifted_at > at || one.lifted_by === id)
        )
        .map(({ id, scope, sender, source }) => ({ id, scope, sender, source })),
      consent,
      consent_given: consent === "granted" ? { at: latest!.granted_at, soft: latest!.soft === 1 } : null,
      open_review: (past.reviews.get(person) ?? []).some((one) =>
        one.created_at < at && (one.settled_at === null || one.settled_at > at)
      ),
      question:
        (past.questions.get(person) ?? []).find((one) =>
          one.sender === row.sender && made(one.id) < made(id) && one.confirm_until > at &&
          (one.over === null || made(one.over) > made(id)) && (one.spoken_at === null || one.spoken_at > at) &&
          !suppressions.some((stood) => made(stood.id) > made(one.id) && made(stood.id) < made(id))
        ) ?? null,
      consent_before_opt_out: consent === "withdrawn" && consents.some(({ status }) => status === "granted"),
      advertising_at: before(past.advertising.get(person), id).map(({ left_at }) => left_at).sort((a, b) => b - a),
      last_inbound_at: before(past.written.get(person), id, 1)[0]?.created_at ?? null,
      last_chat_at: lastInbound?.intent === "none" ? lastInbound.created_at : null,
      replies: before(past.replies.get(threadOf(row)), id, REPLIES)
        .map(({ reply_kind, created_at, text }) => ({ kind: reply_kind!, at: created_at, text: text! })),
      ...book,
    },
  };
}

const threadOf = ({ person, sender }: { person: string; sender: string }) => `${person} ${sender}`;

/** Ids of every kind sort by creation behind their prefix, within one millisecond too. */
const made = (id: string) => id.slice(id.indexOf("_") + 1);

/** The `most` latest rows from before the message, newest first. */
function before(rows: readonly ThreadRow[] = [], id: string, most = Infinity): ThreadRow[] {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return rows.slice(Math.max(0, low - most), low).reverse();
}
