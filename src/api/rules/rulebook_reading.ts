import { createRoute, z } from "@hono/zod-openapi";
import examples from "libphonenumber-js/examples.mobile.json";
import { getExampleNumber } from "libphonenumber-js/max";
import { CONFIDENCES } from "../../core/message.ts";
import { STAGES } from "../../core/rulebook/rulebook_schema.ts";
import { resolveVersion } from "../../rules/life.ts";
import { readCountry } from "../../rules/reading/country.ts";
import { countryFile, inCountry, type Reading, type ReadRule } from "../../rules/reading/mod.ts";
import { searchSources } from "../../rules/reading/search.ts";
import { ruleTexts } from "../../rules/rule_text.ts";
import { activeRulebook, readSources } from "../../store/carriers/settings.ts";
import { type Api, router } from "../http/context.ts";
import { digits } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, problems } from "../http/schemas.ts";
import { readingOf } from "./rulebook_files.ts";
import { orProblem } from "./rulebook_problem.ts";
import { Ref } from "./rulebook_schemas.ts";

const Scenarios = z.array(z.record(z.string(), z.unknown()));

const RuleReading = z.object({
  id: z.string(),
  file: z.string(),
  concern: z.string(),
  stage: z.enum(STAGES),
  country: z.string().nullable().openapi({ description: "Whose own rule it is; null for one that counts everywhere" }),
  flow: z.string().nullable().openapi({ description: "The flow that it is a part of" }),
  description: z.string(),
  reason: z.string(),
  effect: z.string().openapi({ example: "refuse consent_missing" }),
  conditions: z.string().openapi({ example: "category is commercial and consent is not granted" }),
  source: z.object({
    section: z.string().nullable().openapi({
      description: "The file of each country gives the source, in this section",
    }),
    text: z.string().nullable(),
    url: z.string().nullable(),
    confidence: z.enum(CONFIDENCES).nullable(),
    reviewed: z.string().nullable().openapi({ description: "Day on which somebody last read the source" }),
  }),
  effective_from: z.string().nullable(),
  effective_to: z.string().nullable(),
  priority: z.number(),
}).openapi("RuleReading");

const Excerpt = z.object({ file: z.string(), line: z.number().int(), text: z.string() });

const RuleWithText = RuleReading.extend({
  line: z.number().int().nullable(),
  text: z.string().nullable().openapi({ description: "As it stands in the file, in YAML" }),
  in_country: z.array(Excerpt).openapi({ description: "The sections of the country's file that it refers to" }),
  examples: z.object({ matches: Scenarios, does_not_match: Scenarios }),
}).openapi("RuleReadingWithText");

const CountryListed = z.object({
  code: z.string(),
  name: z.string(),
  file: z.string(),
  languages: z.array(z.string()),
  territories: z.array(z.string()),
  example_number: z.string().nullable().openapi({ description: "A mobile number of the numbering plan, to try with" }),
});

const CountryReadingSchema = z.object({
  file: z.string(),
  example_number: z.string().nullable(),
  table: z.record(z.string(), z.unknown()).openapi({
    description: "The country's file (rules/schema/country.schema.json)",
  }),
  hours: z.object({
    profile: z.string(),
    chosen: z.boolean().openapi({ description: "By the deployment instead of by the country's file" }),
    week: z.record(z.string(), z.string()).openapi({ example: { mon: "08:00-20:00", sun: "closed" } }),
    holidays: z.enum(["closed", "open"]),
    next_holidays: z.array(z.string()),
  }),
  caps: z.array(z.object({
    max: z.number().int(),
    hours: z.number().int(),
    by: z.enum(["country", "deployment"]),
  })),
  keywords: z.array(z.object({
    intent: z.string(),
    language: z.string(),
    words: z.array(z.string()),
    home: z.boolean().openapi({ description: "Of the country's own languages" }),
    only_when_opted_out: z.boolean(),
  })),
  replies: z.array(z.object({ language: z.string(), templates: z.record(z.string(), z.string()) })),
  own_rules: z.array(RuleReading),
}).openapi("CountryReading");

