/** 0 ≤ x < 1, the same sequence for a seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of `choices`, each as often as its weight says. */
export function weighted<T extends string>(random: () => number, choices: Readonly<Record<T, number>>): T {
  const entries = Object.entries<number>(choices) as [T, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of entries) if ((left -= weight) < 0) return choice;
  return entries.at(-1)![0];
}
