import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../src/store/database_error.ts";
import { whenFree } from "../../src/store/when_free.ts";

describe("whenFree()", () => {
  async function run(...failures: Error[]) {
    const told: string[] = [];
    const step = () => {
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve("done") : Promise.reject(failure);
    };
    const result = await whenFree(step, (_, event) => void told.push(event), 1).catch((error: Error) => error.message);
    return { result, told };
  }
  const failure = (code: string) => new DatabaseError({ message: code, code });

  test.each(["SQLITE_BUSY", "ANSWER_LATE"])(
    "goes on once the database is free again, and tells that it waits: %s",
    async (code) => {
      expect(await run(failure(code), failure(code))).toEqual({
        result: "done",
        told: ["database.busy", "database.busy"],
      });
    },
  );

  test.each([failure("FETCH_FAILED"), failure("SQLITE_READONLY"), new Error("a bug")])(
    "throws what waiting does not mend: %s",
    async (error) => {
      expect(await run(error)).toEqual({ result: error.message, told: [] });
    },
  );
});
