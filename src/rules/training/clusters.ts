/**
 * Groups near-duplicates: lower case, digits and links removed, then a token overlap (shared words over all words) of 0.6 or more, also
 * through a third text. Texts of one group never stand on both sides of a comparison, and count once as support for a word.
 *
 * @returns for every text the index of a text that stands for its group.
 */
export function nearDuplicates(texts: readonly string[]): number[] {
  const sets = texts.map(wordSet);
  const parent = texts.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root]!;
    return parent[index] = root;
  };
  sets.forEach((one, index) => {
    for (let earlier = 0; earlier < index; earlier++) {
      if (overlap(one, sets[earlier]!) >= OVERLAP) parent[rootOf(index)] = rootOf(earlier);
    }
  });
  return texts.map((_, index) => rootOf(index));
}

const OVERLAP = 0.6;

function wordSet(text: string): Set<string> {
  const bare = text.toLowerCase().replace(/(?:https?:\/\/|www\.)\S+/g, " ").replace(/\d/g, "");
  return new Set(bare.match(/\p{L}+/gu) ?? []);
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, big] = a.size < b.size ? [a, b] : [b, a];
  // Even if all of the smaller were shared.
  if (big.size === 0 || small.size / big.size < OVERLAP) return 0;
  let shared = 0;
  for (const word of small) if (big.has(word)) shared++;
  return shared / (a.size + b.size - shared);
}
