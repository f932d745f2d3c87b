import type { Db } from "../libsql/client.ts";

/** Lists that the JSON `audience` (SQL) names to be on, and all that it names whatever for. */
const AIMED = ["lists", "filter.lists"] as const;
const namedBy = (audience: string, paths: readonly string[] = [...AIMED, "exclude_lists"]) =>
  paths.map((path) => `select value from json_each(${audience}, '$.${path}')`).join(" union all ");

/**
 * SQL: campaign `c` goes to the person `:person` because they are on the list `:list`: its audience, or a saved filter that its audience
 * names, asks for it, and for no other that they are on instead.
 */
export const FOR_BEING_ON = `((:list in (${namedBy("c.audience", AIMED)})
    or exists (select 1 from contact_lists f join json_each(f.filter, '$.lists') g on g.value = :list
      where f.filter is not null and f.id in (${namedBy("c.audience", AIMED)})))
  and not exists (select 1 from json_each(c.audience, '$.lists') o join list_members b on b.list_id = o.value
    join contacts k on k.id = b.contact_id and k.msisdn = :person where o.value != :list))`;

/**
 * SQL: some list that the row of `campaigns` names is gone, or one that a saved filter among them asks for. On a list that is gone
 * stands nobody: everybody whom it should leave out would get the campaign.
 */
export const LISTS_GONE = `exists (with named (id) as (${namedBy("campaigns.audience")})
  select 1 from (select id from named union all select f.value from named n
    join contact_lists l on l.id = n.id and l.filter is not null join json_each(l.filter, '$.lists') f) k
  where not exists (select 1 from contact_lists l where l.id = k.id and l.deleted_at is null))`;

/** SQL: a campaign that has started, and has not made all of its messages, asks for the list `:id`. */
export const LIST_NEEDED = `exists (select 1 from campaigns c
  where c.state in ('scheduled', 'running', 'paused') and c.expanded_at is null
    and (:id in (${
  namedBy("c.audience")
}) or exists (select 1 from contact_lists l join json_each(l.filter, '$.lists') f
      where l.filter is not null and f.value = :id and l.id in (${namedBy("c.audience")}))))`;

/** Whether a list of the campaign `id` is gone. */
export async function audienceIsGone({ client }: Pick<Db, "client">, id: string): Promise<boolean> {
  const { rows } = await client.execute({ sql: `select 1 from campaigns where id = ? and ${LISTS_GONE}`, args: [id] });
  return rows.length > 0;
}

/** Those of the lists `ids` that are gone, or never were; `withMembers`: or are saved filters. */
export async function listsGone(
  { client }: Pick<Db, "client">,
  ids: readonly string[],
  { withMembers = false } = {},
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.execute({
    sql: `select value as id from json_each(?) where not exists
      (select 1 from contact_lists l where l.id = value and l.deleted_at is null${
      withMembers ? " and l.filter is null" : ""
    })`,
    args: [JSON.stringify(ids)],
  });
  return rows.map((row) => row["id"] as string);
}
