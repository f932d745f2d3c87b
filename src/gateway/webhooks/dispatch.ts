import type { InStatement } from "@libsql/client/web";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { clearLeftovers, failing, giveUp, gone, quiet, recovered, warn } from "../../store/webhooks/health.ts";
import {
  claimDeliveries,
  type ClaimedDelivery,
  fanOut,
  type Look,
  look,
  nextDue,
  recordAttempts,
  type RecordedAttempt,
  recoverDeliveries,
} from "../../store/webhooks/outbox.ts";
import { signingSecrets } from "../../store/webhooks/webhooks.ts";
import type { Dispatcher } from "../dispatch/dispatch.ts";
import type { Deps } from "../gateway.ts";
import { Batcher } from "../pipeline/batcher.ts";
import { ANSWER_BYTES, type Attempt, attempt, TIMEOUT_MS } from "./call.ts";
import { eventId, payloadsOf } from "./events.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** The schedule that Standard Webhooks recommends and Svix keeps: after these eight attempts, over 28 hours, it is given up. */
export const RETRIES_MS = [5 * SECOND, 5 * 60 * SECOND, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR] as const;
/** An endpoint that took nothing for so long is told of in the log and the audit log; so much later it is disabled. */
export const WARN_AFTER_MS = 3 * DAY;
export const DISABLE_AFTER_MS = 2 * DAY;

/** Longer than any attempt may take. */
const LEASE_MS = 60 * SECOND;
/** Attempts under way at one endpoint: what bounds them is each endpoint's own, so that a slow one holds up no other. */
const SLOTS = 32;
/** At one that is failing: it need not be hammered, and fewer wait for its time-outs. */
const SLOTS_FAILING = 4;
/** Events that are handed out in one transaction. */
const FAN_OUT = 500;
/** While attempts take their time, what became due meanwhile is looked for this often. */
const WAIT_MS = 250;
/** Between two pieces of clearing away, so that messages get their turn at the database. */
const CLEAR_PAUSE_MS = 50;

interface Attempted extends Attempt {
  delivery: ClaimedDelivery;
}

