import { and, desc, eq, isNull } from "drizzle-orm";
import type { Db, DbClient } from "./client.ts";
import { api_keys } from "./schema.ts";

export type ApiKey = Omit<typeof api_keys.$inferSelect, "hash">;

/** The live key with this hash. */
export async function findApiKey(
  client: DbClient,
  hash: string,
): Promise<{ id: string; role: "admin" | "app" } | null> {
  const { rows } = await client.execute({
    sql: "select id, role from api_keys where hash = ? and revoked_at is null",
    args: [hash],
  });
  const row = rows[0];
  return row ? { id: row["id"] as string, role: row["role"] as "admin" | "app" } : null;
}

/** Stores a key by its hash; one that is stored already is brought back to life with its new role. */
export async function saveApiKey({ orm }: Db, key: typeof api_keys.$inferInsert): Promise<void> {
  await orm.insert(api_keys).values(key)
    .onConflictDoUpdate({ target: api_keys.hash, set: { role: key.role, revoked_at: null } });
}

export async function listApiKeys({ orm }: Db): Promise<ApiKey[]> {
  const { id, name, role, created_at, revoked_at } = api_keys;
  return await orm.select({ id, name, role, created_at, revoked_at }).from(api_keys).orderBy(desc(api_keys.id));
}

/** False when there is no such live key. */
export async function revokeApiKey({ orm }: Db, id: string, at: number): Promise<boolean> {
  const revoked = await orm.update(api_keys).set({ revoked_at: at })
    .where(and(eq(api_keys.id, id), isNull(api_keys.revoked_at))).returning({ id: api_keys.id });
  return revoked.length > 0;
}
