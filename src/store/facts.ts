import type { ConsentStatus, PersonFacts, ReplyKind, SuppressionFact } from "../core/message.ts";
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

const DAY = 86_400_000;

/** Facts for each request, in order. One statement, whatever the number of requests. */
export async function loadFacts(client: DbClient, requests: readonly FactsRequest[], now: number): Promise<Facts[]> {
  const { rows } = await client.execute({
    sql: FACTS,
    args: { requests: JSON.stringify(requests.map((one) => [one.person, one.sender])), month: now - 30 * DAY },
  });
  const facts = new Array<Facts>(requests.length);
  for (const row of rows) {
    const consent = parse<{ status: "granted" | "withdrawn"; expires_at: number | null } | null>(row["consent"], null);
    facts[Number(row["position"])] = {
      conversation_id: row["conversation_id"] as string | null,
      person: {
        available: true,
        suppressions: parse<SuppressionFact[]>(row["suppressions"], []),
        consent: consentStatus(consent, now),
        consent_before_opt_out: row["consented_once"] === 1 && consent?.status === "withdrawn",
        advertising_at: parse<number[]>(row["advertising"], []),
        last_inbound_at: row["last_inbound_at"] as number | null,
        replies: parse<{ kind: ReplyKind; at: number; text: string }[]>(row["replies"], []),
        language: row["language"] as string | null,
        time_zone: row["time_zone"] as string | null,
      },
    };
  }
  return facts;
}

function consentStatus(
  latest: { status: "granted" | "withdrawn"; expires_at: number | null } | null,
  now: number,
): ConsentStatus {
  if (latest === null) return "none";
  if (latest.status === "granted" && latest.expires_at !== null && latest.expires_at <= now) return "expired";
  return latest.status;
}

function parse<T>(value: unknown, otherwise: T): T {
  return typeof value === "string" && value !== "[]" ? JSON.parse(value) as T : otherwise;
}

// Messages that were refused or never left do not count towards the frequency cap; those that wait do.
const FACTS = `select j.key as position, c.id as conversation_id, c.last_inbound_at, k.language, k.time_zone,
  (select json_group_array(json_object('id', s.id, 'scope', s.scope, 'sender', nullif(s.sender, '')))
     from suppressions s where s.recipient = j.value->>0 and s.lifted_at is null) as suppressions,
  (select json_object('status', n.status, 'expires_at', n.expires_at) from consents n
     where n.recipient = j.value->>0 and n.purpose = 'commercial' order by n.id desc limit 1) as consent,
  exists (select 1 from consents n where n.recipient = j.value->>0 and n.purpose = 'commercial'
     and n.status = 'granted') as consented_once,
  (select json_group_array(a.created_at) from (select m.created_at from messages m
     where m.person = j.value->>0 and m.direction = 'outbound' and m.category = 'commercial' and m.created_at > :month
       and m.status not in ('refused', 'canceled', 'failed', 'expired')
     order by m.created_at desc limit 50) a) as advertising,
  (select json_group_array(json_object('kind', r.reply_kind, 'at', r.created_at, 'text', r.text)) from (
     select m.reply_kind, m.created_at, m.text from messages m
     where m.person = j.value->>0 and m.reply_kind is not null and m.sender = j.value->>1
       and m.status not in ('refused', 'canceled')
     order by m.created_at desc limit 20) r) as replies
  from json_each(:requests) j
  left join conversations c on c.person = j.value->>0 and c.sender = j.value->>1
  left join contacts k on k.msisdn = j.value->>0`;
