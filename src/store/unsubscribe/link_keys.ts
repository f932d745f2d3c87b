import type { DbClient } from "../libsql/client.ts";

/**
 * Keys that sign links, the one in use first: those outside the database (`secrets`), then the one in it. That one is made by `make`
 * where there is no other, once and the same for all instances, and stays recognised when another is given later: the links in
 * messages that were sent must go on working.
 */
export async function linkKeys(
  client: DbClient,
  secrets: readonly string[],
  make: () => string,
): Promise<readonly string[]> {
  const stored = await storedKey(client);
  if (stored !== null) return [...secrets, stored];
  if (secrets.length > 0) return secrets;
  // Of two instances that come at once, one keeps its key and both read it.
  await client.execute({ sql: "insert or ignore into settings (name, value) values ('link_key', ?)", args: [make()] });
  return [(await storedKey(client))!];
}

async function storedKey(client: DbClient): Promise<string | null> {
  const { rows } = await client.execute("select value from settings where name = 'link_key'");
  return (rows[0]?.["value"] as string | undefined) ?? null;
}
