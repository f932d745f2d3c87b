import { describe, expect, test } from "vitest";
import { PatternError } from "../../src/core/text/phrase_patterns.ts";
import { checkRulebook, hashSources, loadContents, loadRulebook, problemLine } from "../../src/rules/check.ts";
import { problemOf } from "../../src/rules/faults.ts";
import { lint } from "../../src/rules/lint/mod.ts";
import { type Contents, contentsOf, filesOf, type Sources } from "../../src/rules/parse.ts";
import { shippedRules } from "../support/rulebook.ts";

const { sources, parsed } = await shippedRules();
const CONSENT = "outbound/4_consent.yaml";

/** The shipped files with one of them changed. */
function changed(file: string, from: string | RegExp, to: string): Sources {
  const text = sources[file]!;
  const next = text.replace(from, to);
  expect(next, `${file} holds ${from}`).not.toBe(text);
  return { ...sources, [file]: next };
}

function lineOf(file: string, words: string): number {
  return sources[file]!.split("\n").findIndex((line) => line.includes(words)) + 1;
}

describe("checkRulebook()", () => {
  test("takes the shipped rules and names them by their content", async () => {
    const { rulebook, problems, examples } = await checkRulebook(sources);
    expect(problems).toEqual([]);
    expect(rulebook?.hash).toBe(hashSources(sources));
    expect(examples).toBeGreaterThan(300);
  });

  test("compiles the same files once", () => {
    const { rulebook } = loadRulebook(sources);
    expect(rulebook).not.toBeNull();
    expect(loadRulebook({ ...sources }).rulebook).toBe(rulebook);
    expect(loadRulebook(changed(CONSENT, "priority: 600", "priority: 601")).rulebook).not.toBe(rulebook);
  });

  test("another content is another name, another order of files is not", () => {
    const reversed = Object.fromEntries(Object.entries(sources).reverse());
    expect(hashSources(reversed)).toBe(hashSources(sources));
    expect(hashSources(changed(CONSENT, "priority: 600", "priority: 601"))).not.toBe(hashSources(sources));
  });

  const ID = "consent.advertising_needs_consent";
  test.each<[string, Sources, { file: string; line?: number; rule?: string | null; says: RegExp }]>([
    [
      "YAML that is none",
      changed(CONSENT, "rules:\n", "rules: [\n"),
      { file: CONSENT, rule: null, says: /^YAML: / },
    ],
    [
      "a key that does not exist",
      changed(CONSENT, "    priority: 600", "    priorty: 600"),
      { file: CONSENT, rule: ID, line: lineOf(CONSENT, `id: ${ID}`), says: /priorty/ },
    ],
    [
      "a night for a window",
      changed("countries/fr.yaml", 'mon-sat: "08:00-20:00", sun', 'mon-sat: "20:00-08:00", sun'),
      {
        file: "countries/fr.yaml",
        line: lineOf("countries/fr.yaml", 'mon-sat: "08:00-20:00", sun'),
        says: /opens at an earlier/,
      },
    ],
    [
      "hours of a state that end before they begin, though no example asks about them",
      changed("countries/us.yaml", /(FL:[\s\S]*?)"08:00-20:00"/, '$1"20:00-08:00"'),
      { file: "countries/us.yaml", says: /regions\.FL\.open\.[a-z-]+: opens at an earlier/ },
    ],
    [
      "hours of a profile that nobody chooses that end before they begin",
      changed("countries/fr.yaml", '"10:00-18:00"', '"18:00-24:30"'),
      { file: "countries/fr.yaml", says: /fr-strict\.open\.sat: opens at an earlier/ },
    ],
    [
      "aliases that multiply",
      {
        ...sources,
        "x.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n" +
          ["b", "c", "d", "e"].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcd"[index]}`)}]\n`).join(
            "",
          ),
      },
      { file: "x.yaml", says: /^YAML: Excessive alias count/ },
    ],
    ["a file with nothing in it", { ...sources, "x.yaml": "" }, { file: "x.yaml", says: /^the file: is empty/ }],
    [
      "two documents in a file",
      { ...sources, "x.yaml": "kind: rules\n---\nkind: rules\n" },
      { file: "x.yaml", says: /^YAML: a file holds one document/ },
    ],
    [
      "a key that is left out",
      changed(CONSENT, / {4}reason: .*\n/, ""),
      { file: CONSENT, rule: ID, says: /^rules\.0\.reason: is missing$/ },
    ],
    [
      "an operator that does not exist",
      changed(CONSENT, "operator: notEqual, value: granted", "operator: unlike, value: granted"),
      { file: CONSENT, rule: ID, says: /conditions/ },
    ],
    [
      "a fact that does not exist",
      changed(CONSENT, "{ fact: consent, operator", "{ fact: konsent, operator"),
      {
        file: CONSENT,
        rule: ID,
        line: lineOf(CONSENT, `id: ${ID}`),
        says: /no fact "konsent" here; known facts are .*consent/,
      },
    ],
    [
      "a fact of a later stage",
      changed(CONSENT, "{ fact: consent, operator", "{ fact: over_budget, operator"),
      { file: CONSENT, rule: ID, says: /no fact "over_budget"/ },
    ],
    [
      "an effect that the stage cannot have",
      changed(CONSENT, "event: { type: refuse, params: { code: consent_missing } }", "event: { type: suppress }"),
      { file: CONSENT, rule: ID, says: /stage permit cannot have the effect suppress/ },
    ],
    [
      "a refusal code that does not exist",
      changed(CONSENT, "code: consent_missing", "code: no_consent"),
      { file: CONSENT, rule: ID, says: /code/ },
    ],
    [
      "a rule without a source",
      changed(CONSENT, "    source: country.consent\n", ""),
      { file: CONSENT, rule: ID, says: /source/ },
    ],
    [
      "a rule without an example",
      changed(CONSENT, / {6}does_not_match:[\s\S]*?\n\n/, "\n"),
      { file: CONSENT, rule: ID, says: /does_not_match/ },
    ],
    [
      "two rules of one name",
      { ...sources, "outbound/9_again.yaml": sources[CONSENT]! },
      { file: "outbound/9_again.yaml", rule: ID, says: /already has a rule of this name/ },
    ],
    [
      "two files for one country",
      { ...sources, "countries/fr2.yaml": sources["countries/fr.yaml"]! },
      { file: "countries/fr2.yaml", rule: null, says: /already speaks for FR/ },
    ],
    [
      "a pattern that cannot be read",
      changed("lexicons/mentions.yaml", "number:\n", 'number:\n  - "stop [au <number>"\n'),
      { file: "lexicons/mentions.yaml", line: 7, rule: null, says: /stop \[au/ },
    ],
    [
      "a week with a missing day",
      changed("countries/fr.yaml", /sun: closed/, "sat: closed"),
      { file: "countries/fr.yaml", rule: null, says: /day|YAML/ },
    ],
    [
      "a profile that the deployment chooses and the country lacks",
      changed("deployment.yaml", /$/, "\nquiet_hours: { FR: fr-night }\n"),
      {
        file: "deployment.yaml",
        line: sources["deployment.yaml"]!.split("\n").length + 1,
        rule: null,
        says: /fr-night.*fr-common/,
      },
    ],
    [
      "hours that the deployment chooses for a territory, which has those of its country",
      changed("deployment.yaml", /$/, "\nquiet_hours: { RE: fr-strict }\n"),
      {
        file: "deployment.yaml",
        line: sources["deployment.yaml"]!.split("\n").length + 1,
        rule: null,
        says: /chooses for RE.*countries\/fr.yaml speaks for it: choose for FR/,
      },
    ],
    [
      "a cap that the deployment chooses for a country without a file",
      changed("deployment.yaml", /$/, "\nfrequency: { any: [{ max: 9, hours: 24 }], BR: [{ max: 1, hours: 24 }] }\n"),
      {
        file: "deployment.yaml",
        line: sources["deployment.yaml"]!.split("\n").length + 1,
        rule: null,
        says: /frequency chooses for BR.*no file for this country/,
      },
    ],
    [
      "two files of replies in one language",
      { ...sources, "replies/more.yaml": sources["replies/fr.yaml"]! },
      { file: "replies/more.yaml", rule: null, says: /another file already has the replies in "fr"/ },
    ],
    [
      "a rule that its own examples contradict",
      changed(CONSENT, "operator: notEqual, value: granted", "operator: equal, value: granted"),
      { file: CONSENT, rule: ID, line: lineOf(CONSENT, `id: ${ID}`), says: /^example "Soldes.*must match/ },
    ],
  ])("refuses %s, and says where", async (_, broken, { file, line, rule, says }) => {
    const { rulebook, problems } = await checkRulebook(broken);
    expect(rulebook).toBeNull();
    const problem = problems.find((one) => says.test(one.problem));
    expect(problem, problems.map(problemLine).join("\n")).toBeDefined();
    expect(problem!.file).toBe(file);
    if (rule !== undefined) expect(problem!.rule).toBe(rule);
    if (line !== undefined) expect(problem!.line).toBe(line);
    expect(problemLine(problem!)).toMatch(file);
  });

  const SOURCE = "{ text: Somebody asked for it, confidence: design, reviewed: 2026-11-22 }";
  const keywords = (word: string) =>
    `kind: keywords\nentries:\n  - { intent: help, language: fr, source: ${SOURCE}, words: [AIDEZ, ${
      JSON.stringify(word)
    }] }\n`;
  const tails = (word: string) =>
    `kind: tails\nentries:\n  - { language: fr, source: ${SOURCE}, words: [${JSON.stringify(word)}] }\n`;
  const ownKeyword = (word: string) =>
    sources["countries/gb.yaml"]!.replace(
      /$/,
      `\nkeywords:\n  - { intent: help, language: en, source: ${SOURCE}, words: [${JSON.stringify(word)}] }\n`,
    );
  test.each<[string, string, string, string]>([
    ["a keyword with a [ without its ]", "lexicons/more.yaml", keywords("CONTACT [MOI"), "CONTACT [MOI"],
    ["a keyword of an emoji that means nothing", "lexicons/more.yaml", keywords("🦄"), "🦄"],
    ["a keyword of punctuation", "lexicons/more.yaml", keywords("!!!"), "!!!"],
    ["a keyword with a shape that is none", "lexicons/more.yaml", keywords("STOP <num>"), "STOP <num>"],
    ["a tail with a [ without its ]", "lexicons/more.yaml", tails("[a"), "[a"],
    ["a country's own keyword", "countries/gb.yaml", ownKeyword("CONTACT [ME"), "CONTACT [ME"],
  ])("tells one problem of %s, with file and line", async (_, file, text, word) => {
    const { rulebook, problems } = await checkRulebook({ ...sources, [file]: text });
    expect(rulebook).toBeNull();
    const line = text.split("\n").findIndex((one) => one.includes(JSON.stringify(word))) + 1;
    expect(problems).toEqual([{ file, line, rule: null, problem: expect.stringContaining(`"${word}"`) }]);
    expect(lint({ ...sources, [file]: text }, 0)).toMatchObject([{ check: "schema", file, line }]);
  });

  test("a form of the mention that cannot be read is told with its line, as it was written", async () => {
    const own = changed("countries/fr.yaml", '"STOP au {number}"', '"[STOP au {number}"');
    const line = own["countries/fr.yaml"]!.split("\n").findIndex((one) => one.includes("[STOP au")) + 1;
    const { problems } = await checkRulebook(own);
    expect(problems).toMatchObject([{ file: "countries/fr.yaml", line }]);
    expect(lint(own, 0)).toMatchObject([{ check: "schema", file: "countries/fr.yaml", line }]);
  });

  test("a pattern that no file was blamed for is a problem of the file that has it", () => {
    const error = new PatternError("[a", "has a [ without its ]");
    expect(problemOf(error, { "a.yaml": "kind: x\n", "b.yaml": 'kind: tails\nwords: ["[a"]\n' }, new Map()))
      .toMatchObject({ file: "b.yaml", line: 2 });
    expect(problemOf(error, { "a.yaml": "kind: x\n" }, new Map())).toMatchObject({ file: "rules", line: null });
  });

  test("a deployment's own brand and hours need no change of the shipped examples", async () => {
    const own = changed("deployment.yaml", /brand: .*/, "brand: Example Shop");
    const strict = { ...own, "deployment.yaml": `${own["deployment.yaml"]}\nquiet_hours: { FR: fr-strict }\n` };
    const { rulebook, problems } = await checkRulebook(strict);
    expect(problems).toEqual([]);
    expect(rulebook?.deployment.brand).toBe("Example Shop");
    expect(rulebook?.country("FR").table.quiet_hours.profile).toBe("fr-strict");
  });
});

test("loadRulebook() compiles without running examples, as an instance without a disk does", () => {
  expect(loadRulebook(sources).rulebook?.hash).toBe(hashSources(sources));
  expect(loadRulebook({}).problems[0]?.problem).toMatch(/deployment/);
});

describe("what the files of a version say, kept as JSON beside them", () => {
  const kept = JSON.parse(JSON.stringify(contentsOf(sources))) as Contents;

  test("is what is read from the files", () => {
    expect(filesOf(kept)).toEqual(parsed.files);
  });

  test("compiles without the files", () => {
    expect(loadContents(kept, "rb_kept")?.countries).toEqual(loadRulebook(sources).rulebook?.countries);
  });

  test("is not used when this build refuses it", () => {
    const deployment = kept["deployment.yaml"] as Record<string, unknown>;
    expect(loadContents({ ...kept, "deployment.yaml": { ...deployment, colour: "blue" } }, "rb_a")).toBeNull();
    expect(loadContents({ "deployment.yaml": deployment }, "rb_b")).toBeNull();
  });
});
