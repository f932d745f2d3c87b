import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { compileRulebook } from "../../src/core/rulebook/rulebook_compiler.ts";
import { hashSources } from "../../src/rules/check.ts";
import { readSources } from "../../src/rules/files.ts";
import { type ParsedSources, parseSources, type Sources } from "../../src/rules/parse.ts";

export const RULES = new URL("../../rules", import.meta.url).pathname;

let shipped: Promise<{ sources: Sources; parsed: ParsedSources; rulebook: Rulebook }> | undefined;

/** The shipped rule files, read and compiled once per test file. */
export function shippedRules(): Promise<{ sources: Sources; parsed: ParsedSources; rulebook: Rulebook }> {
  return shipped ??= readSources(RULES).then((sources) => {
    const parsed = parseSources(sources);
    return { sources, parsed, rulebook: compileRulebook(parsed.files, hashSources(sources)) };
  });
}
