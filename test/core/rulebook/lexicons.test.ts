import { expect, test } from "vitest";
import { lexiconsOf } from "../../../src/core/rulebook/lexicons.ts";
import { tokenize } from "../../../src/core/text/text.ts";
import { parseSources } from "../../../src/rules/parse.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { sources } = await shippedRules();
const [reactions] = Object.keys(sources).filter((file) => file.startsWith("lexicons/reactions"));
const quotes = (lexicons: ReturnType<typeof lexiconsOf>, text: string) =>
  lexicons.reactions.match(tokenize(text)).length > 0;

test("a change of one table is in what is compiled next, and in nothing that was compiled before", () => {
  const before = lexiconsOf(parseSources(sources).files);
  const added = { ...sources, [reactions!]: sources[reactions!]!.replace("before:\n", "before:\n  - flumoxed by\n") };
  const { files, problems } = parseSources(added);
  expect(problems).toEqual([]);
  const after = lexiconsOf(files);
  expect([quotes(before, "flumoxed by"), quotes(after, "flumoxed by")]).toEqual([false, true]);
  expect(quotes(lexiconsOf(parseSources(sources).files), "flumoxed by")).toBe(false);
});

test("who edits a rule or a country does not compile the tables anew", () => {
  const { files } = parseSources(sources);
  const rules = files.filter(({ content }) => content.kind !== "rules" && content.kind !== "country");
  expect(rules.length).toBeLessThan(files.length);
  expect(lexiconsOf(rules)).toBe(lexiconsOf(files));
});
