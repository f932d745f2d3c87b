import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../console.ts";
import { composeRoutes } from "./campaign_compose.tsx";
import { campaignsRoutes } from "./campaigns.tsx";

/** Campaigns. Writing stands before the one that is shown, which is not called `new`. */
export function campaignPages(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().route("/", composeRoutes(console)).route("/", campaignsRoutes(console));
}
