import { expect, test } from "vitest";
import { PROBLEM_CODES } from "../../src/api/http/problem_codes.ts";
import { REFUSAL_CODES } from "../../src/core/rulebook/rule_schema.ts";

/** The compiler refuses a problem whose code is not in `PROBLEM_CODES`; these hold the list to the table, and both to the code. */

const page = await Deno.readTextFile("docs/errors.md");
const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| ([0-9x, ]+?) +\| (.+?) +\|$/gm)].map(([, code, status, what]) => ({
  code: code!,
  statuses: status!.split(", "),
  what: what!,
}));

test("docs/errors.md has one row for each code, and no other", () => {
  const told = rows.map(({ code }) => code);
  expect([...new Set(told)].length).toBe(told.length);
  expect(told.toSorted()).toEqual([...PROBLEM_CODES].toSorted());
  expect(PROBLEM_CODES).toEqual(expect.arrayContaining([...REFUSAL_CODES]));
  for (const { code, what } of rows) expect([code, what.length > 15]).toEqual([code, true]);
});

test("no code is kept that nothing answers with any more", async () => {
  const sources = await Promise.all(
    filesUnder("src").filter((path) => !path.endsWith("/problem_codes.ts"))
      .map((path) => Deno.readTextFile(path)),
  );
  const text = sources.join("\n");
  const written = (code: string) => text.includes(`"${code}"`) || new RegExp(`\\b${code}: [[{]`).test(text);
  expect(PROBLEM_CODES.filter((code) => !code.startsWith("database_") && !written(code))).toEqual([]);
});

test("a code stands with the status that it is thrown with", async () => {
  const wrong: string[] = [];
  for (const path of filesUnder("src/api")) {
    const text = await Deno.readTextFile(path);
    for (const [, status, code] of text.matchAll(/problem\(\s*(\d{3}),\s*"([a-z_]+)"/g)) {
      const row = rows.find((row) => row.code === code);
      if (!row?.statuses.includes(status!)) wrong.push(`${path}: ${status} ${code}`);
    }
  }
  expect(wrong).toEqual([]);
});

function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}/${name}`) : name.endsWith(".ts") ? [`${folder}/${name}`] : []
  );
}
