import type { Deps } from "../../gateway/gateway.ts";
import {
  type ImportGroup,
  importGroup,
  type Known,
  type NewProblem,
  type Progress,
} from "../../store/contacts/imports.ts";
import { endImport, type ImportRow, reportImport } from "../../store/contacts/imports.ts";
import { databaseErrorIn } from "../../store/libsql/database_error.ts";
import { CsvProblem, type CsvRecord } from "../http/csv_stream.ts";
import { MAX_FIELDS } from "./filter.ts";
import { type ContactLine, type LineProblem, withoutDuplicates } from "./lines.ts";
import { NumberSet } from "./number_set.ts";

/** Lines of one transaction: large enough to be fast, small enough to let others write in between. */
const GROUP = 1_000;
/** Problems kept of each kind; a file with more is wrong as a whole. */
export const PROBLEMS_KEPT = 10_000;
/** How far a slow upload is told at least this often. */
const REPORT_MS = 5_000;
/** While somebody else holds the lock of the database a group waits its turn. */
const BUSY_TRIES = 20;
const BUSY_PAUSE_MS = 500;

/** The rest of the file cannot or must not be read: why, for whoever sent it. */
export class ImportStopped extends Error {
  override name = "ImportStopped";
  constructor(readonly code: "body_incomplete" | "import_ended", detail: string) {
    super(detail);
  }
}

export interface ImportRun {
  id: string;
  list_id: string | null;
  dry_run: boolean;
  read: (record: CsvRecord) => ContactLine | LineProblem;
  /** Lines of one transaction, unless the usual number. */
  group?: number;
}

/**
 * Stores the lines of a file while they arrive, a group at a time, and how far it is with each group. What cannot be read any
 * further ends the import as `failed` with the reason; what came before it stays, and the whole file may be sent again.
 */
export async function runImport(
  deps: Pick<Deps, "db" | "now" | "newId" | "people">,
  { id, list_id, dry_run, read, group = GROUP }: ImportRun,
  records: AsyncIterable<readonly CsvRecord[]>,
): Promise<ImportRow> {
  const progress: Progress = { lines: 0, created: 0, updated: 0, duplicates: 0, suppressed: 0, invalid: 0 };
  const kept = { invalid: 0, suppressed: 0, duplicate: 0 };
  const seen = dry_run ? new NumberSet() : null;
  let problems: NewProblem[] = [];
  let pending: ContactLine[] = [];
  let reached = 1;
  let reportedAt = performance.now();

  const tell = (line: number, kind: LineProblem["kind"], detail: string) => {
    progress.lines++;
    progress[kind === "duplicate" ? "duplicates" : kind]++;
    if (kept[kind]++ < PROBLEMS_KEPT) problems.push({ line, kind, detail });
  };
  const count = (line: number, state: Known) => {
    if (state === "suppressed") tell(line, "suppressed", "a suppression of this number stands");
    else if (state === "overfull") tell(line, "invalid", `fields: with those there are more than ${MAX_FIELDS}`);
    else if (state === "again") tell(line, "duplicate", "this number came before in the file");
    else {
      progress.lines++;
      progress[state === "new" ? "created" : "updated"]++;
    }
  };
  const report = () => {
    const told = { progress: { ...progress }, problems };
    problems = [];
    reportedAt = performance.now();
    return told;
  };
  const store = async () => {
    const { people, duplicates } = withoutDuplicates(pending);
    pending = [];
    const told = report();
    const contacts = people.map((one) => ({ ...one, id: deps.newId("con") }));
    const states = await inTurn(deps, {
      import_id: id,
      list_id,
      dry_run,
      people: contacts,
      maxFields: MAX_FIELDS,
      now: deps.now(),
    }, told);
    if (states === null) throw new ImportStopped("import_ended", "the import was given up, or its list deleted");
    const stateOf = new Map<string, Known>();
    people.forEach(({ line, msisdn }, index) => {
      const state = states[index]!;
      stateOf.set(msisdn, state);
      const storable = state === "new" || state === "known";
      count(line, storable && seen?.add(msisdn) === false ? "again" : state);
    });
    for (const { line, of } of duplicates) {
      const state = stateOf.get(of.msisdn)!;
      count(line, state === "new" || state === "known" ? "again" : state);
    }
  };

  try {
    for await (const block of records) {
      for (const record of block) {
        reached = record.line;
        const line = read(record);
        if ("kind" in line) tell(line.line, line.kind, line.detail);
        else pending.push(line);
        if (pending.length >= group) await store();
      }
      if (performance.now() - reportedAt < REPORT_MS) continue;
      if (pending.length > 0) await store();
      else if (!await reportImport(deps.db, id, report(), deps.now())) {
        throw new ImportStopped("import_ended", "the import was given up");
      }
    }
    if (pending.length > 0) await store();
  } catch (error) {
    // A database that fails now may fail here too: then the tick gives the import up, since it shows no more sign of life.
    const why = error instanceof CsvProblem
      ? `Line ${error.line}: ${error.message}.`
      : error instanceof ImportStopped
      ? `After line ${reached}: ${error.message}.`
      : `After line ${reached}: the database could not be used.`;
    await endImport(deps.db, id, report(), why, deps.now()).catch(() => {});
    throw error;
  }
  return await endImport(deps.db, id, report(), null, deps.now());
}

/** One group; while the database is busy it has stored nothing, and waits. */
async function inTurn(deps: Pick<Deps, "db" | "people">, group: ImportGroup, told: Parameters<typeof importGroup>[2]) {
  for (let tries = 1;; tries++) {
    try {
      return await importGroup(deps, group, told);
    } catch (error) {
      if (databaseErrorIn(error)?.kind !== "busy" || tries === BUSY_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}
