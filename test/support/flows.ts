import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { compileRulebook } from "../../src/core/rulebook/rulebook_compiler.ts";
import { hashSources } from "../../src/rules/check.ts";
import { parseSources, type Sources } from "../../src/rules/parse.ts";
import { shippedRules } from "./rulebook.ts";

/** The flows that `rules/flows.yaml` shows in a comment, switched on as its first lines say. */
export function switchedOn(flows: string): string {
  const at = flows.indexOf("flows: []");
  return `${flows.slice(0, at)}flows:\n${
    flows.slice(at).split("\n").slice(1).map((line) => line.replace(/^#/, "")).join("\n")
  }`;
}

/** The shipped rules with the shown flows in force, or with those of `flows` instead. */
export async function sourcesWithFlows(flows?: string): Promise<Sources> {
  const { sources } = await shippedRules();
  return { ...sources, "flows.yaml": flows ?? switchedOn(sources["flows.yaml"]!) };
}

export async function rulebookWithFlows(flows?: string): Promise<Rulebook> {
  const sources = await sourcesWithFlows(flows);
  const { files, problems } = parseSources(sources);
  if (problems.length > 0) throw new Error(problems.map(({ line, problem }) => `${line}: ${problem}`).join("\n"));
  return compileRulebook(files, hashSources(sources));
}
