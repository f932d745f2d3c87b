import type { DbClient } from "../libsql/client.ts";

/** Of one message of a campaign, what its results are made of. */
export interface ResultRow {
  id: string;
  person: string;
  status: string;
  carrier_id: string | null;
  error_code: string | null;
  /** ms. */
  sent_at: number | null;
  segments: number;
  /** 1 when the person wrote to the sender since. */
  replied: 0 | 1;
}

/** Rows of one reading: bounds memory and the time for which nobody else is served. */
const READ = 5_000;

/** Every message of a campaign, in pieces. */
export async function* resultsOf(client: DbClient, campaign: string): AsyncGenerator<ResultRow[], void> {
  let after = "";
  while (true) {
    const { rows } = await client.execute({
      sql:
        `select json_group_array(json_array(m.id, m.person, m.status, m.carrier_id, m.error_code, m.sent_at, m.segments,
          m.sent_at is not null and coalesce(c.last_inbound_at, 0) > m.sent_at)) as results
        from (select * from messages where campaign_id = ? and id > ? order by id limit ${READ}) m
        left join conversations c on c.id = m.conversation_id`,
      args: [campaign, after],
    });
    const read = (JSON.parse(rows[0]!["results"] as string) as unknown[][]).map((
      [id, person, status, carrier_id, error_code, sent_at, segments, replied],
    ) => ({ id, person, status, carrier_id, error_code, sent_at, segments, replied }) as ResultRow);
    if (read.length > 0) yield read;
    if (read.length < READ) return;
    after = read.reduce((last, { id }) => id > last ? id : last, after);
  }
}
