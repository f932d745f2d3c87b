import { z } from "zod";
import type { Domain } from "../core/rulebook/fact_domains.ts";
import { Country } from "../core/rulebook/rulebook_schema.ts";

type Schema = {
  type?: string;
  enum?: string[];
  const?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
};
let country: Schema | undefined;

function countrySchema(): Schema {
  return country ??= z.toJSONSchema(Country, { io: "input", reused: "inline" }) as Schema;
}

/** What a country file can say at `$.section.name`; null when nothing can stand there. */
export function countryDomain(path: string): Domain | null {
  let here: Schema | undefined = countrySchema();
  for (const key of path.slice(2).split(".")) {
    const open: Schema | boolean | undefined = here.additionalProperties;
    here = here.properties?.[key] ?? (typeof open === "object" ? open : undefined);
    if (here === undefined) return null;
  }
  return domainOf(here);
}

/** Paths at which every country file says one thing, or a list; those of what its author names are left out. */
export function countryPaths(): string[] {
  const paths: string[] = [];
  const walk = (schema: Schema, path: string) => {
    if (schema.properties === undefined && schema.additionalProperties === undefined) paths.push(path);
    for (const [key, part] of Object.entries(schema.properties ?? {})) {
      if (!SAID_ABOUT_THE_FILE.has(key)) walk(part, `${path}.${key}`);
    }
  };
  walk(countrySchema(), "$");
  return paths;
}

/** Keys that no rule asks about: they are for people and for the check. */
const SAID_ABOUT_THE_FILE: ReadonlySet<string> = new Set(["kind", "source", "rules", "examples", "notes"]);

function domainOf(schema: Schema): Domain {
  if (schema.enum !== undefined) return { type: "one_of", values: schema.enum };
  if (schema.const !== undefined) return { type: "one_of", values: [schema.const] };
  switch (schema.type) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
    case "number":
      return { type: "number", integer: schema.type === "integer" };
    case "array":
      return { type: "list" };
    case "object":
      return { type: "object", paths: {} };
    default:
      return { type: "text" };
  }
}
