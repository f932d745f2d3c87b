import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { RetainedData } from "../../core/rulebook/rulebook_schema.ts";
import { type AuditFact, auditRow } from "../../store/oversight/audit.ts";
import { letGo, lookAt, readWalks, saveWalk } from "../../store/people/retention.ts";
import { pruneEvents } from "../../store/webhooks/health.ts";
import type { Deps } from "../gateway.ts";

/** Nobody waits for it, and each look costs a statement. */
const EVERY_MS = 5_000;
/** Time that it takes from all else in one tick. */
const BUDGET_MS = 50;
/** What could not go at the end of a walk is looked at again after this time. */
const REST_MS = 86_400_000;
const DAY = 86_400_000;

type RetainDeps = Pick<Deps, "db" | "now" | "newId" | "settings">;

/** Before which instant (ms) data goes that is kept for `days`. */
export function cutoff(now: number, days: number): number {
  return now - days * DAY;
}

/** Days for which each kind of data is kept. Events that nobody can want sent again go in any case: there are many. */
export function periods({ retention }: Pick<Rulebook, "retention">): ReadonlyMap<RetainedData, number> {
  return new Map([
    ["webhook_deliveries", EVENTS_DAYS],
    ...[...retention].map(([data, { days }]) => [data, days] as const),
  ]);
}
const EVENTS_DAYS = 30;

/**
 * Lets go what the retention file says, a bounded part each time. Any number of instances may do it at once: each finds what is due by
 * itself, and what another one took is gone.
 */
export function retainer(deps: RetainDeps): () => Promise<void> {
  let lookedAt = -Infinity;
  return async () => {
    if (Math.abs(deps.now() - lookedAt) < EVERY_MS) return;
    const { rulebook } = await deps.settings.current();
    const walks = await readWalks(deps.db.client);
    const started = performance.now();
    for (const [data, days] of periods(rulebook)) {
      const known = walks.get(data);
      const fresh = known === undefined || known.days !== days;
      if (!fresh && deps.now() < known.rest_until && known.rest_until <= deps.now() + REST_MS) continue;
      const after = fresh ? "" : known.after;
      if (!await walk(data, { days, after }, deps, () => performance.now() - started < BUDGET_MS)) return;
    }
    lookedAt = deps.now();
  };
}

/** Walks on through one kind of data. False when there was no time to reach its end. */
async function walk(
  data: RetainedData,
  { days, after }: { days: number; after: string },
  { db: { client }, now, newId }: RetainDeps,
  inTime: () => boolean,
): Promise<boolean> {
  const before = cutoff(now(), days);
  const told = { at: now(), actor: "system" } as const;
  const entryOf = (rows: number) => {
    const details = { data, days, before: new Date(before).toISOString(), rows };
    const fact: AuditFact = { ...told, action: "retention.applied", subject: data, details };
    return auditRow(fact, newId);
  };
  const erasedOf = (subject: string) =>
    auditRow({ ...told, action: "details.erased", subject, details: { retention: days } }, newId);
  let reached: string | null = after;
  while (reached !== null && inTime()) {
    if (data === "webhook_deliveries") {
      reached = await pruneEvents(client, before, entryOf) ? "" : null;
      continue;
    }
    const { last, due } = await lookAt(client, data, { after: reached, before });
    await letGo(client, data, due, { before, entryOf, erasedOf });
    reached = last;
  }
  await saveWalk(client, data, { after: reached ?? "", rest_until: reached === null ? now() + REST_MS : 0, days });
  return reached === null;
}
