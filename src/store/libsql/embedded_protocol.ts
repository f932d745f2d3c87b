import type { InStatement, ResultSet, Row, Value } from "@libsql/client/web";
import type { BatchMode } from "./client.ts";
import type { DriverFailure } from "./database_error.ts";

/** What the main thread asks of a thread that has the database file open; one that `reads` must not write. Answers come in the order of the questions. */
export type EmbeddedRequest =
  | { id: number; op: "open"; url: string; busyTimeoutMs: number; reads: boolean }
  | { id: number; op: "execute"; statement: InStatement }
  | { id: number; op: "batch"; statements: InStatement[]; mode: BatchMode }
  | { id: number; op: "migrate"; statements: InStatement[] }
  | { id: number; op: "reconnect" }
  | { id: number; op: "close" };

export type EmbeddedResponse =
  | { id: number; results: WireResult[] }
  | { id: number; failure: DriverFailure };

/** A result set as plain arrays: a structured clone keeps only a row's enumerable properties and would lose `row[0]`. */
export interface WireResult {
  columns: string[];
  columnTypes: string[];
  rows: Value[][];
  rowsAffected: number;
  lastInsertRowid: bigint | undefined;
}

/** A result set as it leaves the thread. */
export function toWire(result: ResultSet): WireResult {
  return {
    columns: result.columns,
    columnTypes: result.columnTypes,
    rows: result.rows.map((row) => Array.from(row)),
    rowsAffected: result.rowsAffected,
    lastInsertRowid: result.lastInsertRowid,
  };
}

/** The same result set on the other side, rows readable by name and by place as libSQL's own. */
export function fromWire({ columns, columnTypes, rows, rowsAffected, lastInsertRowid }: WireResult): ResultSet {
  return {
    columns,
    columnTypes,
    rows: rowsOf(columns, rows),
    rowsAffected,
    lastInsertRowid,
    toJSON: () => ({ columns, columnTypes, rows, rowsAffected, lastInsertRowid: lastInsertRowid?.toString() ?? null }),
  };
}

type RowClass = new (values: Value[]) => object;
/** By the names of the columns: the gateway's statements have some dozens of those. */
const rowClasses = new Map<string, RowClass>();
const MOST_CLASSES = 500;

function rowsOf(columns: string[], rows: Value[][]): Row[] {
  if (rows.length === 0) return [];
  const names = columns.join("\n");
  let ResultRow = rowClasses.get(names);
  if (ResultRow === undefined) {
    if (rowClasses.size >= MOST_CLASSES) rowClasses.clear();
    rowClasses.set(names, ResultRow = rowClass(columns));
  }
  return rows.map((values) => new ResultRow(values) as unknown as Row);
}

/**
 * Rows whose places and `length` live on a class made for their columns. Defining each of them on each row, as libSQL does, takes 25
 * times as long.
 */
function rowClass(columns: string[]): RowClass {
  // Of two columns with one name the first is read by name; `length`, or the 1 of `select 0, 1`, is only a place.
  const named = columns.map((name, place) => ({ name, place })).filter(({ name, place }) =>
    columns.indexOf(name) === place && !Object.hasOwn(columns, name)
  );
  return class ResultRow {
    readonly #values: Value[];
    constructor(values: Value[]) {
      this.#values = values;
      for (const { name, place } of named) (this as unknown as Row)[name] = values[place]!;
    }
    static {
      Object.defineProperty(this.prototype, "length", { value: columns.length });
      columns.forEach((_, place) => {
        Object.defineProperty(this.prototype, place, {
          get(this: ResultRow) {
            return this.#values[place];
          },
        });
      });
    }
  };
}
