import { describe, expect, test } from "vitest";
import { Scenario } from "../../src/core/rulebook/rulebook_schema.ts";
import { readScenarios } from "../../src/rules/simulate/scenario_csv.ts";

describe("readScenarios()", () => {
  test("reads numbers, truth and what people write", () => {
    const csv = "text,to,facts_available,max_segments\nSale,+33612345678,FALSE,2\nHello,,,\n";
    expect(readScenarios(csv)).toEqual({
      scenarios: [{ text: "Sale", to: "+33612345678", facts_available: false, max_segments: 2 }, { text: "Hello" }],
      problems: [],
    });
  });

  test("whatever an example may say of itself is a column, but for what has a record of its own", () => {
    const cells: Record<string, [cell: string, read: unknown]> = {
      direction: ["outbound", "outbound"],
      text: ["Sale", "Sale"],
      to: ["+33612345678", "+33612345678"],
      from: ["36105", "36105"],
      at: ["2026-11-24T10:00:00+01:00", "2026-11-24T10:00:00+01:00"],
      category: ["commercial", "commercial"],
      scheduled_at: ["2026-11-25T10:00:00+01:00", "2026-11-25T10:00:00+01:00"],
      max_segments: ["2", 2],
      reply_kind: ["help", "help"],
      copies: ["500", 500],
      consent: ["granted", "granted"],
      consent_source: ["customer_relationship", "customer_relationship"],
      consent_days: ["0.5", 0.5],
      purpose: ["partner:ACME", "partner:ACME"],
      consent_before_opt_out: ["true", true],
      suppressed: ["all", "all"],
      suppressed_by: ["operator", "operator"],
      advertising_last_24h: ["3", 3],
      advertising_days_ago: ["2 5.5", [2, 5.5]],
      last_inbound_days: ["40", 40],
      last_inbound_minutes: ["3", 3],
      open_review: ["True", true],
      asked: ["commercial", "commercial"],
      settled_category: ["informative", "informative"],
      answered: ["Reply FIN to leave", ["Reply FIN to leave"]],
      facts_available: ["false", false],
      time_zone: ["Europe/Paris", "Europe/Paris"],
      language: ["fr", "fr"],
      carrier_intent: ["opt_out", "opt_out"],
      stop_reply: ["provider", "provider"],
      why: ["because", "because"],
    };
    expect([...Object.keys(cells), "sender", "sending_window", "last_reply"].sort())
      .toEqual(Object.keys(Scenario.shape).sort());
    const line = (values: string[]) => values.map((value) => `"${value}"`).join(",");
    const csv = `${line(Object.keys(cells))}\n${line(Object.values(cells).map(([cell]) => cell))}\n`;
    expect(readScenarios(csv)).toEqual({
      scenarios: [Object.fromEntries(Object.entries(cells).map(([name, [, read]]) => [name, read]))],
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
    [
      "what has a record of its own",
      "text,sending_window\na,mon\n",
      2,
      /^there is no column sending_window; there are/,
    ],
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
