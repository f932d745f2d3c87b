import { type CarrierChange, type HealthStep, healthSteps, probeAgain } from "../../store/carriers/health.ts";
import { claimDue, leaveStopped, nextDue } from "../../store/dispatch/claim.ts";
import {
  dueNow,
  giveBack,
  recordHandOvers,
  recoverLeases,
  redecideClaimed,
  type Untouched,
} from "../../store/dispatch/outbox.ts";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import { releaseSettled } from "../../store/messages/reviews.ts";
import { statementsOf } from "../../store/messages/writes.ts";
import { sealEntries } from "../../store/oversight/audit_chain.ts";
import type { Deps } from "../gateway.ts";
import { Batcher, GROUP_LIMITS } from "../pipeline/batcher.ts";
import { carrierNews } from "./carrier_news.ts";
import { suppressFromCarrier } from "./carrier_opt_out.ts";
import { type Finished, handOver } from "./hand_over.ts";
import { heldForDoubt, lookAgain, release, RELEASE_GROUP } from "./redecide.ts";

/** Longer than any hand-over may take: the outgoing call's own deadline is 10 s. */
const LEASE_MS = 60_000;
/**
 * No hand-over begins later than this after its claim was asked for. An instance that was suspended, or waited so long for the
 * database, cannot know what happened meanwhile: another may have ended the lease, and the person may have said STOP.
 */
const BEGIN_WITHIN_MS = 10_000;
/** While the database does not take what a carrier answered. */
const RECORD_AGAIN_MS = 500;
/**
 * Hand-overs under way at once in one instance for one account, which so holds up no other, however slowly it answers. A carrier that
 * takes a quarter of a second lets a thousand messages a second through so many.
 */
export const SLOTS = 256;
/** After a claim that did not fill the slots: what the senders' rates let through meanwhile goes in one claim, not one by one. */
const CLAIM_PAUSE_MS = 50;
/** While hand-overs take their time, what became due meanwhile is looked for this often. */
const CLAIM_WAIT_MS = 250;
/** Under a flow that never ends, leases that ran out and held messages are looked at this often all the same. */
const LOOK_MS = 1_000;
/** The audit log is sealed this often at most: each time costs a commit, and under load ticks come a hundred times a second. */
const SEAL_MS = 1_000;
/** As often at most, and for the same reason, other things are looked after. */
const CHORES_MS = 500;

export interface Dispatcher {
  /**
   * Hands over everything that is due and resolves when nothing more is, or after `budgetMs` (an edge runtime's cron has a
   * limit). Resolves with the number of messages handed over. `stopping`: the process is about to end, so nothing new is begun.
   */
  tick(budgetMs?: number, stopping?: () => boolean): Promise<number>;
  /** When the next message is due (ms on the gateway's clock), or null. */
  nextDue(): Promise<number | null>;
}

/** What else the tick does, beside messages that leave: bounded in time, and safe in two instances at once. */
export interface Chore {
  /** For the log. */
  name: string;
  run(): Promise<void>;
}

