import { isSupportedCountry } from "libphonenumber-js/max";
import type { Domain } from "../../../core/rulebook/fact_domains.ts";
import type { Leaf } from "../../../core/rulebook/rulebook_schema.ts";
import { countryDomain } from "../../country_paths.ts";
import type { Check, Draft, PlacedRule } from "../finding.ts";
import { isFactRef, placedLeaves } from "../satisfiable.ts";
import { createLogic, isPlain } from "../worlds.ts";

/**
 * Comparisons with a value that the fact never has, or along a path that leads nowhere: a typing error. `equal` then never
 * holds, and `notEqual` always does, which is worse.
 */
export const impossibleValue: Check = (book) => {
  const logic = createLogic(book);
  return book.rules.flatMap((placed) =>
    placedLeaves(placed.rule.conditions, [...placed.at, "conditions"]).flatMap(({ leaf, at }) => {
      const sides = isFactRef(leaf.value) ? [leaf, leaf.value] : [leaf];
      const astray = sides.flatMap(({ fact, path }) => pathProblem(fact, path));
      if (astray.length > 0) return astray.map((said) => draft(placed, at, said));
      const known = logic.domain(placed.stage, leaf.fact, leaf.path);
      const domain = known?.type === "country_file" && leaf.path !== undefined ? countryDomain(leaf.path) : known;
      const unlike = domain === null || isFactRef(leaf.value) ? null : valueProblem(leaf, domain);
      return unlike === null ? [] : [draft(placed, at, unlike)];
    })
  );

  function pathProblem(fact: string, path: string | undefined): Said[] {
    // The stage is checked when the rulebook is compiled; a fact means the same in all of them.
    const whole = logic.domain("release", fact, undefined) ?? logic.domain("respond", fact, undefined);
    if (whole === null || path === undefined) return [];
    if (isPlain(whole)) return [{ problem: `"${fact}" has no parts, and the path ${path} is ignored`, allowed: null }];
    if (whole.type === "object") {
      if (whole.paths[path] !== undefined) return [];
      return [{ problem: `"${fact}" has no ${path}`, allowed: Object.keys(whole.paths).join(", ") }];
    }
    return countryDomain(path) !== null
      ? []
      : [{ problem: `no country file can have ${path}`, allowed: "the keys of a country file (rules/README.md)" }];
  }
};

interface Said {
  problem: string;
  allowed: string | null;
}

function draft({ file, rule }: PlacedRule, at: readonly PropertyKey[], { problem, allowed }: Said): Draft {
  return {
    file,
    at,
    rule: rule.id,
    severity: "error",
    problem,
    advice: allowed === null ? "Correct the condition." : `Correct the condition; there are: ${allowed}.`,
  };
}

function valueProblem(leaf: Leaf, domain: Domain): Said | null {
  const name = `${leaf.fact}${leaf.path === undefined ? "" : ` ${leaf.path}`}`;
  const comparesSize = /Than/.test(leaf.operator);
  const isForLists = leaf.operator === "contains" || leaf.operator === "doesNotContain";
  const sentence = (problem: string): Said => ({ problem: `"${name}" ${problem}`, allowed: allowedWords(domain) });
  if (domain.type === "country_file") return null;
  if (domain.type === "object") return sentence(`is compared as a whole, which never holds; it needs a path`);
  if (isForLists !== (domain.type === "list")) {
    return sentence(isForLists ? `is no list, and ${leaf.operator} never holds on it` : "is a list; use contains");
  }
  if (isForLists) return null;
  if (comparesSize && domain.type !== "number") return sentence(`is no number, and ${leaf.operator} compares numbers`);
  const values = Array.isArray(leaf.value) ? leaf.value : [leaf.value];
  if (Array.isArray(leaf.value) && leaf.operator !== "in" && leaf.operator !== "notIn") {
    return sentence(`is never a list, and ${leaf.operator} wants one value; use in`);
  }
  const wrong = values.filter((value) => !canBe(domain, value));
  return wrong.length === 0 ? null : sentence(`is never ${wrong.map((value) => JSON.stringify(value)).join(" or ")}`);
}

function canBe(domain: Domain, value: unknown): boolean {
  switch (domain.type) {
    case "boolean":
      return typeof value === "boolean";
    case "one_of":
      return domain.values.includes(value as string);
    case "number":
      if (value === null) return domain.nullable ?? false;
      return typeof value === "number" && (!domain.integer || Number.isInteger(value)) &&
        value >= (domain.min ?? value);
    case "text":
      if (value === null) return domain.nullable ?? false;
      return typeof value === "string" && (domain.pattern?.test(value) ?? true) &&
        !(domain.country && /^[A-Z]{2}$/.test(value) && !isSupportedCountry(value));
    default:
      return true;
  }
}

function allowedWords(domain: Domain): string | null {
  switch (domain.type) {
    case "boolean":
      return "true, false";
    case "one_of":
      return domain.values.join(", ");
    case "number":
      return `${domain.integer ? "whole numbers" : "numbers"}${domain.min === undefined ? "" : ` from ${domain.min}`}`;
    case "text":
      if (domain.country) return "ISO 3166 codes of countries, such as FR, or GB for the United Kingdom";
      return domain.pattern === undefined ? null : `texts like ${domain.pattern.source}`;
    case "object":
      return Object.keys(domain.paths).join(", ");
    default:
      return null;
  }
}
