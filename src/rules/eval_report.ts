import type { Evaluation, Group, Miss } from "./evaluate.ts";

const COLUMNS = ["rows", "precision", "recall", "F1", "false pos."] as const;

/** Figures of one label as lines of a table, and up to `misses` of the texts that were decided otherwise. */
export function evaluationLines(evaluation: Evaluation, { misses }: { misses: number }): string[] {
  const outbound = evaluation.positive === "commercial";
  const columns = [...COLUMNS, ...(outbound ? ["unclear", "held"] : [])];
  const width = Math.max(8, ...evaluation.groups.map(({ name }) => name.length));
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(11)).join("")}`;
  return [
    row("", columns),
    ...evaluation.groups.filter((group) => tells(group, evaluation.positive))
      .map((group) => row(group.name, cellsOf(group, outbound))),
    ...missLines(evaluation.misses, misses),
  ];
}

/** A return or a call for help is rare: where none was written and none was seen there is nothing to tell. */
function tells({ name, figures }: Group, positive: string): boolean {
  return name === "all" || positive === "commercial" || positive === "opt_out" || figures.f1 !== null ||
    (figures.false_positive_rate ?? 0) > 0;
}

function cellsOf({ figures, unclear, held }: Group, outbound: boolean): string[] {
  return [
    String(figures.rows),
    share(figures.precision),
    share(figures.recall),
    share(figures.f1),
    figures.false_positive_rate === null ? "-" : `${(figures.false_positive_rate * 100).toFixed(2)} %`,
    ...(outbound ? [String(unclear), String(held)] : []),
  ];
}

function share(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}

function missLines(all: readonly Miss[], limit: number): string[] {
  if (all.length === 0 || limit === 0) return all.length === 0 ? [] : [`  ${all.length} misses`];
  const shown = all.slice(0, limit).flatMap((miss) => [
    `  ${miss.label} read as ${miss.decided}${miss.score === null ? "" : ` (score ${miss.score})`}` +
    ` [${miss.lang}, ${miss.source}] ${JSON.stringify(miss.text)}`,
    `    ${miss.why}`,
  ]);
  const more = all.length > limit ? [`  … and ${all.length - limit} more: --misses ${all.length} shows all`] : [];
  return ["", `  ${all.length} misses`, ...shown, ...more];
}
