import type { SenderKind } from "../../core/message.ts";
import type { SharedClock } from "../../gateway/clock.ts";
import type { DbClient } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { insertRulebook, type KeptVersion } from "../rules/rulebooks.ts";
import { READ_TEST_CLOCK, readTestClock } from "../sandbox/test_clock.ts";

export interface StoredSender {
  address: string;
  kind: SenderKind;
  country: string | null;
  countries: string[];
  carrier_id: string;
  /** In order; empty for the one account only. */
  routes: { carrier_id: string; countries: string[] }[];
  stop_number: string | null;
  brand: string | null;
  rate_per_second: number;
}

export interface StoredCarrier {
  id: string;
  kind: string;
  config: unknown;
  /** Since when (ms) its circuit breaker is open; null while it is in service. */
  opened_at: number | null;
  /** While it is open: from when (ms) one message may try whether the account is back. */
  probe_at: number | null;
  /** Until when (ms) nothing leaves through it, because it asked to send more slowly. */
  paused_until: number;
}

export interface StoredSettings {
  /** Hash of the active rulebook; null before the first one is published. */
  rulebook: string | null;
  senders: StoredSender[];
  carriers: StoredCarrier[];
  clock: SharedClock;
}

/** Everything that staff configure, in one round trip. */
export async function readSettings(client: DbClient): Promise<StoredSettings> {
  const [active, senders, carriers, clock] = await client.batch([
    "select value from settings where name = 'active_rulebook'",
    "select address, kind, country, countries, carrier_id, routes, stop_number, brand, rate_per_second from senders",
    "select id, kind, config, opened_at, probe_at, paused_until from carriers",
    READ_TEST_CLOCK,
  ], "read");
  return {
    rulebook: (active!.rows[0]?.["value"] as string | undefined) ?? null,
    senders: senders!.rows.map((row) => ({
      address: row["address"] as string,
      kind: row["kind"] as SenderKind,
      country: row["country"] as string | null,
      countries: JSON.parse(row["countries"] as string) as string[],
      carrier_id: row["carrier_id"] as string,
      routes: JSON.parse(row["routes"] as string) as StoredSender["routes"],
      stop_number: row["stop_number"] as string | null,
      brand: row["brand"] as string | null,
      rate_per_second: row["rate_per_second"] as number,
    })),
    carriers: carriers!.rows.map((row) => ({
      id: row["id"] as string,
      kind: row["kind"] as string,
      config: JSON.parse(row["config"] as string) as unknown,
      opened_at: row["opened_at"] as number | null,
      probe_at: row["probe_at"] as number | null,
      paused_until: row["paused_until"] as number,
    })),
    clock: readTestClock(clock!.rows[0]?.["value"]),
  };
}

/** Files of one published rulebook. */
export async function readSources(client: DbClient, hash: string): Promise<Record<string, string>> {
  const { rows } = await client.execute({ sql: "select sources from rulebooks where hash = ?", args: [hash] });
  if (!rows[0]) throw new Error(`the rulebook ${hash} is not stored`);
  return JSON.parse(rows[0]["sources"] as string) as Record<string, string>;
}

/** What the files of a published rulebook say, without reading them; null when only the files were kept. */
export async function readContents(client: DbClient, hash: string): Promise<Record<string, unknown> | null> {
  const { rows } = await client.execute({ sql: "select contents from rulebooks where hash = ?", args: [hash] });
  const contents = rows[0]?.["contents"];
  return typeof contents === "string" ? JSON.parse(contents) as Record<string, unknown> : null;
}

/** Files of several versions, by hash; those that are not stored are left out. */
export async function readSourcesOf(
  client: DbClient,
  hashes: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const { rows } = await client.execute({
    sql: "select hash, sources from rulebooks where hash in (select value from json_each(?))",
    args: [JSON.stringify(hashes)],
  });
  return new Map(
    rows.map((row) => [row["hash"] as string, JSON.parse(row["sources"] as string) as Record<string, string>]),
  );
}

/** Whether this version was published before. */
export async function isStored(client: DbClient, hash: string): Promise<boolean> {
  const { rows } = await client.execute({ sql: "select 1 from rulebooks where hash = ?", args: [hash] });
  return rows.length > 0;
}

/** The active version and the one that the folder of rule files last made active; null before the first one. */
export async function activeRulebook(client: DbClient): Promise<{ active: string | null; folder: string | null }> {
  const { rows } = await client.execute(
    "select name, value from settings where name in ('active_rulebook', 'folder_rulebook')",
  );
  const value = (name: string) => (rows.find((row) => row["name"] === name)?.["value"] as string | undefined) ?? null;
  return { active: value("active_rulebook"), folder: value("folder_rulebook") };
}

/**
 * Makes the checked content of the rules folder the active version, for every instance, in one transaction. With `folder` and `active`,
 * the folder's version and the active one as they were read before the check: only if no other instance applied its folder since, and
 * nobody published. What they did a slower instance must not undo. False when that was so.
 */
export async function publishRulebook(
  client: DbClient,
  { folder, active, folder_hash, note = null, audit, ...version }: KeptVersion & {
    folder?: string | null;
    active?: string | null;
    /** The folder's own version, where what becomes active is put together with what was published since. */
    folder_hash?: string;
    /** Kept with the activation. */
    note?: string | null;
    /** Entry of the audit log, written when the active version changes. */
    audit?: AuditRow;
  },
): Promise<boolean> {
  const { hash, at } = version;
  const whatever = folder === undefined ? 1 : 0;
  const results = await client.batch([
    insertRulebook(version),
    {
      sql: `insert into settings (name, value) select 'folder_rulebook', :folder_hash
        where :whatever or ((select value from settings where name = 'folder_rulebook') is :folder
          and (:unasked or (select value from settings where name = 'active_rulebook') is :active))
        on conflict (name) do update set value = excluded.value returning value`,
      args: {
        folder_hash: folder_hash ?? hash,
        whatever,
        folder: folder ?? null,
        unasked: active === undefined ? 1 : 0,
        active: active ?? null,
      },
    },
    {
      sql: `insert into activations (rulebook, at, by, way, note) select :hash, :at, 'files', 'files', :note
        where changes() > 0 and (select value from settings where name = 'active_rulebook') is not :hash`,
      args: { hash, at, note },
    },
    ...(audit === undefined ? [] : auditIfChanged(audit)),
    {
      sql: `insert into settings (name, value) select 'active_rulebook', ? where changes() > 0
        on conflict (name) do update set value = excluded.value`,
      args: [hash],
    },
  ]);
  return results[1]!.rows.length > 0;
}
