import type { InStatement } from "@libsql/client/web";
import type { DbClient } from "../libsql/client.ts";
import { DatabaseError } from "../libsql/database_error.ts";

/**
 * Hourly totals, kept beside the messages. Two cursors follow what was committed: the rowids of messages, and the journal of their
 * changes. A piece is read in one snapshot, added up here and written in one transaction that moves the cursors, or nothing when another
 * instance moved them first: a change that came after the snapshot has its line in the journal behind the cursor. Each message
 * remembers where it is counted, so that going over it again changes nothing.
 */

export const HOUR_MS = 3_600_000;
/** Messages, and lines of the journal, of one piece: some milliseconds of the database. */
const PIECE = 1_000;

/** Where a message is counted; the columns of `hourly_totals`. */
type Key = readonly [
  hour: number,
  direction: string,
  carrier_id: string,
  country: string,
  status: string,
  reason: string,
];

/**
 * A message that is counted nowhere, or elsewhere than it should be. `was`: where it is counted. `country`: under which it is; null when
 * it has yet to be found for `person`. Of a person who was erased since, the number is gone, and hour and country stay.
 */
type Seen = readonly [
  id: string,
  was: number | null,
  country: string | null,
  person: string,
  hour: number,
  direction: string,
  carrier_id: string,
  status: string,
  reason: string,
];

/** Status under which message `m` is counted. */
const countedStatus = (m: string) => `iif(${m}.status = 'sending', 'queued', ${m}.status)`;
const CARRIER = "coalesce(m.carrier_id, '')";

/** Why message `m` ended as it did; what an inbound one asked for, unless it only repeats another. */
const REASON =
  `coalesce(case when m.direction = 'inbound' then iif(m.repeats is null, nullif(iif(json_valid(m.decision), m.decision->>'intent', ''), 'none'), null)
    when m.status in ('queued', 'sending', 'held', 'sent', 'delivered') then null else m.error_code end, '')`;

const SEEN = `json_group_array(json_array(m.id, t.id, t.country, m.person,
    coalesce(t.hour, m.created_at - m.created_at % ${HOUR_MS}), m.direction, ${CARRIER}, ${
  countedStatus("m")
}, ${REASON}))`;
const TO_COUNT = `left join counted_messages c on c.id = m.id left join hourly_totals t on t.id = c.bucket
    where t.id is null or t.status != ${countedStatus("m")} or t.carrier_id != ${CARRIER} or t.reason != ${REASON}`;

const STATE = `select coalesce(max(messages), 0) as messages, coalesce(max(message_id), '') as message_id,
  coalesce(max(events), 0) as events from counting`;
/** Where a copy of the database was numbered anew, or the last message that was counted is gone: all of it is gone over again. */
const AFTER = `coalesce((select messages.rowid from counting join messages
  on messages.rowid = counting.messages and messages.id = counting.message_id), 0)`;
/** The decision, the longest of all columns, is read where it is needed. */
const NEW_MESSAGES = `with m as materialized (
    select rowid as place, id, direction, status, person, carrier_id, repeats, error_code, created_at,
      iif(direction = 'inbound', decision, null) as decision from messages where rowid > ${AFTER} order by rowid limit :piece)
  select (select json_array(place, id) from m order by place desc limit 1) as upto, (select ${SEEN} from m ${TO_COUNT}) as seen`;
const NEW_EVENTS = `with e as materialized (select id, message_id, at, status, detail from message_events
    where id > coalesce((select events from counting), 0) order by id limit :piece)
  select (select max(id) from e) as upto,
    (select ${SEEN} from (select distinct message_id from e) k join messages m on m.id = k.message_id ${TO_COUNT}) as seen,
    (select json_group_array(json_array(at, cast(detail as integer))) from e where status = 'suppressed' and detail is not null)
      as barriers`;

/**
 * Counts one more piece of what was committed. `countryOf`: ISO code of a number, or null. Resolves with whether there may be more.
 */
export async function countPiece(
  client: DbClient,
  countryOf: (person: string) => string | null,
  piece: number = PIECE,
): Promise<boolean> {
  const [state, messages, events] = (await client.batch([
    STATE,
    { sql: NEW_MESSAGES, args: { piece } },
    { sql: NEW_EVENTS, args: { piece } },
  ], "read")).map(({ rows }) => rows[0]!);
  const seen = new Map<string, Seen>();
  for (const row of [messages!, events!]) {
    for (const one of JSON.parse(row["seen"] as string) as Seen[]) seen.set(one[0], one);
  }
  const from = state as unknown as Cursors;
  const last = JSON.parse(messages!["upto"] as string ?? "null") as [row: number, id: string] | null;
  const upto: Cursors = {
    messages: last?.[0] ?? from.messages,
    message_id: last?.[1] ?? from.message_id,
    events: events!["upto"] as number | null ?? from.events,
  };
  if (last === null && upto.events === from.events) return false;
  const moves = movesOf([...seen.values()], countryOf);
  await write(client, { from, upto, moves, barriers: barriersOf(JSON.parse(events!["barriers"] as string)) });
  return true;
}

interface Moves {
  /** Key of each bucket that messages come into. */
  keys: Key[];
  /** How many come into each of them. */
  come: number[];
  /** Messages with the place of their new key. */
  rows: [id: string, key: number][];
  /** How many leave which bucket. */
  leave: Map<number, number>;
}

