import type { InStatement } from "@libsql/client/web";
import { and, desc, eq, getTableColumns, lt, type SQL, sql } from "drizzle-orm";
import type { Db, DbClient } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { activations, proposals } from "../schema.ts";
import { aloneBehind, aloneInSandbox, approvedAlone, NO_REAL_CARRIER } from "./approved_alone.ts";

/**
 * Versions of the rule files and what becomes of them. Which version is active stands in one place, `settings.active_rulebook`,
 * and changes only together with a row of `activations`, in one transaction, so that every instance agrees on it.
 */

/** `approved_alone`: by whoever proposed it, and by nobody else since. */
export type Proposal = typeof proposals.$inferSelect & { approved_alone: boolean };
export type Activation = typeof activations.$inferSelect;
/** Proposals that may still come to something. */
export const OPEN_PROPOSAL = ["proposed", "approved"] as const;

/** A stored version without its files, which are large. */
export interface Version {
  hash: string;
  created_at: number;
  active: boolean;
  /** When it last became active; null when it never was. */
  activated_at: number | null;
  /** Its latest proposal. */
  proposal_id: string | null;
  proposal_state: Proposal["state"] | null;
}

const VERSIONS = `select r.hash, r.created_at,
    r.hash is (select value from settings where name = 'active_rulebook') as active,
    (select max(a.at) from activations a where a.rulebook = r.hash) as activated_at,
    p.id as proposal_id, p.state as proposal_state
  from rulebooks r left join proposals p on p.id = (select max(id) from proposals where rulebook = r.hash)`;

/** A checked version: its files as they were written, and what they say. `at`: ms. */
export interface KeptVersion {
  hash: string;
  sources: Readonly<Record<string, string>>;
  contents: Readonly<Record<string, unknown>>;
  at: number;
}

/** Keeps a checked version; one that is kept already stays as it is. */
export function storeRulebook(client: DbClient, version: KeptVersion): Promise<unknown> {
  return client.execute(insertRulebook(version));
}

export function insertRulebook({ hash, sources, contents, at }: KeptVersion): InStatement {
  return {
    sql: `insert into rulebooks (hash, sources, contents, created_at) values (?, ?, ?, ?)
      on conflict (hash) do update set contents = excluded.contents where rulebooks.contents is null`,
    args: [hash, JSON.stringify(sources), JSON.stringify(contents), at],
  };
}

/** Newest first. The cursor names the last version of the page before by its instant and hash. */
export async function listVersions(
  client: DbClient,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: Version[]; next: string | null }> {
  const [, at = "", hash = ""] = /^(\d{1,15})\.(.+)$/.exec(cursor ?? "") ?? [];
  const { rows } = await client.execute({
    sql: `${VERSIONS} where :all or (r.created_at, r.hash) < (cast(:at as integer), :hash)
      order by r.created_at desc, r.hash desc limit :limit`,
    args: { all: at === "" ? 1 : 0, at, hash, limit: limit + 1 },
  });
  const page = rows.slice(0, limit).map(versionOf);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last ? `${last.created_at}.${last.hash}` : null };
}

export async function findVersion(client: DbClient, hash: string): Promise<Version | null> {
  const { rows } = await client.execute({ sql: `${VERSIONS} where r.hash = ?`, args: [hash] });
  return rows[0] ? versionOf(rows[0]) : null;
}

function versionOf(row: Record<string, unknown>): Version {
  return {
    hash: row["hash"] as string,
    created_at: Number(row["created_at"]),
    active: Number(row["active"]) === 1,
    activated_at: row["activated_at"] === null ? null : Number(row["activated_at"]),
    proposal_id: row["proposal_id"] as string | null,
    proposal_state: row["proposal_state"] as Proposal["state"] | null,
  };
}

/** When the version was active from, and by whose hand, newest first. */
export function activationsOf({ orm }: Db, hash: string): Promise<Activation[]> {
  return orm.select().from(activations).where(eq(activations.rulebook, hash)).orderBy(desc(activations.id));
}

/** Every change of the active version, newest first. */
export function latestActivations({ orm }: Db, limit: number): Promise<Activation[]> {
  return orm.select().from(activations).orderBy(desc(activations.id)).limit(limit);
}

const PROPOSAL = {
  ...getTableColumns(proposals),
  approved_alone: sql<boolean>`${sql.raw(approvedAlone("proposals"))}`.mapWith(Boolean),
};

