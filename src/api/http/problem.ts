import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { PasswordsBusyError } from "../../gateway/access/passwords.ts";
import { NoRulebookError } from "../../gateway/settings.ts";
import { databaseErrorIn, type DatabaseErrorKind } from "../../store/libsql/database_error.ts";
import type { ProblemCode } from "./problem_codes.ts";

/** RFC 9457 problem details; `code` is stable, `errors` names fields. */
export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
}).openapi("Problem");
export type Problem = Omit<z.infer<typeof ProblemSchema>, "code"> & { code: ProblemCode };

/** An expected failure on its way to the caller. */
export class ProblemError extends Error {
  override name = "ProblemError";
  constructor(readonly problem: Problem, readonly headers: Record<string, string> = {}) {
    super(problem.title);
  }
}

export function problem(
  status: number,
  code: ProblemCode,
  title: string,
  detail?: string,
  headers?: Record<string, string>,
): ProblemError {
  const problem = { type: "about:blank", title, status, code, ...(detail === undefined ? {} : { detail }) };
  return new ProblemError(problem, headers);
}

/** 404 of an address at which there is nothing at all, 405 of one that answers to other methods. */
export function nothingHere(allowed: readonly string[]): ProblemError {
  if (allowed.length === 0) return problem(404, "not_found", "Not found", "There is nothing at this address.");
  const allow = allowed.join(", ");
  const detail = `This address answers to ${allow}.`;
  return problem(405, "method_not_allowed", "Method not allowed", detail, { allow });
}

/** 415; `detail` says what to send instead. */
export function unsupportedType(detail = "Send Content-Type: application/json."): ProblemError {
  return problem(415, "unsupported_media_type", "Unsupported media type", detail);
}

/** 422 for one field. */
export function invalidField(field: string, detail: string, code: ProblemCode = "invalid_request"): ProblemError {
  return new ProblemError({
    type: "about:blank",
    title: "Invalid request",
    status: 422,
    code,
    detail: `${field}: ${detail}`,
    errors: [{ field, detail }],
  });
}

/** So many faults of a body are told, and how many more there are. */
const MOST_TOLD = 100;

/** 422 for all that a schema found wrong. */
export function invalidInput(issues: readonly z.core.$ZodIssue[]): ProblemError {
  const all = issues.flatMap((issue) =>
    // Zod finds unknown fields wrong with what holds them, and nobody could point at the field.
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
        field: pathOf([...issue.path, key]),
        detail: "is not known here",
      }))
      : { field: pathOf(issue.path), detail: messageOf(issue) }
  );
  const errors = all.slice(0, MOST_TOLD);
  const told = errors.map(({ field, detail }) => field === "" ? detail : `${field}: ${detail}`);
  if (all.length > MOST_TOLD) told.push(`and ${all.length - MOST_TOLD} more`);
  return new ProblemError({
    type: "about:blank",
    title: "Invalid request",
    status: 422,
    code: "invalid_request",
    detail: told.join("; "),
    errors,
  });
}

/** Where a fault is; a name that nobody would see is written in quotation marks. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.map((key) => String(key).trim() === "" ? JSON.stringify(key) : String(key)).join(".");
}

/** Of a key of a record zod tells only that it is wrong, and what is wrong beneath. */
export function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_key"
    ? `as a name: ${issue.issues.map(({ message }) => message).join("; ")}`
    : issue.message;
}

export function problemResponse(c: Context, { problem, headers }: ProblemError): Response {
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    "content-type": "application/problem+json",
    ...headers,
  });
}

/** What a failure of ours looks like from outside: a fixed sentence; the log has the detail. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof NoRulebookError) return problem(503, "no_rulebook", "Not ready", error.message);
  if (error instanceof PasswordsBusyError) return busy(PASSWORDS_BUSY_SECONDS);
  const database = databaseErrorIn(error);
  if (database !== null) {
    return new ProblemError({
      type: "about:blank",
      title: "The database cannot be used right now",
      status: 503,
      code: `database_${database.kind}`,
      detail: STORED_BY[database.kind] ?? MAYBE_STORED,
    }, { "retry-after": "1" });
  }
  return problem(500, "internal_error", "Internal error", "The log of the gateway tells more.");
}

/** So long that the passwords that wait have been looked at. */
const PASSWORDS_BUSY_SECONDS = 5;

/** 503 while too many passwords are being looked at. */
export function busy(retryAfterSeconds: number): ProblemError {
  const detail = `Too many passwords are being looked at. Try again in ${retryAfterSeconds} s.`;
  return new ProblemError({ type: "about:blank", title: "Busy", status: 503, code: "passwords_busy", detail }, {
    "retry-after": String(retryAfterSeconds),
  });
}

/** 429 with how long to wait. */
export function tooMany(retryAfterSeconds: number): ProblemError {
  const detail = `Too many wrong passwords. Try again in ${retryAfterSeconds} s.`;
  return new ProblemError(
    { type: "about:blank", title: "Too many attempts", status: 429, code: "too_many_attempts", detail },
    { "retry-after": String(retryAfterSeconds) },
  );
}

/** A transaction that was turned away left nothing; one whose answer did not come may have been committed. */
const NOT_STORED = "The write that failed stored nothing. Try again later.";
const MAYBE_STORED = "It may or may not have been stored. Repeat it, a message with the same Idempotency-Key.";
const STORED_BY: Partial<Record<DatabaseErrorKind, string>> = {
  busy: NOT_STORED,
  readonly: NOT_STORED,
  full: `The disk of the database is full. ${MAYBE_STORED}`,
};
