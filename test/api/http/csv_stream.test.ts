import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLines } from "../../../src/api/http/csv.ts";
import { CsvProblem, type CsvRecord, csvRecords, MAX_LINE } from "../../../src/api/http/csv_stream.ts";

/** Records of the bytes, given in pieces of these sizes, over and over. */
async function read(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]): Promise<CsvRecord[]> {
  const records = [];
  for await (const block of csvRecords(pieces(bytes, sizes))) records.push(...block);
  return records;
}

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  for (let at = 0, turn = 0; at < bytes.length; at += sizes[turn++ % sizes.length]!) {
    yield bytes.slice(at, at + sizes[turn % sizes.length]!);
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const cell = fc.string({ unit: fc.constantFrom(..."ab,;\t\"' é€\n"), maxLength: 12 });

test("what is written as CSV is read as it was, however the bytes are cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 30 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
    async (rows, sizes) => {
      // An apostrophe guards what a spreadsheet would run; that is not what is asked here.
      const plain = rows.map((row) => row.map((one) => one.replace(/^['\t\n]+/, "")));
      const told = await read(utf8(csvLines([["x", "y", "z"], ...plain])), sizes);
      const expected = plain.filter((row) => row.some((one) => one.trim() !== ""));
      expect(told.slice(1).map(({ cells }) => cells)).toEqual(expected);
      expect(told.every(({ malformed }) => !malformed)).toBe(true);
    },
  ));
});

test("any bytes are read in the same way whatever their pieces, or refused as CSV", async () => {
  const outcome = (bytes: Uint8Array, sizes?: number[]) =>
    read(bytes, sizes).catch((error) => {
      if (!(error instanceof CsvProblem)) throw error;
      return [error.line, error.message];
    });
  await fc.assert(fc.asyncProperty(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
    async (bytes, sizes) => {
      expect(await outcome(bytes, sizes)).toEqual(await outcome(bytes));
    },
  ));
});

test("lines are numbered as an editor numbers them, over line breaks in cells, empty lines and blocks", async () => {
  const filler = "x".repeat(100);
  const lines = ["a,b"];
  const expected: [number, string][] = [[1, "a"]];
  for (let index = 0; index < 3_000; index++) {
    expected.push([lines.length + 1, `n${index}`]);
    lines.push(...(index % 3 === 0 ? [`n${index},"${filler}`, `second"`] : [`n${index},${filler}`]));
    if (index % 7 === 0) lines.push("");
  }
  const records = await read(utf8(lines.join("\r\n")), [1_000, 70_000]);
  expect(records.map(({ line, cells }) => [line, cells[0]])).toEqual(expected);
});

test("a line of Windows-1252 among lines of UTF-8 is read too", async () => {
  const bytes = Uint8Array.from([...utf8("n\né\n"), 0xe9, 10, ...utf8("ü\n"), 0x80]);
  expect((await read(bytes)).map(({ cells }) => cells[0])).toEqual(["n", "é", "é", "ü", "€"]);
});

test.each([
  ['a,b\n1,"x "y" z"\n2,z\n', [[1, false], [2, true], [3, false]]],
  ['a,b\n5" pipe,x\n', [[1, false], [2, false]]],
])("quotation marks out of order are told of the line: %j", async (text, expected) => {
  expect((await read(utf8(text))).map(({ line, malformed }) => [line, malformed])).toEqual(expected);
});

test.each<[string, Uint8Array, number, string]>([
  ["UTF-16", Uint8Array.from([0xff, 0xfe, 97, 0]), 1, "UTF-16"],
  ["a quotation mark that is never closed", utf8('a\n1\n"b\nc\n'), 3, "quotation mark"],
  ["a line without end", utf8(`a\n1\n${"x".repeat(MAX_LINE * 3)}`), 3, "longer than 64 KiB"],
  ["a cell without end", utf8(`a\n"${"x\n".repeat(MAX_LINE)}"`), 2, "quotation mark"],
])("%s is refused with its line", async (_, bytes, line, word) => {
  const error = await read(bytes, [10_000]).catch((error) => error);
  expect(error).toBeInstanceOf(CsvProblem);
  expect([error.line, error.message]).toEqual([line, expect.stringContaining(word)]);
});
