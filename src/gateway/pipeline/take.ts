import type { InboundOutcome, InboundSms } from "../../carriers/carrier.ts";
import { decideInbound, type InboundVerdict } from "../../core/decide.ts";
import type { PartPlace } from "../../core/reassembly.ts";
import { measure } from "../../core/text/segment.ts";
import type { Facts } from "../../store/messages/facts.ts";
import type { KnownPart, LongMessage, PartKey, PartWrite } from "../../store/messages/long_messages.ts";
import { REPEAT_WINDOW_MS } from "../../store/messages/repeats.ts";
import type { MessageRow, Writes } from "../../store/messages/writes.ts";
import type { Deps } from "../gateway.ts";
import { firstIdAt } from "../ids.ts";
import type { ConfiguredSender, Settings } from "../settings.ts";
import { effectsOfPart, effectsOfWhole, partWrite, placeOfPart } from "./parts.ts";
import { type Cause, type LaterMessage, perform } from "./perform.ts";

/** A verified message from a handset. */
export interface Received {
  carrier_id: string;
  sms: InboundSms;
}

/**
 * `person`: the writer's address, read once. `received_at`: ms, before it waited for its group. `long`: what it was put together from,
 * when it came in parts; `incomplete` tells what is missing.
 */
export type Item = Received & {
  person: string;
  received_at: number;
  long: (LongMessage & { incomplete: string | null }) | null;
};

/** Both ends of a message, and what is known of its writer. `sender`: null when the account does not speak for it. */
export interface Ends {
  person: string;
  sender: ConfiguredSender | null;
  address: string;
}

/** What a group writes, and with what it decides. */
export interface Group {
  deps: Deps;
  settings: Settings;
  now: number;
  writes: Writes;
  later: LaterMessage[];
  parts: PartWrite[];
  closing: string[];
  becoming: { long_message_id: string; message_id: string; incomplete: string | null }[];
}

/** What one item adds to its group. `stored`: row that tells whether it was written; null for a delivery that was known. */
export interface Planned {
  outcome: InboundOutcome;
  stored: { table: "messages" | "message_parts"; id: string } | null;
  /** Message that raised a barrier. */
  stops: string | null;
  long_message_id: string | null;
}

export function partKey({ carrier_id, sms }: Item, { person, address }: Ends, part: PartPlace): PartKey {
  const { carrierMessageId: carrier_message_id } = sms;
  return { carrier_id, person, sender: address, ...part, carrier_message_id, text: storable(sms.text) };
}

/** SQLite cuts a text at U+0000; what a handset wrote after it must not be lost. */
function storable(text: string): string {
  return text.replaceAll("\0", " ");
}

function decide({ sms, person }: Item, text: string, sender: ConfiguredSender | null, facts: Facts, group: Group) {
  return decideInbound({
    message: {
      direction: "inbound",
      from: person,
      text,
      carrier_intent: sms.carrierIntent,
      // Only what the provider did answer: it knows fewer words than we do, and the rest would stay without a confirmation.
      stop_reply: sms.alreadyAnswered ? "provider" : "gateway",
      answered: facts.answered,
    },
    sender,
    person: facts.person,
    now: group.now,
  }, group.settings.rulebook);
}

/** A message that is whole, or as whole as it will ever be. */
export function takeWhole(item: Item, { person, sender, address }: Ends, facts: Facts, group: Group): Planned {
  const { carrier_id, sms, long } = item;
  const { deps, settings, now, writes, later } = group;
  const text = storable(sms.text);
  const verdict = decide(item, text, sender, facts, group);
  // What a part caused refers to the message by the id that was to become its own.
  const id = long !== null && long.opt_out_scope !== null ? long.id : deps.newId("msg");
  const conversation_id = facts.conversation_id ?? deps.newId("cnv");
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
    incomplete: long !== null && long.incomplete !== null ? 1 : null,
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
  warnOfNames(id, item, verdict, deps);
  writes.messages.push(long === null ? row : { ...row, requires: long.id });
  const effects = long === null
    ? verdict.effects
    : effectsOfWhole(verdict, { opt_out_scope: long.opt_out_scope, incomplete: long.incomplete !== null });
  const cause: Cause = {
    message_id: id,
    person,
    text,
    sender,
    conversation_id,
    facts: facts.person,
    now,
    carrier_id,
    unless_repeat: id,
    source: sms.carrierIntent === null ? "keyword" : "carrier",
    ...(long === null ? {} : { requires: long.id, said_at: long.created_at }),
  };
  later.push(...perform(effects, cause, writes, deps, settings));
  if (long !== null) {
    group.becoming.push({ long_message_id: long.id, message_id: id, incomplete: long.incomplete });
  }
  return {
    outcome: { messageId: id, intent: verdict.intent },
    stored: { table: "messages", id },
    stops: effects.some(({ type }) => type === "suppress") ? id : null,
    long_message_id: null,
  };
}

/** One part of a message whose carrier does not join them: kept until the others are there, and read for a wish to leave. */
export function takePart(
  item: Item,
  { person, sender, address }: Ends,
  facts: Facts,
  { key, known }: { key: PartKey; known: KnownPart },
  group: Group,
): Planned {
  const { carrier_id, sms } = item;
  const { deps, settings, now, writes, later } = group;
  const place = placeOfPart(known, deps.newId);
  if (place === null) {
    const outcome: InboundOutcome = { messageId: null, intent: known.opt_out_scope === null ? "none" : "opt_out" };
    return { outcome, stored: null, stops: null, long_message_id: null };
  }
  const { long_message_id, closing } = place;
  const verdict = decide(item, key.text, sender, facts, group);
  const effects = effectsOfPart(verdict, place.opt_out_scope);
  const id = deps.newId("prt");
  group.parts.push(partWrite(key, sms, effects, { id, long_message_id }));
  if (closing !== null) group.closing.push(closing);
  if (effects.length > 0) {
    const conversation_id = facts.conversation_id ?? deps.newId("cnv");
    // The answer needs its thread now; what the message means for it is settled when it is whole.
    writes.conversations.push({ id: conversation_id, person, sender: address, at: now, inbound: null });
    warnOfNames(long_message_id, item, verdict, deps);
    const cause: Cause = {
      message_id: long_message_id,
      person,
      text: key.text,
      sender,
      conversation_id,
      facts: facts.person,
      now,
      carrier_id,
      requires: id,
      source: sms.carrierIntent === null ? "keyword" : "carrier",
    };
    later.push(...perform(effects, cause, writes, deps, settings));
  }
  return {
    outcome: { messageId: null, intent: effects.length > 0 ? verdict.intent : "none" },
    stored: { table: "message_parts", id },
    stops: effects.some(({ type }) => type === "suppress") ? long_message_id : null,
    long_message_id,
  };
}

function warnOfNames(id: string, { person, carrier_id }: Item, { intent }: InboundVerdict, { log }: Deps): void {
  if (intent === "opt_out" && !person.startsWith("+")) {
    log("warn", "opt_out.not_a_number", { message: id, carrier: carrier_id });
  }
}
