import type { InboundOutcome, InboundSms } from "../carriers/carrier.ts";
import { decideInbound } from "../core/decide.ts";
import { parseAddress } from "../core/msisdn.ts";
import { measure } from "../core/segment.ts";
import { type Barrier, recordBarriers } from "../store/barrier.ts";
import { loadFacts } from "../store/facts.ts";
import { storedInbound } from "../store/inbound.ts";
import { REPEAT_WINDOW_MS } from "../store/repeats.ts";
import { commit, type MessageRow, noWrites } from "../store/writes.ts";
import { Batcher, groupLimits } from "./batcher.ts";
import type { Deps } from "./gateway.ts";
import { firstIdAt } from "./ids.ts";
import { isDatabaseDown } from "../store/database_error.ts";
import { type LaterMessage, perform } from "./perform.ts";
import type { ConfiguredSender, Settings } from "./settings.ts";

/** A verified message from a handset. */
export interface Received {
  carrier_id: string;
  sms: InboundSms;
}

export interface Receiver {
  /** Resolves when the message and everything that follows from it is durable. */
  submit(received: Received): Promise<InboundOutcome>;
  readonly depth: number;
}

/** `stored` is called after each commit that left an answer to dispatch. */
export function receiver(deps: Deps, stored: () => void): Receiver {
  const barriers: Barrier[] = [];
  const batcher: Batcher<Item, InboundOutcome> = new Batcher<Item, InboundOutcome>(
    async (group) => {
      const results = await receiveGroup(group, barriers, deps, stored);
      // Under load they go with the next group. Otherwise only the answers to the STOPs themselves wait for it.
      return batcher.depth > 0 ? results.map(({ outcome }) => outcome) : afterBarriers(results, barriers, deps);
    },
    ({ carrier_id, sms, person }) =>
      sms.carrierMessageId === null ? [person] : [person, `${carrier_id} ${sms.carrierMessageId}`],
    groupLimits(deps.db),
    isDatabaseDown,
  );
  return {
    async submit(received) {
      const received_at = deps.now();
      // Some carriers give a number as it is dialled in the country; which one, the number it was sent to tells.
      const country = findSender(received.sms.to, await deps.settings.current())?.country ?? undefined;
      const { address: person } = parseAddress(received.sms.from, country);
      return await batcher.submit({ ...received, person, received_at });
    },
    get depth() {
      return batcher.depth;
    },
  };
}

/** `person`: the writer's address, read once. `received_at`: ms, before it waited for its group. */
type Item = Received & { person: string; received_at: number };

interface Result {
  outcome: InboundOutcome | Promise<InboundOutcome>;
  /** It raised a barrier, of which the timeline shall tell. */
  stops: boolean;
}

