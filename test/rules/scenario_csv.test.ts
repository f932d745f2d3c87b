import { describe, expect, test } from "vitest";
import { readScenarios } from "../../src/rules/simulate/scenario_csv.ts";

describe("readScenarios()", () => {
  test("reads numbers, truth and what people write", () => {
    const csv = "text,to,facts_available,max_segments\nSale,+33612345678,FALSE,2\nHello,,,\n";
    expect(readScenarios(csv)).toEqual({
      scenarios: [{ text: "Sale", to: "+33612345678", facts_available: false, max_segments: 2 }, { text: "Hello" }],
      problems: [],
    });
  });

  test("a short code may write", () => {
    expect(readScenarios("text,from,direction\nSTOP,36105,inbound\n").problems).toEqual([]);
  });

  test.each<[string, string, number, RegExp]>([
    ["a number that is none", "text,to\na,+33612345678\nb,call me\n", 3, /^to: a phone number starts with \+/],
    ["a number of the person who writes", "text,direction,from\na,inbound,+331\n", 2, /^from: a phone number/],
    ["a column that is none", "text,colour\na,blue\n", 2, /^there is no column colour; there are direction, text, to/],
    ["a number of something", "text,max_segments\na,few\n", 2, /^max_segments "few": /],
    ["neither true nor false", "text,facts_available\na,maybe\n", 2, /^facts_available "maybe": /],
    ["an instant", "text,at\na,yesterday\n", 2, /^at "yesterday": write it like 2026-/],
    ["no text", "to\n+33612345678\n", 1, /no column text/],
    ["no CSV", 'text\n"a\n', 1, /is not CSV/],
  ])("tells the line of %s", (_, csv, line, says) => {
    expect(readScenarios(csv).problems).toEqual([{ line, problem: expect.stringMatching(says) }]);
  });

  test("tells every line", () => {
    expect(readScenarios("text,at\na,x\nb,y\nc,\n").problems.map(({ line }) => line)).toEqual([2, 3]);
  });
});
