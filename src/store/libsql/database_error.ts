/**
 * Why a database call failed, in the few kinds that callers treat differently. After `busy` and `readonly` nothing was written; after
 * `unavailable` the commit may or may not have happened.
 * `busy`: somebody else holds the write lock. `readonly`: the file, disk or server takes no writes. `constraint`: the
 * statement broke a rule of the schema. `full`: its disk has no room. `unavailable`: nobody answered, or the database was
 * closed. `corrupt`: not a database, or a damaged one. `other`: the statement itself is wrong (a bug).
 */
export type DatabaseErrorKind = "busy" | "readonly" | "full" | "constraint" | "unavailable" | "corrupt" | "other";

/** What both drivers tell about a failure. Plain data, so that it survives the way out of the worker. */
export interface DriverFailure {
  message: string;
  /** `SQLITE_BUSY`, `SERVER_ERROR` … */
  code: string;
  /** `SQLITE_CONSTRAINT_UNIQUE` …; a server does not send it. */
  extendedCode?: string | undefined;
  /** Place of the statement that failed in its batch. */
  statementIndex?: number | undefined;
}

/** From SQLite's result codes and the libSQL server's own; what is not named here is a bug of ours. */
const KINDS: Record<string, DatabaseErrorKind> = {
  SQLITE_BUSY: "busy",
  SQLITE_LOCKED: "busy",
  TRANSACTION_BUSY: "busy",
  TRANSACTION_TIMEOUT: "busy",
  SQLITE_READONLY: "readonly",
  BLOCKED: "readonly",
  SQLITE_CONSTRAINT: "constraint",
  SQLITE_IOERR: "unavailable",
  SQLITE_FULL: "full",
  SQLITE_NOMEM: "unavailable",
  SQLITE_CANTOPEN: "unavailable",
  SQLITE_PERM: "unavailable",
  FETCH_FAILED: "unavailable",
  /** The server took the question and did not answer in time: somebody else may hold its lock. */
  ANSWER_LATE: "unavailable",
  SERVER_ERROR: "unavailable",
  /** An answer that is not the server's own, such as that of a gateway in front of it: the commit may have happened. */
  UNKNOWN: "unavailable",
  HRANA_PROTO_ERROR: "unavailable",
  INTERNAL_ERROR: "unavailable",
  HRANA_CLOSED_ERROR: "unavailable",
  STREAM_EXPIRED: "unavailable",
  CLIENT_CLOSED: "unavailable",
  SQLITE_CORRUPT: "corrupt",
  SQLITE_NOTADB: "corrupt",
};

/** The only error that a `DbClient` rejects with. */
export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind;
  readonly code: string;
  readonly extendedCode: string | undefined;
  readonly statementIndex: number | undefined;

  constructor(failure: DriverFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "DatabaseError";
    this.kind = KINDS[failure.code] ?? "other";
    this.code = failure.code;
    this.extendedCode = failure.extendedCode;
    this.statementIndex = failure.statementIndex;
  }
}

/** The database failure inside `error`: itself, or the cause of an error that drizzle wrapped around it. */
export function databaseErrorIn(error: unknown): DatabaseError | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof DatabaseError) return inner;
  }
  return null;
}

/** The database as a whole cannot be used, whatever was asked of it; anything else is about the statement. */
export function isDatabaseDown(error: unknown): boolean {
  const kind = databaseErrorIn(error)?.kind;
  return kind === "busy" || kind === "readonly" || kind === "full" || kind === "unavailable" || kind === "corrupt";
}

/** What a driver threw, as data. */
export function driverFailure(error: unknown): DriverFailure {
  if (!(error instanceof Error)) return { message: String(error), code: "UNKNOWN" };
  const { message, name, code = name, extendedCode, statementIndex } = error as Error & Partial<DriverFailure>;
  // The file driver gives a file that it cannot open an empty code.
  return { message, code: code === "" ? "SQLITE_CANTOPEN" : code, extendedCode, statementIndex };
}

/** Any failure of a driver as a `DatabaseError`. */
export function toDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  return new DatabaseError(driverFailure(error), { cause: error });
}

/** What every call on a closed database fails with. */
export const CLOSED: DriverFailure = { message: "The database is closed", code: "CLIENT_CLOSED" };