async function receiveGroup(
  group: Item[],
  barriers: Barrier[],
  deps: Deps,
  stored: () => void,
): Promise<Result[]> {
  const now = deps.now();
  const settings = await deps.settings.current();
  const { client } = deps.db;
  const ends = group.map(({ carrier_id, sms, person }) => {
    const found = findSender(sms.to, settings);
    // An account speaks for its own senders only: what it brings for another's is kept, and a STOP in it stops, but it lifts
    // nothing and is not answered.
    const sender = found !== null && carries(carrier_id, found) ? found : null;
    return { person, sender, address: sender?.address ?? parseAddress(sms.to).address };
  });
  const [facts, known] = await Promise.all([
    loadFacts(client, ends.map(({ person, address }) => ({ person, sender: address })), now, "receiving"),
    storedInbound(client, group),
  ]);

  const writes = noWrites();
  const later: LaterMessage[] = [];
  const stops = new Map<string, number>();
  const results = group.map(({ carrier_id, sms, received_at }, index): InboundOutcome => {
    // SQLite cuts a text at U+0000; what a handset wrote after it must not be lost.
    const text = sms.text.replaceAll("\0", " ");
    const earlier = known.get(index);
    if (earlier) return earlier;
    const { person, sender, address } = ends[index]!;
    const { person: about, conversation_id: thread, answered } = facts[index]!;
    const verdict = decideInbound({
      message: {
        direction: "inbound",
        from: person,
        text,
        carrier_intent: sms.carrierIntent,
        // Only what the provider did answer: it knows fewer words than we do, and the rest would stay without a confirmation.
        stop_reply: sms.alreadyAnswered ? "provider" : "gateway",
        answered,
      },
      sender,
      person: about,
      now,
    }, settings.rulebook);
    const id = deps.newId("msg");
    const conversation_id = thread ?? deps.newId("cnv");
    const measured = measure(text);
    const row: MessageRow = {
      id,
      direction: "inbound",
      status: "received",
      person,
      sender: address,
      text,
      encoding: measured.encoding,
      segments: Math.max(1, measured.segments),
      priority: 0,
      attempts: 0,
      carrier_id,
      carrier_message_id: sms.carrierMessageId,
      conversation_id,
      metadata: sms.mediaUrls.length === 0 ? null : JSON.stringify({ media: sms.mediaUrls.join(" ") }),
      created_at: now,
      decision: JSON.stringify(verdict.decision),
    };
    writes.conversations.push({
      id: conversation_id,
      person,
      sender: address,
      at: now,
      inbound: {
        message_id: id,
        chat: verdict.conversational,
        repeatable_from: firstIdAt("msg", now - REPEAT_WINDOW_MS),
      },
    });
    if (verdict.intent === "opt_out" && !person.startsWith("+")) {
      deps.log("warn", "opt_out.not_a_number", { message: id, carrier: carrier_id });
    }
    if (verdict.effects.some(({ type }) => type === "suppress")) stops.set(id, received_at);
    writes.messages.push(row);
    later.push(...perform(
      verdict.effects,
      {
        message_id: id,
        person,
        text,
        sender,
        conversation_id,
        facts: about,
        now,
        carrier_id,
        unless_repeat: id,
        source: sms.carrierIntent === null ? "keyword" : "carrier",
      },
      writes,
      deps,
      settings,
    ));
    return { messageId: id, intent: verdict.intent };
  });

  if (writes.messages.length === 0) return results.map((outcome) => ({ outcome, stops: false }));
  const earlier = barriers.splice(0);
  let kept: Map<string, string>;
  try {
    kept = await commit(client, writes, now, later, recordBarriers(earlier));
  } catch (error) {
    barriers.push(...earlier);
    throw error;
  }
  if (later.length > 0) stored();
  const at = deps.now();
  for (const [message_id, received_at] of stops) {
    if (kept.has(message_id)) barriers.push({ message_id, received_at, at });
  }

  // Not kept: another instance stored the same webhook between our read and our write. Its message is the one. Only this answer
  // waits for it and fails with it: the others are stored, and without a carrier's id a second run would store them again.
  const lost = new Set(writes.messages.filter((row) => !kept.has(row.id)).map((row) => row.id));
  const winners = lost.size === 0 ? null : storedInbound(client, group);
  return results.map((outcome, index): Result => ({
    outcome: lost.has(outcome.messageId) ? winners!.then((stored) => stored.get(index) ?? outcome) : outcome,
    stops: stops.has(outcome.messageId),
  }));
}

/** Records barriers at once. No answer fails with it: what matters is committed. */
function afterBarriers(
  results: readonly Result[],
  barriers: Barrier[],
  { db, log }: Deps,
): (InboundOutcome | Promise<InboundOutcome>)[] {
  if (barriers.length === 0) return results.map(({ outcome }) => outcome);
  const recorded = db.client.batch(recordBarriers(barriers.splice(0)))
    .catch((error) => log("warn", "barrier.not_recorded", { error: String(error) }));
  return results.map(({ outcome, stops }) => stops ? recorded.then(() => outcome) : outcome);
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
