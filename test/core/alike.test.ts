import fc from "fast-check";
import { expect, test } from "vitest";
import { alikeKey } from "../../src/core/alike.ts";
import { decideOutbound, type OutboundInput } from "../../src/core/decide.ts";
import type { PersonFacts } from "../../src/core/message.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();
const NOW = Date.parse("2026-11-24T10:00:00+01:00");
const HOUR = 3_600_000;

const ago = (hours: readonly number[]) => fc.constantFrom(...hours).map((one) => NOW - one * HOUR);
const suppression = fc.record({
  id: fc.string({ minLength: 1, maxLength: 4 }),
  scope: fc.constantFrom("commercial" as const, "all" as const),
  sender: fc.constantFrom(null, "36105", "36200"),
  source: fc.constantFrom("keyword" as const, "operator" as const),
});
/** Much that no rule sees, little that one does: keys shall be equal often. */
const person: fc.Arbitrary<PersonFacts> = fc.record({
  available: fc.constantFrom(true, true, true, false),
  suppressions: fc.array(suppression, { maxLength: 2 }),
  consent: fc.constantFrom("granted" as const, "granted" as const, "withdrawn" as const, "none" as const),
  consent_given: fc.option(fc.record({ at: ago([1, 300, 9_000, 30_000, 90_000]), soft: fc.boolean() })),
  open_review: fc.constantFrom(false, false, true),
  consent_before_opt_out: fc.boolean(),
  advertising_at: fc.array(ago([-3, 2, 5, 30, 200, 600]), { maxLength: 4 }).map((all) => all.sort((a, b) => b - a)),
  last_inbound_at: fc.option(ago([1, 50, 5_000, 40_000])),
  question: fc.constant(null),
  last_chat_at: fc.option(ago([1, 50, 900])),
  replies: fc.array(
    fc.record({
      kind: fc.constantFrom("help" as const, "opt_in_request" as const),
      at: ago([1, 30]),
      text: fc.string(),
    }),
    { maxLength: 2 },
  ),
  language: fc.constantFrom(null, "fr", "de"),
  time_zone: fc.constantFrom(null, null, "Asia/Tokyo"),
});
const input: fc.Arbitrary<OutboundInput> = fc.record({
  message: fc.record({
    direction: fc.constant("outbound" as const),
    to: fc.constantFrom("+33612345678", "+33687654321", "+4915112345678", "+12125550100", "+881612345678"),
    text: fc.constantFrom("Soldes : -50% !", "Votre colis arrive demain."),
    category: fc.constant(null),
    scheduled_at: fc.constant(null),
    max_segments: fc.constant(10),
    reply_kind: fc.constant(null),
    unsubscribe_url: fc.constant(""),
  }),
  sender: fc.constant({
    address: "36105",
    kind: "short_code" as const,
    country: "FR",
    countries: [],
    stop_number: null,
    brand: "Parley",
  }),
  person,
  now: fc.constant(NOW),
});

test("whoever has the same key is decided the same", () => {
  const decided = new Map<string, string>();
  let shared = 0;
  fc.assert(
    fc.property(input, (one) => {
      const key = alikeKey(one, rulebook);
      const verdict = JSON.stringify(decideOutbound(one, rulebook));
      const before = decided.get(key);
      if (before !== undefined) shared++;
      expect(before ?? verdict).toBe(verdict);
      decided.set(key, verdict);
    }),
    { numRuns: 4_000, seed: 20261124 },
  );
  // Enough of them shared one that it could have been wrong.
  expect(shared).toBeGreaterThan(300);
});

test("when somebody consented makes no difference as long as it stands", () => {
  const at = (hours: number, base: OutboundInput): OutboundInput => ({
    ...base,
    person: { ...base.person, consent_given: { at: NOW - hours * HOUR, soft: false } },
  });
  const [base] = fc.sample(input, { numRuns: 1, seed: 1 });
  expect(alikeKey(at(1, base!), rulebook)).toBe(alikeKey(at(500, base!), rulebook));
});
