import type { InboundOutcome } from "../../carriers/carrier.ts";
import { parseAddress } from "../../core/msisdn.ts";
import { type Barrier, recordBarriers } from "../../store/libsql/barrier.ts";
import { isDatabaseDown } from "../../store/libsql/database_error.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { storedInbound } from "../../store/messages/inbound.ts";
import {
  askStoredParts,
  becomeMessages,
  closedMessages,
  closeDue,
  forgetParts,
  knownParts,
  PARTS_KEPT_MS,
  readStoredParts,
  storeParts,
} from "../../store/messages/long_messages.ts";
import { commit, noWrites } from "../../store/messages/writes.ts";
import type { Deps } from "../gateway.ts";
import { firstIdAt } from "../ids.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";
import { Batcher, GROUP_LIMITS } from "./batcher.ts";
import { joined, withPlausiblePart } from "./parts.ts";
import { type Ends, type Group, type Item, partKey, type Planned, type Received, takePart, takeWhole } from "./take.ts";

export interface Receiver {
  /** Resolves when the message and everything that follows from it is durable. */
  submit(received: Received): Promise<InboundOutcome>;
  /** Turns long messages whose last parts have not come in time into messages with gaps. For the tick. */
  closeDue(): Promise<void>;
  readonly depth: number;
}

/** Two instances that make one long message at the same time find each other's the second time. */
const PART_ATTEMPTS = 5;
/** Long messages closed, and forgotten, in one go. */
const CLOSE_GROUP = 200;
/** At most so many times in one tick. */
const CLOSE_ROUNDS = 10;

/** `stored` is called after each commit that left an answer to dispatch, `committed` after each. */
export function receiver(deps: Deps, stored: () => void, committed: () => void = () => {}): Receiver {
  const barriers: Barrier[] = [];
  const batcher: Batcher<Item, Taken> = new Batcher<Item, Taken>(
    async (group) => {
      const results = await receiveGroup(group, barriers, deps, stored);
      committed();
      // Under load they go with the next group. Otherwise only the answers to the STOPs themselves wait for it.
      return batcher.depth > 0 ? results.map(({ taken }) => taken) : afterBarriers(results, barriers, deps);
    },
    ({ carrier_id, sms, person, long }) =>
      sms.carrierMessageId === null || sms.part || long ? [person] : [person, `${carrier_id} ${sms.carrierMessageId}`],
    GROUP_LIMITS,
    isDatabaseDown,
  );
  /** What became of closed long messages, by id; of those that another instance turned into messages, nothing. */
  const join = async (ids: readonly string[]): Promise<Map<string, InboundOutcome>> => {
    const outcomes = new Map<string, InboundOutcome>();
    const results = await Promise.allSettled((await closedMessages(deps.db.client, ids)).map(async (long) => {
      const { carrier_id, person } = long;
      const { sms, incomplete } = joined(long);
      const received_at = deps.now();
      const { outcome } = await batcher.submit({ carrier_id, person, received_at, sms, long: { ...long, incomplete } });
      outcomes.set(long.id, outcome);
    }));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return outcomes;
  };
  return {
    async submit(received) {
      const received_at = deps.now();
      // Some carriers give a number as it is dialled in the country; which one, the number it was sent to tells.
      const country = findSender(received.sms.to, await deps.settings.current())?.country ?? undefined;
      const { address: person } = parseAddress(received.sms.from, country);
      const item: Item = { ...received, sms: withPlausiblePart(received.sms), person, received_at, long: null };
      for (let attempt = 1; attempt <= PART_ATTEMPTS; attempt++) {
        const { outcome, next } = await batcher.submit(item);
        if (next === "again") continue;
        return next === null ? outcome : (await join([next.complete])).get(next.complete) ?? outcome;
      }
      throw new Error("a part of a long message found no place: other instances kept making its message anew");
    },
    async closeDue() {
      const { client } = deps.db;
      const now = deps.now();
      const first = firstIdAt("msg", now - PARTS_KEPT_MS);
      for (let round = 0; round < CLOSE_ROUNDS; round++) {
        const { due, oldest } = await closeDue(client, now, CLOSE_GROUP);
        const forgotten = oldest === null || oldest >= first
          ? 0
          : (await client.batch(forgetParts(first, CLOSE_GROUP))).at(-1)!.rowsAffected;
        if (due.length > 0) await join(due);
        if (due.length < CLOSE_GROUP && forgotten < CLOSE_GROUP) return;
      }
    },
    get depth() {
      return batcher.depth;
    },
  };
}

/** `next`: a part whose place was taken comes again; the last part of a message completes it. */
interface Taken {
  outcome: InboundOutcome;
  next: null | "again" | { complete: string };
}

interface Result {
  taken: Taken | Promise<Taken>;
  /** It raised a barrier, of which the timeline shall tell. */
  stops: boolean;
}

