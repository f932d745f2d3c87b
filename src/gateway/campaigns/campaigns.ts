import { blown, type Fuse, type PauseReason, progressOf, sumOf } from "../../core/campaign.ts";
import { HANDED_OVER } from "../../core/message.ts";
import { nextRecipients, readAudience, type SavedAudience } from "../../store/campaigns/audience.ts";
import { type CampaignRow, countsOf, step, type Still } from "../../store/campaigns/campaigns.ts";
import { writeGroup } from "../../store/campaigns/ledger.ts";
import {
  begin,
  endLease,
  lease,
  liveCampaigns,
  nextBeginning,
  settleProgress,
  sweepPiece,
} from "../../store/campaigns/life.ts";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import type { Dispatcher } from "../dispatch/dispatch.ts";
import type { Deps } from "../gateway.ts";
import { composeGroup, ownTokens, planOf } from "./compose.ts";
import { gapOf } from "./pace.ts";

/** Contacts looked at for one transaction: others wait for the database no longer than it takes. */
const GROUP = 1_000;
/** What one campaign gets before it is another's turn. */
const SLICE_MS = 500;
/** Without a sign of life for so long, the instance that made the messages is gone. */
const LEASE_MS = 30_000;
/** How often the fuse and the progress of a running campaign are looked at. */
const WATCH_MS = 1_000;

/**
 * Runs campaigns: begins those whose time has come, makes their messages, goes through them when one is paused, resumed or canceled, and
 * watches the fuse. `stored`: there is something to hand over. A tick resolves with the number of messages made.
 */
