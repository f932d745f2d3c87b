import type { InValue } from "@libsql/client/web";
import { type Argument, type ContactFilter, holds, readFilter, type SavedFilter } from "../contacts/filter.ts";
import { contactsOf } from "../contacts/lists.ts";
import type { Db, DbClient } from "../libsql/client.ts";

/** As it is saved: contacts on any of `lists` (none given: everybody) whom `filter` means, and who are on none of `exclude_lists`. */
export interface SavedAudience {
  lists: string[];
  filter: SavedFilter;
  exclude_lists: string[];
}

/** The same with what each list means. */
export interface Audience {
  lists: readonly ContactFilter[];
  filter: ContactFilter;
  exclude: readonly ContactFilter[];
}

/** What the lists of an audience mean now; one that is gone has nobody, so that none that is needed may go (`LIST_NEEDED`). */
export async function readAudience({ client }: Pick<Db, "client">, saved: SavedAudience): Promise<Audience> {
  const { rows } = await client.execute({
    sql: "select id, filter from contact_lists where deleted_at is null and id in (select value from json_each(?))",
    args: [JSON.stringify([...saved.lists, ...saved.exclude_lists])],
  });
  const filters = new Map(rows.map((row) => [row["id"] as string, row["filter"] as string | null]));
  const meant = (id: string) => contactsOf({ id, filter: filters.get(id) ?? null });
  return {
    lists: saved.lists.map(meant),
    filter: readFilter(saved.filter),
    exclude: saved.exclude_lists.map(meant),
  };
}

export interface Recipient {
  /** E.164. */
  msisdn: string;
  name: string | null;
  fields: Record<string, string>;
}

/**
 * The recipients among the next `reach` contacts behind `after`, in the order of the numbers, in which each comes once even when a
 * contact is deleted and made again meanwhile. `last`: where to go on; null when nobody is left. Bounded whatever the audience: it looks
 * at `reach` contacts and at what it must know of each.
 */
export async function nextRecipients(
  client: DbClient,
  audience: Audience,
  after: string,
  reach: number,
): Promise<{ recipients: Recipient[]; last: string | null }> {
  const args: Record<string, InValue> = { after, reach };
  const arg: Argument = (_, value) => {
    const name = `a${Object.keys(args).length}`;
    args[name] = value;
    return `:${name}`;
  };
  const among = (lists: readonly ContactFilter[]) =>
    lists.map((list) => `(${holds(list, arg).join(" and ") || "true"})`).join(" or ");
  const conditions = holds(audience.filter, arg);
  if (audience.lists.length > 0) conditions.push(`(${among(audience.lists)})`);
  if (audience.exclude.length > 0) conditions.push(`not (${among(audience.exclude)})`);
  const { rows } = await client.execute({
    sql: `with next as materialized (select * from contacts where msisdn > :after order by msisdn limit :reach)
      select (select count(*) from next) as looked, (select max(msisdn) from next) as last,
        (select json_group_array(json_array(msisdn, name, fields)) from next as contacts
          where ${conditions.join(" and ") || "true"}) as found`,
    args,
  });
  const { looked, last, found } = rows[0] as unknown as { looked: number; last: string | null; found: string };
  const recipients = (JSON.parse(found) as [string, string | null, string | null][]).map(([msisdn, name, fields]) => ({
    msisdn,
    name,
    fields: fields === null ? {} : JSON.parse(fields) as Record<string, string>,
  }));
  return { recipients, last: looked < reach ? null : last };
}
