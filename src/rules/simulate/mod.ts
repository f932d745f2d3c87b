import type { SendingWindow } from "../../core/message.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { Scenario } from "../../core/rulebook/rulebook_schema.ts";
import { reachableFromPhones } from "../../gateway/network/public_url.ts";
import type { ConfiguredSender } from "../../gateway/settings.ts";
import type { DbClient } from "../../store/libsql/client.ts";
import { type PastMessage, pastMessages } from "../../store/messages/history.ts";
import { scenarioInput } from "../scenario.ts";
import { outcomeOf, type Replayed } from "./outcome.ts";
import { newTally, type Tally } from "./tally.ts";

/** What both rulebooks decide on; the facts of a message are put together once, so that only the rules make a difference. */
export interface SimulationInput {
  base: Rulebook;
  candidate: Rulebook;
  /** How many changed messages of each group are kept. */
  samples: number;
  /** Called now and then with how many messages were decided. */
  progress?: (messages: number) => void;
}

export interface Simulation extends Tally {
  base: string;
  candidate: string;
  /** Messages that could not be decided again: their sender is no longer configured. */
  left_out: number;
  /** How far the facts can be trusted. */
  facts: { as_they_stood: string[]; as_of_now: string[]; not_known: string[] };
}

const AS_THEY_STOOD = [
  "suppressions",
  "consents",
  "advertising that left before",
  "the conversation",
  "the gateway's own answers",
];
const STORED_FACTS: Simulation["facts"] = {
  as_they_stood: AS_THEY_STOOD,
  as_of_now: [
    "senders, their brands and STOP numbers",
    "language and time zone in the address book",
    "the public address of the gateway",
    "what somebody settled about a campaign",
  ],
  not_known: [
    "what a carrier recognised, unless it led to an opt-out",
    "how many messages of one batch had the same text, but for campaigns",
    "what came later: under other rules other messages would have left, and other people would have answered",
  ],
};

/** Messages decided in one go, a few milliseconds of work. */
const REST_EVERY = 50;

/** Decides the last stored messages again under both rulebooks. */
export async function simulateStored(
  { client, senders, publicUrl }: {
    client: DbClient;
    senders: ReadonlyMap<string, ConfiguredSender>;
    publicUrl: string;
  },
  last: number,
  { base, candidate, samples, progress }: SimulationInput,
): Promise<Simulation> {
  const tally = newTally(samples);
  let left_out = 0;
  let seen = 0;
  for await (const page of pastMessages(client, last)) {
    for (const past of page) {
      // Long work must not keep the messages of today waiting.
      if (seen++ % REST_EVERY === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      const replayed = replay(past, senders, publicUrl);
      if (replayed === null) left_out++;
      else {
        const { id, direction, created_at, person, sender, text } = past.row;
        const [from, to] = direction === "inbound" ? [person, sender] : [sender, person];
        tally.add(
          { id, direction, at: new Date(created_at).toISOString(), from, to, text },
          outcomeOf(replayed, base),
          outcomeOf(replayed, candidate),
        );
      }
    }
    progress?.(seen);
  }
  return { base: base.hash, candidate: candidate.hash, left_out, ...tally.result(), facts: STORED_FACTS };
}

/** Decides messages that somebody wrote down, as the examples of a rule are. */
export function simulateScenarios(
  scenarios: readonly Scenario[],
  { base, candidate, samples }: SimulationInput,
): Simulation {
  const tally = newTally(samples);
  for (const scenario of scenarios) {
    const told = scenarioInput(scenario, base, scenario.direction ?? "outbound");
    const { now, message } = told.input;
    const sender = told.input.sender?.address ?? "";
    const [from, to] = message.direction === "inbound" ? [message.from, sender] : [sender, message.to];
    tally.add(
      { id: null, direction: told.direction, at: new Date(now).toISOString(), from, to, text: scenario.text },
      outcomeOf(told, base),
      outcomeOf(told, candidate),
    );
  }
  const facts = {
    as_they_stood: [],
    as_of_now: [],
    not_known: ["whatever a line does not say has the default of an example"],
  };
  return { base: base.hash, candidate: candidate.hash, left_out: 0, ...tally.result(), facts };
}

/** Stands for the token of an unsubscribe page: as long as a real one, and the same for both rulebooks. */
const TOKEN = "AbCdEfGhIjKlMnOpQrStUv";

/** Null when an outbound message came from an address that is no sender any more. */
function replay(
  { row, person, carrier_intent, answered }: PastMessage,
  senders: ReadonlyMap<string, ConfiguredSender>,
  publicUrl: string,
): Replayed | null {
  const sender = senders.get(row.sender) ?? null;
  const { text, created_at: now } = row;
  if (row.direction === "inbound") {
    const stop_reply = carrier_intent === null ? "gateway" : "provider";
    const message = { direction: row.direction, from: row.person, text, carrier_intent, stop_reply, answered } as const;
    return { direction: row.direction, input: { message, sender, person, now } };
  }
  if (sender === null) return null;
  const linked = sender.kind === "alphanumeric" && (!sender.real || reachableFromPhones(publicUrl));
  return {
    direction: row.direction,
    input: {
      message: {
        direction: row.direction,
        to: row.person,
        text,
        category: row.declared_category ?? null,
        purpose: row.purpose ?? null,
        scheduled_at: row.scheduled_at ?? null,
        max_segments: row.max_segments ?? null,
        sending_window: row.sending_window ? JSON.parse(row.sending_window) as SendingWindow : null,
        settled_category: row.settled_category,
        copies: row.copies,
        reply_kind: row.reply_kind ?? null,
        unsubscribe_url: linked ? `${publicUrl}/u/${TOKEN}` : "",
      },
      sender,
      person,
      now,
    },
  };
}
