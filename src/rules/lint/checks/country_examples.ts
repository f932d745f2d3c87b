import type { Check, Draft } from "../finding.ts";

/** Country files that promise nothing of one direction: a change there would break no example. */
export const countryExamples: Check = (book) =>
  book.countries.flatMap(({ file, table }): Draft[] => {
    const promises = (keys: readonly string[]) =>
      table.examples.some(({ expect }) => keys.some((key) => expect[key as keyof typeof expect] !== undefined));
    const missing = [
      ...(promises(["intent", "suppresses", "reply"]) ? [] : ["a message from a person"]),
      ...(promises(["outcome", "category", "final_text", "hold_until"]) ? [] : ["a message to a person"]),
    ];
    return missing.map((what) => ({
      file,
      at: ["examples"],
      severity: "warning",
      problem: `no example of ${table.name} is ${what}`,
      advice: "Add one with what must come out.",
    }));
  });
