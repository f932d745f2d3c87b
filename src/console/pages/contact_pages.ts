import { Hono } from "hono";
import type { Console, ConsoleEnv } from "../console.ts";
import { contactRoutes } from "./contact.tsx";
import { contactImportPages } from "./contact_imports.tsx";
import { contactListPages } from "./contact_lists.tsx";
import { contactsRoutes } from "./contacts.tsx";

/** The address book. Lists and imports stand before contacts, one of which is not called `lists`. */
export function contactPages(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  for (const pages of [contactsRoutes, contactListPages, contactImportPages, contactRoutes]) {
    routes.route("/", pages(console));
  }
  return routes;
}
