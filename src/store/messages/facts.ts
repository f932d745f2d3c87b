import type { InStatement, ResultSet } from "@libsql/client/web";
import { SOFT_OPT_IN } from "../../core/message.ts";
import type { ConsentStatus, PersonFacts, ReplyKind, SuppressionFact } from "../../core/message.ts";
import { firstIdAt } from "../../gateway/ids.ts";
import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import { isAnswerable } from "../consent/consent_questions.ts";
import type { Db, DbClient } from "../libsql/client.ts";
import { ERASED_UNDER, keysAreKnown, recipientsOf } from "../people/erased.ts";

/** What a message needs to know before it is decided, all of it in one read for a whole group. */
export interface FactsRequest {
  person: string;
  sender: string;
  /** Whose consent is asked about; that to own advertising when left out or null. */
  purpose?: string | null | undefined;
}

export interface Facts {
  person: PersonFacts;
  conversation_id: string | null;
  /** Our last texts in the thread, newest first; only where they are asked for. */
  answered: string[];
}

/** Purpose of the company's own advertising. */
const OWN = "commercial";
/** The longest period of a frequency cap (720 hours). */
const MONTH = 30 * 86_400_000;
/** Advertising that was not scheduled leaves at most this long after it was accepted: closed hours end within two weeks. */
const LONGEST_WAIT = 15 * 86_400_000;

/**
 * `accepting`: what waits counts towards the cap. `releasing`: what is held does not, it is decided again itself. `receiving`: as
 * accepting, with the texts that a message from the person may answer.
 */
export type FactsPurpose = "accepting" | "releasing" | "receiving";

/** Databases from which people were erased: their numbers have to be looked for under the keyed hash as well. */
const erasedFrom = new WeakSet<DbClient>();

/**
 * Facts for each request, in order. One statement and one row, whatever the number of requests: rows cost more than reading. Once
 * anybody was erased, `people` finds the suppressions that were kept; where they were kept under a key that is not at hand, nobody knows
 * whether the person refused, and the facts are not available.
 */
export async function loadFacts(
  { db, people }: { db: Pick<Db, "client">; people: PersonKeys | null },
  requests: readonly FactsRequest[],
  now: number,
  purpose: FactsPurpose = "accepting",
): Promise<Facts[]> {
  const { client } = db;
  const keyed = erasedFrom.has(client);
  const told = requests.map(({ person, sender, purpose }) => [
    person,
    sender,
    purpose ?? OWN,
    ...(keyed ? [recipientsOf(person, people)] : []),
  ]);
  const result = await client.execute({
    sql: (keyed ? KEYED_SQL_FOR : SQL_FOR)[purpose],
    args: { requests: JSON.stringify(told), ...times(now) },
  });
  const under = readErasedUnder(result);
  if (under.length > 0 && !keyed) {
    erasedFrom.add(client);
    return await loadFacts({ db, people }, requests, now, purpose);
  }
  const available = keysAreKnown(under, people);
  const facts = new Array<Facts>(requests.length);
  for (const [position, one] of readFacts<number>(result, now, available)) facts[position] = one;
  return facts;
}

/** Reads the facts for the advertising claimed under `lease`; of what else waits, only what was tried already counts. */
export function claimedFacts(lease: string, now: number): InStatement {
  return { sql: CLAIMED, args: { lease, ...times(now) } };
}

/** The answer to `claimedFacts`: facts by message id, and the keys under which anybody who was erased is kept. */
export function readClaimedFacts(
  result: ResultSet,
  now: number,
): { facts: Map<string, Facts>; erased_under: string[] } {
  return { facts: new Map(readFacts<string>(result, now, true)), erased_under: readErasedUnder(result) };
}

/**
 * Facts read without keyed hashes, and what stands under them. An erasure cancels what waits, but an import of suppressions may bring
 * hashes of people for whom something waits, and an instance may have been suspended between its facts and its commit.
 */
