import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsOf, importOptions } from "../../../src/api/contacts/columns.ts";
import { type ContactLine, lineReader, merged, withoutDuplicates } from "../../../src/api/contacts/lines.ts";
import { NumberSet } from "../../../src/api/contacts/number_set.ts";

const options = (query: string) => {
  const given: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) (given[name] ??= []).push(value);
  return importOptions(given);
};

describe("columns", () => {
  test("are those asked for, then those called as the export calls them; the others are told", () => {
    const header = ["ID", "MSISDN", " Nom ", "name", "field.City", "tags", "Nom", "field.", ""];
    expect(columnsOf(header, options("name=nom&field.town=id"))).toEqual({
      number: 1,
      name: 2,
      language: null,
      time_zone: null,
      tags: 5,
      fields: [{ name: "town", at: 0 }, { name: "City", at: 4 }],
      ignored: ["name", "Nom", "field.", ""],
      count: 9,
    });
  });

  test("are found whatever their order and case", () => {
    const names = ["Mobile", "Nom", "Ville", "Autre", "Langue"];
    fc.assert(fc.property(
      fc.shuffledSubarray(names, { minLength: 5 }),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      (order, upper) => {
        const header = order.map((name, index) => upper[index] ? name.toUpperCase() : name);
        const columns = columnsOf(header, options("number=Mobile&name=Nom&field.city=Ville&language=LANGUE"));
        const at = (name: string) => order.indexOf(name);
        expect(columns).toMatchObject({ number: at("Mobile"), name: at("Nom"), language: at("Langue") });
        expect(columns.fields).toEqual([{ name: "city", at: at("Ville") }]);
      },
    ));
  });
});

describe("a line", () => {
  const header = ["number", "name", "language", "time_zone", "tags", "field.note"];
  const columns = columnsOf(header, options(""));
  const readLine = (cells: string[], country?: string) =>
    lineReader(columns, { tag: ["all"], country })({ line: 2, cells, malformed: false });

  test.each<[string, string | undefined, string | null]>([
    ["+33612345678", undefined, "+33612345678"],
    ["'+33 6 12 34 56 78", undefined, "+33612345678"],
    ["0612345678", "FR", "+33612345678"],
    ["612345678", "FR", "+33612345678"],
    ["33612345678", "FR", "+33612345678"],
    ["06/12/34/56/78", "FR", "+33612345678"],
    ["(202) 555-0143", "US", "+12025550143"],
    ["00447700900123", "FR", "+447700900123"],
    ["+447700900123", "FR", "+447700900123"],
    ["0612345678", undefined, null],
    ["3.36E+10", "FR", null],
    ["061234567890123", "FR", null],
    ["", "FR", null],
  ])("with the number %j and country %s is %s", (number, country, expected) => {
    const line = readLine([number], country);
    expect("kind" in line ? null : line.msisdn).toBe(expected);
  });

  test("is read with what it tells; what stands empty it does not tell", () => {
    expect(readLine(["+33612345678", " Zoé ", "FR-fr", "Europe/Paris", "a, b,a,,all", "'=1+1"])).toEqual({
      line: 2,
      msisdn: "+33612345678",
      name: "Zoé",
      language: "fr",
      time_zone: "Europe/Paris",
      tags: ["all", "a", "b"],
      fields: { note: "=1+1" },
    });
    expect(readLine(["+33612345678", "", " "])).toMatchObject({ name: null, language: null, fields: {} });
  });

  test.each([
    [["+33612345678", "x".repeat(201)], "name: "],
    [["+33612345678", "", "french"], "language: "],
    [["+33612345678", "", "", "Paris"], "time_zone: "],
    [["+33612345678", "", "", "", "x".repeat(41)], "tags: "],
    [["+33612345678", "", "", "", "", "x".repeat(501)], "field.note: "],
    [["+33612345678", "", "", "", "", "a\u0000b"], "field.note: "],
    [["+33612345678", "", "", "", "", "", "", "more"], "has 8 cells"],
  ])("that is wrong is told by its column, without what stands there", (cells, detail) => {
    const line = readLine(cells);
    expect(line).toMatchObject({ line: 2, kind: "invalid", detail: expect.stringContaining(detail) });
    expect(JSON.stringify(line)).not.toMatch(/xxx|33612345678/);
  });

  test("of any cells is a contact or a problem, never an error", () => {
    const wild = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("+33612345678", "0612345678", "fr"));
    fc.assert(fc.property(fc.array(wild, { maxLength: 9 }), fc.constantFrom("FR", undefined), (cells, country) => {
      const line = readLine(cells, country);
      if ("kind" in line) expect(line.kind).toBe("invalid");
      else expect(line.msisdn).toMatch(/^\+[1-9]\d{6,14}$/);
    }));
  });
});

