import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import type { Db } from "../libsql/client.ts";
import { recipientsOf } from "../people/erased.ts";

/** Of `numbers` (E.164), those of which anything is stored: a contact, a thread, a suppression or a consent. */
export async function knownAmong(
  { db: { client }, people }: { db: Db; people: PersonKeys | null },
  numbers: readonly string[],
): Promise<Set<string>> {
  const asked = numbers.map((number) => [number, recipientsOf(number, people)]);
  const { rows } = await client.execute({
    sql: `select value->>0 as number from json_each(?) n where exists (select 1 from contacts where msisdn = value->>0)
      or exists (select 1 from conversations where person = value->>0)
      or exists (select 1 from suppressions where recipient in (select r.value from json_each(n.value->1) r))
      or exists (select 1 from consents where recipient in (select r.value from json_each(n.value->1) r))`,
    args: [JSON.stringify(asked)],
  });
  return new Set(rows.map((row) => row["number"] as string));
}
