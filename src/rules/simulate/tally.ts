import { compareOutcomes, type OutcomeChange } from "./compare.ts";
import type { SimulatedOutcome } from "./outcome.ts";

/** A message whose outcome changes. */
export interface ChangedMessage {
  /** Null for one that was not stored. */
  id: string | null;
  direction: "outbound" | "inbound";
  at: string;
  from: string;
  to: string;
  text: string;
  before: SimulatedOutcome;
  after: SimulatedOutcome;
}

/** Messages whose outcomes change alike, for the same rules. */
export interface ChangeGroup extends OutcomeChange {
  count: number;
  /** The first of them. */
  messages: ChangedMessage[];
}

export interface Tally {
  messages: number;
  changed: number;
  /** How often each outcome came out, before and after. */
  outcomes: Record<string, { before: number; after: number }>;
  /** The largest first. */
  groups: ChangeGroup[];
}

/** Counts as messages come by; keeps at most `samples` of a group, so that memory does not grow with their number. */
export function newTally(samples: number): {
  add(message: Omit<ChangedMessage, "before" | "after">, before: SimulatedOutcome, after: SimulatedOutcome): void;
  result(): Tally;
} {
  const groups = new Map<string, ChangeGroup>();
  const outcomes = new Map<string, { before: number; after: number }>();
  let messages = 0;
  let changed = 0;
  const count = (outcome: string, side: "before" | "after") => {
    const counts = outcomes.get(outcome) ?? { before: 0, after: 0 };
    counts[side]++;
    outcomes.set(outcome, counts);
  };
  return {
    add(message, before, after) {
      messages++;
      count(`${message.direction} ${before.outcome}`, "before");
      count(`${message.direction} ${after.outcome}`, "after");
      const difference = compareOutcomes(before, after);
      if (difference === null) return;
      changed++;
      const key = JSON.stringify([message.direction, difference]);
      const group = groups.get(key) ?? { ...difference, count: 0, messages: [] };
      groups.set(key, group);
      group.count++;
      if (group.messages.length < samples) group.messages.push({ ...message, before, after });
    },
    result: () => ({
      messages,
      changed,
      outcomes: Object.fromEntries([...outcomes].sort(([a], [b]) => a < b ? -1 : 1)),
      groups: [...groups.values()].sort((a, b) => b.count - a.count),
    }),
  };
}