export async function withErased<T extends { person: string; facts: Facts }>(
  { db: { client }, people }: { db: Pick<Db, "client">; people: PersonKeys | null },
  read: readonly T[],
  erased_under: readonly string[],
): Promise<T[]> {
  const named = new Map(
    read.flatMap(({ person }) => people?.keysOf(person).map((key) => [key, person] as const) ?? []),
  );
  const { rows } = await client.execute({
    sql: `select recipient, id, scope, nullif(sender, '') as sender, source from suppressions
      where recipient in (select value from json_each(?)) and lifted_at is null`,
    args: [JSON.stringify([...named.keys()])],
  });
  const kept = Map.groupBy(
    rows as unknown as (SuppressionFact & { recipient: string })[],
    ({ recipient }) => named.get(recipient)!,
  );
  const available = keysAreKnown(erased_under, people);
  return read.map((one) => {
    const { person } = one.facts;
    const suppressions = [...person.suppressions, ...kept.get(one.person) ?? []];
    return { ...one, facts: { ...one.facts, person: { ...person, available, suppressions } } };
  });
}

function readErasedUnder({ rows }: ResultSet): string[] {
  return JSON.parse(rows[0]!["erased_under"] as string) as string[];
}

function times(now: number) {
  return { now, since: now - MONTH - LONGEST_WAIT, first: firstIdAt("msg", now - MONTH - LONGEST_WAIT) };
}

function readFacts<Position>({ rows }: ResultSet, now: number, available: boolean): [Position, Facts][] {
  return (JSON.parse(rows[0]!["facts"] as string) as FactsRow<Position>[]).map((one) => {
    const [
      position,
      conversation_id,
      last_chat_at,
      last_inbound_at,
      question,
      language,
      time_zone,
      suppressions,
      consents,
      advertising,
      replies,
      open_review,
      answered,
    ] = one;
    const consent = consentStatus(consents[0], now);
    return [position, {
      conversation_id,
      answered: answered ?? [],
      person: {
        available,
        suppressions,
        consent,
        consent_given: consent === "granted" ? { at: consents[0]![2], soft: consents[0]![3] === 1 } : null,
        open_review: open_review === 1,
        consent_before_opt_out: consent === "withdrawn" && consents.some(([status]) => status === "granted"),
        advertising_at: advertising,
        last_inbound_at,
        question: question === null ? null : { id: question[0], purpose: question[1], flow: question[2] },
        last_chat_at,
        replies,
        language,
        time_zone,
      },
    }];
  });
}

export type Consent = [
  status: "granted" | "withdrawn" | "disputed",
  expires_at: number | null,
  granted_at: number,
  soft: 0 | 1,
];
type FactsRow<Position> = [
  position: Position,
  conversation_id: string | null,
  last_chat_at: number | null,
  last_inbound_at: number | null,
  question: [id: string, purpose: string, flow: string | null] | null,
  language: string | null,
  time_zone: string | null,
  suppressions: SuppressionFact[],
  /** Latest act first, which an old consent that is recorded late is not. */
  consents: Consent[],
  advertising: number[],
  replies: { kind: ReplyKind; at: number; text: string }[],
  open_review: 0 | 1,
  answered: string[] | null,
];

/** What the latest act means at the instant `now`. */
export function consentStatus(latest: Consent | undefined, now: number): ConsentStatus {
  if (latest === undefined) return "none";
  const [status, expires_at] = latest;
  return status === "granted" && expires_at !== null && expires_at <= now ? "expired" : status;
}

/** When an advertisement left, or will as far as is known. The outcome of a hand-over may be open: it counts from then on. */
const LEAVES_AT = `case when m.sent_at is not null then m.sent_at
  when m.status in ('queued', 'sending') then max(m.due_at, :now)
  when m.status = 'held' then coalesce(m.due_at, m.created_at)
  else coalesce((select max(e.at) from message_events e where e.message_id = m.id), m.created_at) end`;

const REQUESTS = `select key, value->>0, value->>1, value->>2, null from json_each(:requests)`;
/** With all that a suppression of the person may stand under. */
const KEYED_REQUESTS = `select key, value->>0, value->>1, value->>2, value->>3 from json_each(:requests)`;
/** A person answers what reached them lately: of the last messages in the thread, those that left. */
const ANSWERED = `(select json_group_array(l.text) from (select m.text, m.status from messages m
    where m.conversation_id = c.id and m.direction = 'outbound' order by m.id desc limit 12) l
  where l.status in ('sending', 'sent', 'delivered', 'undelivered', 'unknown'))`;
