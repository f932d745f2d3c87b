import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCondition, type Frame } from "../../../src/core/rulebook/conditions.ts";
import type { Condition, Leaf } from "../../../src/core/rulebook/rulebook_schema.ts";
import { lintBook } from "../../../src/rules/lint/finding.ts";
import { createLogic } from "../../../src/rules/lint/worlds.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { parsed, rulebook } = await shippedRules();
const book = lintBook(parsed.files, rulebook);
const logic = createLogic(book);
const france = book.countries.find(({ table }) => table.code === "FR")!.table;

const CATEGORIES = ["commercial", "informative"];
const CONSENTS = ["granted", "withdrawn", "expired", "none"];
const KINDS = ["short_code", "long_code", "toll_free", "alphanumeric"];
const FACTS = new Set([
  "category",
  "consent",
  "zones_known",
  "advertising_count",
  "advertising_limit",
  "scheduled_at",
  "to_country",
  "sender",
  "sender_kind",
  "country",
]);

/** A frame within the domains, of somebody in France; without the country file. */
const frames: fc.Arbitrary<Frame> = fc.record({
  category: fc.constantFrom(...CATEGORIES),
  consent: fc.constantFrom(...CONSENTS),
  zones_known: fc.boolean(),
  advertising_count: fc.integer({ min: 0, max: 6 }),
  advertising_limit: fc.integer({ min: 1, max: 6 }),
  scheduled_at: fc.option(fc.integer({ min: 0, max: 6 })),
  to_country: fc.constantFrom("FR", "RE", "GP"),
  sender_kind: fc.constantFrom(...KINDS),
  countries: fc.subarray(["FR", "RE", "DE"]),
  stop_number: fc.option(fc.constantFrom("36105", "36106")),
}).map(({ countries, stop_number, ...facts }) => ({
  ...facts,
  sender: { address: "36105", kind: facts.sender_kind, country: "FR", countries, stop_number, brand: "Parley" },
}));

const sizes = fc.constantFrom<Leaf["operator"]>(
  "equal",
  "notEqual",
  "lessThan",
  "lessThanInclusive",
  "greaterThan",
  "greaterThanInclusive",
);
const same = fc.constantFrom<Leaf["operator"]>("equal", "notEqual");
const among = fc.constantFrom<Leaf["operator"]>("in", "notIn");
const contains = fc.constantFrom<Leaf["operator"]>("contains", "doesNotContain");
const number = fc.integer({ min: -1, max: 7 });
const leaves: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({ fact: fc.constant("category"), operator: same, value: fc.constantFrom(...CATEGORIES) }),
  fc.record({ fact: fc.constant("consent"), operator: same, value: fc.constantFrom(...CONSENTS, "other") }),
  fc.record({ fact: fc.constant("consent"), operator: among, value: fc.subarray(CONSENTS) }),
  fc.record({ fact: fc.constant("zones_known"), operator: same, value: fc.boolean() }),
  fc.record({ fact: fc.constant("advertising_count"), operator: sizes, value: number }),
  fc.record({ fact: fc.constant("scheduled_at"), operator: sizes, value: fc.oneof(number, fc.constant(null)) }),
  fc.record({
    fact: fc.constant("advertising_count"),
    operator: sizes,
    value: fc.constant({ fact: "advertising_limit" }),
  }),
  fc.record({ fact: fc.constant("advertising_limit"), operator: sizes, value: number }),
  fc.record({ fact: fc.constant("to_country"), operator: same, value: fc.constantFrom("FR", "RE", "DE") }),
  fc.record({ fact: fc.constant("sender_kind"), operator: same, value: fc.constantFrom(...KINDS) }),
  fc.record({
    fact: fc.constant("sender"),
    path: fc.constant("$.kind"),
    operator: same,
    value: fc.constantFrom(...KINDS),
  }),
  fc.record({
    fact: fc.constant("sender"),
    path: fc.constant("$.stop_number"),
    operator: fc.oneof(same, sizes),
    value: fc.constantFrom<string | number | null>("36105", null, 36105),
  }),
  fc.record({
    fact: fc.constant("sender"),
    path: fc.constant("$.countries"),
    operator: contains,
    value: fc.constantFrom<Leaf["value"]>("FR", "DE", { fact: "to_country" }),
  }),
  fc.record({
    fact: fc.constant("country"),
    path: fc.constant("$.senders.commercial"),
    operator: contains,
    value: fc.constant({ fact: "sender_kind" }),
  }),
  fc.record({
    fact: fc.constant("country"),
    path: fc.constantFrom("$.consent.commercial", "$.nothing.there"),
    operator: same,
    value: fc.constantFrom("required", "not_required"),
  }),
);
const conditions: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: "condition" },
    leaves,
    fc.array(tie("node"), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie("node").map((not) => ({ not })),
  ),
})).node;

