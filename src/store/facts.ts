import type { ConsentStatus, PersonFacts, ReplyKind, SuppressionFact } from "../core/message.ts";
import { firstIdAt } from "../gateway/ids.ts";
import type { DbClient } from "./client.ts";

/** What a message needs to know before it is decided, all of it in one read for a whole group. */
export interface FactsRequest {
  person: string;
  sender: string;
}

export interface Facts {
  person: PersonFacts;
  conversation_id: string | null;
}

/** The longest period of a frequency cap (720 hours). */
const MONTH = 30 * 86_400_000;

/** Facts for each request, in order. One statement and one row, whatever the number of requests: rows cost more than reading. */
export async function loadFacts(client: DbClient, requests: readonly FactsRequest[], now: number): Promise<Facts[]> {
  const { rows } = await client.execute({
    sql: FACTS,
    args: {
      requests: JSON.stringify(requests.map((one) => [one.person, one.sender])),
      since: now - MONTH,
      month: firstIdAt("msg", now - MONTH),
    },
  });
  const facts = new Array<Facts>(requests.length);
  for (const one of JSON.parse(rows[0]!["facts"] as string) as FactsRow[]) {
    const [
      position,
      conversation_id,
      last_chat_at,
      language,
      time_zone,
      suppressions,
      consents,
      advertising,
      replies,
    ] = one;
    const consent = consentStatus(consents[0], now);
    facts[position] = {
      conversation_id,
      person: {
        available: true,
        suppressions,
        consent,
        consent_before_opt_out: consent === "withdrawn" && consents.some(([status]) => status === "granted"),
        advertising_at: advertising,
        last_chat_at,
        replies,
        language,
        time_zone,
      },
    };
  }
  return facts;
}

type Consent = [status: "granted" | "withdrawn", expires_at: number | null];
type FactsRow = [
  position: number,
  conversation_id: string | null,
  last_chat_at: number | null,
  language: string | null,
  time_zone: string | null,
  suppressions: SuppressionFact[],
  /** Latest act first, which an old consent that is recorded late is not. */
  consents: Consent[],
  advertising: number[],
  replies: { kind: ReplyKind; at: number; text: string }[],
];

function consentStatus(latest: Consent | undefined, now: number): ConsentStatus {
  if (latest === undefined) return "none";
  const [status, expires_at] = latest;
  return status === "granted" && expires_at !== null && expires_at <= now ? "expired" : status;
}

// Messages that were refused or never left do not count towards the frequency cap; those that wait do.
const FACTS = `with r (i, person, sender) as materialized (select key, value->>0, value->>1 from json_each(:requests))
  select json_group_array(json_array(r.i, c.id, c.last_chat_at, k.language, k.time_zone,
    (select json_group_array(json_object('id', s.id, 'scope', s.scope, 'sender', nullif(s.sender, ''), 'source', s.source))
       from suppressions s where s.recipient = r.person and s.lifted_at is null),
    (select json_group_array(json_array(n.status, n.expires_at)) from (select status, expires_at from consents
       where recipient = r.person and purpose = 'commercial' order by granted_at desc, id desc limit 20) n),
    (select json_group_array(a.created_at) from (select m.created_at from conversations t
       join messages m on m.conversation_id = t.id and m.id > :month
       where t.person = r.person and t.last_message_at > :since and m.direction = 'outbound' and m.category = 'commercial'
         and m.status not in ('refused', 'canceled', 'failed', 'expired')
       order by m.created_at desc limit 50) a),
    (select json_group_array(json_object('kind', a.reply_kind, 'at', a.created_at, 'text', a.text)) from (
       select m.reply_kind, m.created_at, m.text from messages m
       where m.person = r.person and m.reply_kind is not null and m.sender = r.sender
         and m.status not in ('refused', 'canceled')
       order by m.created_at desc limit 20) a)
  )) as facts
  from r left join conversations c on c.person = r.person and c.sender = r.sender
  left join contacts k on k.msisdn = r.person`;
