import fc from "fast-check";
import { expect, test } from "vitest";
import { movableFrom, REPORTED, type ReportedStatus } from "../../src/core/ladder.ts";

const RANK: Record<string, number> = {
  ...{ queued: 0, sending: 1, unknown: 1, sent: 2 },
  ...{ delivered: 3, undelivered: 3, failed: 3, expired: 3 },
};
const starts = fc.constantFrom("queued", "sending", "unknown");
const reports = fc.array(fc.constantFrom(...REPORTED), { maxLength: 20 });

function climb(from: string, told: readonly ReportedStatus[]): string[] {
  const steps = [from];
  for (const status of told) if (movableFrom(status).includes(steps.at(-1)!)) steps.push(status);
  return steps;
}

test("whatever is told in whatever order, a message only rises, and an end is the end", () => {
  fc.assert(fc.property(starts, reports, (from, told) => {
    const steps = climb(from, told);
    for (let at = 1; at < steps.length; at++) expect(RANK[steps[at]!]).toBeGreaterThan(RANK[steps[at - 1]!]!);
    const end = told.find((status) => RANK[status] === 3);
    expect(steps.at(-1)).toBe(end ?? (told.includes("sent") ? "sent" : from));
  }));
});

test("what is told twice, or late, changes nothing", () => {
  fc.assert(fc.property(starts, reports, (from, told) => {
    const once = climb(from, told);
    const twice = climb(from, told.flatMap((status, at) => [status, status, ...told.slice(0, at)]));
    expect(twice.at(-1)).toBe(once.at(-1));
  }));
});
