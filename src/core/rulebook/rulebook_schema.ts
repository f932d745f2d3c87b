import { z } from "zod";
import { Country } from "./country_schema.ts";
import { Deployment, Retention } from "./deployment_schema.ts";
import { Flows } from "./flow_schema.ts";
import {
  AreaCodes,
  Guards,
  Keywords,
  Mentions,
  Offers,
  Phrases,
  Reactions,
  Replies,
  Signals,
  Tails,
  Typing,
  Weights,
} from "./lexicon_schema.ts";
import { RulesFile } from "./rule_schema.ts";

export * from "./rule_values.ts";
export * from "./country_schema.ts";
export * from "./deployment_schema.ts";
export * from "./flow_schema.ts";
export * from "./lexicon_schema.ts";
export * from "./rule_schema.ts";

/**
 * The shape of every file under `rules/`. A file is YAML 1.2 (JSON is accepted) and says what it is by its `kind`.
 * Unknown keys are refused, so that a typing error is an error and not a rule that silently does nothing.
 */
export const RuleFile = z.discriminatedUnion("kind", [
  RulesFile,
  Country,
  Keywords,
  Tails,
  Guards,
  Phrases,
  Typing,
  Offers,
  Reactions,
  Mentions,
  Signals,
  Weights,
  Replies,
  AreaCodes,
  Deployment,
  Retention,
  Flows,
]);
export type RuleFile = z.infer<typeof RuleFile>;
