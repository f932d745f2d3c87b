import { z } from "zod";
import { type Domain, INBOUND_DOMAINS, OUTBOUND_DOMAINS } from "../../core/rulebook/fact_domains.ts";
import { INBOUND_FACTS, OUTBOUND_FACTS } from "../../core/rulebook/fact_names.ts";
import { EVENTS_OF, factsOf } from "../../core/rulebook/rule_compiler.ts";
import { Event, type Stage } from "../../core/rulebook/rulebook_schema.ts";
import { countryDomain, countryPaths } from "../country_paths.ts";
import { isInbound } from "../lint/worlds.ts";
import { EVENT_WORDS, OPERATOR_WORDS } from "./words.ts";

export type Json = { [key: string]: unknown };

const SIMPLE = { type: ["string", "number", "boolean", "null"] };
/** Intents that every rulebook knows; rule files may add more. */
const INTENTS = ["opt_out", "opt_in", "help", "none"];

/**
 * Conditions of one stage: its facts with their meanings, and for each fact the values that it can have. Names the
 * definitions that it refers to.
 */
export function conditionDefinitions(stage: Stage): { [name: string]: Json } {
  const leaf = `#/definitions/condition_${stage}`;
  const facts = [...factsOf(stage)];
  const fact = { $ref: `#/definitions/fact_${stage}` };
  const other: Json = {
    description: "Another fact to compare with",
    type: "object",
    properties: {
      fact,
      path: { type: "string", pattern: "^\\$", description: "Where in it, like $.section.name" },
    },
    required: ["fact"],
    additionalProperties: false,
  };
  const groups = {
    all: {
      type: "array",
      items: { $ref: leaf },
      description: "Every one of these must hold; none at all always holds",
    },
    any: { type: "array", items: { $ref: leaf }, minItems: 1, description: "One of these must hold" },
    not: { $ref: leaf, description: "This must not hold" },
  };
  return {
    [`conditions_${stage}`]: {
      type: "object",
      properties: groups,
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
    },
    [`condition_${stage}`]: {
      type: "object",
      properties: {
        fact,
        path: { type: "string", pattern: "^\\$", description: "Where in a fact with parts, like $.section.name" },
        operator: {
          description: "How it is compared",
          enum: Object.keys(OPERATOR_WORDS),
          enumDescriptions: Object.values(OPERATOR_WORDS),
        },
        value: {
          description: "What it is compared with: a value, a list of values, or another fact",
          anyOf: [SIMPLE, { type: "array", items: { type: ["string", "number"] } }, {
            $ref: `#/definitions/other_fact_${stage}`,
          }],
        },
        ...groups,
      },
      additionalProperties: false,
      oneOf: [
        { required: ["fact", "operator", "value"], properties: { all: false, any: false, not: false } },
        ...["all", "any", "not"].map((key) => ({ required: [key], maxProperties: 1 })),
      ],
      allOf: facts.flatMap((name) => narrowed(stage, name)),
    },
    [`other_fact_${stage}`]: other,
    [`fact_${stage}`]: {
      description: "What is asked about",
      enum: facts,
      enumDescriptions: facts.map((name) => meaningOf(stage, name)),
    },
  };
}

/** Events of one stage, each with its parameters. */
export function eventDefinition(stage: Stage): Json {
  const types = EVENTS_OF[stage];
  return {
    type: "object",
    properties: {
      type: {
        description: "What the rule does",
        enum: types,
        enumDescriptions: types.map((type) => EVENT_WORDS[type]),
      },
      params: { type: "object", description: "The particulars, where the event has some" },
    },
    required: ["type"],
    additionalProperties: false,
    allOf: Event.options.filter(({ shape }) => types.includes(shape.type.value)).map((option) => {
      const { type } = option.shape;
      const { properties, required } = z.toJSONSchema(option, { target: "draft-7", io: "input" }) as Json & {
        properties: Json;
        required: string[];
      };
      const params = properties["params"] as Json | undefined;
      return {
        if: { properties: { type: { const: type.value } }, required: ["type"] },
        then: {
          required,
          properties: { params: params === undefined ? false : { ...params, description: paramsOf(params) } },
        },
      };
    }),
  };
}

function paramsOf({ properties }: Json): string {
  return Object.keys(properties as Json).join(", ");
}

function meaningOf(stage: Stage, name: string): string {
  const stages: readonly Readonly<Record<string, string>>[] = Object.values(
    isInbound(stage) ? INBOUND_FACTS : OUTBOUND_FACTS,
  );
  return stages.find((facts) => name in facts)![name]!;
}

/** What a comparison of the fact may say; empty when it may say anything. */
function narrowed(stage: Stage, name: string): Json[] {
  const domains: Readonly<Record<string, Domain>> = isInbound(stage) ? INBOUND_DOMAINS : OUTBOUND_DOMAINS;
  const domain = domains[name]!;
  const when = { properties: { fact: { const: name } }, required: ["fact"] };
  if (domain.type === "object") {
    const path = { enum: Object.keys(domain.paths) };
    return [{ if: when, then: { properties: { path }, required: ["path"] } }, ...atPaths(stage, name, domain.paths)];
  }
  if (domain.type === "country_file") {
    const paths = countryPaths();
    const said = Object.fromEntries(paths.map((path) => [path, countryDomain(path)!]));
    return [
      { if: when, then: { properties: { path: { examples: paths } }, required: ["path"] } },
      ...atPaths(stage, name, said),
    ];
  }
  return [{ if: when, then: { properties: { path: false, value: valuesOf(stage, domain) } } }];
}

/** What can stand at the parts of a fact, where that is one of few values. */
function atPaths(stage: Stage, name: string, paths: Readonly<Record<string, Domain>>): Json[] {
  return Object.entries(paths).filter(([, { type }]) => type !== "list" && type !== "text").map(([path, domain]) => ({
    if: { properties: { fact: { const: name }, path: { const: path } }, required: ["fact", "path"] },
    then: { properties: { value: valuesOf(stage, domain) } },
  }));
}

function valuesOf(stage: Stage, domain: Domain): Json {
  const one = valueOf(domain);
  return { anyOf: [one, { type: "array", items: one }, { $ref: `#/definitions/other_fact_${stage}` }] };
}

function valueOf(domain: Domain): Json {
  switch (domain.type) {
    case "boolean":
      return { type: "boolean" };
    case "one_of":
      return { enum: domain.values };
    case "number":
      return {
        type: domain.nullable ? ["number", "null"] : domain.integer ? "integer" : "number",
        ...(domain.min === undefined ? {} : { minimum: domain.min }),
      };
    case "text":
      return {
        type: domain.nullable ? ["string", "null"] : "string",
        ...(domain.pattern === undefined ? {} : { pattern: domain.pattern.source }),
      };
    case "country_code":
      return { type: "string", pattern: "^([A-Z]{2}|unknown)$" };
    case "keyword_intent":
    case "intent":
      return { type: "string", pattern: "^[a-z_]+$", examples: INTENTS };
    case "list":
    case "object":
    case "country_file":
      return {};
  }
}