describe("holdTogether()", () => {
  test("never denies what a message shows, for the country and for all of them", () => {
    fc.assert(
      fc.property(conditions, frames, (condition, frame) => {
        fc.pre(compileCondition(condition, FACTS)({ ...frame, country: france }));
        expect(logic.holdTogether("permit", [condition], france)).toBe(true);
        expect(logic.holdTogether("permit", [condition], null)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("denies that a condition holds together with its opposite", () => {
    fc.assert(
      fc.property(conditions, (condition) => {
        expect(logic.holdTogether("permit", [condition, { not: condition }], france)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  const is = (fact: string, value: Leaf["value"], operator: Leaf["operator"] = "equal", path?: string): Leaf =>
    path === undefined ? { fact, operator, value } : { fact, path, operator, value };
  test.each<[string, Condition[], boolean]>([
    ["a number between two whole ones", [
      is("advertising_count", 2, "greaterThan"),
      is("advertising_count", 3, "lessThan"),
    ], false],
    ["a number between two", [is("content_score", 2, "greaterThan"), is("content_score", 3, "lessThan")], true],
    ["a number below the least", [is("segments", 1, "lessThan")], false],
    ["a count below a limit below it", [
      is("advertising_count", { fact: "advertising_limit" }, "lessThan"),
      is("advertising_limit", { fact: "advertising_count" }, "lessThan"),
    ], false],
    ["a count between a limit and a number next to it", [
      is("advertising_count", { fact: "advertising_limit" }, "greaterThan"),
      is("advertising_limit", 3, "greaterThan"),
      is("advertising_count", 5, "lessThan"),
    ], false],
    ["two names of one kind", [
      is("sender_kind", "short_code"),
      is("sender", "short_code", "notEqual", "$.kind"),
    ], false],
    ["a commercial sender that France does not let advertise", [
      { not: is("country", { fact: "sender_kind" }, "contains", "$.senders.commercial") },
      is("sender_kind", ["short_code", "alphanumeric"], "in"),
    ], false],
    ["one that it does not let advertise, of another kind", [
      { not: is("country", { fact: "sender_kind" }, "contains", "$.senders.commercial") },
      is("sender_kind", ["short_code", "long_code"], "in"),
    ], true],
    ["a country outside the file", [is("to_country", "DE")], false],
    ["a territory of the file", [is("to_country", "RE")], true],
  ])("%s", (_, parts, expected) => {
    expect(logic.holdTogether("release", parts, france)).toBe(expected);
  });

  test("a list has each of many members or has not", () => {
    const codes = Array.from({ length: 20 }, (_, n) => `A${String.fromCharCode(65 + n)}`);
    const each = codes.map((code) => is("sender", code, "contains", "$.countries"));
    expect(logic.holdTogether("release", [{ all: each }], france)).toBe(true);
    expect(logic.holdTogether("release", [{ all: each }, { not: each[3]! }], france)).toBe(false);
    const lacks = is("sender", codes[3]!, "doesNotContain", "$.countries");
    expect(logic.holdTogether("release", [{ all: each }, lacks], france)).toBe(false);
    expect(logic.holdTogether("release", [{ any: each }, lacks], france)).toBe(true);
  });

  test("people of countries without a file are in no country that has one", () => {
    const everybodyElse = book.countries.find(({ table }) => table.code === "default")!.table;
    expect(logic.holdTogether("release", [is("to_country", "FR")], everybodyElse)).toBe(false);
    expect(logic.holdTogether("release", [is("to_country", "RE")], everybodyElse)).toBe(false);
    expect(logic.holdTogether("release", [is("to_country", "JP")], everybodyElse)).toBe(true);
  });
});
