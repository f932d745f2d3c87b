import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../../console.ts";
import { browseRoutes } from "./browse.tsx";
import { countryRoutes } from "./country.tsx";
import { ruleRoutes } from "./rule.tsx";
import { tryRoutes } from "./try.tsx";

/** The rule workbench: read the rules, try any text, change them. */
export function rulesRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  for (const part of [browseRoutes, countryRoutes, tryRoutes, ruleRoutes]) routes.route("/", part(console));
  return routes;
}
