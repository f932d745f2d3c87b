import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batcher } from "../../../src/gateway/pipeline/batcher.ts";

interface Item {
  key: string;
  n: number;
}

/** Runs that end when the test says so. */
function manual(limits = { groupSize: 4, groups: 2 }) {
  const runs: { items: Item[]; done: () => void; fail: (error: unknown) => void }[] = [];
  const batcher = new Batcher<Item, string>(
    (items) =>
      new Promise((resolve, reject) =>
        runs.push({ items, done: () => resolve(items.map(({ key, n }) => `${key}${n}`)), fail: reject })
      ),
    ({ key }) => [key],
    limits,
    (error) => error === "down",
  );
  return { batcher, runs, submit: (key: string, n = 1) => batcher.submit({ key, n }) };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

describe("Batcher", () => {
  test("what arrives together goes together, and each caller gets its own answer", async () => {
    const { runs, submit, batcher } = manual();
    const answers = Promise.all(["a", "b", "c"].map((key) => submit(key)));
    expect(batcher.depth).toBe(3);
    await turn();
    expect(runs.map(({ items }) => items.map(({ key }) => key))).toEqual([["a", "b", "c"]]);
    runs[0]!.done();
    expect(await answers).toEqual(["a1", "b1", "c1"]);
    expect(batcher.depth).toBe(0);
  });

  test("groups keep to their size and number; the rest goes when one is done", async () => {
    const { runs, submit } = manual();
    const answers = Promise.all(Array.from({ length: 12 }, (_, n) => submit(`k${n}`)));
    await turn();
    expect(runs.map(({ items }) => items.length)).toEqual([4, 4]);
    runs[1]!.done();
    await turn();
    expect(runs.map(({ items }) => items.length)).toEqual([4, 4, 4]);
    runs[0]!.done();
    runs[2]!.done();
    expect(await answers).toHaveLength(12);
  });

  test("many that are at hand are shared out alike, so that one group decides while the other commits", async () => {
    const { runs, submit } = manual({ groupSize: 256, groups: 2 });
    const answers = Promise.all(Array.from({ length: 63 }, (_, n) => submit(`k${n}`)));
    await turn();
    expect(runs.map(({ items }) => items.length)).toEqual([32, 31]);
    for (const { done } of runs) done();
    expect(await answers).toHaveLength(63);
  });

  test("a few go beside a large group when they are as many, or when it is done: a group of one costs as much", async () => {
    const { runs, submit } = manual({ groupSize: 256, groups: 2 });
    const sizes = () => runs.map(({ items }) => items.length);
    const answers = Array.from({ length: 12 }, (_, n) => submit(`first${n}`));
    await turn();
    for (let n = 0; n < 10; n++) {
      answers.push(submit(`next${n}`));
      await turn();
    }
    expect(sizes()).toEqual([12]);
    answers.push(submit("eleventh"));
    await turn();
    expect(sizes()).toEqual([12, 11]);

    answers.push(submit("late"));
    await turn();
    expect(sizes()).toEqual([12, 11]);
    runs[0]!.done();
    await turn();
    expect(sizes()).toEqual([12, 11]);
    runs[1]!.done();
    await turn();
    expect(sizes()).toEqual([12, 11, 1]);

    // One beside one has nothing to wait for.
    answers.push(submit("beside"));
    await turn();
    expect(sizes()).toEqual([12, 11, 1, 1]);
    runs[2]!.done();
    runs[3]!.done();
    expect(await Promise.all(answers)).toHaveLength(25);
  });

  test.each([
    ["hangs", () => {}],
    ["failed and whose items are run one by one", ({ fail }: { fail: (error: unknown) => void }) => fail("broken")],
  ])("a few wait only a moment for a larger group that %s", async (_, happens) => {
    const { runs, submit } = manual({ groupSize: 256, groups: 2 });
    const answers = Array.from({ length: 40 }, (_, n) => submit(`k${n}`));
    await turn();
    answers.push(submit("late0"), submit("late1"));
    await turn();
    expect(runs.map(({ items }) => items.length)).toEqual([20, 20]);
    runs[1]!.done();
    await turn();
    happens(runs[0]!);
    await expect.poll(() => runs.at(-1)!.items.map(({ key }) => key)).toEqual(["late0", "late1"]);
    for (let run = 0; run < runs.length; run++) {
      runs[run]!.done();
      await turn();
    }
    expect(await Promise.all(answers)).toHaveLength(42);
  });

  test("and no longer because others keep coming", async () => {
    const { runs, submit } = manual({ groupSize: 256, groups: 2 });
    const answers = Array.from({ length: 400 }, (_, n) => submit(`k${n}`));
    await turn();
    runs[1]!.done();
    // One every few milliseconds would take a second to become as many as those that hang.
    const started = performance.now();
    for (let n = 0; runs.length === 2 && performance.now() - started < 1_000; n++) {
      answers.push(submit(`late${n}`));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(runs.length).toBe(3);
    expect(runs[2]!.items.length).toBeLessThan(50);
    for (let run = 0; run < runs.length; run++) {
      runs[run]!.done();
      await turn();
    }
    await Promise.all(answers);
  });

  test("items of one key never run at the same time, and keep their order", async () => {
    const running = new Set<string>();
    const seen: number[] = [];
    const batcher = new Batcher<Item, number>(
      async (items) => {
        for (const { key, n } of items) {
          expect(running.has(key)).toBe(false);
          running.add(key);
          if (key === "same") seen.push(n);
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
        for (const { key } of items) running.delete(key);
        return items.map(({ n }) => n);
      },
      ({ key }) => [key],
      { groupSize: 4, groups: 2 },
      () => false,
    );
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    await Promise.all(
      numbers.flatMap((n) => [batcher.submit({ key: "same", n }), batcher.submit({ key: `other${n}`, n })]),
    );
    expect(seen).toEqual(numbers);
  });

  test("a flood to one key starves nobody: an unrelated item goes with the next group", async () => {
    const { runs, submit } = manual();
    const flood = Array.from({ length: 100 }, (_, n) => submit("flood", n));
    await turn();
    const other = submit("other");
    for (let done = 0; done < 2; done++) {
      runs[done]?.done();
      await turn();
    }
    expect(await Promise.race([other, turn()])).toBe("other1");
    for (let done = 2; done < runs.length; done++) {
      runs[done]!.done();
      await turn();
    }
    expect(await Promise.all(flood)).toEqual(flood.map((_, n) => `flood${n}`));
  });

  test("items that wait their turn are not looked at again: 20,000 of one key beside 20,000 others", async () => {
    const groups: Item[][] = [];
    const batcher = new Batcher<Item, void>(
      (items) => {
        groups.push(items);
        return Promise.resolve(items.map(() => undefined));
      },
      ({ key }) => [key],
      { groupSize: 128, groups: 2 },
      () => false,
    );
    const flood = Array.from({ length: 20_000 }, (_, n) => batcher.submit({ key: "flood", n }));
    const others = Array.from({ length: 20_000 }, (_, n) => batcher.submit({ key: `other${n}`, n }));
    await Promise.all(others);
    // Groups of 128, with one item of the flood in each.
    expect(groups.length).toBeLessThan(20_000 / 127 + 5);
    await Promise.all(flood);
    expect(groups.flat().filter(({ key }) => key === "flood").map(({ n }) => n)).toEqual(flood.map((_, n) => n));
  });

  test("an item with several keys waits for each of them, and holds back what comes after it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (keys, groupSize) => {
          const running = new Set<string>();
          const seen = new Map<string, number[]>();
          const batcher = new Batcher<{ keys: string[]; n: number }, number>(
            async (items) => {
              for (const { keys, n } of items) {
                for (const key of new Set(keys)) {
                  expect(running.has(key)).toBe(false);
                  running.add(key);
                  seen.set(key, [...seen.get(key) ?? [], n]);
                }
              }
              for (let wait = items[0]!.n % 3; wait > 0; wait--) await Promise.resolve();
              for (const { keys } of items) for (const key of keys) running.delete(key);
              return items.map(({ n }) => n);
            },
            ({ keys }) => keys,
            { groupSize, groups: 2 },
            () => false,
          );
          const results = await Promise.all(keys.map((keys, n) => batcher.submit({ keys, n })));
          expect(results).toEqual(keys.map((_, n) => n));
          for (const order of seen.values()) expect(order).toEqual(order.toSorted((a, b) => a - b));
          expect(batcher.depth).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("an item that fails its group is run alone and fails nobody else", async () => {
    const batcher = new Batcher<Item, number>(
      (items) =>
        items.some(({ n }) => n === 2) ? Promise.reject(new Error("two")) : Promise.resolve(items.map(({ n }) => n)),
      ({ key }) => [key],
      { groupSize: 10, groups: 1 },
      () => false,
    );
    const results = await Promise.allSettled([1, 2, 3].map((n) => batcher.submit({ key: `${n}`, n })));
    expect(results).toMatchObject([{ value: 1 }, { status: "rejected", reason: { message: "two" } }, { value: 3 }]);
  });

  test("what fails for one item after the group was stored fails it alone, and nothing runs again", async () => {
    let runs = 0;
    const batcher = new Batcher<Item, number>(
      (items) => {
        runs++;
        return Promise.resolve(items.map(({ n }) => n === 2 ? Promise.reject(new Error("two")) : n));
      },
      ({ key }) => [key],
      { groupSize: 10, groups: 1 },
      () => false,
    );
    const results = await Promise.allSettled([1, 2, 3].map((n) => batcher.submit({ key: `${n}`, n })));
    expect(results).toMatchObject([{ value: 1 }, { status: "rejected", reason: { message: "two" } }, { value: 3 }]);
    expect(runs).toBe(1);
  });

  test("a fatal error fails the group at once, and the next group runs", async () => {
    const { runs, submit } = manual({ groupSize: 4, groups: 1 });
    const first = Promise.allSettled([submit("a"), submit("b")]);
    await turn();
    const second = submit("a", 2);
    runs[0]!.fail("down");
    expect(await first).toMatchObject([{ reason: "down" }, { reason: "down" }]);
    await turn();
    expect(runs).toHaveLength(2);
    runs[1]!.done();
    expect(await second).toBe("a2");
  });

  test("what is submitted from an answer is taken", async () => {
    const { runs, submit } = manual();
    const chained = submit("a").then(() => submit("a", 2));
    await turn();
    runs[0]!.done();
    await turn();
    runs[1]!.done();
    expect(await chained).toBe("a2");
  });
});
