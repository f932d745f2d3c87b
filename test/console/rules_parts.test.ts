import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choicesAt } from "../../src/console/assets/rule_completion.js";
import { piecesOf } from "../../src/console/pages/rules/marked.tsx";
import { instantIn } from "../../src/console/pages/rules/try.tsx";
import { fileSchemas } from "../../src/rules/schema/mod.ts";

const schemas = Object.fromEntries([...fileSchemas()].map(([kind, schema]) => [`${kind}.schema.json`, schema]));

/** What is offered where `|` stands. */
function offered(text: string): { labels: string[]; isKey: boolean; word: string } {
  const kind = /^kind: (\w+)/.exec(text)![1]!;
  const before = text.slice(0, text.indexOf("|")).split("\n");
  const found = choicesAt(schemas, kind, text.replace("|", "").split("\n"), before.length - 1, before.at(-1)!.length)!;
  return { labels: found.choices.map(({ label }) => label), isKey: found.isKey, word: found.word };
}

const RULE = "kind: rules\nstage: permit\nrules:\n  - id: a.b\n";

describe("what the editor offers", () => {
  test.each([
    ["the values of a key", "kind: country\nconsent:\n  commercial: |\n", ["required", "not_required"]],
    ["keys of a section that are not there yet", "kind: country\nconsent:\n  commercial: required\n  |\n", [
      "lapse",
      "soft_opt_in",
      "source",
    ]],
    ["keys between others", "kind: country\nconsent:\n  |\n  commercial: required\n", [
      "lapse",
      "soft_opt_in",
      "source",
    ]],
    [
      "values below names that the author chooses",
      "kind: country\nquiet_hours:\n  profiles:\n    mine:\n      holidays: |\n",
      ["closed", "open"],
    ],
    ["members of a list", "kind: country\nsenders:\n  commercial: [short_code, |]\n", [
      "short_code",
      "long_code",
      "toll_free",
      "alphanumeric",
    ]],
    ["values in braces", "kind: country\nexamples:\n  - text: STOP\n    expect: { intent: opt_out, outcome: | }\n", [
      "allow",
      "hold",
      "refuse",
    ]],
    ["effects of the stage", `${RULE}    event: { type: | }\n`, ["refuse", "hold", "note"]],
    [
      "effects of the stage that a country's rule names",
      "kind: country\nrules:\n  - id: a.b\n    stage: understand\n    event: { type: | }\n",
      ["intent", "note"],
    ],
    [
      "the values of a fact",
      `${RULE}    conditions:\n      all:\n        - { fact: consent, operator: equal, value: | }\n`,
      [
        "granted",
        "withdrawn",
        "expired",
        "disputed",
        "none",
      ],
    ],
    [
      "lists that stand as far out as their key",
      "kind: rules\nstage: permit\nrules:\n- id: a.b\n  event:\n    type: |\n",
      ["refuse", "hold", "note"],
    ],
  ])("%s", (_name, text, labels) => expect(offered(text).labels).toEqual(labels));

  test("facts of the stage and of earlier ones, with what is typed of one", () => {
    const { labels, word, isKey } = offered(`${RULE}    conditions:\n      all:\n        - { fact: con|sent }\n`);
    expect([word, isKey]).toEqual(["con", false]);
    expect(labels).toEqual(expect.arrayContaining(["consent", "to_country"]));
    expect(labels).not.toContain("quiet");
    expect(labels).not.toContain("intent");
  });

  test("nothing, and no failure, whatever stands in the file", () => {
    fc.assert(fc.property(
      fc.array(
        fc.constantFrom(
          "kind: country\n",
          "  ",
          "- ",
          "rules:",
          "stage: permit",
          "{ fact: ",
          "[",
          "]",
          "}",
          ", ",
          '"',
          "#",
          ":",
          "\n",
          "x",
        ),
      ),
      fc.nat(),
      (parts, at) => {
        const text = `kind: country\n${parts.join("")}`;
        const place = at % (text.length + 1);
        const lines = text.split("\n");
        const before = text.slice(0, place).split("\n");
        const found = choicesAt(schemas, "country", lines, before.length - 1, before.at(-1)!.length);
        expect(Array.isArray(found!.choices)).toBe(true);
      },
    ));
  });
});

test("a marked text is the text, whatever is marked in it", () => {
  const mark = fc.record({
    start: fc.nat(30),
    end: fc.nat(30),
    kind: fc.constant("advertising"),
    weight: fc.option(fc.integer({ min: -5, max: 5 })),
  });
  fc.assert(fc.property(fc.string({ maxLength: 25 }), fc.array(mark), (text, marks) => {
    expect(piecesOf(text, marks).map((piece) => piece.text).join("")).toBe(text);
  }));
});

test.each([
  ["2026-11-24T10:00", "Europe/Paris", "2026-11-24T09:00:00.000Z"],
  ["2026-07-24T10:00", "America/New_York", "2026-07-24T14:00:00.000Z"],
  // The clocks go back at three in the morning.
  ["2026-10-25T12:00", "Europe/Paris", "2026-10-25T11:00:00.000Z"],
  ["2026-10-25T01:00", "Europe/Paris", "2026-10-24T23:00:00.000Z"],
  ["nonsense", "Europe/Paris", "nonsense"],
  ["2026-11-24T10:00", "Mars/Olympus", "2026-11-24T10:00"],
])("%s by the clock of %s is %s", (local, zone, instant) => expect(instantIn(local, zone)).toBe(instant));
