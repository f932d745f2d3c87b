import type { InStatement } from "@libsql/client/web";
import { and, count, desc, eq, getTableColumns, lt, min } from "drizzle-orm";
import type { CampaignCounts, CampaignState, PauseReason } from "../../core/campaign.ts";
import type { Category } from "../../core/message.ts";
import { named } from "../dispatch/outbox.ts";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { withDecisions } from "../messages/shared_decisions.ts";
import type { MessageRow } from "../messages/writes.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import { campaigns, messages } from "../schema.ts";
import { tellApps } from "./life.ts";
import { LISTS_GONE } from "./lists.ts";

export type CampaignRow = typeof campaigns.$inferSelect;

/** What staff write; the rest is the gateway's. JSON where the table says so. */
export const TEXT = [
  "name",
  "sender",
  "template",
  "declared_category",
  "purpose",
  "max_segments",
  "audience",
  "scheduled_at",
  "valid_until",
  "sending_window",
  "rate_per_second",
  "fuse",
] as const;
export type CampaignText = Pick<CampaignRow, (typeof TEXT)[number]>;

/** SQL: what staff wrote is still what was looked at. */
const AS_LOOKED = TEXT.map((column) => `${column} is :looked_${column}`).join(" and ");
const argsOf = (text: CampaignText, prefix = "") =>
  Object.fromEntries(TEXT.map((column) => [`${prefix}${column}`, text[column]]));
const ifLooked = (looked: CampaignText | null) =>
  looked === null ? { still: "true", args: {} } : { still: AS_LOOKED, args: argsOf(looked, "looked_") };

export async function createCampaign(
  { client, orm }: Db,
  text: CampaignText,
  { id, by, now }: { id: string; by: string; now: number },
  entry: AuditRow,
): Promise<CampaignRow> {
  const { sql, params } = orm.insert(campaigns).values({
    ...text,
    id,
    state: "draft",
    created_by: by,
    created_at: now,
    updated_at: now,
  }).toSQL();
  await client.batch([{ sql, args: params as string[] }, ...auditIfChanged(entry)]);
  return (await findCampaign({ orm }, id))!;
}

