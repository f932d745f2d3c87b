import { describe, expect, test } from "vitest";
import { checkRulebook, problemLine } from "../../src/rules/check.ts";
import { lint } from "../../src/rules/lint/mod.ts";
import { parseSources } from "../../src/rules/parse.ts";
import { sourcesWithFlows } from "../support/flows.ts";

const NOW = Date.parse("2026-11-24T09:00:00Z");

/** A file with one flow of which some lines are others. */
const flow = (lines: Record<string, string>, id = "a.flow") =>
  `  - id: ${id}\n${
    Object.entries({
      description: "A test",
      source: "{ text: a test, confidence: design, reviewed: 2026-11-22 }",
      words: "{ fr: [BONUS] }",
      reply: '{ fr: "Bien reçu." }',
      examples: "{ matches: [{ text: BONUS }], does_not_match: [{ text: Bonjour }] }",
      ...lines,
    }).filter(([, value]) => value !== "").map(([key, value]) => `    ${key}: ${value}\n`).join("")
  }`;
const file = (...flows: string[]) => `kind: flows\nflows:\n${flows.join("")}`;

test("the flows that are shown in a comment pass every check as they stand", async () => {
  const sources = await sourcesWithFlows();
  const { problems, rulebook } = await checkRulebook(sources);
  expect(problems.map(problemLine)).toEqual([]);
  expect([...rulebook!.flows.keys()]).toEqual(["club.join", "shop.hours", "shop.closed", "shop.advisor"]);
  expect(lint(sources, NOW)).toEqual([]);
});

describe("lint", () => {
  const tick = "{ matches: [{ text: x }], does_not_match: [{ text: Bonjour }] }";
  test.each([
    ["an opt-out keyword", { words: "{ fr: [STOP] }" }, "flow_word", "opt_out"],
    ["one of another language", { words: "{ fr: [SAIR] }" }, "flow_word", "opt_out"],
    ["free words of leaving", { words: '{ en: ["lose my number"] }' }, "flow_word", "opt_out"],
    ["a typing error of one", { words: "{ en: [STIP] }" }, "flow_word", "opt_out"],
    ["a word of return", { words: "{ en: [START] }" }, "flow_word", "opt_in"],
    ["a word of help", { words: "{ en: [INFO] }" }, "flow_word", "help"],
    ["a language without an answer", { words: "{ fr: [BONUS], de: [PRAEMIE] }" }, "flow_language", "de"],
    ["a name that nothing fills in", { reply: '{ fr: "{name}, bien reçu." }' }, "unknown_placeholder", "{name}"],
    ["a costly letter", { reply: '{ fr: "Merci, ça marche." }' }, "reply_cost", "ç"],
  ])("finds %s", async (_, lines, check, words) => {
    const found = lint(await sourcesWithFlows(file(flow({ examples: tick, ...lines }))), NOW);
    expect(found.map((one) => one.check)).toContain(check);
    expect(found.find((one) => one.check === check)).toMatchObject({
      file: "flows.yaml",
      problem: expect.stringContaining(words),
    });
  });

  test.each([
    ["for the same sender", "", "", true],
    ["for any and for one", '["36105"]', "", true],
    ["for two", '["36105"]', '["36106"]', false],
  ])("a word of two flows %s", async (_, first, second, found) => {
    const rules = file(
      flow({ senders: first }, "a.flow"),
      flow({ senders: second, words: "{ en: [bonus] }" }, "b.flow"),
    );
    const checks = lint(await sourcesWithFlows(rules), NOW).map(({ check }) => check);
    expect(checks.includes("flow_word")).toBe(found);
  });

  test.each([
    ["one after the other", "2027-01-01", false],
    ["with a month together", "2026-12-01", true],
  ])("a word of two flows that are in force %s", async (_, from, found) => {
    const examples =
      "{ matches: [{ text: BONUS, at: 2027-02-01T10:00:00+01:00 }], does_not_match: [{ text: Bonjour }] }";
    const rules = file(
      flow({ effective_to: "2027-01-01" }, "a.old"),
      flow({ effective_from: from, examples }, "a.new"),
    );
    const sources = await sourcesWithFlows(rules);
    expect(lint(sources, NOW).some(({ check }) => check === "flow_word")).toBe(found);
    // Its example shows that the one that is over leaves it the word.
    const { problems } = await checkRulebook(sources);
    expect(problems.map(problemLine).filter((line) => !line.includes("already starts"))).toEqual([]);
  });

  test("JOIN and GO may be words of a flow: only who opted out means a return with them", async () => {
    const found = lint(await sourcesWithFlows(file(flow({ words: "{ fr: [JOIN, GO] }" }))), NOW);
    expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

test.each([
  ["neither words nor hours", { words: "" }, "words"],
  ["both", { outside: "{ open: { mon-sun: closed }, zone: Europe/Paris }", every_hours: "1" }, "words"],
  [
    "hours without a period",
    { words: "", outside: "{ open: { mon-sun: closed }, zone: Europe/Paris }" },
    "every_hours",
  ],
  ["nothing to do", { reply: "" }, "reply"],
  ["an answer beside the question", { consent: "{ purpose: commercial, opt_in: double, wording: x }" }, "reply"],
  ["a tag with a space", { tags: '["v i p"]' }, "tags"],
  ["an unknown key", { answer: "x" }, "answer"],
])("a flow with %s is refused, and its line told", async (_, lines, key) => {
  const { problems } = parseSources(await sourcesWithFlows(file(flow(lines))));
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]).toMatchObject({ file: "flows.yaml", rule: "a.flow" });
  expect(problems[0]!.problem).toContain(key);
});

test.each(["opt.out", "opt.in", "help.a"])(
  "a flow cannot be called %s, when its words would then mean that",
  async (id) => {
    const { problems } = parseSources(await sourcesWithFlows(file(flow({}, id))));
    expect(problems.length).toBe(id === "help.a" ? 0 : 1);
  },
);

test.each([
  ["a time zone that does not exist", [
    flow({ words: "", outside: "{ open: { mon-sun: closed }, zone: Europe/Nowhere }", every_hours: "1" }),
  ]],
  ["two flows of one name", [flow({}), flow({ words: "{ fr: [AUTRE] }" })]],
])("%s keeps the rulebook from becoming active", async (_, flows) => {
  const { rulebook, problems } = await checkRulebook(await sourcesWithFlows(file(...flows)));
  expect(rulebook).toBeNull();
  expect(problems[0]).toMatchObject({ file: "flows.yaml", rule: "a.flow" });
});

test("an example that comes out otherwise keeps it from becoming active, and the line of the flow is told", async () => {
  const wrong = flow({ examples: "{ matches: [{ text: Bonjour }], does_not_match: [{ text: BONUS }] }" });
  const { rulebook, problems } = await checkRulebook(await sourcesWithFlows(file(wrong)));
  expect(rulebook).toBeNull();
  expect(problems.map(({ line, rule }) => [line, rule])).toEqual([[3, "a.flow.reply"], [3, "a.flow.reply"]]);
});
