import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../../console.ts";
import { contactRoutes } from "./contact.tsx";
import { contactsRoutes } from "./contacts.tsx";
import { contactImportPages } from "./imports.tsx";
import { contactListPages } from "./lists.tsx";

/** The address book. Lists and imports stand before contacts, one of which is not called `lists`. */
export function contactPages(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  for (const pages of [contactsRoutes, contactListPages, contactImportPages, contactRoutes]) {
    routes.route("/", pages(console));
  }
  return routes;
}
