import { auditRow } from "../../store/oversight/audit.ts";
import { recipientsOf } from "../../store/people/erased.ts";
import {
  claimErasure,
  eraseAuditDetails,
  eraseMessages,
  eraseRest,
  finishErasure,
  type KnownErasure,
  releaseErasure,
} from "../../store/people/erasures.ts";
import type { Deps } from "../gateway.ts";
import { keyIdOf, type PersonKeys } from "./person_keys.ts";

/**
 * Longer than a message may take from the reading of its facts to its commit: what is decided before a suppression stands, and stored
 * after it, is stored by then, and erased with the rest. Only then the suppression is put under the keyed hash, for which claims do not
 * look.
 */
export const SETTLES_MS = 60_000;
/** Longer than a chore may take. */
const LEASE_MS = 60_000;
/** Time that erasing takes from all else in one tick. */
const BUDGET_MS = 100;
/** While something is being handed over, or waits for its end. */
const AGAIN_MS = 1_000;
/** Nobody waits for it, and each look costs a statement. */
const EVERY_MS = 1_000;

type EraseDeps = Pick<Deps, "db" | "now" | "newId" | "people">;

/** Goes on with erasures that are under way. For the tick. */
export function eraser(deps: EraseDeps): () => Promise<void> {
  let lookedAt = -Infinity;
  return async () => {
    if (Math.abs(deps.now() - lookedAt) < EVERY_MS) return;
    if (!await workOn(deps, BUDGET_MS)) lookedAt = deps.now();
  };
}

/** Works on one erasure, that of `id` or any that waits, for about `budgetMs`. False when there was none. */
export async function workOn(deps: EraseDeps, budgetMs: number, id?: string): Promise<boolean> {
  const { db: { client }, people } = deps;
  // Without a key it cannot be ended; another instance has one.
  if (people === null) return false;
  const now = deps.now();
  const claimed = await claimErasure(client, { now, leaseUntil: now + LEASE_MS, id });
  if (claimed === null) return false;
  const erasure = { ...claimed, recipients: recipientsOf(claimed.person, people) };
  const more = await erase(erasure, deps, budgetMs);
  if (more || !await finish(erasure, deps, people)) {
    await releaseErasure(client, erasure.id, more ? deps.now() : Math.max(deps.now() + AGAIN_MS, erasure.settles_at));
  }
  return true;
}

/** True when there is more than could be done in time. */
async function erase(erasure: KnownErasure, deps: EraseDeps, budgetMs: number): Promise<boolean> {
  const { db: { client }, now, newId } = deps;
  const started = performance.now();
  const inTime = () => performance.now() - started < budgetMs;
  const entryOf = (subject: string) =>
    auditRow(
      { at: now(), actor: "system", action: "details.erased", subject, details: { erasure: erasure.id } },
      newId,
    );
  while (await eraseMessages(client, erasure, now()) > 0) if (!inTime()) return true;
  while (await eraseAuditDetails(client, erasure, entryOf) > 0) if (!inTime()) return true;
  await eraseRest(client, erasure, now());
  return false;
}

async function finish(erasure: KnownErasure, { db: { client }, now, newId }: EraseDeps, people: PersonKeys) {
  const at = now();
  if (at < erasure.settles_at) return false;
  const key = people.keyOf(erasure.person);
  const entry = auditRow(
    { at, actor: "system", action: "person.erased", subject: erasure.id, details: { key: keyIdOf(key) } },
    newId,
  );
  return await finishErasure(client, erasure, { key, key_id: keyIdOf(key)!, entry, now: at });
}
