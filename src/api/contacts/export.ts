import { createRoute, z } from "@hono/zod-openapi";
import { contactFieldNames, type ContactRow, eachContact } from "../../store/contacts/contacts.ts";
import { type Api, router } from "../http/context.ts";
import { csvLines } from "../http/csv.ts";
import { invalidField } from "../http/problem.ts";
import { problems } from "../http/schemas.ts";
import { download } from "../messages/bulk.ts";
import { contactView } from "./contacts.ts";
import { contactsOfQuery, FilterQuery } from "./filter.ts";

/** Custom fields that a file has columns for. */
const MAX_FIELD_COLUMNS = 180;

const COLUMNS = ["id", "msisdn", "name", "language", "time_zone", "tags", "suppressed", "created_at"] as const;

/** The address book as a file that the import takes back. */
export function contactExportRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts/export",
      summary: "Contacts as CSV, newest first",
      description:
        "All of them, or those whom the filter means; a column `field.NAME` for each custom field that any of them has. A cell " +
        "that a spreadsheet would take for a formula begins with an apostrophe; the import takes it away again.",
      tags: ["Contacts"],
      request: { query: z.looseObject({ msisdn: z.string().max(40).optional(), ...FilterQuery }) },
      responses: { 200: { description: "CSV", content: { "text/csv": { schema: z.string() } } }, ...problems },
    }),
    async (c) => {
      const filter = contactsOfQuery(c.req.queries());
      const fields = await contactFieldNames(deps.db, filter, MAX_FIELD_COLUMNS);
      if (fields === null) {
        throw invalidField("field", `these contacts have more than ${MAX_FIELD_COLUMNS} different custom fields`);
      }
      const pages = eachContact(deps.db, filter);
      return download(c, "contacts.csv", "text/csv; charset=utf-8", exported(pages, fields)) as never;
    },
  );

  return routes;
}

async function* exported(
  pages: AsyncGenerator<ContactRow[], void>,
  fields: readonly string[],
): AsyncGenerator<string, void> {
  yield csvLines([[...COLUMNS, ...fields.map((name) => `field.${name}`)]]);
  for await (const rows of pages) {
    yield csvLines(
      rows.map(contactView).map((view) => [
        view.id,
        view.msisdn,
        view.name,
        view.language,
        view.time_zone,
        view.tags.join(","),
        String(view.suppressed),
        view.created_at,
        ...fields.map((name) => Object.hasOwn(view.fields, name) ? view.fields[name]! : null),
      ]),
    );
  }
}
