import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../../console.ts";
import { webhookPageRoutes } from "../webhooks/webhooks.tsx";
import { auditPageRoutes } from "./audit.tsx";
import { consentRoutes } from "./consent.tsx";
import { consentsRoutes } from "./consents.tsx";
import { erasuresRoutes } from "./erasures.tsx";
import { overridesRoutes } from "./overrides.tsx";
import { peoplePageRoutes } from "./people.tsx";
import { registersRoutes } from "./registers.tsx";
import { reviewDeskRoutes } from "./review_desk.tsx";
import { reviewsRoutes } from "./reviews.tsx";
import { suppressionRoutes } from "./suppression.tsx";
import { suppressionsRoutes } from "./suppressions.tsx";

/** All registers, and the dossier of a person. A list stands before its items, one of which is not called `new` or `export`. */
export function registerRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  for (
    const pages of [
      registersRoutes,
      suppressionsRoutes,
      suppressionRoutes,
      consentsRoutes,
      consentRoutes,
      reviewsRoutes,
      reviewDeskRoutes,
      overridesRoutes,
      erasuresRoutes,
      auditPageRoutes,
      webhookPageRoutes,
      peoplePageRoutes,
    ]
  ) routes.route("/", pages(console));
  return routes;
}
