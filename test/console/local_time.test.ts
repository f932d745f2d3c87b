import { expect, test } from "vitest";
import { instantOf, localOf } from "../../src/console/local_time.ts";

test.each([
  ["2026-11-25T10:00", "Europe/Paris", "2026-11-25T09:00:00.000Z"],
  ["2026-07-01T10:00:30", "Europe/Paris", "2026-07-01T08:00:00.000Z"],
  ["2026-11-25T10:00", "Asia/Kolkata", "2026-11-25T04:30:00.000Z"],
  ["2026-11-25T23:30", "America/New_York", "2026-11-26T04:30:00.000Z"],
  ["2026-03-01T00:00", "UTC", "2026-03-01T00:00:00.000Z"],
])("%s in %s is %s, and back", (local, zone, instant) => {
  expect(instantOf(local, zone)).toBe(instant);
  expect(localOf(instant, zone)).toBe(local.slice(0, 16));
});

test.each(["", "tomorrow", "2026-11-25", "2026-13-40T10:00", "2026-11-25T10:00Z"])("%s is no time", (local) => {
  expect(instantOf(local, "Europe/Paris")).toBeUndefined();
});

test("a time that a change of clocks skips or repeats is an instant of that night", () => {
  expect(instantOf("2026-03-29T02:30", "Europe/Paris")).toMatch(/^2026-03-29T0[01]:30/);
  expect(instantOf("2026-10-25T02:30", "Europe/Paris")).toMatch(/^2026-10-25T0[01]:30/);
});
