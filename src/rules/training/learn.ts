/**
 * Logistic regression with an offset: how much each key of a text moves the odds of advertising beyond what the hand-written signals already
 * say. No chance is involved: all rows at once, from zero, a fixed number of steps, so the same rows give the same table.
 */

export interface LearnRow {
  /** 1 is advertising, 0 information. */
  label: 0 | 1;
  /** Log-odds that the hand-written signals give. */
  offset: number;
  /** Keys as often as they come. */
  keys: readonly string[];
  /** How much the row counts. */
  importance: number;
}

/** Strength of the pull towards zero: a word seen in few texts moves little. */
const RIDGE = 1;
const STEPS = 200;
const RATE = 0.5;

/** Log-odds by key, for the keys in `known`. No intercept: a text of which nothing is known stays at zero. */
export function learn(rows: readonly LearnRow[], known: readonly string[]): Map<string, number> {
  const indexes = new Map(known.map((key, index) => [key, index]));
  const inputs = rows.map(({ keys }) => Int32Array.from(keys.flatMap((key) => indexes.get(key) ?? [])));
  const weights = new Float64Array(known.length);
  // AdaGrad: a rare word takes as large a step as a frequent one.
  const squares = new Float64Array(known.length);
  const gradient = new Float64Array(known.length);
  for (let step = 0; step < STEPS; step++) {
    gradient.fill(0);
    rows.forEach(({ label, offset, importance }, row) => {
      let odds = offset;
      for (const key of inputs[row]!) odds += weights[key]!;
      const error = (1 / (1 + Math.exp(-odds)) - label) * importance;
      for (const key of inputs[row]!) gradient[key]! += error;
    });
    for (let key = 0; key < known.length; key++) {
      const slope = gradient[key]! + RIDGE * weights[key]!;
      squares[key]! += slope * slope;
      weights[key]! -= RATE * slope / (Math.sqrt(squares[key]!) + 1e-8);
    }
  }
  return new Map(known.map((key, index) => [key, weights[index]!]));
}
