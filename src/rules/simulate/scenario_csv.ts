import { z } from "zod";
import { readCsv } from "../../api/http/csv.ts";
import { ProblemError } from "../../api/http/problem.ts";
import { parseMsisdn } from "../../core/msisdn.ts";
import { Scenario } from "../../core/rulebook/rulebook_schema.ts";

/** A line of a file that cannot be replayed, from 1. */
export interface LineProblem {
  line: number;
  problem: string;
}

type Cell = (cell: string) => unknown;

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };
/** How a cell is read, by what the key of an example holds; text and names of values stand as they are. */
const SCALARS: Readonly<Record<string, Cell>> = {
  string: (cell) => cell,
  enum: (cell) => cell,
  literal: (cell) => cell,
  number: Number,
  boolean: (cell) => BOOLEANS[cell.toLowerCase()] ?? cell,
};

/** Keys of an example that fit into a cell: all but those with a record of their own. */
const COLUMNS = new Map(
  Object.entries(Scenario.shape).flatMap(([name, schema]): [string, Cell][] => {
    const read = cellOf(schema);
    return read === null ? [] : [[name, read]];
  }),
);
const TIMES = new Set(["at", "scheduled_at"]);

function cellOf(schema: z.core.$ZodType): Cell | null {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (inner instanceof z.ZodArray) {
    // Several numbers stand with spaces between them. A text has spaces of its own: a cell holds one.
    const item = cellOf(inner.element);
    if (item === null) return null;
    return inner.element instanceof z.ZodNumber ? (cell) => cell.trim().split(/\s+/).map(item) : (cell) => [item(cell)];
  }
  return SCALARS[inner._zod.def.type] ?? null;
}

/** Messages to replay, one a line of CSV; every line that cannot be used is told. */
export function readScenarios(csv: string): { scenarios: Scenario[]; problems: LineProblem[] } {
  const scenarios: Scenario[] = [];
  const problems: LineProblem[] = [];
  const rows = (() => {
    try {
      return readCsv(csv, ["text"]);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push({ line: 1, problem: error.problem.errors?.[0]?.detail ?? error.message });
      return [];
    }
  })();
  for (const { line, cells } of rows) {
    const strange = Object.keys(cells).filter((name) => !COLUMNS.has(name));
    if (strange.length > 0) {
      const known = [...COLUMNS.keys()].join(", ");
      problems.push({ line, problem: `there is no column ${strange.join(", ")}; there are ${known}` });
      continue;
    }
    const scenario = Scenario.safeParse(
      Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, COLUMNS.get(name)!(cell)])),
    );
    const issues = scenario.success
      ? wrongPerson(scenario.data)
      : scenario.error.issues.map(({ path: [column], message }) => {
        const name = String(column);
        return `${name} ${JSON.stringify(cells[name])}: ${
          TIMES.has(name) ? "write it like 2026-11-24T10:00:00+01:00" : message
        }`;
      });
    if (scenario.success && issues.length === 0) scenarios.push(scenario.data);
    problems.push(...issues.map((problem) => ({ line, problem })));
  }
  return { scenarios, problems };
}

/** Without a country nothing could be decided as it would have been. */
function wrongPerson({ direction, from, to }: Scenario): string[] {
  const [column, person] = direction === "inbound" ? ["from", from] as const : ["to", to] as const;
  // Short codes write too.
  if (person === undefined || (direction === "inbound" && /^\d{3,8}$/.test(person))) return [];
  const number = parseMsisdn(person);
  return number.ok ? [] : [`${column}: ${number.detail}`];
}