async function receiveGroup(
  items: Item[],
  barriers: Barrier[],
  deps: Deps,
  stored: () => void,
): Promise<Result[]> {
  const now = deps.now();
  const settings = await deps.settings.current();
  const { client } = deps.db;
  const ends = items.map(({ carrier_id, sms, person }): Ends => {
    const found = findSender(sms.to, settings);
    // An account speaks for its own senders only: what it brings for another's is kept, and a STOP in it stops, but it lifts
    // nothing and is not answered.
    const sender = found !== null && carries(carrier_id, found) ? found : null;
    return { person, sender, address: sender?.address ?? parseAddress(sms.to).address };
  });
  const partKeys = items.flatMap((item, index) =>
    item.sms.part === undefined ? [] : [{ index, key: partKey(item, ends[index]!, item.sms.part) }]
  );
  const [facts, known, foundParts] = await Promise.all([
    loadFacts(deps, ends.map(({ person, address }) => ({ person, sender: address })), now, "receiving"),
    storedInbound(client, items.map(once)),
    partKeys.length === 0 ? [] : knownParts(client, partKeys.map(({ key }) => key), now),
  ]);
  const places = new Map(partKeys.map(({ index, key }, at) => [index, { key, known: foundParts[at]! }]));

  const group: Group = {
    ...{ deps, settings, now, writes: noWrites(), later: [] },
    ...{ parts: [], closing: [], becoming: [] },
  };
  const planned = items.map((item, index): Planned => {
    const earlier = known.get(index);
    if (earlier) return { outcome: earlier, stored: null, stops: null, long_message_id: null };
    const place = places.get(index);
    return place === undefined
      ? takeWhole(item, ends[index]!, facts[index]!, group)
      : takePart(item, ends[index]!, facts[index]!, place, group);
  });

  if (planned.every((one) => one.stored === null)) {
    return planned.map(({ outcome }) => ({ taken: { outcome, next: null }, stops: false }));
  }
  const { writes, later, parts } = group;
  const earlier = barriers.splice(0);
  let done: Awaited<ReturnType<typeof commit>>;
  try {
    done = await commit(client, writes, now, {
      later,
      before: storeParts(parts, group.closing, now),
      beside: [
        ...askStoredParts(parts.map(({ id }) => id)),
        ...becomeMessages(group.becoming, now),
        ...recordBarriers(earlier),
      ],
    });
  } catch (error) {
    barriers.push(...earlier);
    throw error;
  }
  if (later.length > 0) stored();
  const at = deps.now();
  const complete = readStoredParts(parts.length === 0 ? undefined : done.beside[0]);
  const isKept = ({ stored }: Planned) =>
    stored === null || (stored.table === "messages" ? done.kept.has(stored.id) : complete.has(stored.id));
  planned.forEach((one, index) => {
    if (one.stops !== null && isKept(one)) {
      barriers.push({ message_id: one.stops, received_at: items[index]!.received_at, at });
    }
  });

  // Not kept: another instance stored the same webhook between our read and our write. Its message is the one. Only this answer
  // waits for it and fails with it: the others are stored, and without a carrier's id a second run would store them again.
  const lost = planned.some((one) => !isKept(one) && one.stored?.table === "messages");
  const winners = lost ? storedInbound(client, items.map(once)) : null;
  return planned.map((one, index): Result => {
    const { outcome, stored, stops, long_message_id } = one;
    if (stored?.table === "message_parts") {
      const next = !complete.has(stored.id)
        ? "again"
        : complete.get(stored.id) === true
        ? { complete: long_message_id! }
        : null;
      return { taken: { outcome, next }, stops: stops !== null };
    }
    if (isKept(one)) return { taken: { outcome, next: null }, stops: stops !== null };
    // A long message that another instance put together has an id that only the other knows.
    if (items[index]!.long !== null) {
      return { taken: { outcome: { ...outcome, messageId: null }, next: null }, stops: false };
    }
    const winner = winners!.then((found) => ({ outcome: found.get(index) ?? outcome, next: null }));
    return { taken: winner, stops: false };
  });
}

/** As `storedInbound` looks for it: what comes in parts is known by them. */
function once({ carrier_id, sms, long }: Item) {
  return { carrier_id, sms: { carrierMessageId: sms.part || long ? null : sms.carrierMessageId } };
}

/** Records barriers at once. No answer fails with it: what matters is committed. */
function afterBarriers(results: readonly Result[], barriers: Barrier[], { db, log }: Deps): (Taken | Promise<Taken>)[] {
  if (barriers.length === 0) return results.map(({ taken }) => taken);
  const recorded = db.client.batch(recordBarriers(barriers.splice(0)))
    .catch((error) => log("warn", "barrier.not_recorded", { error: String(error) }));
  return results.map(({ taken, stops }) => stops ? recorded.then(() => taken) : taken);
}

/** True when the account is one of the sender's routes: its messages are then the sender's own. */
export function carries(carrier_id: string, { routes }: ConfiguredSender): boolean {
  return routes.some((route) => route.carrier_id === carrier_id);
}

/** Carriers write our own numbers with or without `+`. */
export function findSender(address: string, settings: Settings): ConfiguredSender | null {
  return settings.senders.get(address) ?? settings.senders.get(parseAddress(address).address) ??
    settings.senders.get(`+${address}`) ?? null;
}
