import { z } from "zod";
import { RuleFile, type Stage, STAGES } from "../../core/rulebook/rulebook_schema.ts";
import { conditionDefinitions, eventDefinition, type Json } from "./conditions.ts";
import { CONFIDENCE_WORDS, FILE_WORDS, STAGE_WORDS, type Words } from "./words.ts";

export type Kind = RuleFile["kind"];

/** Folder, under the rules folder, and end of the names of the schemas. Files of this name are no rule files. */
export const SCHEMA_FOLDER = "schema";
export const schemaName = (kind: Kind) => `${SCHEMA_FOLDER}/${kind}.schema.json`;

/** First line of a rule file, by which editors find the schema of its kind: `path` is that of the file. */
export function schemaLine(path: string, kind: Kind): string {
  const up = "../".repeat(path.split("/").length - 1);
  return `# yaml-language-server: $schema=${up}${schemaName(kind)}`;
}

/**
 * JSON Schemas (draft 7, the one that every editor knows) of all kinds of rule file, made from what validates them, with words
 * beside every key and the facts, values and events of every stage.
 */
export function fileSchemas(): ReadonlyMap<Kind, Json> {
  return new Map(RuleFile.options.map((option) => {
    const kind = option.shape.kind.value;
    const schema = z.toJSONSchema(option, { target: "draft-7", io: "input", reused: "inline" }) as Json;
    delete schema["definitions"];
    describe(schema, FILE_WORDS[kind]);
    if (kind === "rules") return [kind, rulesSchema(titled(kind, schema))];
    if (kind === "country") return [kind, countrySchema(titled(kind, schema))];
    return [kind, titled(kind, schema)];
  }));
}

function titled(kind: Kind, { $schema, ...schema }: Json): Json {
  return { $schema, title: `Parley rule file: ${kind}`, ...schema };
}

/** In a file of rules the stage stands once, above them. */
function rulesSchema(schema: Json): Json {
  const properties = schema["properties"] as { [key: string]: Json };
  open(properties["rules"]!["items"] as Json);
  properties["stage"]!["enumDescriptions"] = STAGES.map((stage) => STAGE_WORDS[stage]);
  return {
    ...schema,
    allOf: STAGES.map((stage) => ({
      ...whenStage(stage),
      then: { properties: { rules: { items: { properties: particulars(stage, "") } } } },
    })),
    definitions: definitions(),
  };
}

/** In a country file each rule names its stage. */
function countrySchema(schema: Json): Json {
  const rule = (schema["properties"] as { [key: string]: Json })["rules"]!["items"] as Json;
  open(rule);
  (rule["properties"] as { [key: string]: Json })["stage"]!["enumDescriptions"] = STAGES.map((stage) =>
    STAGE_WORDS[stage]
  );
  rule["allOf"] = STAGES.map((stage) => ({
    ...whenStage(stage),
    then: { properties: particulars(stage, RULES_FILE) },
  }));
  return schema;
}

/** What depends on the stage is said where the stage is known. */
function open(rule: Json): void {
  const properties = rule["properties"] as { [key: string]: Json };
  for (const key of ["conditions", "event"]) {
    properties[key] = { type: "object", description: properties[key]!["description"] };
  }
}

function whenStage(stage: Stage): Json {
  return { if: { properties: { stage: { const: stage } }, required: ["stage"] } };
}

/** Conditions and events are defined once, beside the files of rules. */
const RULES_FILE = "rules.schema.json";

function particulars(stage: Stage, where: string): Json {
  return {
    conditions: { $ref: `${where}#/definitions/conditions_${stage}` },
    event: { $ref: `${where}#/definitions/event_${stage}` },
  };
}

function definitions(): Json {
  return Object.assign(
    {},
    ...STAGES.map((stage) => ({ ...conditionDefinitions(stage), [`event_${stage}`]: eventDefinition(stage) })),
  );
}

/** Puts the words beside the keys, through lists, maps and choices. */
function describe(schema: Json, words: string | Words | undefined): void {
  // What zod calls a text that includes another; its pattern says so as well, and no editor knows the name.
  if (schema["format"] === "includes") delete schema["format"];
  if (words === undefined) return;
  const own = typeof words === "string" ? words : words[""];
  if (typeof own === "string") schema["description"] = own;
  const parts: Words = typeof words === "string" ? {} : words;
  for (const [key, part] of Object.entries(schema["properties"] as Json | undefined ?? {})) {
    describe(part as Json, parts[key]);
    if (key === "confidence") {
      const { enum: values } = part as { enum: (keyof typeof CONFIDENCE_WORDS)[] };
      (part as Json)["enumDescriptions"] = values.map((value) => CONFIDENCE_WORDS[value]);
    }
  }
  if (isSchema(schema["items"])) describe(schema["items"], withoutOwn(parts));
  if (isSchema(schema["additionalProperties"])) describe(schema["additionalProperties"], parts["*"]);
  for (const choice of (schema["anyOf"] ?? schema["oneOf"] ?? []) as Json[]) describe(choice, withoutOwn(parts));
}

function withoutOwn(words: Words): Words {
  return Object.fromEntries(Object.entries(words).filter(([key]) => key !== ""));
}

function isSchema(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