/** Stores a proposal and its entry of the audit log. */
export async function addProposal({ client }: Db, proposal: Proposal, audit: AuditRow): Promise<void> {
  const { id, rulebook, base, note, proposed_by, proposed_at, simulation } = proposal;
  await client.batch([
    {
      sql: `insert into proposals (id, rulebook, base, note, state, proposed_by, proposed_at, simulation)
        values (:id, :rulebook, :base, :note, 'proposed', :proposed_by, :proposed_at, :simulation)`,
      args: { id, rulebook, base, note, proposed_by, proposed_at, simulation },
    },
    ...auditIfChanged(audit),
  ]);
}

export async function findProposal({ orm }: Db, id: string): Promise<Proposal | null> {
  const [row] = await orm.select(PROPOSAL).from(proposals).where(eq(proposals.id, id));
  return row ?? null;
}

/** Newest first. */
export async function listProposals(
  { orm }: Db,
  { limit, cursor, state, rulebook }: {
    limit: number;
    cursor?: string | undefined;
    state?: Proposal["state"] | undefined;
    rulebook?: string | undefined;
  },
): Promise<{ rows: Proposal[]; next: string | null }> {
  const where: SQL[] = [];
  if (cursor !== undefined) where.push(lt(proposals.id, cursor));
  if (state !== undefined) where.push(eq(proposals.state, state));
  if (rulebook !== undefined) where.push(eq(proposals.rulebook, rulebook));
  const rows = await orm.select(PROPOSAL).from(proposals).where(and(...where)).orderBy(desc(proposals.id)).limit(
    limit + 1,
  );
  return pageOf(rows, limit);
}

/** What else must hold when a proposal is settled. */
const SETTLING = {
  anyhow: "true",
  /** By its proposer, who is alone in the sandbox. */
  alone: aloneInSandbox(":by"),
  /** In the place of its proposer, who approved it alone. */
  instead: approvedAlone("proposals"),
};

/** Settles a proposal that stands in one of `from`; false when it does not any more. Of two at once the first wins. */
export async function settleProposal(
  { client }: Db,
  id: string,
  from: readonly Proposal["state"][],
  { state, by, at, note, way = "anyhow" }: {
    state: Proposal["state"];
    by: string;
    at: number;
    note: string | null;
    way?: keyof typeof SETTLING;
  },
  audit: AuditRow,
): Promise<boolean> {
  const [settled] = await client.batch([
    {
      sql: `update proposals set state = :state, decided_by = :by, decided_at = :at, decision_note = :note
        where id = :id and state in (select value from json_each(:from)) and ${SETTLING[way]} returning id`,
      args: { state, by, at, note, id, from: JSON.stringify(from) },
    },
    ...auditIfChanged(audit),
  ]);
  return settled!.rows.length > 0;
}

/**
 * Makes an approved proposal the active version if what it was compared with is still the active one, and if two people agreed on it
 * or nothing reaches phones; else false.
 */
export async function publishProposal(
  client: DbClient,
  { id, rulebook }: Pick<Proposal, "id" | "rulebook">,
  { by, at, note }: { by: string; at: number; note: string | null },
  audit: AuditRow,
): Promise<boolean> {
  const [published] = await client.batch([
    {
      sql: `update proposals set state = 'published' where id = :id and state = 'approved'
        and base is (select value from settings where name = 'active_rulebook')
        and (${NO_REAL_CARRIER} or not ${approvedAlone("proposals")}) returning id`,
      args: { id },
    },
    {
      sql: `insert into activations (rulebook, at, by, way, proposal_id, note)
        select :rulebook, :at, :by, 'publish', :id, :note where changes() > 0`,
      args: { rulebook, at, by, id, note },
    },
    ...auditIfChanged(audit),
    setActive(rulebook),
  ]);
  return published!.rows.length > 0;
}

/**
 * Puts `to`, which was active before, in the place of `from`; false when `from` is not the active version any more, or when one person
 * alone approved `to` and messages reach phones.
 */
export async function rollBack(
  client: DbClient,
  { from, to, by, at, note }: { from: string; to: string; by: string; at: number; note: string },
  audit: AuditRow,
): Promise<boolean> {
  const [activated] = await client.batch([
    {
      sql: `insert into activations (rulebook, at, by, way, note) select :to, :at, :by, 'rollback', :note
        where (select value from settings where name = 'active_rulebook') = :from
          and exists (select 1 from activations where rulebook = :to)
          and (${NO_REAL_CARRIER} or ${aloneBehind(":to")} is null) returning id`,
      args: { to, from, at, by, note },
    },
    ...auditIfChanged(audit),
    setActive(to),
  ]);
  return activated!.rows.length > 0;
}

/** Only when the statement before it wrote a row, which those of an entry of the audit log do when theirs did. */
function setActive(hash: string): InStatement {
  return {
    sql: `insert into settings (name, value) select 'active_rulebook', ? where changes() > 0
      on conflict (name) do update set value = excluded.value`,
    args: [hash],
  };
}