/** `recorded` is called when it is stored what came of hand-overs. */
export function dispatcher(deps: Deps, chores: readonly Chore[] = [], recorded: () => void = () => {}): Dispatcher {
  const { client } = deps.db;
  /** Accounts against which something is held, as this instance last saw: an answer of theirs has to be recorded. */
  const ailing = new Set<string>();
  const recorder = new Batcher<Finished, void>(
    async (group) => {
      const optOuts = group.flatMap(({ optOut }) => optOut === null ? [] : [optOut]);
      const settings = await deps.settings.current();
      const health = healthOf(group, ailing, deps.now());
      const results = await client.batch([
        ...health.map(({ statement }) => statement),
        ...recordHandOvers(group.map(({ handOver }) => handOver)),
        ...suppressFromCarrier(optOuts, settings, deps),
      ]);
      recorded();
      await tell(health.flatMap(({ read }, index) => read(results[index]!)), deps);
      return group.map(() => undefined);
    },
    ({ handOver }) => [handOver.id],
    GROUP_LIMITS,
    isDatabaseDown,
  );

  let choresAt: number | null = null;
  const doChores = async () => {
    const now = deps.now();
    // A clock that has stepped back does not keep them waiting.
    if (choresAt !== null && now < choresAt && now >= choresAt - CHORES_MS) return;
    choresAt = now + CHORES_MS;
    for (const { name, run } of chores) {
      await run().catch((error) => deps.log("error", "chore.failed", { chore: name, error: String(error) }));
    }
  };

  /** Kept until the lease has run out: a claim of which no answer came may be committed only later. */
  let untouched: (Untouched & { until: number })[] = [];
  const giveBackUntouched = async () => {
    if (untouched.length === 0) return;
    await client.batch(untouched.map(giveBack));
    untouched = untouched.filter(({ until }) => performance.now() < until);
  };

  /** Tries until the lease ends: an answer that is forgotten leaves a message of unknown outcome, or one that nobody tries again. */
  const record = async (finished: Finished, until: number): Promise<void> => {
    while (true) {
      try {
        return await recorder.submit(finished);
      } catch (error) {
        if (!isDatabaseDown(error) || performance.now() >= until) throw error;
        await pause(RECORD_AGAIN_MS);
      }
    }
  };

  /** Hand-overs under way, also those of a tick that failed, and how many there are of each account. */
  const underWay = new Set<Promise<void>>();
  const busy = new Map<string, number>();

  let latest = 0;
  const lookAtClock = async () => {
    const now = deps.now();
    const steppedBack = now < latest;
    latest = now;
    if (steppedBack) await client.execute(dueNow(now));
  };

  let sealAt = 0;
  const tick = async (budgetMs = Infinity, stopping = () => false): Promise<number> => {
    try {
      return await dispatch(budgetMs, stopping);
    } catch (error) {
      // A loop comes again soon, and knows of what is under way. Whoever ends now sees it through.
      if (budgetMs < Infinity || stopping()) await Promise.all(underWay);
      throw error;
    }
  };

  const dispatch = async (budgetMs: number, stopping: () => boolean): Promise<number> => {
    const started = performance.now();
    let lookAt = started;
    let handed = 0;
    let failure: unknown;
    while (performance.now() - started < budgetMs && failure === undefined && !stopping()) {
      const settings = await deps.settings.current();
      let more = false;
      if (performance.now() >= lookAt) {
        await giveBackUntouched();
        await lookAtClock();
        await recoverLeases(
          client,
          deps.now(),
          [...settings.carriers.values()].filter(({ adapter }) => adapter.idempotent).map(({ id }) => id),
        );
        more = await release(deps, settings) === RELEASE_GROUP;
        await doChores();
        if (performance.now() >= sealAt) {
          sealAt = performance.now() + SEAL_MS;
          // An entry that cannot be sealed must not keep messages from leaving: it is sealed by a later tick.
          await sealEntries(client).catch((error) => deps.log("error", "audit.not_sealed", { error: String(error) }));
        }
        // A full group has perhaps left more behind it: what it released leaves first, then the next.
        lookAt = performance.now() + (more ? 0 : LOOK_MS);
      }
      const idle = underWay.size === 0;
      const now = deps.now();
      const leaseUntil = now + LEASE_MS;
      const lease = deps.newId("lea");
      const asked = performance.now();
      const until = asked + LEASE_MS;
      // Neither clock alone tells: one stands still while the machine sleeps, the other may be set.
      const tooLate = () => performance.now() - asked > BEGIN_WITHIN_MS || deps.now() - now > BEGIN_WITHIN_MS;
      const untouchedIfDown = (ids: readonly string[] | null) => (error: unknown): never => {
        // Anything else is about the messages themselves, and would meet them again and again.
        if (isDatabaseDown(error)) untouched.push({ lease, ids, until });
        throw error;
      };
      const claimed = await claimDue(client, { lease, now, leaseUntil, slots: SLOTS, underWay: busy })
        .catch(untouchedIfDown(null));
      for (const [id, state] of claimed.accounts) state === "in_order" ? ailing.delete(id) : ailing.add(id);
      const looked = await lookAgain(claimed, deps, settings).catch(untouchedIfDown(null));
      const { changed, opened } = looked;
      let { rows } = looked;
      if (changed.length > 0) {
        const doubted = heldForDoubt(changed.filter(({ id }) => claimed.facts.get(id)?.person.open_review));
        await client.batch([
          ...redecideClaimed(changed, now, lease),
          ...statementsOf(opened, now),
          ...releaseSettled(doubted, now),
        ]).catch(untouchedIfDown(changed.map(({ id }) => id))).then(
          () => rows.push(...changed.filter(({ status }) => status === "sending")),
          // The others of the claim may leave all the same: what was not changed needs nothing written.
          (error) => failure = error,
        );
      }
      if (looked.asked || changed.length > 0) {
        // Meanwhile somebody may have opted out of what was claimed before that (invariant 2).
        const stopped = await leaveStopped(client, lease, deps.now()).catch(untouchedIfDown(null));
        rows = rows.filter(({ id }) => !stopped.has(id));
      }
      const late = tooLate() ? rows.splice(0).map(({ id }) => id) : [];
      for (const row of rows) {
        const account = row.carrier_id ?? "";
        const one: Promise<void> = handOver(row, settings, deps).then((finished) => record(finished, until))
          // The lease stays: it runs out and the message is recovered, so that a failing database loses nothing.
          .catch((error) => void (failure ??= error))
          .finally(() => {
            underWay.delete(one);
            busy.set(account, busy.get(account)! - 1);
          });
        underWay.add(one);
        busy.set(account, (busy.get(account) ?? 0) + 1);
        handed++;
      }
      const untried = [...claimed.accounts].flatMap(([id, state]) =>
        state === "probed" && !rows.some(({ carrier_id }) => carrier_id === id) ? [id] : []
      );
      if (untried.length > 0) {
        await client.execute(probeAgain(untried, leaseUntil, now)).catch((error) => void (failure ??= error));
      }
      if (late.length > 0) {
        deps.log("warn", "dispatch.too_late", { count: late.length });
        untouched.push({ lease, ids: late, until });
        await giveBackUntouched();
      }
      const taken = claimed.rows.length;
      // Where there were lanes, what was claimed may all have fallen out, with others behind it. An account that had all the
      // hand-overs under way that it may have was not looked at.
      if (claimed.accounts.size === 0 && idle && !more) break;
      if (taken === 0 && underWay.size > 0) await oneOf(underWay, CLAIM_WAIT_MS);
      // Where no account has as many as it may have, the rates let nothing more through, or nothing more waits.
      else if (claimed.accounts.keys().every((id) => (busy.get(id) ?? 0) < SLOTS)) await pause(CLAIM_PAUSE_MS);
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
    return handed;
  };
  return { tick, nextDue: () => nextDue(client, deps.now()) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What the group says of the accounts; answers of one against which nothing is held are no news. */
function healthOf(group: readonly Finished[], ailing: Set<string>, now: number): HealthStep[] {
  const results = group.flatMap(({ carrier_id, result }) => carrier_id === null ? [] : [{ carrier_id, result }]);
  return carrierNews(results).flatMap((news) => {
    const held = news.failures > 0 || news.throttled !== null;
    if (!held && !ailing.has(news.id)) return [];
    if (held) ailing.add(news.id);
    return healthSteps(news, now);
  });
}

/** Logs what became of accounts; other routes are chosen from then on. */
async function tell(changes: readonly CarrierChange[], deps: Deps): Promise<void> {
  for (const { event, id, until } of changes) {
    const level = event === "carrier.closed" ? "info" : "warn";
    deps.log(level, event, { carrier: id, ...(until === undefined ? {} : { until: new Date(until).toISOString() }) });
  }
  if (changes.length > 0) await deps.settings.refresh().catch(() => {});
}

/** Resolves when one of them has, or after `ms`. */
async function oneOf(underWay: ReadonlySet<Promise<void>>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
  await Promise.race([...underWay, late]);
  clearTimeout(timer);
}
