import { factsIn } from "../../core/rulebook/conditions.ts";
import {
  type Domain,
  INBOUND_DOMAINS,
  INBOUND_TRUTHS,
  OUTBOUND_DOMAINS,
  OUTBOUND_TRUTHS,
} from "../../core/rulebook/fact_domains.ts";
import type { Condition, Country, Stage } from "../../core/rulebook/rulebook_schema.ts";
import { filesOf, type LintBook } from "./finding.ts";
import { satisfiable, type Variable, type VariableOf } from "./satisfiable.ts";

/**
 * Reasoning about conditions with what a rulebook says its facts can be. A world is the people of one country file, of whom
 * all that the file says is known; without a world a country file may say anything.
 */
export interface Logic {
  /** What `fact` (with `path`) can be; null when the path leads nowhere. A country file's own values have no domain. */
  domain(stage: Stage, fact: string, path: string | undefined): Domain | null;
  /** Whether all of `conditions` can hold on one message, for the people of `world`, or for somebody when it is null. */
  holdTogether(stage: Stage, conditions: readonly Condition[], world: Country | null): boolean;
}

export function createLogic(book: LintBook): Logic {
  const intents = intentsOf(book);
  const codes = new Map(book.countries.map(({ table }) => [table.code, [table.code, ...(table.territories ?? [])]]));
  const known = [...codes].filter(([code]) => code !== "default").flatMap(([, all]) => all);

  const resolved = (domain: Domain, world: Country | null): Domain => {
    switch (domain.type) {
      case "keyword_intent":
        return { type: "one_of", values: intents.ofKeywords };
      case "intent":
        return { type: "one_of", values: intents.ofRules };
      case "country_code":
        return world === null || world.code === "default"
          ? { type: "text", pattern: /^([A-Z]{2}|unknown)$/, country: true }
          : { type: "one_of", values: codes.get(world.code)! };
      default:
        return domain;
    }
  };
  const domain: Logic["domain"] = (stage, fact, path) => {
    const all: Readonly<Record<string, Domain>> = isInbound(stage) ? INBOUND_DOMAINS : OUTBOUND_DOMAINS;
    const found = all[fact];
    if (found === undefined) return null;
    if (found.type === "object") return path === undefined ? found : found.paths[path] ?? null;
    return resolved(found, null);
  };

  const variables = (stage: Stage, world: Country | null): VariableOf => {
    const made = new Map<string, Variable | null>();
    const make = (fact: string, path: string | undefined): Variable | null => {
      const own = domain(stage, fact, path);
      const key = `${fact} ${path ?? ""}`;
      if (own?.type === "country_file") {
        if (world === null) return null;
        const value = path === undefined ? world : valueAt(world, path);
        return { key, type: typeof value === "number" ? "number" : "other", candidates: () => [value] };
      }
      if (own === null) return { key, type: "other", candidates: () => [undefined] };
      const here = fact === "to_country" || fact === "from_country" ? resolved({ type: "country_code" }, world) : own;
      const taken = world?.code === "default" ? known : [];
      return {
        key,
        type: here.type === "number" || here.type === "list" ? here.type : "other",
        candidates: (constants, linked) => candidatesOf(here, constants, linked, taken),
      };
    };
    return (fact, asked) => {
      // As compiled conditions do: a fact without parts is compared as it is, whatever the path.
      const path = isPlain(domain(stage, fact, undefined)) ? undefined : asked;
      const key = `${fact} ${path ?? ""}`;
      if (!made.has(key)) made.set(key, make(fact, path));
      return made.get(key)!;
    };
  };

  return {
    domain,
    holdTogether(stage, conditions, world) {
      const truths = relevant(isInbound(stage) ? INBOUND_TRUTHS : OUTBOUND_TRUTHS, conditions);
      return satisfiable([...conditions, ...truths], variables(stage, world));
    },
  };
}

/** A fact that has no parts for a path to lead to. */
export function isPlain(domain: Domain | null): boolean {
  return domain !== null && domain.type !== "object" && domain.type !== "country_file";
}

export const isInbound = (stage: Stage) => stage === "understand" || stage === "respond";

/** What `$.section.name` leads to, as compiled conditions read it. */
export function valueAt(root: unknown, path: string): unknown {
  return path.slice(2).split(".").reduce<unknown>(
    (value, key) => typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    root,
  );
}

/** The truths that can matter: those that share a fact with the conditions, or with one that does. */
function relevant(truths: readonly Condition[], conditions: readonly Condition[]): Condition[] {
  const facts = new Set(conditions.flatMap((condition) => [...factsIn(condition)]));
  const chosen = new Set<Condition>();
  for (let grown = true; grown;) {
    grown = false;
    for (const truth of truths) {
      const named = factsIn(truth);
      if (chosen.has(truth) || ![...named].some((fact) => facts.has(fact))) continue;
      chosen.add(truth);
      for (const fact of named) facts.add(fact);
      grown = true;
    }
  }
  return [...chosen];
}

function intentsOf(book: LintBook): { ofKeywords: string[]; ofRules: string[] } {
  const entries = [
    ...filesOf(book, "keywords").flatMap(({ content }) => content.entries),
    ...book.countries.flatMap(({ table }) => table.keywords ?? []),
  ];
  const given = book.rules.flatMap(({ rule: { event } }) => event.type === "intent" ? [event.params.intent] : []);
  return {
    ofKeywords: [...new Set(["none", ...entries.map((entry) => entry.intent)])],
    ofRules: [...new Set(["none", ...given])],
  };
}

/** Values of a domain that comparisons with `constants` can tell apart; `linked` of each kind where facts meet. */
function candidatesOf(
  domain: Domain,
  constants: readonly unknown[],
  linked: number,
  taken: readonly string[],
): readonly unknown[] {
  switch (domain.type) {
    case "boolean":
      return [true, false];
    case "one_of":
      return domain.values;
    case "number":
      return [...numbersBetween(domain, constants, Math.max(1, linked)), ...(domain.nullable ? [null] : [])];
    case "text": {
      const words = constants.filter((one): one is string =>
        typeof one === "string" && (domain.pattern?.test(one) ?? true) && !taken.includes(one)
      );
      const others = Array.from({ length: Math.max(1, linked) }, (_, n) => `\u0000other ${n}`);
      return [...words, ...others, ...(domain.nullable ? [null] : [])];
    }
    case "list":
    case "object":
      return [{}];
    case "country_file":
    case "country_code":
    case "keyword_intent":
    case "intent":
      throw new Error(`unreachable: ${domain.type} is resolved before it is searched`);
  }
}

/** `count` numbers in every gap that the constants leave, and the constants themselves, within the domain. */
function numbersBetween(
  { min = -Infinity, integer = false }: { min?: number; integer?: boolean },
  constants: readonly unknown[],
  count: number,
): number[] {
  const cuts = [...new Set(constants)].filter((one): one is number => typeof one === "number" && Number.isFinite(one));
  if (Number.isFinite(min) && !cuts.includes(min)) cuts.push(min);
  cuts.sort((a, b) => a - b);
  const found = new Set<number>(cuts);
  const first = cuts[0] ?? 0, last = cuts.at(-1) ?? 0;
  for (let n = 1; n <= count; n++) {
    found.add(first - n).add(last + n);
    cuts.forEach((low, index) => {
      const high = cuts[index + 1];
      if (high !== undefined) found.add(integer ? Math.min(low + n, high) : low + (high - low) * n / (count + 1));
    });
  }
  if (cuts.length === 0) found.add(0);
  return [...found].filter((one) => one >= min && (!integer || Number.isInteger(one))).sort((a, b) => a - b);
}
