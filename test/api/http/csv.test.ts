import { expect, test } from "vitest";
import { csvLines, withoutGuard } from "../../../src/api/http/csv.ts";

/** As a spreadsheet that drops what stands around a value sees it: blanks and characters of no width count for nothing. */
test.each([
  ["=1+1", true],
  ["＝1+1", true],
  ["@SUM(A1)", true],
  ["-2+3", true],
  ["+1+1", true],
  ["\t=1", true],
  ["\r=1", true],
  [" =1+1", true],
  ["\u00a0=1+1", true],
  ["\u3000＝1+1", true],
  ["\u200b=1+1", true],
  ["\ufeff=1+1", true],
  ["\u202e=1+1", true],
  [" \t\u2028 @SUM(A1)", true],
  ["'=1+1", true],
  ["' =1+1", true],
  ["+33612345678", false],
  [" bonjour", false],
  ["a =1+1", false],
  ['"=1+1"', false],
  ["l'été", false],
  ["' bonjour", false],
  ["", false],
])("the cell %j is guarded against being run: %s, and comes back as it was", (cell, guarded) => {
  const line = csvLines([[cell]]).replace(/\n$/, "");
  const read = line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line;
  expect(read).toBe(guarded ? `'${cell}` : cell);
  expect(withoutGuard(read)).toBe(cell);
});
