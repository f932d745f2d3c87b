import type { InStatement } from "@libsql/client/web";
import { keyIdOf, type PersonKeys } from "../../gateway/people/person_keys.ts";
import type { DbClient } from "../libsql/client.ts";

/** Suppressions of people who were erased: kept under a keyed hash of the number, so that nobody writes to them again by mistake. */

/** Names of settings that tell under which keys any were kept. */
const PREFIX = "person_key:";

/** Statement for the end of an erasure, which left something behind under the key `id`. */
export function rememberKey(id: string, condition: string, args: Record<string, string | number>) {
  return {
    sql: `insert or ignore into settings (name, value) select :name, '1' where ${condition}`,
    args: { ...args, name: `${PREFIX}${id}` },
  };
}

/** The same for suppressions that an export of another database brought, by what they stand under. */
export function rememberKeysOf(recipients: readonly string[]): InStatement[] {
  const ids = new Set(recipients.flatMap((recipient) => keyIdOf(recipient) ?? []));
  return [...ids].map((id) => rememberKey(id, "true", {}));
}

/** SQL for a JSON array of the names of those keys; the colon is followed by the semicolon. */
export const ERASED_UNDER = `(select json_group_array(substr(name, ${PREFIX.length + 1})) from settings
  where name >= '${PREFIX}' and name < '${PREFIX.replace(":", ";")}')`;

/** False when something was kept under a key that is not at hand. */
export function keysAreKnown(under: readonly string[], keys: PersonKeys | null): boolean {
  return under.every((id) => keys?.ids.includes(id) === true);
}

export interface ErasedUnder {
  /** All that a suppression of the person may stand under: the number, and once anybody was erased its keyed hashes. */
  recipientsOf(person: string): string[];
  /** False when something was kept under a key that is not at hand. */
  known: boolean;
}

/** Reads whether anybody was erased. One statement; for what is asked of many people at once. */
export async function erasedUnder(client: DbClient, keys: PersonKeys | null): Promise<ErasedUnder> {
  const { rows } = await client.execute(`select ${ERASED_UNDER} as erased_under`);
  const under = JSON.parse(rows[0]!["erased_under"] as string) as string[];
  return {
    recipientsOf: (person) => under.length === 0 || keys === null ? [person] : [person, ...keys.keysOf(person)],
    known: keysAreKnown(under, keys),
  };
}

/** All that anything of a person may stand under, for what is rarely asked. */
export function recipientsOf(person: string, keys: PersonKeys | null): string[] {
  return [person, ...keys?.keysOf(person) ?? []];
}
