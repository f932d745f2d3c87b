import type { InStatement, ResultSet, Row, Value } from "@libsql/client/web";
import type { BatchMode } from "./client.ts";
import type { DriverFailure } from "./database_error.ts";

/** What the main thread asks of the thread that owns the database file. Answers come in the order of the questions. */
export type EmbeddedRequest =
  | { id: number; op: "open"; url: string; busyTimeoutMs: number }
  | { id: number; op: "execute"; statement: InStatement }
  | { id: number; op: "batch"; statements: InStatement[]; mode: BatchMode }
  | { id: number; op: "migrate"; statements: InStatement[] }
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
export function fromWire(wire: WireResult): ResultSet {
  const { columns, columnTypes, rowsAffected, lastInsertRowid } = wire;
  const rows = wire.rows.map((values) => rowOf(columns, values));
  return {
    columns,
    columnTypes,
    rows,
    rowsAffected,
    lastInsertRowid,
    toJSON: () => ({
      columns,
      columnTypes,
      rows: wire.rows,
      rowsAffected,
      lastInsertRowid: lastInsertRowid?.toString() ?? null,
    }),
  };
}

function rowOf(columns: string[], values: Value[]): Row {
  const row = {};
  Object.defineProperty(row, "length", { value: values.length });
  values.forEach((value, index) => {
    Object.defineProperty(row, index, { value });
    const name = columns[index]!;
    // Of two columns with one name the first is read by name, as in libSQL's own rows.
    if (!Object.hasOwn(row, name)) {
      Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
    }
  });
  return row as Row;
}
