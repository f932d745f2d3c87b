import { Ajv, type ErrorObject } from "ajv";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "../../../src/core/rulebook/fact_names.ts";
import { factsOf } from "../../../src/core/rulebook/rule_compiler.ts";
import { STAGES } from "../../../src/core/rulebook/rulebook_schema.ts";
import { loadRulebook } from "../../../src/rules/check.ts";
import { readSources } from "../../../src/rules/files.ts";
import { lint } from "../../../src/rules/lint/mod.ts";
import { fileSchemas, type Kind, SCHEMA_FOLDER, schemaLine, schemaName } from "../../../src/rules/schema/mod.ts";
import { RULES, shippedRules } from "../../support/rulebook.ts";

const { sources, parsed } = await shippedRules();
const SCHEMAS = [...fileSchemas()];
const KINDS = new Map(parsed.files.map(({ path, content }) => [path, content.kind]));

/** What editors read, as they read it: the committed files, which refer to each other by name. */
const ajv = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
});
(formats as unknown as { default: (ajv: Ajv) => void }).default(ajv);
ajv.addVocabulary(["enumDescriptions"]);
for (const [kind] of SCHEMAS) ajv.addSchema(JSON.parse(committed(kind)), schemaName(kind).split("/").at(-1)!);

function committed(kind: Kind): string {
  return Deno.readTextFileSync(`${RULES}/${schemaName(kind)}`);
}

function errorsOf(kind: Kind, text: string): ErrorObject[] {
  const validate = ajv.getSchema(`${kind}.schema.json`)!;
  return validate(parse(text)) ? [] : validate.errors!;
}

const shown = (errors: ErrorObject[]) =>
  errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join("\n");

describe("the committed schemas", () => {
  test.each(SCHEMAS)("%s is what `deno task rules schema` writes", (kind, content) => {
    expect(committed(kind)).toBe(`${JSON.stringify(content, null, 2)}\n`);
  });

  test("there is none besides", () => {
    const names = [...Deno.readDirSync(`${RULES}/${SCHEMA_FOLDER}`)].map(({ name }) => `${SCHEMA_FOLDER}/${name}`);
    expect(names.sort()).toEqual(SCHEMAS.map(([kind]) => schemaName(kind)).sort());
  });

  test("are no rule files, and change no version", () => {
    expect(Object.keys(sources).filter((path) => path.startsWith(SCHEMA_FOLDER))).toEqual([]);
  });

  test("a file of another name in their folder is a rule file like any other", async () => {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/schema`);
    await Deno.writeTextFile(`${folder}/schema/rules.schema.json`, "{}");
    await Deno.writeTextFile(`${folder}/schema/house.json`, "{}");
    expect(Object.keys(await readSources(folder))).toEqual(["schema/house.json"]);
    await Deno.remove(folder, { recursive: true });
  });

  test.each(SCHEMAS)("every key of %s has words beside it", (_, content) => {
    expect(withoutWords(content, "")).toEqual([]);
  });

  test.each(STAGES.map((stage) => ({ stage })))(
    "$stage: every fact of the stage is offered with its meaning",
    ({ stage }) => {
      const rules = SCHEMAS.find(([kind]) => kind === "rules")![1] as {
        definitions: Record<string, { enum: string[]; enumDescriptions: string[] }>;
      };
      const offered = rules.definitions[`fact_${stage}`]!;
      const meanings: Record<string, string> = Object.assign(
        {},
        ...Object.values(stage === "understand" || stage === "respond" ? INBOUND_FACTS : OUTBOUND_FACTS),
      );
      expect(offered.enum).toEqual([...factsOf(stage)]);
      expect(offered.enumDescriptions).toEqual(offered.enum.map((fact) => meanings[fact]));
    },
  );
});

describe("every shipped file", () => {
  test.each([...KINDS])("%s fits the schema of its kind", (path, kind) => {
    expect(shown(errorsOf(kind, sources[path]!))).toBe("");
  });

  test.each([...KINDS])("%s names its schema in its first line", (path, kind) => {
    expect(sources[path]!.split("\n", 1)[0]).toBe(schemaLine(path, kind));
    const folder = path.split("/").slice(0, -1);
    const reference = schemaLine(path, kind).split("$schema=")[1]!;
    expect(new URL(reference, `file:///${[...folder, "file.yaml"].join("/")}`).pathname).toBe(`/${schemaName(kind)}`);
  });
});

