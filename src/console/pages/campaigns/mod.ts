import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../../console.ts";
import { campaignsRoutes } from "./campaigns.tsx";
import { composeRoutes } from "./compose.tsx";

/** Campaigns. Writing stands before the one that is shown, which is not called `new`. */
export function campaignPages(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().route("/", composeRoutes(console)).route("/", campaignsRoutes(console));
}
