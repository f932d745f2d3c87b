import { describe, expect, test } from "vitest";
import { firstIdAt, idMaker, secretToken } from "../../src/gateway/ids.ts";

describe("idMaker()", () => {
  test("ids sort by creation, within a millisecond and across it, even when the clock steps back", () => {
    const clock = [1000, 1000, 1000, 1001, 999, 2000];
    let index = 0;
    const newId = idMaker(() => clock[Math.min(index++, clock.length - 1)]!);
    const ids = Array.from({ length: 600 }, () => newId("msg"));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^msg_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  test("two makers never agree, though they run at the same instant", () => {
    const [one, other] = [idMaker(() => 5), idMaker(() => 5)];
    const ids = new Set(Array.from({ length: 1000 }, () => [one("msg"), other("msg")]).flat());
    expect(ids.size).toBe(2000);
  });

  test("firstIdAt() is the bound between before and after", () => {
    const before = idMaker(() => 999)("msg"), after = idMaker(() => 1000)("msg");
    expect(before < firstIdAt("msg", 1000) && firstIdAt("msg", 1000) <= after).toBe(true);
  });
});

test("a secret token has 128 bits and fits into an address", () => {
  expect(secretToken()).toMatch(/^[\w-]{22}$/);
  expect(secretToken()).not.toBe(secretToken());
});
