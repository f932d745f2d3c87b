import { createRoute, z } from "@hono/zod-openapi";
import { instant } from "../../gateway/message_view.ts";
import {
  changeContact,
  type ContactChange,
  type ContactRow,
  deleteContact,
  findContact,
  listContacts,
  upsertContact,
} from "../../store/contacts/contacts.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { Id, Language } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, problems } from "../http/schemas.ts";
import { recipientOf } from "../messages/messages.ts";
import {
  ContactName,
  ContactQuery,
  contactsOfQuery,
  FieldName,
  FieldValue,
  MAX_FIELDS,
  MAX_TAGS,
  Tag,
  TimeZone,
} from "./filter.ts";

const given = {
  name: ContactName.nullable().optional(),
  language: Language.nullable().optional(),
  time_zone: TimeZone.nullable().optional().openapi({
    description: "Advertising keeps to the hours of this zone instead of those guessed from the number",
  }),
  tags: z.array(Tag).max(MAX_TAGS).optional(),
  fields: z.record(FieldName, FieldValue).optional().openapi({ description: "Whatever else is worth knowing" })
    .refine((fields) => fields === undefined || Object.keys(fields).length <= MAX_FIELDS, `at most ${MAX_FIELDS}`),
};
const NewContact = z.strictObject({
  msisdn: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }),
  ...given,
}).openapi("NewContact");
const ContactPatch = z.strictObject(given).openapi("ContactPatch");

export const Contact = z.object({
  id: z.string(),
  msisdn: z.string(),
  name: z.string().nullable(),
  language: z.string().nullable(),
  time_zone: z.string().nullable(),
  fields: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  lists: z.array(z.string()).openapi({ description: "Ids of the lists that the contact is on" }),
  suppressed: z.boolean().openapi({
    description: "A suppression stands for this number: being in the address book changes nothing about that",
  }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("Contact");

const noSuchContact = () => problem(404, "not_found", "No such contact");

/**
 * The address book. A STOP takes a person out of it; they may be put back, since information may still be due to them, but the
 * suppression stays and keeps advertising away (compliance.md R13).
 */
export function contactRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/contacts",
      summary: "Add a contact, or change the one with this number",
      description: "What is not given stays as it is. A suppression of the number is not touched.",
      tags: ["Contacts"],
      request: { body: { required: true, content: { "application/json": { schema: NewContact } } } },
      responses: { 201: json(Contact, "Added"), 200: json(Contact, "Changed"), ...problems },
    }),
    async (c) => {
      const { msisdn, tags, ...change } = c.req.valid("json");
      const number = recipientOf(msisdn, "msisdn");
      const { row, created } = await upsertContact(deps.db, {
        id: deps.newId("con"),
        msisdn: number,
        hashes: deps.people?.keysOf(number) ?? [],
        now: deps.now(),
        change: stored(change),
        tags,
      });
      return created ? c.json(contactView(row), 201) : c.json(contactView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts",
      summary: "List contacts, newest first",
      description: "All filters that are given must hold. A page may be short, even empty, with more to come.",
      tags: ["Contacts"],
      request: { query: ContactQuery },
      responses: { 200: json(pageOf(Contact), "A page"), ...problems },
    }),
    async (c) => {
      const { limit, cursor } = c.req.valid("query");
      const filter = contactsOfQuery(c.req.queries(), ["limit", "cursor"]);
      const { rows, next } = await listContacts(deps.db, { ...filter, limit, cursor });
      return c.json({ data: rows.map(contactView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/contacts/{id}",
      summary: "One contact",
      tags: ["Contacts"],
      request: { params: Id },
      responses: { 200: json(Contact, "The contact"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findContact(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchContact();
      return c.json(contactView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/contacts/{id}",
      summary: "Change a contact",
      description: "What is not given stays as it is; null clears it; `fields` and `tags` are replaced as a whole.",
      tags: ["Contacts"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: ContactPatch } } } },
      responses: { 200: json(Contact, "Changed"), ...problems, ...notFound },
    }),
    async (c) => {
      const { tags, ...change } = c.req.valid("json");
      const row = await changeContact(deps.db, c.req.valid("param").id, stored(change), deps.now(), tags);
      if (row === null) throw noSuchContact();
      return c.json(contactView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/contacts/{id}",
      summary: "Delete a contact",
      description: "Messages, consents and suppressions of the number stay: they are evidence.",
      tags: ["Contacts"],
      request: { params: Id },
      responses: { 204: { description: "Deleted" }, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const contact = await findContact(deps.db, id);
      if (contact === null) throw noSuchContact();
      const fact = {
        at: deps.now(),
        actor: c.get("principal").actor,
        action: "contact.removed",
        subject: id,
        person: contact.msisdn,
      } as const;
      if (!await deleteContact(deps.db, id, auditRow(fact, deps.newId))) throw noSuchContact();
      return c.body(null, 204);
    },
  );

  return routes;
}

function stored({ fields, ...rest }: Omit<z.infer<typeof ContactPatch>, "tags">): ContactChange {
  return { ...rest, fields: fields === undefined ? undefined : JSON.stringify(fields) };
}

export function contactView(row: ContactRow): z.infer<typeof Contact> {
  const { id, msisdn, name, language, time_zone } = row;
  return {
    id,
    msisdn,
    name,
    language,
    time_zone,
    fields: row.fields === null ? {} : JSON.parse(row.fields) as Record<string, string>,
    tags: JSON.parse(row.tags) as string[],
    lists: JSON.parse(row.lists) as string[],
    suppressed: row.suppressed === 1,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  };
}
