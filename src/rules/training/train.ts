import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { signalPoints } from "../../core/text/content.ts";
import { tokenize } from "../../core/text/text.ts";
import { TRAITS, weightKeys } from "../../core/text/weights.ts";
import { recipientOf } from "../evaluate.ts";
import type { LabelledText } from "../evaluation_set.ts";
import { learn, type LearnRow } from "./learn.ts";

/** A labelled text made ready: what it is learned from, and what it is counted in. */
export interface TrainingRow extends LabelledText {
  /** From the project's own sets, where every word may be published. */
  own: boolean;
  /** Group of near-duplicates. */
  cluster: number;
  /** Points of the hand-written signals, within floor and ceiling. */
  signals: number;
  /** A hand-written sign makes it commercial whatever else it says. */
  clearOffer: boolean;
  keys: readonly string[];
}

/** Points by key, as they stand in the files; traits are written `trait:exclamation`. */
export type Learned = ReadonlyMap<string, number>;

/** Log-odds that one point of a hand-written signal is worth; chosen by cross-validation, and not sensitive (0.3 to 0.5). */
export const ODDS_PER_POINT = 0.4;
/** Groups of near-duplicates that must use a word. More where a row is somebody else's, so that no name and no rare phrase is kept. */
const MIN_OWN_CLUSTERS = 2;
const MIN_CLUSTERS = 4;
/** Points under which a word is left out. */
const MIN_POINTS = 0.1;
const TRAIT = "trait:";

/** Measures `texts` with the signals of `rulebook`; its learned weights are not looked at. */
export function prepare(
  texts: readonly (LabelledText & { own: boolean })[],
  clusters: readonly number[],
  rulebook: Rulebook,
): TrainingRow[] {
  return texts.map((row, index) => {
    const tokens = tokenize(row.text);
    const { signals } = rulebook.country(rulebook.locate(recipientOf(row.lang)).country);
    const { points, clearOffer } = signalPoints(signals.match(tokens), rulebook.thresholds);
    const { traits, words } = weightKeys(row.text, tokens);
    return {
      ...row,
      cluster: clusters[index]!,
      signals: points,
      clearOffer,
      keys: [...traits.map((trait) => TRAIT + trait), ...words],
    };
  });
}

/** Learns the table. `excluded`: words (names, places) that no key may hold. */
export function train(rows: readonly TrainingRow[], excluded: ReadonlySet<string>): Learned {
  const importance = importances(rows);
  const learnRows = rows.map((row, index): LearnRow => ({
    label: row.label === "commercial" ? 1 : 0,
    offset: row.signals * ODDS_PER_POINT,
    keys: row.keys,
    importance: importance[index]!,
  }));
  const table = new Map<string, number>();
  for (const [key, odds] of learn(learnRows, generalKeys(rows, excluded))) {
    const points = Math.round(odds / ODDS_PER_POINT * 100) / 100;
    if (Math.abs(points) >= MIN_POINTS) table.set(key, points);
  }
  return table;
}

/** Points of a row under a table: what the gateway would count. */
export function pointsOf(row: TrainingRow, learned: Learned): number {
  let points = row.signals;
  for (const key of row.keys) points += learned.get(key) ?? 0;
  return points;
}

/** Keys that enough different texts use, in a fixed order. */
function generalKeys(rows: readonly TrainingRow[], excluded: ReadonlySet<string>): string[] {
  const support = new Map<string, { all: Set<number>; own: Set<number> }>();
  for (const row of rows) {
    for (const key of row.keys) {
      let seen = support.get(key);
      if (seen === undefined) support.set(key, seen = { all: new Set(), own: new Set() });
      seen.all.add(row.cluster);
      if (row.own) seen.own.add(row.cluster);
    }
  }
  return [...support]
    .filter(([key, { all, own }]) =>
      (own.size >= MIN_OWN_CLUSTERS || all.size >= MIN_CLUSTERS) && !key.split(" ").some((word) => excluded.has(word))
    )
    .map(([key]) => key)
    .sort();
}

/**
 * A cell of language and class counts with the square root of its size, so that a language of which one class is plentiful does not decide the
 * class; near-duplicates share the weight of one.
 */
function importances(rows: readonly TrainingRow[]): number[] {
  const clusterSizes = new Map<number, number>();
  for (const { cluster } of rows) clusterSizes.set(cluster, (clusterSizes.get(cluster) ?? 0) + 1);
  const cellOf = (row: TrainingRow) => `${row.lang} ${row.label}`;
  const cells = new Map<string, number>();
  for (const row of rows) {
    cells.set(cellOf(row), (cells.get(cellOf(row)) ?? 0) + 1 / clusterSizes.get(row.cluster)!);
  }
  const raw = rows.map((row) => 1 / Math.sqrt(cells.get(cellOf(row))! * clusterSizes.get(row.cluster)!));
  const mean = raw.reduce((sum, one) => sum + one, 0) / rows.length;
  return raw.map((one) => one / mean);
}

/** Splits a table by the language that uses each key in most groups of texts; `und` where no language has the greater part. */
export function byLanguage(learned: Learned, rows: readonly TrainingRow[]) {
  const uses = new Map<string, Map<string, Set<number>>>();
  for (const { lang, keys, cluster } of rows) {
    const language = lang.split("-")[0]!;
    for (const key of keys) {
      if (!learned.has(key)) continue;
      const languages = uses.get(key) ?? new Map<string, Set<number>>();
      uses.set(key, languages);
      languages.set(language, (languages.get(language) ?? new Set()).add(cluster));
    }
  }
  const tables = new Map<string, { traits: [string, number][]; words: [string, number][] }>();
  for (const [key, points] of learned) {
    const counts = [...uses.get(key)!].map(([language, clusters]) => ({ language, count: clusters.size }));
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    const most = counts.reduce((best, one) => one.count > best.count ? one : best);
    const trait = key.startsWith(TRAIT);
    const language = !trait && !key.includes("#") && most.count * 2 > total ? most.language : "und";
    const table = tables.get(language) ?? { traits: [], words: [] };
    tables.set(language, table);
    if (trait) table.traits.push([key.slice(TRAIT.length), points]);
    else table.words.push([key, points]);
  }
  for (const table of tables.values()) {
    table.words.sort(strongestFirst);
    table.traits.sort(([a], [b]) => TRAITS.indexOf(a as never) - TRAITS.indexOf(b as never));
  }
  return tables;
}

function strongestFirst([a, x]: [string, number], [b, y]: [string, number]): number {
  return y - x || (a < b ? -1 : 1);
}
