import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../../console.ts";
import { browseRoutes } from "./browse.tsx";
import { countryRoutes } from "./country.tsx";
import { draftEditorRoutes } from "./draft_editor.tsx";
import { draftStepRoutes } from "./draft_steps.tsx";
import { draftRoutes } from "./drafts.tsx";
import { proposalRoutes } from "./proposals.tsx";
import { ruleRoutes } from "./rule.tsx";
import { tryRoutes } from "./try.tsx";
import { versionRoutes } from "./versions.tsx";

/** The rule workbench: read the rules, try any text, change them. */
export function rulesRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  for (
    const part of [
      browseRoutes,
      countryRoutes,
      tryRoutes,
      draftRoutes,
      draftEditorRoutes,
      draftStepRoutes,
      versionRoutes,
      proposalRoutes,
      // Last: a rule may have any name with a dot in it.
      ruleRoutes,
    ]
  ) routes.route("/", part(console));
  return routes;
}