function movesOf(seen: readonly Seen[], countryOf: (person: string) => string | null): Moves {
  const moves: Moves = { keys: [], come: [], rows: [], leave: new Map() };
  const places = new Map<string, number>();
  for (const [id, was, country, person, hour, direction, carrier_id, status, reason] of seen) {
    const key: Key = [hour, direction, carrier_id, country ?? countryOf(person) ?? "", status, tidy(reason)];
    const name = key.join("\n");
    let place = places.get(name);
    if (place === undefined) {
      places.set(name, place = moves.keys.length);
      moves.keys.push(key);
      moves.come.push(0);
    }
    moves.come[place]!++;
    moves.rows.push([id, place]);
    if (was !== null) moves.leave.set(was, (moves.leave.get(was) ?? 0) + 1);
  }
  return moves;
}

/** Codes come from carriers: what is none shall neither fill the table nor keep a text or a number in it. */
function tidy(reason: string): string {
  return /^[\w.:-]{0,40}$/.test(reason) && !/\d{7}/.test(reason) ? reason : "other";
}

/** `[hour, ms, n]`. Two digits are enough to judge by, and there are few of them. */
function barriersOf(measured: readonly [at: number, ms: number][]): [hour: number, ms: number, n: number][] {
  return measured.map(([at, ms]) => {
    const step = 10 ** Math.max(0, String(ms).length - 2);
    return [at - at % HOUR_MS, Math.ceil(ms / step) * step, 1];
  });
}

interface Cursors {
  messages: number;
  message_id: string;
  events: number;
}

async function write(
  client: DbClient,
  { from, upto, moves, barriers }: {
    from: Cursors;
    upto: Cursors;
    moves: Moves;
    barriers: [hour: number, ms: number, n: number][];
  },
): Promise<void> {
  const statements: InStatement[] = [
    {
      sql: `insert into counting (id, messages, message_id, events) values (1, :messages, :message_id, :events)
        on conflict (id) do update set messages = excluded.messages, message_id = excluded.message_id, events = excluded.events
        where messages = :wasMessages and message_id = :wasId and events = :wasEvents`,
      args: {
        messages: upto.messages,
        message_id: upto.message_id,
        events: upto.events,
        wasMessages: from.messages,
        wasId: from.message_id,
        wasEvents: from.events,
      },
    },
    // A batch has no condition for all of it: a row that the schema forbids takes everything back.
    {
      sql: "insert into counting (id, messages, message_id, events) select 0, null, '', 0 where changes() = 0",
      args: [],
    },
  ];
  if (moves.rows.length > 0) {
    const keys = JSON.stringify(moves.keys.map((key, place) => [...key, moves.come[place]!]));
    statements.push(
      {
        sql: `insert into hourly_totals (hour, direction, carrier_id, country, status, reason, n)
          select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 from json_each(?) where true
          on conflict (hour, direction, carrier_id, country, status, reason) do update set n = n + excluded.n`,
        args: [keys],
      },
      {
        sql: `with b as materialized (select j.key as place, t.id as bucket from json_each(:keys) j join hourly_totals t
            on t.hour = j.value->>0 and t.direction = j.value->>1 and t.carrier_id = j.value->>2 and t.country = j.value->>3
              and t.status = j.value->>4 and t.reason = j.value->>5)
          insert into counted_messages (id, bucket)
            select r.value->>0, b.bucket from json_each(:rows) r cross join b where b.place = r.value->>1
          on conflict (id) do update set bucket = excluded.bucket`,
        args: { keys, rows: JSON.stringify(moves.rows) },
      },
    );
  }
  if (moves.leave.size > 0) {
    const leave = JSON.stringify([...moves.leave]);
    statements.push(
      {
        sql: `update hourly_totals set n = n - (j.value->>1) from json_each(?) j where hourly_totals.id = j.value->>0`,
        args: [leave],
      },
      { sql: "delete from hourly_totals where n = 0 and id in (select value->>0 from json_each(?))", args: [leave] },
    );
  }
  if (barriers.length > 0) {
    statements.push({
      sql: `insert into barrier_totals (hour, ms, n) select value->>0, value->>1, value->>2 from json_each(?) where true
        on conflict (hour, ms) do update set n = n + excluded.n`,
      args: [JSON.stringify(barriers)],
    });
  }
  try {
    await client.batch(statements);
  } catch (error) {
    // Another instance counted this piece.
    if (error instanceof DatabaseError && error.kind === "constraint" && error.message.includes("counting.messages")) {
      return;
    }
    throw error;
  }
}

/** Message `m` is counted as it stands: it may go, and its count stays. */
export const countedAsItStands = (m: string) =>
  `exists (select 1 from counted_messages place join hourly_totals total on total.id = place.bucket
    where place.id = ${m}.id and total.status = ${
    countedStatus(m)
  } and total.carrier_id = coalesce(${m}.carrier_id, ''))`;

/** Goes with the messages `:ids`. */
export const FORGET_COUNTED = `delete from counted_messages where id in (select value from json_each(:ids))
  and not exists (select 1 from messages m where m.id = counted_messages.id)`;
