import type { OutcomeChange } from "./compare.ts";
import type { Simulation } from "./mod.ts";

/** What a proposal keeps of its simulation: the counts, and no message of anybody. */
export interface SimulationSummary {
  base: string;
  candidate: string;
  messages: number;
  changed: number;
  left_out: number;
  groups: (OutcomeChange & { count: number })[];
}

export function summaryOf({ base, candidate, messages, changed, left_out, groups }: Simulation): SimulationSummary {
  const counted = groups.map(({ change, rules, count }) => ({ change, rules, count }));
  return { base, candidate, messages, changed, left_out, groups: counted };
}
