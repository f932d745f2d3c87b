import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasLapsed, lapsesAt, monthsLater, purposeKind } from "../../src/core/consent.ts";

const at = (iso: string) => Date.parse(iso);
const source = { text: "a test", confidence: "design", reviewed: "2026-11-22" } as const;
const LAPSE = { own: 36, partner: 12, customer_relationship: 24, source };

test.each([
  ["commercial", "own"],
  ["partner:ACME", "partner"],
  ["informative:orders", "informative"],
])("%s is a purpose of the kind %s", (purpose, kind) => {
  expect(purposeKind(purpose)).toBe(kind);
});

describe("monthsLater()", () => {
  test.each([
    ["2023-11-24T09:00:00Z", 36, "2026-11-24T09:00:00Z"],
    ["2024-02-29T12:00:00Z", 12, "2025-02-28T12:00:00Z"],
    ["2026-01-31T23:59:59Z", 1, "2026-02-28T23:59:59Z"],
    ["2026-12-31T00:00:00Z", 2, "2027-02-28T00:00:00Z"],
  ])("%s and %i months is %s", (from, months, to) => {
    expect(new Date(monthsLater(at(from), months)).toISOString()).toBe(new Date(to).toISOString());
  });

  test("is never more than the months of 31 days, and never goes back", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1200 }), (from, months) => {
      const days = (monthsLater(from, months) - from) / 86_400_000;
      expect(days).toBeGreaterThanOrEqual(28 * months);
      expect(days).toBeLessThanOrEqual(31 * months);
    }));
  });
});

describe("lapsesAt()", () => {
  const given = { at: at("2024-01-10T09:00:00Z"), soft: false };
  const heard = at("2025-06-01T00:00:00Z");
  test.each([
    ["own advertising", given, "commercial", null, "2027-01-10T09:00:00Z"],
    ["a partner's", given, "partner:ACME", null, "2025-01-10T09:00:00Z"],
    ["own, after a sign of life", given, "commercial", heard, "2028-06-01T00:00:00Z"],
    ["a sign of life before the consent", given, "commercial", at("2020-01-01T00:00:00Z"), "2027-01-10T09:00:00Z"],
    [
      "a customer's, from the sale whatever they wrote",
      { ...given, soft: true },
      "commercial",
      heard,
      "2026-01-10T09:00:00Z",
    ],
  ])("%s", (_, consent, purpose, heardAt, until) => {
    const lapses = lapsesAt(consent, purpose, { commercial: "required", lapse: LAPSE, source }, heardAt);
    expect(new Date(lapses!).toISOString()).toBe(new Date(until).toISOString());
  });

  test.each([["informative:orders", LAPSE], ["commercial", undefined]])(
    "%s without a period never",
    (purpose, lapse) => {
      const consent = { commercial: "required" as const, source, ...(lapse === undefined ? {} : { lapse }) };
      expect(lapsesAt(given, purpose, consent, null)).toBeNull();
    },
  );
});

test("whether a consent has lapsed is whether its instant has come, on whatever day it was given", () => {
  const start = Date.parse("2020-01-01T00:00:00Z");
  const instant = fc.integer({ min: 0, max: 3_000 * 24 }).map((hours) => start + hours * 3_600_000);
  fc.assert(fc.property(
    instant,
    instant,
    fc.option(instant),
    fc.boolean(),
    fc.integer({ min: 1, max: 48 }),
    (at, now, heard, soft, months) => {
      const consent = { lapse: { own: months, customer_relationship: months + 1 } } as Parameters<typeof hasLapsed>[2];
      expect(hasLapsed({ at, soft }, "commercial", consent, heard, now)).toBe(
        lapsesAt({ at, soft }, "commercial", consent, heard)! <= now,
      );
    },
  ));
});
