import { beforeAll, describe, expect, test } from "vitest";
import { decideOutbound, outboundFrame } from "../../src/core/decide.ts";
import type { PersonFacts } from "../../src/core/message.ts";
import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { compileRulebook } from "../../src/core/rulebook/rulebook_compiler.ts";
import { NEVER_DAYS } from "../../src/core/time/since.ts";
import { parseSources, type Sources } from "../../src/rules/parse.ts";
import { scenarioInput } from "../../src/rules/scenario.ts";
import { shippedRules } from "../support/rulebook.ts";

const DAY = 86_400_000;
const FRANCE = "+33612000001";
const FLORIDA = "+13055550123";
const CAPS = `
frequency:
  any:
    - { max: 4, hours: 168 }
    - { max: 10, hours: 720 }
  DE:
    - { max: 1, hours: 48 }
`;

let shipped: Rulebook;
let capped: Rulebook;
beforeAll(async () => {
  const { sources, rulebook } = await shippedRules();
  const changed: Sources = { ...sources, "deployment.yaml": sources["deployment.yaml"] + CAPS };
  shipped = rulebook;
  capped = compileRulebook(parseSources(changed).files, "capped");
});

function inputTo(to: string, person: Partial<PersonFacts>, rulebook: Rulebook, days_ahead = 0) {
  const from = to.startsWith("+1") ? "+15005550006" : "36105";
  const told = scenarioInput({ text: "Soldes : -50% !", to, from, category: "commercial" }, rulebook, "outbound");
  if (told.direction !== "outbound") throw new Error("an outbound scenario");
  const { input } = told;
  const message = { ...input.message, scheduled_at: days_ahead === 0 ? null : input.now + days_ahead * DAY };
  return { ...input, message, person: { ...input.person, consent: "granted" as const, ...person } };
}

/** Advertisements by how many days from now they left (negative) or are to leave. */
function frameOf(to: string, days: number[], rulebook: Rulebook, days_ahead = 0) {
  const input = inputTo(to, {}, rulebook, days_ahead);
  const advertising_at = days.map((one) => input.now + one * DAY).sort((a, b) => b - a);
  return outboundFrame({ ...input, person: { ...input.person, advertising_at } }, rulebook).frame;
}

describe("caps on advertising to one person", () => {
  test.each([
    { what: "the country's alone", book: "shipped", days: [-0.1, -0.2, -3], cap: [2, 10, 24] },
    { what: "the tightest of several: the week's", book: "capped", days: [-0.1, -3, -6], cap: [3, 4, 168] },
    { what: "the week's is full", book: "capped", days: [-1, -2, -3, -4], cap: [4, 4, 168] },
    {
      what: "the month's is full",
      book: "capped",
      days: Array.from({ length: 10 }, (_, i) => -8 - i),
      cap: [10, 10, 720],
    },
    { what: "what is planned counts", book: "capped", days: [-1, -2, 1, 2], cap: [4, 4, 168] },
    { what: "what is older than every period does not", book: "capped", days: [-31, -35], cap: [0, 4, 168] },
  ])("$what: $days", ({ book, days, cap }) => {
    const frame = frameOf(FRANCE, days, book === "shipped" ? shipped : capped);
    expect([frame.advertising_count, frame.advertising_limit, frame.advertising_hours]).toEqual(cap);
  });

  test("a region keeps its own, beside those of the deployment; those of another country do not count", () => {
    expect(capped.country("US").caps("FL").map(({ max, hours }) => [max, hours])).toEqual([[3, 24], [4, 168], [
      10,
      720,
    ]]);
    expect(capped.country("DE").caps(null).map(({ max, hours }) => [max, hours]).slice(1))
      .toEqual([[4, 168], [10, 720], [1, 48]]);
    expect(frameOf(FLORIDA, [-0.1, -0.2, -0.3], capped).advertising_hours).toBe(24);
  });

  test("the reason names the period that is full", () => {
    const input = inputTo(FRANCE, {}, capped);
    const advertising_at = [1, 2, 3, 4].map((days) => input.now - days * DAY);
    const { code, decision } = decideOutbound({ ...input, person: { ...input.person, advertising_at } }, capped);
    expect(code).toBe("frequency_exceeded");
    expect(decision.rules.find(({ id }) => id === "frequency.cap_reached")?.reason)
      .toBe("The person was sent 4 advertisements in 168 hours; 4 are allowed.");
  });
});

describe("facts of the last contact", () => {
  test("nothing known is a huge number of days", () => {
    const frame = frameOf(FRANCE, [], shipped);
    expect([frame.days_since_last_commercial, frame.days_since_last_inbound]).toEqual([NEVER_DAYS, NEVER_DAYS]);
    expect([frame.commercial_last_24_hours, frame.commercial_last_7_days, frame.commercial_last_30_days])
      .toEqual([0, 0, 0]);
  });

  test("count back from when the message would leave, over all senders", () => {
    const days = [-0.5, -2, -8, -29, -31, 3];
    const now = frameOf(FRANCE, days, shipped);
    expect([now.commercial_last_24_hours, now.commercial_last_7_days, now.commercial_last_30_days]).toEqual([1, 2, 4]);
    expect(now.days_since_last_commercial).toBe(0.5);
    const later = frameOf(FRANCE, days, shipped, 4);
    expect([later.commercial_last_24_hours, later.commercial_last_7_days, later.commercial_last_30_days])
      .toEqual([0, 3, 4]);
    expect(later.days_since_last_commercial).toBe(1);
  });

  test("days since the person wrote", () => {
    const input = inputTo(FRANCE, {}, shipped, 2);
    const person = { ...input.person, last_inbound_at: input.now - 5 * DAY };
    expect(outboundFrame({ ...input, person }, shipped).frame.days_since_last_inbound).toBe(7);
  });
});
