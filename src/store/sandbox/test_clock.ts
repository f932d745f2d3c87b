import type { InStatement } from "@libsql/client/web";
import type { ClockSetting, SharedClock } from "../../gateway/clock.ts";
import type { DbClient } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { NO_REAL_CARRIER } from "../rules/approved_alone.ts";

/** The test clock of a sandbox, shared by all instances: a setting. */

const NAME = "test_clock";

/** SQL: no clock was set. For what must not happen beside one. */
export const NO_TEST_CLOCK =
  `not exists (select 1 from settings where name = '${NAME}' and value->'setting' != 'null')`;

/** Reads it, for a batch. */
export const READ_TEST_CLOCK = `select value from settings where name = '${NAME}'`;

export function readTestClock(value: unknown): SharedClock {
  return typeof value === "string" ? JSON.parse(value) as SharedClock : { setting: null, ahead: 0 };
}

/** Longer than what is under way takes: the longest lease there is. */
const LEASE_MS = 60_000;

/**
 * Sets the clock, or with null takes it away; false when it would be set beside a real carrier. `now`: what the clock says afterwards, `before`
 * what it said until now. What was put off to a time that would come late or never again, rates, pauses and leases, is due at once.
 */
export async function setTestClock(
  client: DbClient,
  { setting, now, before }: { setting: ClockSetting | null; now: number; before: number },
  entry: AuditRow,
): Promise<boolean> {
  const soon = now + LEASE_MS;
  const lease = (table: string, where: string): InStatement => ({
    sql: `update ${table} set lease_until = :soon where ${where} and lease_until > :soon and ${IS_SET}`,
    args: { soon, value: valueOf(setting) },
  });
  const [set] = await client.batch([
    {
      sql: `insert into settings (name, value)
          select '${NAME}', json_object('setting', json(:value), 'ahead', max(0, :before - :now))
            where :value = 'null' or ${NO_REAL_CARRIER}
        on conflict (name) do update set
          value = json_set(excluded.value, '$.ahead', max(0, settings.value->>'ahead' + :before - :now))`,
      args: { value: valueOf(setting), before, now },
    },
    ...auditIfChanged(entry),
    { sql: `update senders set next_at = 0 where ${IS_SET}`, args: { value: valueOf(setting) } },
    { sql: `update carriers set next_at = 0, paused_until = 0 where ${IS_SET}`, args: { value: valueOf(setting) } },
    {
      sql: `update messages set due_at = :now where status = 'queued' and due_at > :now and ${IS_SET}`,
      args: { now, value: valueOf(setting) },
    },
    lease("messages", "status = 'sending'"),
    lease("campaigns", "true"),
    lease("erasures", "state = 'running'"),
    lease("webhook_deliveries", "status = 'sending'"),
  ]);
  return set!.rowsAffected > 0;
}

/** Holds behind a statement that set it so. */
const IS_SET = `exists (select 1 from settings where name = '${NAME}' and value->'setting' = json(:value))`;

function valueOf(setting: ClockSetting | null): string {
  return JSON.stringify(setting);
}
