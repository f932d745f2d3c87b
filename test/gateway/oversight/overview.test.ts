import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deliveriesOf,
  distribution,
  fullHours,
  handedOver,
  percent,
  slotsOf,
  startOfDay,
  together,
} from "../../../src/gateway/oversight/overview.ts";

const HOUR = 3_600_000;
const at = (instant: string) => Date.parse(instant);
const said = (ms: number) => new Date(ms).toISOString();

describe("slotsOf()", () => {
  const zones: [what: string, zone: string, from: string, to: string, days: string[]][] = [
    ["of a zone east of Greenwich", "Europe/Paris", "2026-11-23T23:00:00Z", "2026-11-25T12:00:00Z", [
      "2026-11-23T23:00:00.000Z",
      "2026-11-24T23:00:00.000Z",
    ]],
    ["when the clock goes back: a day of 25 hours", "Europe/Paris", "2026-10-24T22:00:00Z", "2026-10-26T00:00:00Z", [
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]],
    ["when it goes forward: a day of 23 hours", "Europe/Paris", "2026-03-28T23:00:00Z", "2026-03-30T00:00:00Z", [
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]],
    [
      "of a zone with half an hour: with the first full hour",
      "Asia/Kolkata",
      "2026-11-24T00:00:00Z",
      "2026-11-25T00:00:00Z",
      [
        "2026-11-24T00:00:00.000Z",
        "2026-11-24T19:00:00.000Z",
      ],
    ],
  ];
  test.each(zones)("days %s", (_what, zone, from, to, days) => {
    const slots = slotsOf({ hours: [], links: [] }, { from: at(from), to: at(to), by: "day", zone });
    expect(slots.map((slot) => said(slot.at))).toEqual(days);
  });

  test("every hour is there, also without messages; what is of no known status or outside is left out", () => {
    const from = at("2026-11-24T09:00:00Z");
    const slots = slotsOf(
      {
        links: [[from + HOUR, 4], [from - HOUR, 100]],
        hours: [
          [from, "outbound", "sent", 3, 0],
          [from, "outbound", "refused", 1, 0],
          [from + 2 * HOUR, "inbound", "received", 5, 2],
          [from - HOUR, "outbound", "sent", 100, 0],
        ],
      },
      { from, to: from + 3 * HOUR, by: "hour", zone: "UTC" },
    );
    expect(slots.map(({ outbound, inbound }) => [outbound.accepted, outbound.sent, outbound.refused, inbound])).toEqual(
      [
        [4, 3, 1, { messages: 0, opt_outs: 0, left_by_link: 0 }],
        [0, 0, 0, { messages: 0, opt_outs: 0, left_by_link: 4 }],
        [0, 0, 0, { messages: 5, opt_outs: 2, left_by_link: 0 }],
      ],
    );
    const all = together(slots);
    expect([all.outbound.accepted, all.inbound.messages, handedOver(all.outbound)]).toEqual([4, 5, 3]);
  });
});

test("a day begins where the local date changes, in any zone at any instant", () => {
  fc.assert(fc.property(
    fc.constantFrom("UTC", "Europe/Paris", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"),
    fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-12-31T00:00:00Z") }),
    (zone, instant) => {
      const start = startOfDay(instant, zone);
      const date = (ms: number) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(ms);
      const hour = Math.floor(instant / HOUR) * HOUR;
      expect([start % HOUR, date(start), date(start - HOUR) === date(start)]).toEqual([0, date(hour), false]);
    },
  ));
});

test("a period is widened to the full hours that it touches", () => {
  expect(fullHours(HOUR + 1, 2 * HOUR + 1)).toEqual({ from: HOUR, to: 3 * HOUR });
  expect(fullHours(HOUR, 2 * HOUR)).toEqual({ from: HOUR, to: 2 * HOUR });
});

test("deliveries by carrier and country, the most first, with why others did not arrive", () => {
  expect(deliveriesOf([
    ["kannel", "FR", "delivered", "", 90],
    ["kannel", "FR", "undelivered", "absent", 7],
    ["kannel", "FR", "sent", "", 2],
    ["kannel", "FR", "failed", "", 1],
    ["twilio", "", "delivered", "", 200],
    ["", "US", "failed", "no_route", 3],
  ])).toEqual([
    { carrier_id: "twilio", country: null, handed_over: 200, delivered: 200, delivery_percent: 100, reasons: [] },
    {
      ...{ carrier_id: "kannel", country: "FR", handed_over: 100, delivered: 90, delivery_percent: 90 },
      reasons: [{ code: "absent", count: 7 }, { code: "unreported", count: 2 }, { code: "failed", count: 1 }],
    },
    {
      ...{ carrier_id: null, country: "US", handed_over: 3, delivered: 0, delivery_percent: 0 },
      reasons: [{ code: "no_route", count: 3 }],
    },
  ]);
});

test("a distribution counted by value says what the list of values says", () => {
  expect(distribution([])).toEqual({ measured: 0, median_ms: null, p95_ms: null, max_ms: null });
  fc.assert(fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 60 }), (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const counts = [...new Set(sorted)].map((ms) => [ms, values.filter((one) => one === ms).length] as const);
    const rank = (share: number) => sorted[Math.ceil(values.length * share) - 1];
    expect(distribution(counts)).toEqual({
      measured: values.length,
      median_ms: rank(0.5),
      p95_ms: rank(0.95),
      max_ms: sorted.at(-1),
    });
  }));
});

test("a percentage has two digits, and of nothing there is none", () => {
  expect([percent(1, 3), percent(0, 5), percent(0, 0)]).toEqual([33.33, 0, null]);
});