/** A page, newest first. */
export async function listCampaigns(
  { orm }: Pick<Db, "orm">,
  { limit, cursor, state }: { limit: number; cursor?: string | undefined; state?: CampaignState | undefined },
): Promise<{ rows: CampaignRow[]; next: string | null }> {
  const rows = await orm.select().from(campaigns).where(and(
    state === undefined ? undefined : eq(campaigns.state, state),
    cursor === undefined ? undefined : lt(campaigns.id, cursor),
  )).orderBy(desc(campaigns.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findCampaign({ orm }: Pick<Db, "orm">, id: string): Promise<CampaignRow | null> {
  const [row] = await orm.select().from(campaigns).where(eq(campaigns.id, id));
  return row ?? null;
}

/** Of each of `ids`, in any order; a campaign without messages is left out. */
export async function countsOf(
  { client }: Pick<Db, "client">,
  ids: readonly string[],
): Promise<Map<string, CampaignCounts>> {
  const { rows } = await client.execute({
    sql: `select campaign_id, json_group_object(name, n) as counts from campaign_counts
      where campaign_id in (select value from json_each(?)) group by campaign_id`,
    args: [JSON.stringify(ids)],
  });
  return new Map(
    rows.map((row) => [row["campaign_id"] as string, JSON.parse(row["counts"] as string) as CampaignCounts]),
  );
}

/**
 * False when it is no draft any more, or not as it was `looked` at (null: whatever it says). What was written before is replaced as a
 * whole.
 */
export async function changeDraft(
  { client }: Pick<Db, "client">,
  id: string,
  { text, looked, now }: { text: CampaignText; looked: CampaignText | null; now: number },
  entry: AuditRow,
): Promise<boolean> {
  const { still, args } = ifLooked(looked);
  const [changed] = await client.batch([
    named(
      `update campaigns set ${TEXT.map((column) => `${column} = :${column}`).join(", ")}, updated_at = :now
        where id = :id and state = 'draft' and ${still}`,
      { id, now, ...argsOf(text), ...args },
    ),
    ...auditIfChanged(entry),
  ]);
  return changed!.rowsAffected > 0;
}

/** False when it is no draft: what was sent stays on record. With `looked`, only as it was then. */
export async function deleteDraft(
  { client }: Pick<Db, "client">,
  id: string,
  looked: CampaignText | null,
  entry: AuditRow,
): Promise<boolean> {
  const { still, args } = ifLooked(looked);
  const [deleted] = await client.batch([
    named(`delete from campaigns where id = :id and state = 'draft' and ${still}`, { id, ...args }),
    ...auditIfChanged(entry),
  ]);
  return deleted!.rowsAffected > 0;
}

/**
 * What the gateway itself saw when it pauses a campaign: its lease on the making of messages, or since when the fuse counts. Somebody may
 * have looked at the campaign and resumed it since; then it stays as it is.
 */
export type Still = { lease: string } | { fuse_from: string | null };

/** A step of a campaign's life. Each says from which states it leads, so that of two at once one counts. */
export type Step =
  | { to: "scheduled"; copies: number; looked: CampaignText }
  | { to: "paused"; reason: PauseReason; still?: Still }
  | { to: "running" }
  | { to: "canceled" };

const FROM: Record<Step["to"], readonly CampaignState[]> = {
  scheduled: ["draft"],
  paused: ["scheduled", "running"],
  running: ["paused"],
  canceled: ["draft", "scheduled", "running", "paused"],
};

/**
 * The statements of a step, first the one whose `rowsAffected` tells whether it was taken. Claims ask for the state itself, so that
 * nothing leaves from the commit on; the messages that wait are gone through after it, in pieces (`sweep`).
 */
export function step(id: string, one: Step, now: number, entry: AuditRow): InStatement[] {
  let args: Record<string, string | number | null> = { id, now, from: JSON.stringify(FROM[one.to]) };
  const sweep = (kind: string) => `sweep = '${kind}', sweep_cursor = ''`;
  const sets: Record<Step["to"], string> = {
    scheduled: "scheduled_at = coalesce(scheduled_at, :now), copies = :copies",
    paused: `pause_reason = :reason, lease = null, lease_until = null, ${sweep("pause")}`,
    // Counted from here on: what made it blow was looked at by whoever resumes it.
    running:
      `pause_reason = null, fuse_from = (select json_group_object(name, n) from campaign_counts where campaign_id = :id),
      planned = 0, planned_from = :now, ${sweep("resume")}`,
    canceled: `finished_at = :now, lease = null, lease_until = null, ${sweep("cancel")}`,
  };
  let still = "true";
  if (one.to === "scheduled") {
    // What was looked at is what starts: somebody may have written it anew since.
    const looked = ifLooked(one.looked);
    args = { ...args, copies: one.copies, ...looked.args };
    still = `not ${LISTS_GONE} and ${looked.still}`;
  } else if (one.to === "paused") {
    args["reason"] = one.reason;
    if (one.still !== undefined && "lease" in one.still) {
      args["lease"] = one.still.lease;
      still = "lease = :lease";
    } else if (one.still !== undefined) {
      args["fuse_from"] = one.still.fuse_from ?? "";
      still = "coalesce(fuse_from, '') = :fuse_from";
    }
  }
  // One that was paused before its time waits for its time again.
  const state = one.to === "running" ? "iif(started_at is null, 'scheduled', 'running')" : `'${one.to}'`;
  return [
    named(
      `update campaigns set state = ${state}, updated_at = :now, ${sets[one.to]}
        where id = :id and state in (select value from json_each(:from)) and ${still}`,
      args,
    ),
    ...auditIfChanged(entry),
    tellApps(id, "'campaign.' || state"),
  ];
}

/** What a person on the staff says that a paused campaign is; false when it does not wait for that. */
export async function settleCampaign(
  { client }: Pick<Db, "client">,
  id: string,
  category: Category,
  now: number,
  entry: AuditRow,
): Promise<boolean> {
  const [settled] = await client.batch([
    {
      sql: `update campaigns set settled_category = ?, updated_at = ? where id = ? and state = 'paused'
        and pause_reason = 'needs_review'`,
      args: [category, now, id],
    },
    ...auditIfChanged(entry),
  ]);
  return settled!.rowsAffected > 0;
}

/** Messages looked at for one page: those of a rare status may be far apart. */
const REACH = 5_000;

/** A page of a campaign's messages, newest first; with a `status` it looks at `REACH` of them, so that it may be short. */
export async function listMessagesOf(
  { client, orm }: Db,
  id: string,
  { limit, cursor, status }: { limit: number; cursor?: string | undefined; status?: MessageRow["status"] | undefined },
): Promise<{ rows: (typeof messages.$inferSelect)[]; next: string | null }> {
  const within = and(eq(messages.campaign_id, id), cursor === undefined ? undefined : lt(messages.id, cursor));
  if (status === undefined) {
    const rows = await orm.select().from(messages).where(within).orderBy(desc(messages.id)).limit(limit + 1);
    return pageOf(await withDecisions(client, rows), limit);
  }
  const near = orm.select({ id: messages.id }).from(messages).where(within).orderBy(desc(messages.id)).limit(REACH)
    .as("near");
  const [rows, [reached]] = await orm.batch([
    orm.select(getTableColumns(messages)).from(near).innerJoin(messages, eq(messages.id, near.id))
      .where(eq(messages.status, status)).orderBy(desc(messages.id)).limit(limit + 1),
    orm.select({ n: count(), lowest: min(near.id) }).from(near),
  ]);
  const { rows: page, next } = pageOf(await withDecisions(client, rows), limit);
  return { rows: page, next: next ?? (reached!.n === REACH ? reached!.lowest : null) };
}