describe("duplicates", () => {
  const word = fc.option(fc.constantFrom("a", "b", "c"));
  const lineOf = fc.record({
    msisdn: fc.constantFrom("+33612345671", "+33612345672", "+33612345673"),
    name: word,
    language: word,
    time_zone: word,
    fields: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2")),
    tags: fc.uniqueArray(fc.constantFrom("t", "u", "v")),
  });
  const numbered = fc.array(lineOf, { maxLength: 20 }).map((lines) =>
    lines.map((line, index): ContactLine => ({ ...line, line: index + 2 }))
  );

  test("become one person, who has the last that was told of each thing and every tag", () => {
    fc.assert(fc.property(numbered, (lines) => {
      const { people, duplicates } = withoutDuplicates(lines);
      expect(people.length + duplicates.length).toBe(lines.length);
      expect(new Set(people.map(({ msisdn }) => msisdn)).size).toBe(people.length);
      for (const person of people) {
        const own = lines.filter(({ msisdn }) => msisdn === person.msisdn);
        expect(person.line).toBe(own[0]!.line);
        for (const column of ["name", "language", "time_zone"] as const) {
          expect(person[column]).toBe(own.map((one) => one[column]).findLast((value) => value !== null) ?? null);
        }
        expect(person.fields).toEqual(Object.assign({}, ...own.map(({ fields }) => fields)));
        expect([...person.tags].sort()).toEqual([...new Set(own.flatMap(({ tags }) => tags))].sort());
      }
      for (const { line, of } of duplicates) expect(lines[line - 2]!.msisdn).toBe(of.msisdn);
    }));
  });

  test("it does not matter where a file is cut into groups", () => {
    fc.assert(fc.property(numbered, fc.nat(20), (lines, cut) => {
      const whole = withoutDuplicates(lines).people;
      const parts = [lines.slice(0, cut), lines.slice(cut)].map((part) => withoutDuplicates(part).people);
      const again = new Map(parts[0]!.map((person) => [person.msisdn, person]));
      for (const person of parts[1]!) {
        const earlier = again.get(person.msisdn);
        again.set(person.msisdn, earlier === undefined ? person : merged(earlier, person));
      }
      expect([...again.values()]).toEqual(whole);
    }));
  });
});

test("a set of numbers tells each the first time only", () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 10n ** 6n, max: 10n ** 15n - 1n }), { maxLength: 3_000, size: "max" }),
      (numbers) => {
        const [set, oracle] = [new NumberSet(), new Set<string>()];
        for (const number of numbers) {
          const msisdn = `+${number}`;
          expect(set.add(msisdn)).toBe(!oracle.has(msisdn));
          oracle.add(msisdn);
        }
      },
    ),
    { numRuns: 20 },
  );
  const neighbours = new NumberSet();
  for (let index = 0; index < 200_000; index++) {
    if (!neighbours.add(`+336${String(index).padStart(8, "0")}`)) throw new Error(`told twice: ${index}`);
  }
  expect(neighbours.add("+33600000007")).toBe(false);
});
