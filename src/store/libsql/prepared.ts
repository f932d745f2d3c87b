import Database from "libsql";

/**
 * Keeps the statements of a connection prepared. libSQL's client prepares a statement each time it runs, and compiling one as
 * long as the facts of a message takes several times as long as running it (docs/figures.md).
 */

/** The part of a statement that the client uses. */
interface Statement {
  safeIntegers(on: boolean): unknown;
  raw(on: boolean): unknown;
  columns(): unknown[];
  all(args: unknown): unknown[];
  run(args?: unknown): unknown;
}

/** The gateway has some dozens of statements; more come from lists with many filters, and those need not be kept. */
const MOST = 200;

let installed = false;

/** From now on connections of this thread keep what they prepare. */
export function keepPrepared(): void {
  if (installed) return;
  installed = true;
  const connection = Database.prototype as unknown as { prepare(sql: string): Statement };
  const prepare = connection.prepare;
  const kept = new WeakMap<object, Map<string, Statement>>();
  connection.prepare = function (sql) {
    let statements = kept.get(this);
    if (statements === undefined) kept.set(this, statements = new Map());
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= MOST) statements.clear();
    // One that failed may be half-done: it is not used again.
    const made = reusable(prepare.call(this, sql), () => statements.delete(sql));
    statements.set(sql, made);
    return made;
  };
}

/** The driver's statement, with everything asked once that stays the same. */
function reusable(statement: Statement, failed: () => void): Statement {
  statement.safeIntegers(true);
  let returnsNothing: { reason: unknown } | null = null;
  try {
    statement.raw(true);
  } catch (reason) {
    returnsNothing = { reason };
  }
  let columns: unknown[] | undefined;
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      failed();
      throw error;
    }
  };
  return {
    safeIntegers() {},
    raw() {
      // The client learns in this way that a statement returns no rows.
      if (returnsNothing !== null) throw returnsNothing.reason;
    },
    columns: () => columns ??= statement.columns(),
    all: (args) => guarded(() => statement.all(args)),
    run: (args = []) => guarded(() => statement.run(args)),
  };
}
