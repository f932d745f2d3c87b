import { effectWords } from "../../core/decide.ts";
import { rulesOfFlow } from "../../core/flows.ts";
import type { Confidence } from "../../core/message.ts";
import type { NamedFile } from "../../core/rulebook/rulebook_files.ts";
import type { Country, Deployment, Flow, Rule, Scenario, Stage } from "../../core/rulebook/rulebook_schema.ts";
import { sayCondition } from "../diff/conditions_words.ts";
import { type Contents, filesOf } from "../parse.ts";

/** A version as people read it: rule by rule and country by country, whatever files they stand in. Pure. */
export interface Reading {
  /** Generic rules, those of countries, and those that flows stand for, in the order of the files. */
  rules: readonly ReadRule[];
  countries: readonly { file: string; table: Country }[];
  files: readonly NamedFile[];
  deployment: Deployment;
}

export interface ReadRule {
  id: string;
  file: string;
  /** What the file is about; of a country's own rules, its name. */
  concern: string;
  stage: Stage;
  /** ISO code of the country whose own rule it is; null for a rule that counts everywhere. */
  country: string | null;
  /** Id of the flow that it is a part of. */
  flow: string | null;
  description: string;
  /** Told to whoever meets it, with `{names}` still in it. */
  reason: string;
  /** As in a decision: `refuse consent_missing`. */
  effect: string;
  /** `category is commercial and consent is not granted`. */
  conditions: string;
  source: ReadSource;
  effective_from: string | null;
  effective_to: string | null;
  priority: number;
  examples: { matches: readonly Scenario[]; does_not_match: readonly Scenario[] };
}

/** `section`: each country's file gives the source, in that section; the rest is then what the country asked about says. */
export interface ReadSource {
  section: string | null;
  text: string | null;
  url: string | null;
  confidence: Confidence | null;
  reviewed: string | null;
}

/** What people do not read as sentences: word lists and what was learned. */
const LISTS = new Set(["phrases", "signals", "weights", "typing_errors", "area_codes", "guards", "tails", "mentions"]);

/** Null when this build's schema refuses one of the files. */
export function readRulebook(contents: Contents): Reading | null {
  const told = Object.entries(contents).filter(([, content]) =>
    !LISTS.has(String((content as { kind?: unknown } | null)?.kind))
  );
  const files = filesOf(Object.fromEntries(told));
  if (files === null) return null;
  const countries = files.flatMap(({ path, content }) =>
    content.kind === "country" ? [{ file: path, table: content }] : []
  );
  const deployment = files.map(({ content }) => content).find((content) => content.kind === "deployment");
  if (deployment === undefined) return null;
  return { rules: files.flatMap(rulesIn), countries, files, deployment };
}

function rulesIn({ path, content }: NamedFile): ReadRule[] {
  if (content.kind === "rules") {
    return content.rules.map((rule) => readRule(rule, content.stage, { file: path, concern: content.concern }));
  }
  if (content.kind === "country") {
    const about = { file: path, concern: content.name, country: content.code };
    return (content.rules ?? []).map((rule) => readRule(rule, rule.stage, about));
  }
  if (content.kind === "flows") {
    return content.flows.flatMap((flow: Flow) =>
      rulesOfFlow(flow).map(({ stage, rule }) =>
        readRule(rule, stage, { file: path, concern: flow.description, flow: flow.id })
      )
    );
  }
  return [];
}

function readRule(
  rule: Rule,
  stage: Stage,
  about: { file: string; concern: string; country?: string; flow?: string },
): ReadRule {
  const { source } = rule;
  return {
    id: rule.id,
    file: about.file,
    concern: about.concern,
    stage,
    country: about.country ?? null,
    flow: about.flow ?? null,
    description: rule.description,
    reason: rule.reason,
    effect: effectWords(rule),
    conditions: sayCondition(rule.conditions),
    source: typeof source === "string"
      ? { section: source.slice("country.".length), text: null, url: null, confidence: null, reviewed: null }
      : { section: null, ...source, url: source.url ?? null },
    effective_from: rule.effective_from ?? null,
    effective_to: rule.effective_to ?? null,
    priority: rule.priority ?? 1,
    examples: rule.examples,
  };
}

/** The rule with the source that the file of a country gives for it. */
export function inCountry(rule: ReadRule, reading: Reading, table: Country): ReadRule {
  const { section } = rule.source;
  if (section === null) return rule;
  const source = section === "quiet_hours"
    ? table.quiet_hours.profiles[profileOf(reading, table)]?.source
    : table[section as "opt_out" | "consent" | "mention" | "frequency" | "senders"].source;
  return source === undefined ? rule : { ...rule, source: { section, ...source, url: source.url ?? null } };
}

/** The set of advertising hours in force: the deployment's own choice, else the file's. */
export function profileOf({ deployment }: Reading, table: Country): string {
  return deployment.quiet_hours?.[table.code] ?? table.quiet_hours.profile;
}

/** The file that speaks for a country: its own, that of which it is a territory, or the one for all others. */
export function countryFile(reading: Reading, code: string): Reading["countries"][number] | undefined {
  const { countries } = reading;
  return countries.find(({ table }) => table.code === code) ??
    countries.find(({ table }) => table.territories?.includes(code)) ??
    countries.find(({ table }) => table.code === "default");
}
