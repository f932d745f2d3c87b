import { type Figures, figures } from "../evaluate.ts";
import { pointsOf, train, type TrainingRow } from "./train.ts";

/** What a training is worth on texts that it has not seen. */
export interface Validation {
  name: string;
  figures: Figures;
}

const FOLDS = 5;

/**
 * Five-fold cross-validation over groups of near-duplicates, told over all, per language and per source; then every source left out in turn.
 * `informative`: points at and below which a text is information, as in the thresholds.
 */
export function validate(
  rows: readonly TrainingRow[],
  excluded: ReadonlySet<string>,
  informative: number,
): Validation[] {
  const crossed = Array.from({ length: FOLDS }, (_, fold) => {
    const held = (row: TrainingRow) => scattered(row.cluster) % FOLDS === fold;
    return decided(rows.filter(held), train(rows.filter((row) => !held(row)), excluded), informative);
  }).flat();
  const group = (what: string, key: (row: TrainingRow) => string) =>
    [...Map.groupBy(crossed, ({ row }) => key(row))].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([name, members]) => ({ name: `${what} ${name}`, figures: figures(members, "commercial") }));
  const sources = [...new Set(rows.map(({ source }) => source))].sort();
  return [
    { name: "all", figures: figures(crossed, "commercial") },
    ...group("lang", (row) => row.lang),
    ...group("source", (row) => row.source),
    ...(sources.length < 2 ? [] : sources.map((source) => {
      const without = train(rows.filter((row) => row.source !== source), excluded);
      const members = decided(rows.filter((row) => row.source === source), without, informative);
      return { name: `without ${source}`, figures: figures(members, "commercial") };
    })),
  ];
}

function decided(rows: readonly TrainingRow[], learned: ReturnType<typeof train>, informative: number) {
  return rows.map((row) => ({
    row,
    label: row.label,
    decided: row.clearOffer || pointsOf(row, learned) > informative ? "commercial" : "informative",
  }));
}

/** Spreads neighbouring numbers over the folds; Knuth's multiplicative hash. */
function scattered(cluster: number): number {
  return (Math.imul(cluster, 2654435761) >>> 8);
}
