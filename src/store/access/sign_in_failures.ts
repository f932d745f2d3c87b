import type { DbClient } from "../libsql/client.ts";

/** Wrong passwords, counted in the database so that several instances count together. */

/** What is counted under one key: more than `most` within `withinMs` have to wait. `key`: a hash that tells nobody who tried. */
export interface FailureCount {
  key: string;
  most: number;
  withinMs: number;
}

/** How long to wait (ms) when there were too many already, else null. Writes nothing. `at`: of the real clock. */
export async function mustWait(
  client: DbClient,
  counts: readonly FailureCount[],
  at: number,
): Promise<number | null> {
  const { rows } = await client.execute({
    sql: `select max(f.until - :at) as wait from json_each(:counts) c
      join sign_in_failures f on f.key = c.value->>'key' and f.failures > c.value->>'most' and f.until > :at`,
    args: { at, counts: JSON.stringify(counts) },
  });
  return rows[0]!["wait"] as number | null;
}

/**
 * Counts an attempt before its password is looked at, so that many at once are not one. Returns how long to wait (ms) when there
 * were too many already, else null. `at`: of the real clock.
 */
export async function countAttempt(
  client: DbClient,
  counts: readonly FailureCount[],
  at: number,
): Promise<number | null> {
  const [, ...counted] = await client.batch([
    { sql: "delete from sign_in_failures where until <= ?", args: [at] },
    ...counts.map(({ key, withinMs }) => ({
      sql: `insert into sign_in_failures (key, failures, until) values (?, 1, ?)
        on conflict (key) do update set failures = failures + 1 returning failures, until`,
      args: [key, at + withinMs],
    })),
  ]);
  const waits = counted.flatMap(({ rows }, index) => {
    const { failures, until } = rows[0]! as unknown as { failures: number; until: number };
    return failures > counts[index]!.most ? [until - at] : [];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Takes back an attempt that was no failure. `cleared`: of these keys what was counted before as well. */
export async function forgetAttempt(
  client: DbClient,
  counts: readonly FailureCount[],
  cleared: readonly FailureCount[],
): Promise<void> {
  await client.batch([
    ...counts.map(({ key }) => ({
      sql: "update sign_in_failures set failures = failures - 1 where key = ? and failures > 0",
      args: [key],
    })),
    ...cleared.map(({ key }) => ({ sql: "delete from sign_in_failures where key = ?", args: [key] })),
  ]);
}
