import { expect, test } from "vitest";
import { evaluateInbound } from "../../../src/rules/evaluate.ts";
import { readLabelled } from "../../../src/rules/evaluation_set.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { rulebook } = await shippedRules();
const LANGUAGES = ["en", "fr", "es", "de", "it", "pt", "nl"];
const rowsOf = (language: string) => {
  const path = `test/evaluation/inbound/${language}.jsonl`;
  return readLabelled(Deno.readTextFileSync(path), path, "inbound");
};

test.each(LANGUAGES)("%s: the project's own replies are told apart as well as promised", (language) => {
  const [optOut] = evaluateInbound(rowsOf(language), rulebook);
  const { recall, false_positive_rate } = optOut!.groups[0]!.figures;
  const misses = optOut!.misses.map(({ text, decided }) => `${decided}: ${text}`).join("\n");
  expect(recall, misses).toBeGreaterThanOrEqual(0.95);
  expect(false_positive_rate, misses).toBeLessThanOrEqual(0.005);
});

test.each(LANGUAGES)("%s: the set is large enough to tell", (language) => {
  const labels = rowsOf(language).map(({ label }) => label);
  for (const label of ["opt_out", "none"]) {
    expect(labels.filter((one) => one === label).length).toBeGreaterThanOrEqual(60);
  }
});
