import { describe, expect, test } from "vitest";
import { passwords, PasswordsBusyError } from "../../../src/gateway/access/passwords.ts";

const CHEAP = { cost: 4, r: 8, p: 1 };
const PASSWORD = "correct horse battery";

describe("a stored password", () => {
  test("tells its parameters, not the password, and is another each time", async () => {
    const { hash } = passwords(CHEAP);
    const [one, other] = [await hash(PASSWORD), await hash(PASSWORD)];
    expect(one).toMatch(/^scrypt\$4\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(other);
  });

  test.each([
    [PASSWORD, true],
    ["correct horse batterz", false],
    ["Correct horse battery", false],
    ["correct horse battery ", false],
    ["", false],
  ])("matches %j: %s", async (given, right) => {
    const { hash, matches } = passwords(CHEAP);
    expect(await matches(given, await hash(PASSWORD))).toBe(right);
  });

  test("matches however the keyboard writes an accent", async () => {
    const { hash, matches } = passwords(CHEAP);
    expect(await matches("cafe\u0301 au lait bien chaud", await hash("caf\u00e9 au lait bien chaud"))).toBe(true);
  });

  test("of nobody matches nothing", async () => {
    expect(await passwords(CHEAP).matches("", null)).toBe(false);
  });

  test("made with other parameters still matches, and is known to be outdated", async () => {
    const old = await passwords(CHEAP).hash(PASSWORD);
    const today = passwords({ cost: 5, r: 8, p: 1 });
    expect(await today.matches(PASSWORD, old)).toBe(true);
    expect([today.outdated(old), today.outdated(await today.hash(PASSWORD))]).toEqual([true, false]);
  });

  test("has the recommended parameters unless told otherwise", () => {
    const stored = (cost: string) => `scrypt$${cost}$${"a".repeat(22)}$${"a".repeat(43)}`;
    const { outdated } = passwords();
    expect(["17$8$1", "16$8$1", "17$8$2"].map((cost) => outdated(stored(cost)))).toEqual([false, true, true]);
  });
});

test("an unknown user costs what a wrong password costs", async () => {
  const { hash, matches } = passwords({ cost: 13, r: 8, p: 1 });
  const stored = await hash(PASSWORD);
  const time = async (against: string | null) => {
    const times = [];
    for (let run = 0; run < 5; run++) {
      const began = performance.now();
      await matches("wrong wrong wrong", against);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[2]!;
  };
  const [known, unknown] = [await time(stored), await time(null)];
  expect(unknown / known).toBeGreaterThan(0.2);
  expect(unknown / known).toBeLessThan(5);
});

test("many at once are looked at one after the other; the timer goes on meanwhile, and a crowd is turned away", async () => {
  const { hash, matches } = passwords({ cost: 13, r: 8, p: 1 });
  const stored = await hash(PASSWORD);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const answers = await Promise.allSettled(Array.from({ length: 30 }, () => matches(PASSWORD, stored)));
  clearInterval(timer);
  const turnedAway = answers.filter((one) => one.status === "rejected");
  expect(answers.length - turnedAway.length).toBe(9);
  expect(turnedAway.every(({ reason }) => reason instanceof PasswordsBusyError)).toBe(true);
  expect(ticks).toBeGreaterThan(9);
  expect(await matches(PASSWORD, stored)).toBe(true);
});
