import type { Check } from "../finding.ts";
import { nowhere, worldsOf } from "../meetings.ts";
import { createLogic } from "../worlds.ts";

/** Rules whose conditions no message can meet, for what their facts can be. */
export const unreachable: Check = (book) => {
  const logic = createLogic(book);
  return book.rules.flatMap((placed) => {
    const { file, at, stage, rule } = placed;
    const conditions = [rule.conditions];
    if (!nowhere(logic, stage, conditions, worldsOf(book, placed))) return [];
    const never = placed.country !== null || !logic.holdTogether(stage, conditions, null);
    return [{
      file,
      at: [...at, "conditions"],
      rule: rule.id,
      severity: never ? "error" : "warning",
      problem: never
        ? "no message can ever meet these conditions"
        : "with the country files as they are, no message can meet these conditions",
      advice:
        "Look for two conditions that exclude each other, or a value that the fact never has; or delete the rule.",
    }];
  });
};
