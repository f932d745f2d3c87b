import type { InboundOutcome, InboundSms } from "../carriers/carrier.ts";
import { decideInbound } from "../core/decide.ts";
import { parseAddress } from "../core/msisdn.ts";
import { measure } from "../core/segment.ts";
import { recordBarriers } from "../store/barrier.ts";
import { loadFacts } from "../store/facts.ts";
import { storedInbound } from "../store/inbound.ts";
import { commit, type MessageRow, noWrites } from "../store/writes.ts";
import { Batcher, groupLimits } from "./batcher.ts";
import type { Deps } from "./gateway.ts";
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
  const batcher = new Batcher<Item, InboundOutcome>(
    (group) => receiveGroup(group, deps, stored),
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

async function receiveGroup(
  group: Item[],
  deps: Deps,
  stored: () => void,
): Promise<(InboundOutcome | Promise<InboundOutcome>)[]> {
  const now = deps.now();
  const settings = await deps.settings.current();
  const { client } = deps.db;
  const ends = group.map(({ carrier_id, sms, person }) => {
    const found = findSender(sms.to, settings);
    // An account speaks for its own senders only: what it brings for another's is kept, and a STOP in it stops, but it lifts
    // nothing and is not answered.
    const sender = found?.carrier_id === carrier_id ? found : null;
    return { person, sender, address: sender?.address ?? parseAddress(sms.to).address };
  });
  const [facts, known] = await Promise.all([
    loadFacts(client, ends.map(({ person, address }) => ({ person, sender: address })), now),
    storedInbound(client, group),
  ]);

  const writes = noWrites();
  const later: LaterMessage[] = [];
  const stops: { message_id: string; received_at: number }[] = [];
  const results = group.map(({ carrier_id, sms, received_at }, index): InboundOutcome => {
    // SQLite cuts a text at U+0000; what a handset wrote after it must not be lost.
    const text = sms.text.replaceAll("\0", " ");
    const earlier = known.get(index);
    if (earlier) return earlier;
    const { person, sender, address } = ends[index]!;
    const { person: about, conversation_id: thread } = facts[index]!;
    const verdict = decideInbound({
      message: {
        direction: "inbound",
        from: person,
        text,
        carrier_intent: sms.carrierIntent,
        // Only what the provider did answer: it knows fewer words than we do, and the rest would stay without a confirmation.
        stop_reply: sms.alreadyAnswered ? "provider" : "gateway",
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
      inbound: { chat: verdict.conversational },
    });
    if (verdict.intent === "opt_out" && !person.startsWith("+")) {
      deps.log("warn", "opt_out.not_a_number", { message: id, carrier: carrier_id });
    }
    if (verdict.effects.some(({ type }) => type === "suppress")) stops.push({ message_id: id, received_at });
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
        source: sms.carrierIntent === null ? "keyword" : "carrier",
      },
      writes,
      deps,
      settings,
    ));
    return { messageId: id, intent: verdict.intent };
  });

  if (writes.messages.length === 0) return results;
  const kept = await commit(client, writes, now, later);
  if (later.length > 0) stored();
  const told = tellBarriers(stops.filter(({ message_id }) => kept.has(message_id)), deps);

  // Not kept: another instance stored the same webhook between our read and our write. Its message is the one. Only this answer
  // waits for it and fails with it: the others are stored, and without a carrier's id a second run would store them again.
  const lost = new Set(writes.messages.filter((row) => !kept.has(row.id)).map((row) => row.id));
  const winners = lost.size === 0 ? null : storedInbound(client, group);
  return results.map((result, index) => {
    if (lost.has(result.messageId)) return winners!.then((stored) => stored.get(index) ?? result);
    return told?.of.has(result.messageId) ? told.done.then(() => result) : result;
  });
}

/** Only the answers to the STOPs themselves wait for it, and none fails with it: what matters is committed. */
function tellBarriers(
  stops: readonly { message_id: string; received_at: number }[],
  { db, now, log }: Deps,
): { of: ReadonlySet<string>; done: Promise<void> } | null {
  if (stops.length === 0) return null;
  const done = recordBarriers(db.client, stops, now())
    .catch((error) => log("warn", "barrier.not_recorded", { error: String(error) }));
  return { of: new Set(stops.map(({ message_id }) => message_id)), done };
}

/** Carriers write our own numbers with or without `+`. */
export function findSender(address: string, settings: Settings): ConfiguredSender | null {
  return settings.senders.get(address) ?? settings.senders.get(parseAddress(address).address) ??
    settings.senders.get(`+${address}`) ?? null;
}
