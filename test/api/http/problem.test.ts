import { expect, test } from "vitest";
import { asProblem } from "../../../src/api/http/problem.ts";
import { DatabaseError } from "../../../src/store/libsql/database_error.ts";

test.each([
  ["SQLITE_BUSY", "database_busy", "stored nothing"],
  ["SQLITE_READONLY", "database_readonly", "stored nothing"],
  ["SQLITE_FULL", "database_full", "disk of the database is full. It may or may not have been stored"],
  ["FETCH_FAILED", "database_unavailable", "may or may not have been stored"],
  ["SQLITE_CORRUPT", "database_corrupt", "may or may not have been stored"],
])("%s: 503 %s promises no more than is known: %s", (code, told, detail) => {
  const { problem, headers } = asProblem(new DatabaseError({ message: "secret", code }));
  expect(problem).toMatchObject({ status: 503, code: told, detail: expect.stringContaining(detail) });
  expect(headers).toEqual({ "retry-after": "1" });
  expect(JSON.stringify(problem)).not.toContain("secret");
});

test("a defect of ours says nothing about what was stored", () => {
  expect(JSON.stringify(asProblem(new Error("secret")).problem)).not.toMatch(/stored|secret/);
});
