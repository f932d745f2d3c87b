import { readCsv } from "../../api/http/csv.ts";
import { ProblemError } from "../../api/http/problem.ts";
import { parseMsisdn } from "../../core/msisdn.ts";
import { Scenario } from "../../core/rulebook/rulebook_schema.ts";

/** A line of a file that cannot be replayed, from 1. */
export interface LineProblem {
  line: number;
  problem: string;
}

const NUMBERS = new Set(["max_segments", "advertising_last_24h", "last_inbound_minutes", "last_inbound_days"]);
/** Several numbers in one cell, with spaces between them. */
const LISTS = new Set(["advertising_days_ago"]);
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };
const YES_OR_NO = new Set(["consent_before_opt_out", "facts_available"]);
const TIMES = new Set(["at", "scheduled_at"]);
/** What an example says in a record of its own has no place in a cell. */
const COLUMNS = Object.keys(Scenario.shape).filter((name) => name !== "sender" && name !== "last_reply");

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
    const scenario = Scenario.safeParse(
      Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, valueOf(name, cell)])),
    );
    const issues = scenario.success
      ? wrongPerson(scenario.data)
      : scenario.error.issues.map(({ code, path: [column], message, ...issue }) => {
        if (code === "unrecognized_keys" && "keys" in issue) {
          return `there is no column ${(issue.keys as string[]).join(", ")}; there are ${COLUMNS.join(", ")}`;
        }
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

function valueOf(name: string, cell: string): unknown {
  if (NUMBERS.has(name)) return Number(cell);
  if (LISTS.has(name)) return cell.trim().split(/\s+/).map(Number);
  return YES_OR_NO.has(name) ? BOOLEANS[cell.toLowerCase()] ?? cell : cell;
}

/** Without a country nothing could be decided as it would have been. */
function wrongPerson({ direction, from, to }: Scenario): string[] {
  const [column, person] = direction === "inbound" ? ["from", from] as const : ["to", to] as const;
  // Short codes write too.
  if (person === undefined || (direction === "inbound" && /^\d{3,8}$/.test(person))) return [];
  const number = parseMsisdn(person);
  return number.ok ? [] : [`${column}: ${number.detail}`];
}