/** Tells apps what happened: makes deliveries of events, sends what is due and writes down what came of it. */
export function webhookDispatcher(deps: Deps): Dispatcher {
  const { client } = deps.db;
  const fetch = deps.fetch({
    allowPrivate: deps.privateWebhooks,
    timeoutMs: TIMEOUT_MS,
    maxAnswerBytes: ANSWER_BYTES,
    cutAnswer: true,
  });
  const recorder = new Batcher<Attempted, void>(
    async (group) => {
      await record(group, deps);
      return group.map(() => undefined);
    },
    ({ delivery }) => [String(delivery.n)],
    { groupSize: 128, groups: 1 },
    isDatabaseDown,
  );
  const send = async ({ endpoint, event }: ClaimedDelivery, body: string): Promise<Attempt> => {
    const at = deps.now();
    const secrets = signingSecrets(endpoint, at).map(({ secret }) => secret);
    try {
      return await attempt({ url: endpoint.url, secrets, id: eventId(event), body }, { fetch, now: deps.now });
    } catch (error) {
      // A defect of ours. It counts as a failure, so that it holds up nothing but its own event.
      // What it says may hold the address, and with it a secret of the receiver's.
      const name = error instanceof Error ? error.name : "unknown";
      deps.log("error", "webhook.attempt_threw", { webhook: endpoint.id, error: name });
      return unsent("failed", at, "internal: the gateway's log tells more");
    }
  };
  const deliver = async (delivery: ClaimedDelivery, body: string | null): Promise<void> => {
    const result = body === null
      ? unsent("erased", deps.now(), "erased: what it tells of cannot be read any more")
      : await send(delivery, body);
    await recorder.submit({ ...result, delivery });
  };

  const tick = async (budgetMs = Infinity, stopping = () => false): Promise<number> => {
    const started = performance.now();
    const underWay = new Set<Promise<void>>();
    const slots = new Map<string, number>();
    let sent = 0;
    let failure: unknown;
    while (performance.now() - started < budgetMs && failure === undefined && !stopping()) {
      const now = deps.now();
      // What ends after this look may have moved up another one that it did not see.
      const alone = underWay.size === 0;
      let seen = await look(client, now);
      if (seen.lost) await recoverDeliveries(client, now);
      if (seen.leftovers) await clearLeftovers(client, now);
      if (seen.fresh) await fanOut(client, now, FAN_OUT);
      const clearing = seen.leftovers;
      if (seen.lost || seen.fresh) seen = await look(client, now);
      const wanted = wantedOf(seen, slots);
      const claimed = wanted.length === 0 ? [] : await claimDeliveries(client, wanted, {
        lease: deps.newId("lea"),
        now,
        leaseUntil: now + LEASE_MS,
      });
      const bodies = await payloadsOf(deps.db, claimed.map(({ event }) => event));
      for (const delivery of claimed) {
        const { id } = delivery.endpoint;
        slots.set(id, (slots.get(id) ?? 0) + 1);
        const one: Promise<void> = deliver(delivery, bodies.get(delivery.event.seq) ?? null)
          // The lease runs out and it is sent again: a failing database loses nothing.
          .catch((error) => void (failure ??= error))
          .finally(() => {
            underWay.delete(one);
            slots.set(id, slots.get(id)! - 1);
          });
        underWay.add(one);
        sent++;
      }
      if (claimed.length > 0 || seen.fresh) continue;
      if (clearing) await pause(CLEAR_PAUSE_MS);
      else if (alone) break;
      else if (underWay.size > 0) await oneOf(underWay, WAIT_MS);
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
    return sent;
  };
  return { tick, nextDue: () => nextDue(client, deps.now()) };
}

/** Endpoints that may be sent something, and how much. */
function wantedOf({ due }: Look, slots: ReadonlyMap<string, number>): { id: string; limit: number }[] {
  return due.flatMap(({ id, failing }) => {
    const limit = (failing ? SLOTS_FAILING : SLOTS) - (slots.get(id) ?? 0);
    return limit > 0 ? [{ id, limit }] : [];
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when one of them has, or after `ms`. */
async function oneOf(underWay: ReadonlySet<Promise<void>>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
  await Promise.race([...underWay, late]);
  clearTimeout(timer);
}

/** An attempt that came to no call. */
function unsent(outcome: "failed" | "erased", at: number, error: string): Attempt {
  return { outcome, at, duration_ms: 0, http_status: null, error, answer: null, retry_after_ms: null };
}

async function record(group: readonly Attempted[], deps: Deps): Promise<void> {
  const now = deps.now();
  const health = healthStatements(group, now, deps);
  const attempts = recordAttempts(group.map((one) => recordedOf(one, now, deps)));
  const results = await deps.db.client.batch([...attempts, ...health.flatMap(({ statements }) => statements)]);
  let place = attempts.length;
  for (const { statements, event, webhook } of health) {
    if (event !== null && results[place]!.rowsAffected > 0) deps.log("warn", event, { webhook });
    place += statements.length;
  }
}

function recordedOf(
  { delivery, outcome, retry_after_ms, ...attempted }: Attempted,
  now: number,
  deps: Deps,
): RecordedAttempt {
  const { n, lease, thread, tries, endpoint } = delivery;
  const wait = RETRIES_MS[tries - 1];
  const again = outcome === "failed" && wait !== undefined;
  if (!again && outcome !== "taken") deps.log("warn", "webhook.given_up", { webhook: endpoint.id, tries });
  return {
    n,
    lease,
    endpoint_id: endpoint.id,
    thread,
    ...attempted,
    status: outcome === "taken" ? "delivered" : again ? "pending" : "failed",
    due_at: again ? now + Math.max(spread(wait, deps.random()), retry_after_ms ?? 0) : null,
  };
}

/** Up to a fifth more or less, so that what failed together does not return together. */
function spread(wait: number, random: number): number {
  return Math.round(wait * (0.8 + random * 0.4));
}

interface HealthChange {
  statements: InStatement[];
  /** What the log says when the first statement changed something; null when nothing. */
  event: string | null;
  webhook: string;
}

/** What a group of attempts says about its endpoints. */
function healthStatements(group: readonly Attempted[], now: number, deps: Deps): HealthChange[] {
  const endpoints = Map.groupBy(group, ({ delivery }) => delivery.endpoint);
  const changes: HealthChange[] = [];
  for (const [endpoint, attempts] of endpoints) {
    const { id: webhook, failing_since } = endpoint;
    const change = (statements: InStatement[], event: string | null = null) =>
      void changes.push({ statements, event, webhook });
    const entry = (action: "webhook.failing" | "webhook.disabled", reason: string) =>
      auditRow({ at: now, actor: "system", action, subject: webhook, details: { reason } }, deps.newId);
    if (attempts.some(({ outcome }) => outcome === "gone")) {
      change(gone(webhook, { at: now, audit: entry("webhook.disabled", "gone") }), "webhook.disabled");
      continue;
    }
    // That the receiver is too busy is said of all its events.
    const silence = Math.max(
      ...attempts.map(({ http_status, retry_after_ms }) =>
        http_status === 429 || http_status === 503 ? retry_after_ms ?? 0 : 0
      ),
    );
    if (silence > 0) change([quiet(webhook, now + silence)]);
    if (attempts.some(({ outcome }) => outcome === "taken")) {
      change(recovered([webhook]));
    } else if (attempts.some(({ outcome }) => outcome === "failed")) {
      change(failing([webhook], now));
      if (failing_since === null || failing_since > now - WARN_AFTER_MS) continue;
      const warned = now - DISABLE_AFTER_MS;
      change(
        giveUp(webhook, { at: now, warned, audit: entry("webhook.disabled", "failing") }),
        "webhook.disabled",
      );
      const since = now - WARN_AFTER_MS;
      change(warn(webhook, { at: now, since, audit: entry("webhook.failing", "failing") }), "webhook.failing");
    }
  }
  return changes;
}