const SettingsSchema = z.object({
  rulebook: z.string(),
  active: z.boolean(),
  folder: z.string().nullable().openapi({
    description: "The version that a folder of rule files was last applied as; null where none ever was",
  }),
  deployment: z.record(z.string(), z.unknown()),
  retention: z.record(z.string(), z.unknown()),
  flows: z.array(z.record(z.string(), z.unknown())),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int() })),
}).openapi("RulebookSettings");

/** What the routes answer, for the console. */
export type RuleRead = z.infer<typeof RuleReading>;
export type RuleReadWithText = z.infer<typeof RuleWithText>;
export type CountryRead = z.infer<typeof CountryReadingSchema>;
export type CountryEntry = z.infer<typeof CountryListed>;
export type SettingsRead = z.infer<typeof SettingsSchema>;

const HashParam = z.object({ hash: Ref.openapi({ example: "active" }) });

/** What a version of the rules says, for those who read it. */
export function rulebookReadingRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/rules",
      summary: "The rules of a version, one by one",
      description: "With `country`, those that count for its people, with the sources that its file gives.",
      tags: ["Rulebooks"],
      request: { params: HashParam, query: z.object({ country: z.string().max(7).optional() }) },
      responses: {
        200: json(z.object({ rulebook: z.string(), data: z.array(RuleReading) }), "In the order of the files"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { hash, reading } = await readingOf(deps, c.req.valid("param").hash);
      const { country } = c.req.valid("query");
      const rules = country === undefined ? reading.rules : rulesFor(reading, country);
      return c.json({ rulebook: hash, data: rules.map(listed) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/rules/{id}",
      summary: "One rule, with its text and its examples",
      tags: ["Rulebooks"],
      request: {
        params: HashParam.extend({ id: z.string().max(200) }),
        query: z.object({
          country: z.string().max(7).optional().openapi({
            description: "Also what its file says where the rule refers to it",
          }),
        }),
      },
      responses: { 200: json(RuleWithText, "The rule"), ...problems, ...notFound },
    }),
    async (c) => {
      const { hash: ref, id } = c.req.valid("param");
      const { country } = c.req.valid("query");
      const { hash, reading } = await readingOf(deps, ref);
      const rule = (country === undefined ? reading.rules : rulesFor(reading, country)).find((one) => one.id === id);
      if (rule === undefined) throw problem(404, "no_such_rule", "No such rule", `${hash} has no rule ${id}.`);
      const text = ruleTexts(await readSources(deps.db.client, hash), [id], country ?? null)[id];
      return c.json({
        ...listed(rule),
        examples: plain(rule.examples) as z.infer<typeof RuleWithText>["examples"],
        line: text?.line ?? null,
        text: text?.text ?? null,
        in_country: country === undefined ? [] : text?.country ?? [],
      }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/countries",
      summary: "The countries that a version has files for",
      tags: ["Rulebooks"],
      request: { params: HashParam },
      responses: {
        200: json(
          z.object({ rulebook: z.string(), active: z.boolean(), data: z.array(CountryListed) }),
          "By code; `default` counts for all others",
        ),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { hash, reading } = await readingOf(deps, c.req.valid("param").hash);
      const data = reading.countries.map(({ file, table: { code, name, languages, territories = [] } }) => ({
        ...{ code, name, file, languages, territories },
        example_number: exampleNumber(code),
      }));
      const { active } = await activeRulebook(deps.db.client);
      return c.json({ rulebook: hash, active: hash === active, data }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/countries/{code}",
      summary: "All that holds for the people of a country",
      description: "A territory is told by the file that counts for it, and a country without a file by `default`.",
      tags: ["Rulebooks"],
      request: { params: HashParam.extend({ code: z.string().regex(/^([A-Z]{2}|default)$/) }) },
      responses: { 200: json(CountryReadingSchema, "The country"), ...problems, ...notFound },
    }),
    async (c) => {
      const { hash, code } = c.req.valid("param");
      const { reading } = await readingOf(deps, hash);
      const found = countryFile(reading, code);
      if (found === undefined) throw problem(404, "no_such_country", "No file speaks for that country");
      const { table, own_rules, ...country } = readCountry(reading, found, deps.now());
      return c.json({
        ...country,
        example_number: exampleNumber(code),
        table: plain(table) as Record<string, unknown>,
        own_rules: own_rules.map(listed),
      }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/search",
      summary: "Look for words in the rule files",
      tags: ["Rulebooks"],
      request: {
        params: HashParam,
        query: z.object({
          q: z.string().trim().min(2).max(100),
          limit: digits(1, 200).default(50),
        }),
      },
      responses: {
        200: json(
          z.object({ rulebook: z.string(), data: z.array(Excerpt.extend({ rule: z.string().nullable() })) }),
          "Lines that hold every word, whatever its case and accents",
        ),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { q, limit } = c.req.valid("query");
      const rulebook = orProblem(await resolveVersion(deps.db, c.req.valid("param").hash));
      return c.json({ rulebook, data: searchSources(await readSources(deps.db.client, rulebook), q, limit) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/file",
      summary: "One file of a version",
      tags: ["Rulebooks"],
      request: { params: HashParam, query: z.object({ path: z.string().max(200) }) },
      responses: {
        200: json(z.object({ rulebook: z.string(), path: z.string(), text: z.string() }), "As it was written"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const rulebook = orProblem(await resolveVersion(deps.db, c.req.valid("param").hash));
      const { path } = c.req.valid("query");
      const sources = await readSources(deps.db.client, rulebook);
      if (!Object.hasOwn(sources, path)) {
        throw problem(404, "no_such_file", "No such file", `${rulebook} has no ${path}.`);
      }
      return c.json({ rulebook, path, text: sources[path]! }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}/settings",
      summary: "What a version says beside its rules and countries",
      description: "The deployment's own choices, how long what is kept, and the flows; and the names of all files.",
      tags: ["Rulebooks"],
      request: { params: HashParam },
      responses: {
        200: json(
          SettingsSchema,
          "The settings",
        ),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { hash, reading } = await readingOf(deps, c.req.valid("param").hash);
      const [sources, { active, folder }] = await Promise.all([
        readSources(deps.db.client, hash),
        activeRulebook(deps.db.client),
      ]);
      const contents = reading.files.map(({ content }) => content);
      const kept = contents.find((content) => content.kind === "retention");
      return c.json({
        rulebook: hash,
        active: hash === active,
        folder,
        deployment: plain(reading.deployment) as Record<string, unknown>,
        retention: plain(kept?.keep ?? {}) as Record<string, unknown>,
        flows: plain(contents.flatMap((content) => content.kind === "flows" ? content.flows : [])) as Record<
          string,
          unknown
        >[],
        files: Object.entries(sources).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text).length })),
      }, 200);
    },
  );

  return routes;
}

/** Generic rules and the country's own, with the sources that its file gives. */
function rulesFor(reading: Reading, code: string): ReadRule[] {
  const table = countryFile(reading, code)?.table;
  if (table === undefined) return [];
  return reading.rules.filter(({ country }) => country === null || country === table.code)
    .map((rule) => inCountry(rule, reading, table));
}

function listed({ examples: _, ...rule }: ReadRule): z.infer<typeof RuleReading> {
  return { ...rule, source: { ...rule.source } };
}

/** Only what JSON can say, for answers that are described as such. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** From the numbering plan's own examples; null where there is none, as for `default`. */
function exampleNumber(code: string): string | null {
  const country = code as Parameters<typeof getExampleNumber>[0];
  return Object.hasOwn(examples, code) ? getExampleNumber(country, examples)?.number ?? null : null;
}
