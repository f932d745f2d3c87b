import type { DbClient } from "../libsql/client.ts";

/** A message of a campaign that a short link may belong to. */
export interface LinkedMessage {
  id: string;
  /** The campaign's text, which says where its links lead. */
  template: string;
  /** Counted clicks by link. */
  clicks: Record<string, number>;
}

/** More than one only where instances made messages in the same instant. */
const MOST = 20;

/** Messages of campaigns whose ids begin with `ids`. */
export async function findLinked(client: DbClient, ids: string): Promise<LinkedMessage[]> {
  const { rows } = await client.execute({
    // The messages first: there are more campaigns than messages of one instant.
    sql: `select m.id, c.template,
        (select json_group_object(link, clicks) from link_clicks where message_id = m.id) as clicks
      from messages m cross join campaigns c on c.id = m.campaign_id
      where m.id >= :ids and m.id < :ids || '~' limit ${MOST}`,
    args: { ids },
  });
  return rows.map((row) => ({
    id: row["id"] as string,
    template: row["template"] as string,
    clicks: JSON.parse(row["clicks"] as string),
  }));
}

/** How often a link of a message was opened. */
export interface ClickRow {
  message_id: string;
  link: number;
  clicks: number;
  /** ms. */
  first_at: number;
}

/** SQL: the `ClickRow`s of messages whose ids are `ids` (SQL). */
export function clicksOn(ids: string): string {
  return `select message_id, link, clicks, first_at from link_clicks where message_id in (${ids}) order by message_id, link`;
}

/** Statuses in which a message is, or may be, with the person: whoever opens the link of another is on the staff. */
const LEFT = "('sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown')";

/** Counts a click on link number `link` of a message, in one transaction; none of a person who was erased. */
export async function recordClick(
  client: DbClient,
  click: { message_id: string; link: number; now: number },
): Promise<void> {
  const { message_id, link, now } = click;
  const known = "select 1 from link_clicks where message_id = :message_id";
  await client.batch([
    {
      // Before the row, by which it is known who clicked before.
      sql: `insert into campaign_counts (campaign_id, name, n)
        select m.campaign_id, v.name, 1 from messages m join (
            select 'clicks' as name union all select 'clicks ' || :which
            union all select 'clicked' where not exists (${known})
            union all select 'clicked ' || :which where not exists (${known} and link = :link)) v
          where m.id = :message_id and m.person != '' and m.status in ${LEFT}
        on conflict (campaign_id, name) do update set n = n + 1`,
      // As text: a driver may bind a number as 0.0.
      args: { message_id, link, which: String(link) },
    },
    {
      sql: `insert into link_clicks (message_id, link, clicks, first_at)
        select id, :link, 1, :now from messages where id = :message_id and person != '' and status in ${LEFT}
        on conflict (message_id, link) do update set clicks = clicks + 1`,
      args: { message_id, link, now },
    },
  ]);
}