export function campaigner(deps: Deps, stored: () => void): Dispatcher {
  const { db } = deps;
  let watchedAt = -Infinity;

  const tick = async (budgetMs = Infinity, stopping = () => false): Promise<number> => {
    const started = performance.now();
    const over = () => performance.now() - started >= budgetMs || stopping();
    let made = 0;
    const failed = new Map<string, unknown>();
    for (let more = true; more && !over();) {
      more = false;
      const watching = Math.abs(deps.now() - watchedAt) >= WATCH_MS;
      if (watching) watchedAt = deps.now();
      for await (const campaign of liveCampaigns(db, deps.now())) {
        if (over()) break;
        if (failed.has(campaign.id)) continue;
        try {
          const count = await turn(campaign, over);
          made += count ?? 0;
          more ||= count !== null;
          if (watching && campaign.state === "running") await watch(campaign);
        } catch (error) {
          if (isDatabaseDown(error)) throw error;
          // What is wrong with one campaign keeps no other from running, and none from being stopped.
          deps.log("error", "campaign.failed", { campaign: campaign.id, error: String(error) });
          failed.set(campaign.id, error);
        }
      }
    }
    for (const error of failed.values()) throw error;
    return made;
  };

  /** What is next for a campaign; resolves with the number of messages made, null when there is nothing to do for now. */
  const turn = async (campaign: CampaignRow, over: () => boolean): Promise<number | null> => {
    const now = deps.now();
    if (campaign.state === "scheduled" && campaign.scheduled_at! <= now) await begin(db, campaign.id, now);
    else if (campaign.sweep !== null) {
      await sweepPiece(db.client, campaign, gapOf(campaign, await deps.settings.current()), now);
      stored();
    } else if (campaign.state === "running" && campaign.expanded_at === null) {
      const made = await expand(campaign.id, over);
      if (made !== null) stored();
      return made;
    } else return null;
    return 0;
  };

  /** Makes messages for a while; null when there is nothing that this instance may do. */
  const expand = async (id: string, over: () => boolean): Promise<number | null> => {
    const mine = deps.newId("lea");
    const campaign = await lease(db, id, { lease: mine, now: deps.now(), until: deps.now() + LEASE_MS });
    if (campaign === null) return null;
    const settings = await deps.settings.current();
    const plan = planOf(campaign, settings);
    if (plan === null) return await halt(campaign, "sender_gone", { lease: mine }).then(() => null);
    const audience = await readAudience(db, JSON.parse(campaign.audience) as SavedAudience);
    const gap = gapOf(campaign, settings);
    const started = performance.now();
    let { cursor, planned } = campaign;
    let made = 0;
    const { sender, purpose } = campaign;
    const read = async (after: string) => {
      const now = deps.now();
      const { recipients, last } = await nextRecipients(db.client, audience, after, GROUP);
      const requests = recipients.map(({ msisdn }) => ({ person: msisdn, sender, purpose }));
      return { now, recipients, last, facts: recipients.length === 0 ? [] : await loadFacts(deps, requests, now) };
    };
    // While one group is decided, the database writes the one before and reads the next: nobody is in two of them.
    let written = Promise.resolve(true);
    let next = read(cursor);
    try {
      while (true) {
        const { now, recipients, last, facts } = await next;
        const ending = last === null || over() || performance.now() - started > SLICE_MS;
        if (!ending) {
          next = read(last);
          // Whoever waits for it sees its failure, as with `written`.
          next.catch(() => {});
        }
        // An audience may have grown since it was counted, and rules ask of how many a text is.
        const copies = Math.max(campaign.copies ?? 1, planned + recipients.length);
        const { places, shared, marks, doubtful } = composeGroup(recipients, facts, {
          ...plan,
          campaign: { ...campaign, copies },
        }, {
          settings,
          now,
          publicUrl: deps.publicUrl,
          tokens: deps.tokens,
        });
        if (!await written) return made;
        if (doubtful) return await halt(campaign, "needs_review", { lease: mine }).then(() => made);
        const before = planned;
        const rows = recipients.map(({ msisdn }, index) => {
          const place = places[index]!;
          const { status, hold_until } = shared[place]!;
          const id = deps.newId("msg");
          return {
            id,
            person: msisdn,
            conversation_id: facts[index]!.conversation_id ?? deps.newId("cnv"),
            due_at: dueAt(status, hold_until ?? null, planned, () => planned++),
            shared: place,
            own: ownTokens(id, shared[place]!, plan, deps.tokens),
          };
        });
        written = writeGroup(db.client, {
          campaign,
          lease: mine,
          after: cursor,
          cursor: last ?? cursor,
          planned: planned - before,
          last: last === null,
          shared,
          marks,
          rows,
          now,
          leaseUntil: now + LEASE_MS,
        });
        written.catch(() => {});
        made += rows.length;
        if (ending) return await written ? made : made - rows.length;
        cursor = last;
      }
    } finally {
      await Promise.allSettled([written, next]);
      await endLease(db, id, mine).catch(() => {});
    }

    /** One after the other within the rate; those who have to wait for their hours come one after the other then. */
    function dueAt(status: string, hold: number | null, place: number, next: () => void): number | null {
      if (status === "queued" || (status === "held" && hold !== null)) {
        next();
        // Behind the end of the hold, by which it is known that it has a place in the plan (`pace.ts`).
        return hold === null ? Math.round(campaign!.planned_from + place * gap) : Math.round(hold + place * gap) + 1;
      }
      return null;
    }
  };

  /** The gateway itself stops a campaign. */
  const halt = async (campaign: CampaignRow, reason: Exclude<PauseReason, "by_hand">, still: Still) => {
    const now = deps.now();
    const entry = auditRow(
      { at: now, actor: "system", action: "campaign.paused", subject: campaign.id, details: { reason } },
      deps.newId,
    );
    const [halted] = await db.client.batch(step(campaign.id, { to: "paused", reason, still }, now, entry));
    if (halted!.rowsAffected > 0) deps.log("warn", "campaign.paused", { campaign: campaign.id, reason });
  };

  const watch = async (campaign: CampaignRow) => {
    const counts = (await countsOf(db, [campaign.id])).get(campaign.id) ?? {};
    const from = campaign.fuse_from === null ? {} : JSON.parse(campaign.fuse_from) as typeof counts;
    const since = (names: readonly string[]) => sumOf(counts, names) - sumOf(from, names);
    const reason = blown(JSON.parse(campaign.fuse) as Fuse, {
      handed_over: since(HANDED_OVER),
      opted_out: since(["opted_out"]),
      failed: since(["failed", "undelivered"]),
    });
    if (reason !== null) return await halt(campaign, reason, { fuse_from: campaign.fuse_from });
    if (campaign.expanded_at === null) return;
    const { messages, done } = progressOf(counts);
    const tenth = messages === 0 ? 0 : Math.floor(done * 10 / messages);
    // A look that finds nothing new costs no write.
    if (tenth > campaign.told || done === messages) await settleProgress(db, campaign.id, tenth, deps.now());
  };

  return {
    tick,
    async nextDue() {
      for await (const _ of liveCampaigns(db, deps.now())) return deps.now() + WATCH_MS;
      return await nextBeginning(db);
    },
  };
}