/** Refused by editors and by Parley alike: file, change, where the schema says so. */
const BROKEN: [what: string, file: string, from: string | RegExp, to: string, where: RegExp][] = [
  ["a key that does not exist", "outbound/4_consent.yaml", "    priority: 600", "    priorty: 600", /^\/rules\/0 /],
  ["a key that is missing", "outbound/4_consent.yaml", "    source: country.consent\n", "", /^\/rules\/0 .*source/],
  [
    "a source that no country file has",
    "outbound/4_consent.yaml",
    "country.consent",
    "country.hours",
    /^\/rules\/0\/source/,
  ],
  ["a priority that is no number", "outbound/4_consent.yaml", "priority: 600", "priority: high", /priority .*integer/],
  ["a stage that does not exist", "outbound/4_consent.yaml", "stage: permit", "stage: allow", /^\/stage /],
  [
    "an operator that does not exist",
    "outbound/4_consent.yaml",
    "operator: notEqual, value: granted",
    "operator: unlike, value: granted",
    /^\/rules\/0\/conditions\/all\/2\/operator /,
  ],
  [
    "a fact that does not exist",
    "outbound/4_consent.yaml",
    "{ fact: consent, operator",
    "{ fact: konsent, operator",
    /^\/rules\/0\/conditions\/all\/2\/fact /,
  ],
  [
    "a fact of a later stage",
    "outbound/4_consent.yaml",
    "{ fact: consent, operator",
    "{ fact: over_budget, operator",
    /^\/rules\/0\/conditions\/all\/2\/fact /,
  ],
  [
    "a condition that is a group and a comparison",
    "outbound/4_consent.yaml",
    "{ fact: consent, operator",
    "{ any: [], fact: consent, operator",
    /^\/rules\/0\/conditions\/all\/2 /,
  ],
  [
    "two groups at the top",
    "outbound/4_consent.yaml",
    "    conditions:\n      all:",
    "    conditions:\n      any: [{ fact: consent, operator: equal, value: none }]\n      all:",
    /^\/rules\/0\/conditions /,
  ],
  [
    "an event of another stage",
    "outbound/4_consent.yaml",
    "event: { type: refuse, params: { code: consent_missing } }",
    "event: { type: suppress }",
    /^\/rules\/0\/event\/type /,
  ],
  [
    "a code that does not exist",
    "outbound/4_consent.yaml",
    "code: consent_missing",
    "code: no_consent",
    /^\/rules\/0\/event\/params\/code /,
  ],
  [
    "an event with particulars that it has not",
    "inbound/2_opt_out.yaml",
    "event: { type: remove_contact }",
    "event: { type: remove_contact, params: { scope: all } }",
    /^\/rules\/2\/event\/params /,
  ],
  [
    "a rule without an example",
    "outbound/4_consent.yaml",
    / {6}does_not_match:[^]*?\n\n/,
    "\n",
    /^\/rules\/0\/examples .*does_not_match/,
  ],
  ["a country code in lower case", "countries/fr.yaml", "code: FR", "code: fr", /^\/code /],
  ["hours that are none", "countries/fr.yaml", '"08:00-20:00"', '"8-20"', /^\/quiet_hours\/profiles\/fr-common\/open/],
  ["a mention without its number", "countries/fr.yaml", '"STOP au {number}"', '"STOP au 36105"', /^\/mention\/number/],
  ["a scope that does not exist", "countries/fr.yaml", "scope: commercial", "scope: all", /^\/opt_out\/scope /],
  ["a confidence that does not exist", "lexicons/tails.yaml", "confidence: design", "confidence: sure", /confidence /],
  ["a day that is none", "replies/fr.yaml", /reviewed: .*/, "reviewed: yesterday", /^\/source\/reviewed /],
  ["an expectation that does not exist", "countries/fr.yaml", "{ outcome: allow", "{ outcom: allow", /^\/examples/],
  ["a template that is missing", "replies/fr.yaml", /\n {2}help: .*/, "", /^\/templates .*help/],
  ["a weight past the end", "lexicons/signals/fr.yaml", "weight: 10", "weight: 100", /weight /],
  ["an area without a zone", "numbering/north_america.yaml", "zones: [America/New_York]", "zones: []", /zones /],
  ["no brand", "deployment.yaml", /\nbrand: .*/, "", /brand/],
];

test.each(BROKEN)("%s is refused by editors and by Parley", (_, file, from, to, where) => {
  const text = sources[file]!.replace(from, to);
  expect(text).not.toBe(sources[file]);
  expect(shown(errorsOf(KINDS.get(file)!, text)).split("\n").some((line) => where.test(line))).toBe(true);
  expect(loadRulebook({ ...sources, [file]: text }).problems.map((problem) => problem.file)).toContain(file);
});

/** Files that load and mean something else than they say: editors mark what the lint finds. */
test.each([
  ["a value that a fact never has", "value: granted", "value: gone"],
  ["a part that senders do not have", "fact: consent,", "fact: sender, path: $.name,"],
  ["a value that no country file has", "value: required", "value: needed"],
  ["a path into a fact without parts", "fact: consent,", "fact: consent, path: $.commercial,"],
])("%s is marked by editors and by the lint", (_, from, to) => {
  const file = "outbound/4_consent.yaml";
  const broken = sources[file]!.replace(from, to);
  expect(broken).not.toBe(sources[file]);
  expect(errorsOf("rules", broken)).not.toEqual([]);
  expect(loadRulebook({ ...sources, [file]: broken }).problems).toEqual([]);
  expect(lint({ ...sources, [file]: broken }, Date.parse("2026-11-24")).map(({ check }) => check)).toContain(
    "impossible_value",
  );
});

/** Properties without a description, followed through lists, maps and choices. */
function withoutWords(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, items, additionalProperties, anyOf } = schema as Record<string, unknown>;
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, part]) => [
      ...(typeof (part as { description?: unknown }).description === "string" ? [] : [`${path}/${key}`]),
      ...withoutWords(part, `${path}/${key}`),
    ]),
    ...withoutWords(items, `${path}[]`),
    ...withoutWords(additionalProperties, `${path}/*`),
    ...((anyOf ?? []) as unknown[]).flatMap((choice) => withoutWords(choice, path)),
  ];
}