const KEYED_RECIPIENTS = "in (select value from json_each(r.recipients))";
/** The last question of a double opt-in that the person may answer to this sender. Only who writes can answer one. */
const QUESTION = `json((select json_array(p.id, p.purpose, p.evidence->>'flow') from consents p
  where p.recipient = r.person and p.sender = r.sender and ${
  isAnswerable("p", ":now")
} order by p.rowid desc limit 1))`;
const SQL_FOR: Record<FactsPurpose, string> = {
  accepting: factsSql(REQUESTS, ""),
  releasing: factsSql(REQUESTS, "and m.status != 'held'"),
  receiving: factsSql(REQUESTS, "", ANSWERED, "= r.person", QUESTION),
};
const KEYED_SQL_FOR: typeof SQL_FOR = {
  accepting: factsSql(KEYED_REQUESTS, "", "null", KEYED_RECIPIENTS),
  releasing: factsSql(KEYED_REQUESTS, "and m.status != 'held'", "null", KEYED_RECIPIENTS),
  receiving: factsSql(KEYED_REQUESTS, "", ANSWERED, KEYED_RECIPIENTS, QUESTION),
};
// What waits for its first attempt is decided again when it is claimed itself. What was tried may have reached the person.
const CLAIMED = factsSql(
  `select id, person, sender, coalesce(purpose, '${OWN}'), null from messages where lease = :lease and status = 'sending'
    and (category = 'commercial' or purpose is not null)
    and reply_kind is null`,
  "and m.status != 'held' and (m.status != 'queued' or m.attempts > 0) and m.lease is not :lease",
);

/** Messages that were refused or never left do not count towards the frequency cap. */
function factsSql(
  requests: string,
  counted: string,
  answered = "null",
  recipients = "= r.person",
  question = "null",
): string {
  const advertising = `m.direction = 'outbound' and m.category = 'commercial'
    and m.status not in ('refused', 'canceled', 'failed', 'expired') ${counted}`;
  return `with r (i, person, sender, purpose, recipients) as materialized (${requests})
  select json_group_array(json_array(r.i, c.id, c.last_chat_at,
    (select max(t.last_inbound_at) from conversations t where t.person = r.person), ${question}, k.language, k.time_zone,
    (select json_group_array(json_object('id', s.id, 'scope', s.scope, 'sender', nullif(s.sender, ''), 'source', s.source))
       from suppressions s where s.recipient ${recipients} and s.lifted_at is null),
    (select json_group_array(json_array(n.status, n.expires_at, n.granted_at, n.source = '${SOFT_OPT_IN}'))
       from (select status, expires_at, granted_at, source from consents
       where recipient = r.person and purpose = r.purpose and status != 'pending' order by granted_at desc, id desc limit 20) n),
    (select json_group_array(a.at) from (
       select ${LEAVES_AT} as at from conversations t join messages m on m.conversation_id = t.id and m.id >= :first
         where t.person = r.person and t.last_message_at > :since and ${advertising}
       union all select ${LEAVES_AT} from conversations t join messages m on m.conversation_id = t.id and m.id < :first
         where t.person = r.person and m.scheduled_at is not null and ${advertising}
       order by 1 desc) a),
    (select json_group_array(json_object('kind', a.reply_kind, 'at', a.created_at, 'text', a.text)) from (
       select m.reply_kind, m.created_at, m.text from messages m
       where m.person = r.person and m.reply_kind is not null and m.sender = r.sender
         and m.status not in ('refused', 'canceled')
       order by m.created_at desc limit 20) a),
    exists (select 1 from reviews v where v.person = r.person and v.settled_at is null
      and v.kind not in ('category_conflict', 'handover')),
    ${answered}
  )) as facts, ${ERASED_UNDER} as erased_under
  from r left join conversations c on c.person = r.person and c.sender = r.sender
  left join contacts k on k.msisdn = r.person`;
}
